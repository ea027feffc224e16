//! A placed graph as BPMN 2.0: what every engine reads the same way, and the diagram.
//!
//! Must not know: where anything stands (see `layout`), and what only one engine reads (see `flavour`).

use super::Build;
use super::flavour::Flavour;
use super::graph::{At, Edge, Fault, Graph, Kind, Node, Place};
use super::layout::{Layout, Path, Rect};
use super::xml::Element;
use crate::plan::Flow;

const MODEL: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const DIAGRAM: &str = "http://www.omg.org/spec/BPMN/20100524/DI";
const PLACES: &str = "http://www.omg.org/spec/DD/20100524/DC";
const LINES: &str = "http://www.omg.org/spec/DD/20100524/DI";
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// So many characters of a sequence flow's words are shown.
const LONGEST: usize = 48;

/// A file under construction.
pub(super) struct Document<'a> {
    pub(super) build: &'a Build<'a>,
    pub(super) graph: &'a Graph,
    pub(super) layout: &'a Layout,
    pub(super) flavour: Flavour,
    /// The sequence flows that lead to each node, and from it.
    incoming: Vec<Vec<usize>>,
    outgoing: Vec<Vec<usize>>,
    /// What each sub-process holds; what stands in none.
    within: Vec<Vec<At>>,
    top: Vec<At>,
}

/// The text of one flow's file.
pub(super) fn document(
    build: &Build<'_>,
    (name, flow): (&str, &Flow),
    graph: &Graph,
    layout: &Layout,
    flavour: Flavour,
) -> String {
    let none = || vec![Vec::new(); graph.nodes.len()];
    let (incoming, outgoing, within) = (none(), none(), none());
    let mut document =
        Document { build, graph, layout, flavour, incoming, outgoing, within, top: Vec::new() };
    document.index();
    document.definitions(name, flow).document()
}

