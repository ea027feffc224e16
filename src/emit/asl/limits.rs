//! What Step Functions can't express: B901.
//!
//! Must not know: how the rest is expressed.

use smol_str::SmolStr;

use super::refuse;
use crate::diagnostics::Diagnostic;
use crate::emit::Feature;
use crate::plan::{Constant, Flow, Guard, Kind, Named, Plan, State, Timer, When};
use crate::source::Span;

/// Significant digits that survive a comparison of doubles.
const DIGITS: usize = 15;

/// Seconds that an execution may last.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// How deep a rule may nest, and how many tests the rules of one state may hold.
const DEEPEST: u32 = 40;
const TESTS: u64 = 20_000;

/// Everything in the plan that the target has no way to say.
pub(super) fn inexpressible(plan: &Plan) -> Vec<Diagnostic> {
    let flows = plan.flows.values();
    flows
        .flat_map(|flow| {
            let sizes = sizes(&flow.thresholds);
            flow.states
                .iter()
                .flat_map(move |(name, state)| of_state(flow, name, state, &sizes))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn of_state(flow: &Flow, name: &SmolStr, state: &State, sizes: &Named<Size>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    found.extend(some_runs(name, state));
    found.extend(timers(state).filter(|timer| timer.seconds > YEAR).map(|timer| {
        let message =
            format!("`{name}` can last longer than a year, and an execution of Step Functions can't");
        refuse(Feature::Years, timer.span, message)
    }));
    if size_of_state(state, sizes).is_too_large() {
        let message = format!("the thresholds of `{name}` are too large for one choice of Step Functions");
        found.push(refuse(Feature::Guards, state.span, message));
    }
    found.extend(inexact(flow, state).into_iter().map(|place| {
        let message = format!("Step Functions compares no more than {DIGITS} digits of a number");
        refuse(Feature::Digits, place, message)
    }));
    found
}

fn some_runs(name: &SmolStr, state: &State) -> Option<Diagnostic> {
    let Kind::Call(call) = &state.kind else { return None };
    let (join, runs) = (call.join, call.runs.len());
    (usize::try_from(join) != Ok(runs)).then(|| {
        let message =
            format!("Step Functions can't wait for {join} of the {runs} runs of `{name}`: it waits for all");
        refuse(Feature::JoinSome, call.span, message)
    })
}

fn timers(state: &State) -> impl Iterator<Item = &Timer> {
    let wait = match &state.kind {
        Kind::Wait { time } => Some(time),
        _ => None,
    };
    [state.accept.as_ref(), state.deadline.as_ref(), wait].into_iter().flatten()
}

fn guards(state: &State) -> impl Iterator<Item = &Guard> {
    state.handoffs.iter().filter_map(|handoff| match &handoff.when {
        When::Guard(guard) => Some(guard),
        When::Otherwise => None,
    })
}

/// The places of the constants in a state's guards that a double can't hold.
fn inexact(flow: &Flow, state: &State) -> Vec<Span> {
    let mut pending: Vec<&Guard> = guards(state).collect();
    let mut spelled_out = Vec::new();
    let mut found = Vec::new();
    while let Some(guard) = pending.pop() {
        match guard {
            Guard::And(parts) | Guard::Or(parts) => pending.extend(parts),
            Guard::Not(inner) => pending.push(inner),
            Guard::Compare { value, span, .. } if is_long(value) => found.push(*span),
            Guard::Range { low, high, span, .. } if is_long(low) || is_long(high) => found.push(*span),
            Guard::Set { values, span, .. } if values.iter().any(is_long) => found.push(*span),
            Guard::Threshold(name) if !spelled_out.contains(&name) => {
                spelled_out.push(name);
                pending.extend(flow.thresholds.get(name).map(|threshold| &threshold.guard));
            }
            _ => {}
        }
    }
    found
}

fn is_long(constant: &Constant) -> bool {
    let Constant::Number(number) = constant else { return false };
    let digits = number.0.mantissa().unsigned_abs().to_string();
    digits.trim_end_matches('0').len() > DIGITS
}

/// How large a guard is once its thresholds are spelled out.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: u32,
    tests: u64,
}

impl Size {
    fn is_too_large(self) -> bool {
        self.depth > DEEPEST || self.tests > TESTS
    }

    fn beside(self, other: Size) -> Size {
        Size { depth: self.depth.max(other.depth), tests: self.tests.saturating_add(other.tests) }
    }
}

fn size_of_state(state: &State, thresholds: &Named<Size>) -> Size {
    let guards = guards(state).map(|guard| size(guard, thresholds));
    let all = guards.fold(Size::default(), Size::beside);
    let twice = state.handoffs.iter().any(|handoff| matches!(handoff.when, When::Otherwise));
    if twice { Size { depth: all.depth + 1, ..all.beside(all) } } else { all }
}

/// As deep as the guard as written, which the parser bounds.
fn size(guard: &Guard, thresholds: &Named<Size>) -> Size {
    match guard {
        Guard::And(parts) | Guard::Or(parts) => {
            let parts = parts.iter().map(|part| size(part, thresholds)).fold(Size::default(), Size::beside);
            Size { depth: parts.depth.saturating_add(1), ..parts }
        }
        Guard::Not(inner) => {
            let inner = size(inner, thresholds);
            Size { depth: inner.depth.saturating_add(1), ..inner }
        }
        Guard::Set { values, .. } => Size { depth: 2, tests: values.len() as u64 },
        Guard::Threshold(name) => thresholds.get(name).copied().unwrap_or_default(),
        _ => Size { depth: 2, tests: 1 },
    }
}

/// The sizes of the thresholds, each after those that it names.
fn sizes(thresholds: &Named<crate::plan::Threshold>) -> Named<Size> {
    let mut known = Named::<Size>::default();
    let mut pending: Vec<&SmolStr> = thresholds.keys().rev().collect();
    while let Some(&name) = pending.last() {
        let guard = thresholds.get(name).map(|threshold| &threshold.guard);
        let unknown: Vec<_> = guard.map(named).unwrap_or_default();
        let unknown: Vec<_> = unknown.into_iter().filter(|name| !known.contains_key(*name)).collect();
        if known.contains_key(name) || unknown.is_empty() {
            pending.pop();
            known.insert(name.clone(), guard.map(|guard| size(guard, &known)).unwrap_or_default());
        } else {
            pending.extend(unknown);
        }
    }
    known
}

/// The thresholds that a guard names.
fn named(guard: &Guard) -> Vec<&SmolStr> {
    let mut pending = vec![guard];
    let mut names = Vec::new();
    while let Some(guard) = pending.pop() {
        match guard {
            Guard::And(parts) | Guard::Or(parts) => pending.extend(parts),
            Guard::Not(inner) => pending.push(inner),
            Guard::Threshold(name) => names.push(name),
            _ => {}
        }
    }
    names
}
