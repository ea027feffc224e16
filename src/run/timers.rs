//! The times at which something happens by itself.
//!
//! Must not know: where work goes then.

use jiff::{SignedDuration, Timestamp};

use super::{Item, Phase, Visit};
use crate::plan::{Kind, Plan, State, Timer};

/// A time that is awaited at a visit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Alarm<'p> {
    /// One of the timers of the state: it leads on.
    Leave(&'p Timer),
    /// The next attempt begins.
    Attempt,
}

/// When something happens to the item by itself: an `accept` or a `deadline` passes, an attempt begins, a wait is over.
#[must_use]
pub fn next_due(plan: &Plan, item: &Item) -> Option<Timestamp> {
    let visit = item.visit()?;
    let state = plan.flows.get(&item.flow)?.states.get(&visit.state)?;
    let leave = leave_at(state, visit).map(|(due, _)| due);
    leave.into_iter().chain(attempt_at(visit)).min()
}

/// What is to happen by `now`. An attempt does not begin when it is time to leave.
pub(super) fn due<'p>(state: &'p State, visit: &Visit, now: Timestamp) -> Option<Alarm<'p>> {
    if let Some(timer) = overdue(state, visit, now) {
        return Some(Alarm::Leave(timer));
    }
    attempt_at(visit).filter(|until| *until <= now).map(|_| Alarm::Attempt)
}

/// The timer that has taken the work out of the state by `now`, though nobody may have noticed yet.
pub(super) fn overdue<'p>(state: &'p State, visit: &Visit, now: Timestamp) -> Option<&'p Timer> {
    leave_at(state, visit).filter(|(due, _)| *due <= now).map(|(_, timer)| timer)
}

/// The first of the timers that lead on.
fn leave_at<'p>(state: &'p State, visit: &Visit) -> Option<(Timestamp, &'p Timer)> {
    let accept = state.accept.as_ref().filter(|_| visit.accepted.is_none());
    let wait = match &state.kind {
        Kind::Wait { time } => Some(time),
        _ => None,
    };
    let timers = accept.into_iter().chain(&state.deadline).chain(wait);
    timers.map(|timer| (after(visit.since, timer.seconds), timer)).min_by_key(|(due, _)| *due)
}

fn attempt_at(visit: &Visit) -> Option<Timestamp> {
    match visit.phase {
        Phase::Pause { until } => Some(until),
        _ => None,
    }
}

/// So many seconds later, or the last moment that can be said.
pub(super) fn after(moment: Timestamp, seconds: u64) -> Timestamp {
    let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    moment.saturating_add(seconds).unwrap_or(Timestamp::MAX)
}
