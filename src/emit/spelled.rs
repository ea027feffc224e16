//! What a double can't hold, and what becomes too large once its thresholds are spelled out: limits that several engines
//! have alike.
//!
//! Must not know: which engine.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::plan::{
    Constant, Exact, Flow, Guard, Intake, MapValue, Named, Plan, State, Threshold, Type, When,
};
use crate::source::Span;

/// Significant digits that survive a comparison of doubles.
pub(super) const DIGITS: usize = 15;

/// How deep a rule may nest, and how many tests the rules of one state may hold.
const DEEPEST: u32 = 40;
const TESTS: u64 = 20_000;

/// Where numbers stand that have more than [`DIGITS`].
pub(super) fn inexact(plan: &Plan) -> Vec<Span> {
    let flows = plan.flows.values();
    let found = flows
        .flat_map(|flow| flow.states.values().flat_map(|state| constants(flow, state)).chain(intakes(flow)));
    found.chain(bounds(plan)).collect()
}

/// The states whose conditions are too large once their thresholds are spelled out.
pub(super) fn too_large(flow: &Flow) -> impl Iterator<Item = (&SmolStr, &State)> {
    let thresholds = sizes(&flow.thresholds);
    flow.states.iter().filter(move |(_, state)| size_of_state(state, &thresholds).is_too_large())
}

/// The intakes that fill a record with constants of too many digits.
fn intakes(flow: &Flow) -> impl Iterator<Item = Span> {
    let long = |intake: &&Intake| {
        let mut values = intake.maps.iter().flatten().map(|map| &map.value);
        values.any(|value| matches!(value, MapValue::Constant(constant) if is_long(constant)))
    };
    flow.intakes.values().filter(long).map(|intake| intake.span)
}

/// The types whose bounds a double can't hold.
fn bounds(plan: &Plan) -> impl Iterator<Item = Span> {
    let assets = plan.assets.values().flat_map(|asset| asset.fields.values());
    let fields = assets.chain(plan.flows.values().flat_map(|flow| flow.context.values()));
    let long = fields.filter(|field| {
        let mut ty = &field.ty;
        while let Type::List { of, .. } = ty {
            ty = of;
        }
        match ty {
            Type::Int(bounds) | Type::Number(bounds) => {
                [bounds.low, bounds.high].into_iter().flatten().any(has_more_digits)
            }
            _ => false,
        }
    });
    long.map(|field| field.span)
}

fn guards(state: &State) -> impl Iterator<Item = &Guard> {
    state.handoffs.iter().filter_map(|handoff| match &handoff.when {
        When::Guard(guard) => Some(guard),
        When::Otherwise => None,
    })
}

/// The places of the constants in a state's guards that a double can't hold.
fn constants(flow: &Flow, state: &State) -> Vec<Span> {
    let mut pending: Vec<&Guard> = guards(state).collect();
    let mut spelled_out = FxHashSet::default();
    let mut found = Vec::new();
    while let Some(guard) = pending.pop() {
        match guard {
            Guard::And(parts) | Guard::Or(parts) => pending.extend(parts),
            Guard::Not(inner) => pending.push(inner),
            Guard::Compare { value, span, .. } if is_long(value) => found.push(*span),
            Guard::Range { low, high, span, .. } if is_long(low) || is_long(high) => found.push(*span),
            Guard::Set { values, span, .. } if values.iter().any(is_long) => found.push(*span),
            Guard::Threshold(name) if spelled_out.insert(name) => {
                pending.extend(flow.thresholds.get(name).map(|threshold| &threshold.guard));
            }
            _ => {}
        }
    }
    found
}

fn is_long(constant: &Constant) -> bool {
    matches!(constant, Constant::Number(number) if has_more_digits(*number))
}

fn has_more_digits(number: Exact) -> bool {
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
fn sizes(thresholds: &Named<Threshold>) -> Named<Size> {
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
