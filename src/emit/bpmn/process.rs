//! A flow as the graph of a process, put together: the door, the states, the ends.
//!
//! Must not know: XML, coordinates, and which engine will read it.

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::Build;
use super::feel::Scope;
use super::graph::{At, Graph, Kind, Node};
use super::names;
use crate::plan::{self, Flow, Outcome};

/// A process under construction.
pub(super) struct Process<'a> {
    pub(super) build: &'a Build<'a>,
    pub(super) name: &'a SmolStr,
    pub(super) flow: &'a Flow,
    pub(super) graph: Graph,
    /// What leads to each state, and to each success end; and whether it is no counted arrow.
    arrivals: IndexMap<&'a str, Vec<(At, bool)>>,
}

/// The process of one flow.
pub(super) fn process<'a>(build: &'a Build<'a>, name: &'a SmolStr, flow: &'a Flow) -> Graph {
    let mut process = Process { build, name, flow, graph: Graph::default(), arrivals: IndexMap::new() };
    process.lanes();
    process.door();
    let mut entries: IndexMap<&str, At> = IndexMap::new();
    for (name, state) in &flow.states {
        entries.insert(name, process.state(name, state));
    }
    for (name, end) in &flow.ends {
        if matches!(end.outcome, Outcome::Success { .. }) {
            entries.insert(name, process.success(name, end));
        }
    }
    process.connect(&entries);
    process.graph
}

impl<'a> Process<'a> {
    /// The owners of states, then those of success ends.
    fn lanes(&mut self) {
        let ends = self.flow.ends.values().filter(|end| matches!(end.outcome, Outcome::Success { .. }));
        let owners = self.flow.states.values().map(|state| &state.owner).chain(ends.map(|end| &end.owner));
        self.graph.lanes = owners.map(|actor| self.build.owner(actor).to_owned()).collect();
    }

    /// The lane of an actor.
    pub(super) fn lane(&self, actor: &str) -> usize {
        self.graph.lanes.get_index_of(self.build.owner(actor)).unwrap_or_default()
    }

    /// `from` leads to that state or success end.
    pub(super) fn arrives(&mut self, from: At, to: &'a str, firm: bool) {
        self.arrivals.entry(to).or_default().push((from, firm));
    }

    /// Where several ways lead to one node, a gateway joins them.
    fn connect(&mut self, entries: &IndexMap<&str, At>) {
        for (name, sources) in std::mem::take(&mut self.arrivals) {
            let Some(&entry) = entries.get(name) else { continue };
            let target = match sources.len() {
                1 => entry,
                _ => self.join(name, entry),
            };
            for (from, firm) in sources {
                let edge = self.graph.link(from, target);
                if let Some(edge) = self.graph.edges.get_mut(edge) {
                    edge.firm = firm;
                }
            }
        }
    }

    fn join(&mut self, name: &str, entry: At) -> At {
        let lane = self.graph.nodes.get(entry).map_or(0, |node| node.lane);
        let join = self.graph.add(Node::new(format!("{}.in", self.id(name)), "", Kind::Join, lane));
        self.graph.link(join, entry);
        join
    }

    /// The id of a state, or of an end.
    pub(super) fn id<'n>(&self, name: &'n str) -> std::borrow::Cow<'n, str> {
        let index = self.flow.states.get_index_of(name);
        let ends = || Some(self.flow.states.len() + self.flow.ends.get_index_of(name)?);
        names::id(name, index.or_else(ends))
    }

    fn success(&mut self, name: &str, end: &plan::End) -> At {
        let doc = format!("The work has ended well; the receipt is for {}.", end.owner);
        let node = Node::new(self.id(name), name, Kind::End, self.lane(&end.owner)).documented(doc);
        self.graph.add(node.saying("end", name).saying("owner", end.owner.as_str()))
    }

    /// Where the values of a state's fields are found, once its owner has replied.
    pub(super) fn scope(&self, state: &'a plan::State) -> Scope<'a> {
        let made = match &state.kind {
            plan::Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_deref()).collect(),
            _ => state.makes.iter().map(|name| name.as_str()).collect(),
        };
        Scope { flow: self.flow, made }
    }
}
