//! What checks may ask of a flow: the model, the graph of its arrows, and what is unknown.
//!
//! Must not know: any rule.

use std::ops::Deref;

use crate::analysis::context::Context;
use crate::analysis::guards::{Guards, Verdict};
use crate::graph::{Graph, StateSet};
use crate::model::walk::StateRef;
use crate::model::{ActorKind, Flow, HandoffId, Intake, Kind, Model, Name, Slot, State, StateId, When};
use crate::source::Sources;

/// One flow with what is known of it as a whole.
#[derive(Debug)]
pub(super) struct FlowFacts<'m> {
    pub(super) model: &'m Model,
    pub(super) sources: &'m Sources,
    pub(super) flow: &'m Flow,
    /// What its guards let through.
    pub(super) guards: Guards<'m>,
    /// The arrows that can be taken.
    pub(super) graph: Graph<'m>,
    /// What some intake reaches.
    pub(super) reached: StateSet,
    /// States with a way on that is missing or unknown: it may lead anywhere.
    pub(super) open: StateSet,
    /// States that come to a success end, or may do so.
    pub(super) hopeful: StateSet,
    /// The first state or end that no intake reaches.
    pub(super) lost: Option<&'m Name>,
    /// The failure end to which an author would send what goes wrong: the default's, else the first.
    pub(super) failure_end: Option<&'m str>,
    /// The first success end.
    pub(super) success_end: Option<&'m Name>,
    /// What is there on arrival, and what is read later.
    pub(super) context: Context,
}

impl<'m> FlowFacts<'m> {
    pub(super) fn new(model: &'m Model, sources: &'m Sources, flow: &'m Flow) -> FlowFacts<'m> {
        let guards = Guards::new(model, flow);
        let graph = Graph::new(flow, |_, arrow| guards.may_take(arrow));
        let reached = graph.reached_from(flow.intakes.iter().filter_map(|intake| flow[intake.arrow].to));
        let open = StateSet::of(flow.states.len(), |id| is_open(flow, id) || leaves_a_gap(&guards, id));
        let may_succeed = |id: &StateId| {
            open.contains(*id) || end_of(&flow[*id]).is_some_and(|success| success != Some(false))
        };
        let hopeful = graph.leading_to(graph.states().filter(may_succeed));
        let lost = graph.states().find(|&id| !reached.contains(id)).map(|id| &flow[id].name);
        let success_end = ends(flow, true).next().map(|end| &flow[end].name);
        let failure_end = likely_failure_end(flow);
        let context = Context::new(&graph, &guards, |id| open.contains(id));
        FlowFacts {
            model,
            sources,
            flow,
            guards,
            graph,
            reached,
            open,
            hopeful,
            lost,
            failure_end,
            success_end,
            context,
        }
    }

    /// All states, in the order of the text.
    pub(super) fn states(&self) -> impl Iterator<Item = At<'_>> {
        self.graph.states().map(|id| self.at(id))
    }

    /// The states whose guards are not as they should be, with what is wrong.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (At<'_>, &Verdict)> {
        self.guards.verdicts.iter().map(|(&id, verdict)| (self.at(id), verdict))
    }

    pub(super) fn at(&self, id: StateId) -> At<'_> {
        At { facts: self, state: StateRef { id, flow: self.flow, model: self.model } }
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
        Kind::State | Kind::Approval(_) | Kind::Call(_) => lacks_handoff(flow, state),
    };
    no_way_on
        || state.unknown
        || has_unknown_exit(state)
        || flow.arrows_in(&state.arrows).any(|arrow| arrow.to.is_none())
}

/// Some values, or an option, have no way on from it, or that could not be decided.
fn leaves_a_gap(guards: &Guards<'_>, id: StateId) -> bool {
    let has_gap = |verdict: &Verdict| verdict.gap.is_some() || !verdict.unhandled.is_empty();
    guards.complex.binary_search(&id).is_ok() || guards.verdict(id).is_some_and(has_gap)
}

/// It has no handoff, or only an `otherwise`, which is what is left over of others.
pub(super) fn lacks_handoff(flow: &Flow, state: &State) -> bool {
    let is_rest = |id: u32| matches!(flow[HandoffId(id)].when, When::Otherwise(_));
    match state.kind {
        Kind::State | Kind::Approval(_) | Kind::Call(_) => state.handoffs.clone().all(is_rest),
        Kind::Wait { .. } | Kind::End(_) => false,
    }
}

fn has_unknown_exit(state: &State) -> bool {
    state.accept == Slot::Unknown || state.deadline == Slot::Unknown || state.failure == Slot::Unknown
}

/// A state where it stands, with what is known of its flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'m> {
    pub(super) facts: &'m FlowFacts<'m>,
    pub(super) state: StateRef<'m>,
}

impl<'m> Deref for At<'m> {
    type Target = StateRef<'m>;

    fn deref(&self) -> &StateRef<'m> {
        &self.state
    }
}

impl At<'_> {
    pub(super) fn owner_kind(self) -> Option<ActorKind> {
        self.owner()?.kind
    }
}
