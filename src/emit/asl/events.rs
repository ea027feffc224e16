//! How many events of its history an execution takes at most. Step Functions ends one that has more than 25,000.
//!
//! Must not know: what is in the states that it counts.
//!
//! Each handover is taken for the longest that some state of the flow has: a bound that is never too low.

use crate::plan::{Flow, Hop, Kind, Map, MapValue, State};

/// Events that the history of an execution holds.
pub(super) const LIMIT: u64 = 25_000;

/// A state that does nothing by itself is entered and left.
const STATE: u64 = 2;
/// A task is entered, scheduled, started, submitted, answered and left; where its timer fires, a `Fail` follows.
const TASK: u64 = 7;
/// A `Parallel` is entered, started, ended and left.
const PARALLEL: u64 = 4;
/// Of the whole: it starts and ends, with two choices, and a task that tells a caller, at the end.
const WHOLE: u64 = 2 + 4 * STATE + TASK;

/// The events of the longest execution; none if they can't be counted.
pub(super) fn most(flow: &Flow) -> Option<u64> {
    let longest = flow.states.values().map(visit).max().unwrap_or(0);
    let handovers = flow.worst.handovers?.checked_mul(longest)?;
    handovers.checked_add(WHOLE)?.checked_add(door(flow))
}

/// A visit: its arrival is counted, its owner works, what was made is looked at, and an arrow is taken.
fn visit(state: &State) -> u64 {
    let work = match &state.kind {
        Kind::Wait { .. } => STATE,
        Kind::Call(call) => (call.runs.len() as u64).saturating_mul(TASK) + PARALLEL,
        Kind::State | Kind::Approval(_) if state.accept.is_some() => 2 * TASK + PARALLEL,
        Kind::State | Kind::Approval(_) => TASK,
    };
    let longest = state.routes().map(|(_, route)| way(route)).max().unwrap_or(0);
    work.saturating_add(longest).saturating_add(3 * STATE)
}

/// Each counted arrow has a bound before it, that which is taken a counter.
fn way(route: &[Hop]) -> u64 {
    let counted = route.iter().filter(|hop| hop.at_most.is_some()).count() as u64;
    counted.saturating_add(2).saturating_mul(STATE)
}

/// Before the first state: the way in is chosen; what is missing in a raw record is filled in, at most twice each.
fn door(flow: &Flow) -> u64 {
    let filled = |map: &Map| match &map.value {
        MapValue::Raw(keys) => 2 * keys.len() as u64,
        MapValue::Constant(_) => 0,
    };
    let doors = flow.intakes.values().map(|intake| 6 + intake.maps.iter().flatten().map(filled).sum::<u64>());
    doors.max().unwrap_or(0).saturating_mul(STATE)
}
