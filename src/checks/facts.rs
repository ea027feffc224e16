//! What checks may ask of a flow: the model, the graph of its arrows, and what is unknown.
//!
//! Must not know: any rule.

use crate::graph::{Graph, StateSet};
use crate::model::{
    Actor, ActorKind, Arrow, ArrowId, Flow, Handoff, HandoffId, Intake, Kind, Model, Name, Slot, State,
    StateId,
};
use crate::source::Sources;

/// One flow with what is known of it as a whole.
#[derive(Debug)]
pub(super) struct FlowFacts<'m> {
    pub(super) model: &'m Model,
    pub(super) sources: &'m Sources,
    pub(super) flow: &'m Flow,
    /// The arrows that can be taken.
    pub(super) graph: Graph<'m>,
    /// What some intake reaches.
    pub(super) reached: StateSet,
    /// States with a way on that is missing or unknown: it may lead anywhere.
    pub(super) open: StateSet,
    /// States that come to a success end, or may do so.
    pub(super) hopeful: StateSet,
    /// The failure end to which an author would send what goes wrong: the default's, else the first.
    pub(super) failure_end: Option<&'m str>,
    /// The first success end.
    pub(super) success_end: Option<&'m Name>,
}

impl<'m> FlowFacts<'m> {
    pub(super) fn new(model: &'m Model, sources: &'m Sources, flow: &'m Flow) -> FlowFacts<'m> {
        let graph = Graph::new(flow, |_, _| true);
        let reached = graph.reached_from(flow.intakes.iter().filter_map(|intake| flow[intake.arrow].to));
        let open = StateSet::of(flow.states.len(), |id| is_open(flow, id));
        let may_succeed = |id: &StateId| {
            open.contains(*id) || end_of(&flow[*id]).is_some_and(|success| success != Some(false))
        };
        let hopeful = graph.leading_to(graph.states().filter(may_succeed));
        let success_end = ends(flow, true).next().map(|end| &flow[end].name);
        let failure_end = likely_failure_end(flow);
        FlowFacts { model, sources, flow, graph, reached, open, hopeful, failure_end, success_end }
    }

    /// All states, in the order of the text.
    pub(super) fn states(&self) -> impl Iterator<Item = At<'_>> {
        self.graph.states().map(|id| self.at(id))
    }

    pub(super) fn at(&self, id: StateId) -> At<'_> {
        At { facts: self, id, state: &self.flow[id] }
    }

    /// The intakes from which no success end can be reached, each with where it leads.
    pub(super) fn fruitless(&self) -> impl Iterator<Item = (&'m Intake, StateId)> {
        let targets =
            self.flow.intakes.iter().filter_map(|intake| Some((intake, self.flow[intake.arrow].to?)));
        targets.filter(|&(_, target)| !self.hopeful.contains(target))
    }
}

/// The ends of that sort; an end of which it is unknown is of neither.
pub(super) fn ends(flow: &Flow, success: bool) -> impl Iterator<Item = StateId> {
    let known = flow.states.iter().enumerate().map(|(index, state)| (StateId::new(index), end_of(state)));
    known.filter(move |&(_, end)| end == Some(Some(success))).map(|(id, _)| id)
}

fn likely_failure_end(flow: &Flow) -> Option<&str> {
    let default = flow.default_failure.as_ref().and_then(|default| default.route.hops.last()?.to);
    let default = default.filter(|&id| end_of(&flow[id]) == Some(Some(false)));
    let end = default.or_else(|| ends(flow, false).next())?;
    Some(&flow[end].name.text)
}

/// `Some` for an end: whether it is a success, if that is known.
fn end_of(state: &State) -> Option<Option<bool>> {
    match &state.kind {
        Kind::End(end) => Some(end.success),
        _ => None,
    }
}

/// A way on from it is missing or unknown. Missing time-outs and failures don't count: they lead to no success.
fn is_open(flow: &Flow, id: StateId) -> bool {
    let state = &flow[id];
    let no_way_on = match &state.kind {
        Kind::End(_) => return false,
        Kind::Wait { time } => time.get().is_none(),
        Kind::State | Kind::Approval(_) | Kind::Call(_) => state.handoffs.is_empty(),
    };
    let faulty = |&arrow: &u32| flow[ArrowId(arrow)].to.is_none();
    no_way_on || state.unknown || has_unknown_exit(state) || state.arrows.clone().any(|arrow| faulty(&arrow))
}

fn has_unknown_exit(state: &State) -> bool {
    state.accept == Slot::Unknown || state.deadline == Slot::Unknown || state.failure == Slot::Unknown
}

/// A state where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'m> {
    pub(super) facts: &'m FlowFacts<'m>,
    pub(super) id: StateId,
    pub(super) state: &'m State,
}

impl<'m> At<'m> {
    pub(super) fn name(self) -> &'m str {
        &self.state.name.text
    }

    pub(super) fn model(self) -> &'m Model {
        self.facts.model
    }

    pub(super) fn flow(self) -> &'m Flow {
        self.facts.flow
    }

    /// A state, approval or call: somebody works here, or runs do.
    pub(super) fn works(self) -> bool {
        matches!(self.state.kind, Kind::State | Kind::Approval(_) | Kind::Call(_))
    }

    pub(super) fn is_end(self) -> bool {
        matches!(self.state.kind, Kind::End(_))
    }

    /// An end of which it is known that it is, or is not, a success.
    pub(super) fn ends_in(self, success: bool) -> bool {
        end_of(self.state) == Some(Some(success))
    }

    /// `state`, `approval` …: the word for people.
    pub(super) fn noun(self) -> &'static str {
        match self.state.kind {
            Kind::State => "state",
            Kind::Approval(_) => "approval",
            Kind::Wait { .. } => "wait",
            Kind::Call(_) => "call",
            Kind::End(_) => "end",
        }
    }

    pub(super) fn owner(self) -> Option<&'m Actor> {
        self.state.owner.get().map(|&id| &self.model()[id])
    }

    pub(super) fn owner_kind(self) -> Option<ActorKind> {
        self.owner()?.kind
    }

    pub(super) fn handoffs(self) -> impl Iterator<Item = &'m Handoff> {
        self.state.handoffs.clone().map(move |id| &self.flow()[HandoffId(id)])
    }

    pub(super) fn arrows(self) -> impl Iterator<Item = &'m Arrow> {
        self.state.arrows.clone().map(move |id| &self.flow()[ArrowId(id)])
    }
}