impl Document<'_> {
    fn index(&mut self) {
        for (at, edge) in self.graph.edges.iter().enumerate() {
            for (list, node) in [(&mut self.incoming, edge.to), (&mut self.outgoing, edge.from)] {
                if let Some(list) = list.get_mut(node) {
                    list.push(at);
                }
            }
        }
        for at in 0..self.graph.nodes.len() {
            let holder = self.holder(at);
            match holder.and_then(|holder| self.within.get_mut(holder)) {
                Some(within) => within.push(at),
                None => self.top.push(at),
            }
        }
    }

    /// The sub-process in which a node stands.
    fn holder(&self, at: At) -> Option<At> {
        let mut here = at;
        loop {
            match self.graph.nodes.get(here)?.place {
                Place::Free => return None,
                Place::In(holder, ..) => return Some(holder),
                Place::On(host) | Place::Below(host) => here = host,
            }
        }
    }

    fn id(&self, at: At) -> &str {
        self.graph.nodes.get(at).map_or("", |node| node.id.as_str())
    }

    fn definitions(&self, name: &str, flow: &Flow) -> Element {
        let process = self.build.process_id(name);
        let participant = Element::new("bpmn:participant")
            .with("id", format!("{process}.pool"))
            .with("name", name)
            .with("processRef", process.as_str());
        let collaboration = Element::new("bpmn:collaboration").with("id", format!("{process}.collaboration"));
        let root = Element::new("bpmn:definitions")
            .with("xmlns:bpmn", MODEL)
            .with("xmlns:bpmndi", DIAGRAM)
            .with("xmlns:dc", PLACES)
            .with("xmlns:di", LINES)
            .with("xmlns:xsi", SCHEMA);
        self.flavour
            .root(root)
            .with("id", format!("{process}.definitions"))
            .with("targetNamespace", "https://github.com/baton-lang/baton")
            .with("exporter", "Baton")
            .with("exporterVersion", env!("CARGO_PKG_VERSION"))
            .holding([collaboration.holding([participant]), self.process(&process, name, flow)])
            .holding(self.errors())
            .holding([self.diagram(&process)])
    }

    /// The errors that are thrown or caught here.
    fn errors(&self) -> Vec<Element> {
        let used = |fault: &Fault| {
            let is =
                |node: &Node| matches!(&node.kind, Kind::Catch(other) | Kind::Throw(other) if other == fault);
            self.graph.nodes.iter().any(is)
        };
        let error = |fault: Fault| {
            let error = Element::new("bpmn:error").with("id", fault.id());
            error.with("name", fault.code()).with("errorCode", fault.code())
        };
        Fault::ALL.into_iter().filter(used).map(error).collect()
    }

    fn process(&self, id: &str, name: &str, flow: &Flow) -> Element {
        let doc = flow.doc.as_deref().unwrap_or_default().trim();
        let marking = self.build.clock.marking().unwrap_or_default();
        let origin = format!("Emitted by Baton from plan {}; do not edit.", self.build.plan.hash);
        let doc = [marking.trim(), doc, &origin].into_iter().filter(|part| !part.is_empty());
        let process =
            Element::new("bpmn:process").with("id", id).with("name", name).with("isExecutable", "true");
        process
            .holding([Element::new("bpmn:documentation").saying(doc.collect::<Vec<_>>().join(" "))])
            .holding(self.flavour.process(self))
            .holding([self.lanes(id)])
            .holding(self.elements(None))
    }

    fn lanes(&self, process: &str) -> Element {
        let mut held: Vec<Vec<At>> = vec![Vec::new(); self.graph.lanes.len()];
        for at in &self.top {
            let lane = self.graph.nodes.get(*at).map(|node| node.lane);
            if let Some(held) = lane.and_then(|lane| held.get_mut(lane)) {
                held.push(*at);
            }
        }
        let lanes = self.graph.lanes.iter().zip(held).enumerate().map(|(index, (owner, held))| {
            let nodes = held.iter().map(|at| Element::new("bpmn:flowNodeRef").saying(self.id(*at)));
            let lane = Element::new("bpmn:lane").with("id", lane_id(index)).with("name", owner.as_str());
            lane.holding(nodes)
        });
        Element::new("bpmn:laneSet").with("id", format!("{process}.lanes")).holding(lanes)
    }

    /// The nodes and sequence flows in a sub-process, or outside of all.
    fn elements(&self, holder: Option<At>) -> Vec<Element> {
        let nodes = match holder {
            Some(holder) => self.within.get(holder).map(Vec::as_slice).unwrap_or_default(),
            None => &self.top,
        };
        let outgoing = nodes.iter().filter_map(|at| self.outgoing.get(*at)).flatten();
        let flows: Vec<_> = outgoing.filter_map(|at| Some(self.flow(self.graph.edges.get(*at)?))).collect();
        nodes.iter().map(|at| self.node(*at)).chain(flows).collect()
    }

    fn flow(&self, edge: &Edge) -> Element {
        let flow = Element::new("bpmn:sequenceFlow")
            .with("id", self.graph.edge_id(edge))
            .with_any("name", &cut(&edge.name))
            .with("sourceRef", self.id(edge.from))
            .with("targetRef", self.id(edge.to));
        flow.holding(edge.condition.as_deref().map(|condition| self.flavour.condition(condition)))
    }

    /// A flow node. Sub-processes nest one level deep.
    fn node(&self, at: At) -> Element {
        let Some(node) = self.graph.nodes.get(at) else { return Element::new("bpmn:task") };
        let mut element =
            Element::new(element(&node.kind)).with("id", node.id.as_str()).with_any("name", &node.name);
        if let Kind::Split(Some(default)) = &node.kind {
            let edge = self.graph.edges.get(*default);
            element =
                element.with_any("default", &edge.map(|edge| self.graph.edge_id(edge)).unwrap_or_default());
        }
        if let Place::On(host) = node.place {
            element = element.with("attachedToRef", self.id(host));
        }
        let refs = |name: &'static str, list: &[Vec<usize>]| {
            let edges = list.get(at).into_iter().flatten().filter_map(|at| self.graph.edges.get(*at));
            edges.map(|edge| Element::new(name).saying(self.graph.edge_id(edge))).collect::<Vec<_>>()
        };
        self.flavour
            .attributes(element, &node.kind)
            .holding(node.doc.as_ref().map(|doc| Element::new("bpmn:documentation").saying(doc.as_str())))
            .holding(self.flavour.extension(self, node))
            .holding(refs("bpmn:incoming", &self.incoming))
            .holding(refs("bpmn:outgoing", &self.outgoing))
            .holding(definition(&node.kind))
            .holding(self.flavour.content(&node.kind))
            .holding(if matches!(node.kind, Kind::Sub) { self.elements(Some(at)) } else { Vec::new() })
    }

    fn diagram(&self, process: &str) -> Element {
        let pool = format!("{process}.pool");
        let mut drawn = vec![shape(&pool, self.layout.pool, None).with("isHorizontal", "true")];
        let lanes = self.layout.lanes.iter().enumerate();
        drawn.extend(
            lanes.map(|(lane, rect)| shape(&lane_id(lane), *rect, None).with("isHorizontal", "true")),
        );
        for ((node, rect), label) in self.graph.nodes.iter().zip(&self.layout.nodes).zip(&self.layout.labels)
        {
            let drawing = shape(&node.id, *rect, *label);
            drawn.push(match node.kind {
                Kind::Join | Kind::Split(_) => drawing.with("isMarkerVisible", "true"),
                Kind::Sub => drawing.with("isExpanded", "true"),
                _ => drawing,
            });
        }
        let lines = self.graph.edges.iter().zip(&self.layout.edges);
        drawn.extend(lines.map(|(edge, path)| line(&self.graph.edge_id(edge), path)));
        let plane = Element::new("bpmndi:BPMNPlane")
            .with("id", format!("{process}.plane"))
            .with("bpmnElement", format!("{process}.collaboration"))
            .holding(drawn);
        Element::new("bpmndi:BPMNDiagram").with("id", format!("{process}.diagram")).holding([plane])
    }
}

