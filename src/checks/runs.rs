//! Runs of a work item in an author's words: arrow by arrow, each where its target is written.
//!
//! Must not know: what a run shows.

use super::words::way;
use crate::diagnostics::{Diagnostic, Label};
use crate::model::words::duration;
use crate::model::{ArrowId, ArrowKind, Flow, Start, StateId, Timer};

/// So many steps of a run are told: both its ends. A finding in each of many states is not to tell the whole way to each.
const MOST_STEPS: usize = 100;

/// With the run along these arrows.
pub(crate) fn with_run(found: Diagnostic, flow: &Flow, run: &[ArrowId]) -> Diagnostic {
    let (ends, left_out) = ends(run);
    found.trace(steps(flow, &ends), left_out)
}

/// Both ends of what is too long to be told, and how many are left out between them.
pub(super) fn ends<T: Clone>(all: &[T]) -> (Vec<T>, usize) {
    let half = MOST_STEPS / 2;
    match (all.get(..half), all.len().checked_sub(half).and_then(|rest| all.get(rest..))) {
        (Some(first), Some(last)) if all.len() > MOST_STEPS => {
            ([first, last].concat(), all.len() - MOST_STEPS)
        }
        _ => (all.to_vec(), 0),
    }
}

/// The steps of a run along these arrows.
pub(super) fn steps(flow: &Flow, run: &[ArrowId]) -> Vec<Label> {
    let step = |&id: &ArrowId| Some(Label { span: flow[id].span, message: step(flow, id)? });
    run.iter().filter_map(step).collect()
}

/// ``intake -> `briefing` -> `review` ``: the run in one line.
pub(super) fn line(flow: &Flow, run: &[ArrowId]) -> String {
    let name = |state: StateId| flow[state].name.text.as_str();
    let targets = run.iter().filter_map(|&id| Some(name(flow[id].to?)));
    match run.first().map(|&id| flow[id].from) {
        Some(Start::State(state)) => {
            way(std::iter::once(name(state)).chain(targets).collect::<Vec<_>>().into_iter())
        }
        _ => format!("intake -> {}", way(targets.collect::<Vec<_>>().into_iter())),
    }
}

/// What work does on an arrow; none if its target is unknown.
fn step(flow: &Flow, id: ArrowId) -> Option<String> {
    let arrow = &flow[id];
    let to = &flow[arrow.to?].name.text;
    let from = match arrow.from {
        Start::Intake(intake) => return Some(format!("work comes in as `{}`", flow[intake].name.text)),
        Start::State(state) => state,
    };
    let name = &flow[from].name.text;
    let target = if arrow.to == Some(from) { "itself".to_owned() } else { format!("`{to}`") };
    if let Some(bound) = used_up(flow, id) {
        return Some(format!("the bound of {bound} is used up: `{name}` hands on to {target}"));
    }
    Some(match arrow.kind {
        ArrowKind::Accept => {
            format!("nobody accepts `{name}`{}: on to {target}", within(flow[from].accept.get()))
        }
        ArrowKind::Deadline => {
            format!("`{name}` is not done{}: on to {target}", within(flow[from].deadline.get()))
        }
        ArrowKind::Failure => format!("`{name}` fails and goes to {target}"),
        ArrowKind::Wait => format!("`{name}` is over: on to {target}"),
        ArrowKind::Handoff(_) | ArrowKind::Intake => format!("`{name}` hands on to {target}"),
    })
}

/// How often the arrow before this one in its chain may be taken.
fn used_up(flow: &Flow, id: ArrowId) -> Option<u64> {
    let before = ArrowId::new(id.index().checked_sub(1)?);
    (flow[id].hop > 0).then(|| flow[before].bound).flatten()
}

fn within(timer: Option<&Timer>) -> String {
    timer.and_then(|timer| timer.seconds).map_or(String::new(), |time| format!(" within {}", duration(time)))
}
