//! What checks may ask of a flow: the model, the graph of its arrows, and what is unknown.
//!
//! Must not know: any rule.

use crate::graph::{Graph, StateSet};
use crate::model::{
    Actor, ActorKind, Arrow, ArrowId, Flow, Handoff, HandoffId, IntakeId, Kind, Model, Slot, State, StateId,
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
    /// Intakes from which no success end can be reached.
    pub(super) fruitless: Vec<IntakeId>,
}

impl<'m> FlowFacts<'m> {
    pub(super) fn new(model: &'m Model, sources: &'m Sources, flow: &'m Flow) -> FlowFacts<'m> {
        let graph = Graph::new(flow, |_, _| true);
        let reached = graph.reached_from(flow.intakes.iter().filter_map(|intake| flow[intake.arrow].to));
        let open = StateSet::of(flow.states.len(), |id| is_open(flow, id));
        let mut facts = FlowFacts { model, sources, flow, graph, reached, open, fruitless: Vec::new() };
        facts.fruitless = facts.fruitless_intakes();
        facts
    }

    /// All states, in the order of the text.
    pub(super) fn states(&self) -> impl Iterator<Item = At<'_>> {
        self.graph.states().map(|id| self.at(id))
    }

    pub(super) fn at(&self, id: StateId) -> At<'_> {
        At { facts: self, id, state: &self.flow[id] }
    }

    /// The ends of that sort; an end of which it is unknown is of neither.
    pub(super) fn ends(&self, success: bool) -> impl Iterator<Item = StateId> + '_ {
        self.graph.states().filter(move |&id| self.at(id).ends_in(success))
    }

    /// The states that may come to a success end, as far as is known.
    pub(super) fn hopeful(&self) -> StateSet {
        let unknown = |id: &StateId| self.open.contains(*id) || end_of(&self.flow[*id]) == Some(None);
        self.graph.leading_to(self.ends(true).chain(self.graph.states().filter(unknown)))
    }

    fn fruitless_intakes(&self) -> Vec<IntakeId> {
        let hopeful = self.hopeful();
        let fruitless = |id: &IntakeId| self.target(*id).is_some_and(|state| !hopeful.contains(state));
        (0..self.flow.intakes.len()).map(IntakeId::new).filter(fruitless).collect()
    }

    /// Where an intake leads, if that is known.
    pub(super) fn target(&self, intake: IntakeId) -> Option<StateId> {
        self.flow[self.flow[intake].arrow].to
    }

    /// The failure end to which an author would send what goes wrong: the default's, else the first.
    pub(super) fn failure_end(&self) -> Option<&'m str> {
        let default = self.flow.default_failure.as_ref().and_then(|default| default.route.hops.last()?.to);
        let end = default.filter(|&id| self.at(id).ends_in(false)).or_else(|| self.ends(false).next())?;
        Some(self.flow[end].name.text.as_str())
    }
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