fn lane_id(index: usize) -> String {
    format!("lane-{}", index + 1)
}

fn element(kind: &Kind) -> &'static str {
    match kind {
        Kind::Start => "bpmn:startEvent",
        Kind::Join | Kind::Split(_) => "bpmn:exclusiveGateway",
        Kind::Fork | Kind::Meet => "bpmn:parallelGateway",
        Kind::Script(_) => "bpmn:scriptTask",
        Kind::User { .. } => "bpmn:userTask",
        Kind::Service { .. } => "bpmn:serviceTask",
        Kind::Call { .. } => "bpmn:callActivity",
        Kind::Sub => "bpmn:subProcess",
        Kind::Wait(_) => "bpmn:intermediateCatchEvent",
        Kind::Timer(_) | Kind::Catch(_) => "bpmn:boundaryEvent",
        Kind::End | Kind::Outcome(_) | Kind::Throw(_) => "bpmn:endEvent",
    }
}

/// What an event is about.
fn definition(kind: &Kind) -> Option<Element> {
    match kind {
        Kind::Wait(seconds) | Kind::Timer(seconds) => {
            let duration = Element::new("bpmn:timeDuration").with("xsi:type", "bpmn:tFormalExpression");
            let timer = Element::new("bpmn:timerEventDefinition");
            Some(timer.holding([duration.saying(super::iso(*seconds))]))
        }
        Kind::Catch(fault) | Kind::Throw(fault) => {
            Some(Element::new("bpmn:errorEventDefinition").with("errorRef", fault.id()))
        }
        _ => None,
    }
}

fn shape(id: &str, rect: Rect, label: Option<Rect>) -> Element {
    let label = label.map(|label| Element::new("bpmndi:BPMNLabel").holding([bounds(label)]));
    let shape = Element::new("bpmndi:BPMNShape").with("id", format!("{id}.shape")).with("bpmnElement", id);
    shape.holding([bounds(rect)]).holding(label)
}

fn line(id: &str, path: &Path) -> Element {
    let points = path
        .points
        .iter()
        .map(|(x, y)| Element::new("di:waypoint").with("x", x.to_string()).with("y", y.to_string()));
    let label = path.label.map(|label| Element::new("bpmndi:BPMNLabel").holding([bounds(label)]));
    let edge = Element::new("bpmndi:BPMNEdge").with("id", format!("{id}.line")).with("bpmnElement", id);
    edge.holding(points).holding(label)
}

fn bounds(rect: Rect) -> Element {
    Element::new("dc:Bounds")
        .with("x", rect.x.to_string())
        .with("y", rect.y.to_string())
        .with("width", rect.width.to_string())
        .with("height", rect.height.to_string())
}

/// The beginning of a long text.
fn cut(words: &str) -> String {
    match words.char_indices().nth(LONGEST) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or(words).trim_end()),
    }
}
