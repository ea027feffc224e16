//! What holds of every element, whatever it is for: the graph has no loose end, each gateway a way that is always open, each
//! node a lane, and everything a place in the diagram.
//!
//! Must not know: the plan.

use std::collections::BTreeSet;

use super::exits::{count_set, set_by};
use super::tree::Element;
use super::{Reading, condition};

impl<'a> Reading<'a> {
    pub(super) fn form(&mut self) {
        let drawn = self.drawn();
        let nodes: Vec<_> = self.process.below().into_iter().filter(|element| is_node(element)).collect();
        for &node in &nodes {
            let whole = self.linked(node) && self.open(node) && self.works(node) && drawn.contains(node.id());
            self.miss(whole, || format!("all of `{}`", node.id()));
        }
        for line in self.out.values().flatten().copied().collect::<Vec<_>>() {
            let ends = [line.get("sourceRef"), line.get("targetRef")];
            let there = ends.iter().all(|end| self.find(end).is_some_and(is_node));
            self.miss(there && drawn.contains(line.id()), || format!("the way `{}`", line.id()));
        }
        self.lanes(&drawn);
        let pool = self.root.first("bpmn:collaboration").and_then(|pool| pool.first("bpmn:participant"));
        let pooled =
            pool.is_some_and(|pool| pool.get("processRef") == self.process.id() && drawn.contains(pool.id()));
        self.miss(pooled, || "its pool".into());
        let versioned = self.process.first("bpmn:extensionElements").is_some_and(|said| {
            said.children.iter().any(|said| said.get("value") == self.expected.plan.hash)
        });
        self.miss(versioned, || "the plan's version".into());
    }

    /// The ids of what has a shape, or a line of two points.
    fn drawn(&self) -> BTreeSet<&'a str> {
        let drawn = self.root.below().into_iter().filter(|shape| match shape.name.as_str() {
            "bpmndi:BPMNShape" => shape.first("dc:Bounds").is_some(),
            "bpmndi:BPMNEdge" => shape.all("di:waypoint").count() > 1,
            _ => false,
        });
        drawn.map(|shape| shape.get("bpmnElement")).collect()
    }

    /// Its ways in and out are those that it names.
    fn linked(&self, node: &Element) -> bool {
        let named = |name| node.all(name).map(|named| named.text.as_str()).collect::<BTreeSet<_>>();
        let there = |lines: &[&'a Element]| lines.iter().map(|line| line.id()).collect::<BTreeSet<_>>();
        let begins = matches!(node.name.as_str(), "bpmn:startEvent" | "bpmn:boundaryEvent");
        named("bpmn:incoming") == there(self.into(node))
            && named("bpmn:outgoing") == there(self.out(node))
            && self.into(node).is_empty() == begins
            && self.out(node).is_empty() == (node.name == "bpmn:endEvent")
    }

    /// A gateway where ways part has conditions on all of them but one, which is always open.
    fn open(&self, node: &Element) -> bool {
        let out = self.out(node);
        if node.name != "bpmn:exclusiveGateway" || out.len() < 2 {
            return node.name == "bpmn:parallelGateway" || out.len() < 2;
        }
        let default = node.get("default");
        out.iter().any(|line| line.id() == default)
            && out.iter().all(|line| (line.id() == default) == condition(line).is_none())
    }

    /// It has what it works with.
    fn works(&self, node: &Element) -> bool {
        let below = node.below();
        let has = |name: &str| below.iter().any(|element| element.name == name);
        let outputs = |wanted: usize| {
            !self.is_camunda()
                || below.iter().filter(|element| element.name == "zeebe:output").count() >= wanted
        };
        match node.name.as_str() {
            "bpmn:scriptTask" => set_by(node)
                .is_some_and(|set| set.starts_with('{') && set.ends_with('}') && outputs(count_set(set))),
            "bpmn:serviceTask" => {
                outputs(1) && (has("zeebe:taskDefinition") || super::said_of(node, "job").is_some())
            }
            "bpmn:userTask" if self.is_camunda() => {
                let needed = [
                    "zeebe:userTask",
                    "zeebe:assignmentDefinition",
                    "zeebe:taskSchedule",
                    "zeebe:formDefinition",
                ];
                let listeners = below.iter().filter(|element| element.name == "zeebe:taskListener").count();
                outputs(1) && needed.iter().all(|name| has(name)) && listeners == 3
            }
            "bpmn:userTask" => below
                .iter()
                .any(|element| element.name == "bpmn:formalExpression" && !element.text.is_empty()),
            "bpmn:boundaryEvent" | "bpmn:intermediateCatchEvent" => {
                has("bpmn:timeDuration") || self.throws(node)
            }
            "bpmn:endEvent" => {
                let plain = !has("bpmn:errorEventDefinition") && !node.get("name").starts_with("Baton.");
                plain || self.throws(node)
            }
            _ => true,
        }
    }

    fn is_camunda(&self) -> bool {
        self.root.attributes.contains_key("xmlns:zeebe")
    }

    /// Its error is declared.
    fn throws(&self, node: &Element) -> bool {
        let about = node.first("bpmn:errorEventDefinition");
        about
            .is_some_and(|about| self.root.all("bpmn:error").any(|error| error.id() == about.get("errorRef")))
    }

    fn lanes(&mut self, drawn: &BTreeSet<&str>) {
        let Some(lanes) = self.process.first("bpmn:laneSet") else {
            return self.lost.push("its lanes".into());
        };
        let shown = lanes.all("bpmn:lane").all(|lane| drawn.contains(lane.id()));
        self.miss(shown, || "the place of a lane".into());
        let held: BTreeSet<_> = lanes
            .below()
            .into_iter()
            .filter(|element| element.name == "bpmn:flowNodeRef")
            .map(|element| element.text.as_str())
            .collect();
        let top = self.process.children.iter().filter(|child| is_node(child));
        let loose: Vec<_> = top.map(Element::id).filter(|id| !held.contains(id)).collect();
        self.miss(loose.is_empty(), || {
            format!("the lane of `{}`", loose.first().copied().unwrap_or_default())
        });
    }
}

fn is_node(element: &Element) -> bool {
    matches!(
        element.name.as_str(),
        "bpmn:startEvent"
            | "bpmn:endEvent"
            | "bpmn:boundaryEvent"
            | "bpmn:intermediateCatchEvent"
            | "bpmn:exclusiveGateway"
            | "bpmn:parallelGateway"
            | "bpmn:scriptTask"
            | "bpmn:userTask"
            | "bpmn:serviceTask"
            | "bpmn:callActivity"
            | "bpmn:subProcess"
    )
}
