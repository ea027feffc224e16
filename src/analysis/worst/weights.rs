//! What arrows weigh, and whether a flow is known well enough to say so.
//!
//! Must not know: walks.

use crate::graph::{StateMap, StateSet};
use crate::model::{Arrow, ArrowId, ArrowKind, Flow, Kind, Slot, Start, State, StateId, Timer};

/// What arrows add to a run, in one measure.
#[derive(Clone, Debug)]
pub struct Weights<'m> {
    flow: &'m Flow,
    by: By,
}

#[derive(Clone, Debug)]
enum By {
    /// Seconds until it is taken.
    Time,
    /// What the visit has cost that ends with it.
    Cost(StateMap<u128>),
    /// Whether it leads there.
    Visits(StateId),
    /// One each.
    Handovers,
}

impl<'m> Weights<'m> {
    pub(super) fn time(flow: &'m Flow) -> Weights<'m> {
        Weights { flow, by: By::Time }
    }

    pub(super) fn cost(flow: &'m Flow, visits: StateMap<u128>) -> Weights<'m> {
        Weights { flow, by: By::Cost(visits) }
    }

    pub(super) fn visits(flow: &'m Flow, to: StateId) -> Weights<'m> {
        Weights { flow, by: By::Visits(to) }
    }

    pub(super) fn handovers(flow: &'m Flow) -> Weights<'m> {
        Weights { flow, by: By::Handovers }
    }

    /// What an arrow adds.
    #[must_use]
    pub fn of(&self, arrow: ArrowId) -> u128 {
        let arrow = &self.flow[arrow];
        match (&self.by, arrow.from) {
            (By::Visits(state), _) => u128::from(arrow.to == Some(*state)),
            (By::Handovers, _) => 1,
            (_, Start::Intake(_)) => 0,
            (By::Cost(visits), Start::State(from)) => visits[from],
            (By::Time, Start::State(from)) => seconds(&self.flow[from], arrow).into(),
        }
    }
}

/// How long a visit takes at most that ends with this arrow; 0 if that is not known.
fn seconds(state: &State, arrow: &Arrow) -> u64 {
    let timer = match (arrow.kind, &state.kind) {
        (ArrowKind::Accept, _) => state.accept.get(),
        (_, Kind::Wait { time }) => time.get(),
        _ => state.deadline.get(),
    };
    timer.and_then(|timer| timer.seconds).unwrap_or(0)
}

/// Nothing is unknown or missing that could lengthen a run through these states.
pub(super) fn is_whole(flow: &Flow, reached: &StateSet) -> bool {
    let entered = flow.intakes.iter().all(|intake| flow[intake.arrow].to.is_some());
    entered
        && !flow.intakes.is_empty()
        && !flow.unknown
        && reached.iter().all(|id| is_whole_state(flow, &flow[id]))
}

fn is_whole_state(flow: &Flow, state: &State) -> bool {
    let is_timed = |timer: &Slot<Timer>| timer.get().is_some_and(|timer| timer.seconds.is_some());
    let timed = match &state.kind {
        Kind::End(_) => return !state.unknown,
        Kind::Wait { time } => is_timed(time),
        Kind::State | Kind::Approval(_) | Kind::Call(_) => {
            let accepted = state.accept.is_missing() || is_timed(&state.accept);
            is_timed(&state.deadline)
                && accepted
                && state.failure.get().is_some()
                && !state.handoffs.is_empty()
        }
    };
    let leads = |arrow: &Arrow| arrow.to.is_some() && !arrow.bound_unknown;
    timed && !state.unknown && flow.arrows_in(&state.arrows).all(leads)
}
