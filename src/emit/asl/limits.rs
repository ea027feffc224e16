//! What Step Functions can't express: B901.
//!
//! Must not know: how the rest is expressed.

use indexmap::IndexSet;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{events, refuse};
use crate::diagnostics::Diagnostic;
use crate::emit::{Feature, schema};
use crate::plan::size::Sizes;
use crate::plan::{
    Constant, Exact, Field, Flow, Guard, Intake, Kind, MapValue, Named, Plan, State, Timer, Type, When,
};
use crate::source::Span;

/// Significant digits that survive a comparison of doubles.
const DIGITS: usize = 15;

/// Seconds that an execution may last.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Bytes that a definition may have.
const DEFINITION: usize = 1024 * 1024;

/// Bytes that an execution may hold between two of its states, and that a message to an owner may have.
const PAYLOAD: u64 = 256 * 1024;

/// Bytes of the two task tokens, the attempts and the addresses that stand beside what the plan counts.
const BESIDE: u64 = 8 * 1024;

/// How deep a rule may nest, and how many tests the rules of one state may hold.
const DEEPEST: u32 = 40;
const TESTS: u64 = 20_000;

/// Everything in the plan that the target has no way to say.
pub(super) fn inexpressible(plan: &Plan) -> Vec<Diagnostic> {
    let largest = Sizes::new(plan);
    let flows = plan.flows.values();
    flows
        .flat_map(|flow| {
            let thresholds = sizes(&flow.thresholds);
            flow.states
                .iter()
                .flat_map(move |(name, state)| of_state(flow, name, state, &thresholds))
                .chain(too_large(plan, flow, &largest))
                .chain(intakes(flow))
                .chain(too_long(flow))
                .chain(too_often(flow))
                .collect::<Vec<_>>()
        })
        .chain(bounds(plan))
        .collect()
}

/// B901 at a definition that Step Functions would not take.
pub(super) fn definition(flow: &Flow, text: &str) -> Option<Diagnostic> {
    (text.len() > DEFINITION).then(|| {
        let message = format!(
            "its state machine takes {} KiB, and Step Functions takes definitions of {} KiB",
            text.len().div_ceil(1024),
            DEFINITION / 1024
        );
        refuse(Feature::Definition, flow.span, message)
            .help("let a part of the states be a flow of its own, and `call` it")
    })
}

/// A flow each of whose states is short enough, but not the whole. Where a state is too long by itself, that is told.
fn too_long(flow: &Flow) -> Option<Diagnostic> {
    let short = flow.states.values().flat_map(timers).all(|timer| timer.seconds <= YEAR);
    let long = flow.worst.seconds.is_none_or(|seconds| seconds > YEAR);
    (short && long).then(|| {
        let message = "work can take longer than a year, and an execution of Step Functions can't";
        refuse(Feature::Years, flow.span, message.to_owned())
    })
}

/// A flow in which work may be handed on more often than an execution's history holds.
fn too_often(flow: &Flow) -> Option<Diagnostic> {
    let most = events::most(flow);
    most.is_none_or(|events| events > events::LIMIT).then(|| {
        let count = most.map_or("countless".to_owned(), |events| format!("up to {events}"));
        let message = format!(
            "work may be handed on so often that its execution has {count} events, and Step Functions holds {}",
            events::LIMIT
        );
        refuse(Feature::Long, flow.span, message)
            .help("lower the counts of `at most`, or let the states of a loop be a flow of its own, and `call` it")
    })
}

/// The constants with which a raw record is filled.
fn intakes(flow: &Flow) -> impl Iterator<Item = Diagnostic> {
    let long = |intake: &&Intake| {
        let mut values = intake.maps.iter().flatten().map(|map| &map.value);
        values.any(|value| matches!(value, MapValue::Constant(constant) if is_long(constant)))
    };
    flow.intakes.values().filter(long).map(|intake| digits(intake.span))
}

/// The types whose bounds a double can't hold.
fn bounds(plan: &Plan) -> Vec<Diagnostic> {
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
    long.map(|field| digits(field.span)).collect()
}

fn digits(place: Span) -> Diagnostic {
    let message = format!("Step Functions compares no more than {DIGITS} digits of a number");
    refuse(Feature::Digits, place, message)
}

fn of_state(flow: &Flow, name: &SmolStr, state: &State, thresholds: &Named<Size>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    found.extend(some_runs(name, state));
    found.extend(timers(state).filter(|timer| timer.seconds > YEAR).map(|timer| {
        let message =
            format!("`{name}` can last longer than a year, and an execution of Step Functions can't");
        refuse(Feature::Years, timer.span, message)
    }));
    if size_of_state(state, thresholds).is_too_large() {
        let message = format!("the thresholds of `{name}` are too large for one choice of Step Functions");
        found.push(refuse(Feature::Guards, state.span, message));
    }
    found.extend(inexact(flow, state).into_iter().map(digits));
    found
}

/// The states behind whose arrows the work may be larger than what an execution holds: told once each, and what has no
/// bound once each.
fn too_large(plan: &Plan, flow: &Flow, sizes: &Sizes<'_>) -> Vec<Diagnostic> {
    let mut unbounded = IndexSet::new();
    let mut largest = Named::<Option<u64>>::default();
    for hop in flow.hops() {
        let Some(state) = flow.states.get(&hop.to) else { continue };
        let made = hop.envelope.context.iter().chain(made(state));
        unbounded.extend(made.filter(|&field| value(sizes, flow, field).is_none()));
        let size = hop.envelope.size;
        let known = largest.entry(hop.to.clone()).or_insert(size);
        *known = known.zip(size).map(|(known, size)| known.max(size));
    }
    let over = largest.iter().filter_map(|(name, &size)| {
        let state = flow.states.get(name)?;
        let size = size?.saturating_add(asked(plan, flow, state)).saturating_add(BESIDE);
        (size > PAYLOAD).then(|| over_the_limit(sizes, flow, name, state, size))
    });
    over.chain(unbounded.into_iter().filter_map(|field| without_bound(plan, flow, field))).collect()
}

/// Bytes of the schema that tells an owner what to make.
fn asked(plan: &Plan, flow: &Flow, state: &State) -> u64 {
    schema::makes(plan, flow, state).to_string().len() as u64
}

fn made(state: &State) -> impl Iterator<Item = &SmolStr> {
    let runs = match &state.kind {
        Kind::Call(call) => call.runs.as_slice(),
        _ => &[],
    };
    state.makes.iter().chain(runs.iter().filter_map(|run| run.gives.as_ref()))
}

fn value(sizes: &Sizes<'_>, flow: &Flow, field: &str) -> Option<u64> {
    sizes.value(&flow.context.get(field)?.ty)
}

fn over_the_limit(sizes: &Sizes<'_>, flow: &Flow, name: &str, state: &State, size: u64) -> Diagnostic {
    let message = format!(
        "work may take {} KiB in `{name}`, and an execution of Step Functions holds {} KiB",
        size.div_ceil(1024),
        PAYLOAD / 1024
    );
    let found = refuse(Feature::Size, state.span, message);
    let sized = flow.context.keys().filter_map(|field| Some((value(sizes, flow, field)?, field)));
    match sized.max_by_key(|&(size, _)| size) {
        Some((largest, field)) => found.help(format!(
            "give its texts and lists smaller bounds, first of all those of `{field}`, which takes up to {} KiB; or \
             keep it elsewhere, and let its address travel: `{field}_at: url`",
            largest.div_ceil(1024)
        )),
        None => found,
    }
}

/// B901 at the type that has no bound; where no text or list lacks one, a record holds itself.
fn without_bound(plan: &Plan, flow: &Flow, name: &SmolStr) -> Option<Diagnostic> {
    let whole = flow.context.get(name)?;
    let (path, place, advice) =
        unbounded(plan, name, whole).unwrap_or_else(|| (name.to_string(), whole.span, "url"));
    let limit = PAYLOAD / 1024;
    let message = format!("`{path}` has no bound, and an execution of Step Functions holds {limit} KiB");
    let found = refuse(Feature::Size, place, message);
    Some(found.help(format!("say how large it can get, e.g. `{advice}`")))
}

/// The first text or list without a bound in a field, where it stands, and what to write.
fn unbounded(plan: &Plan, name: &str, whole: &Field) -> Option<(String, Span, &'static str)> {
    let mut seen = IndexSet::new();
    let mut open = vec![(name.to_owned(), &whole.ty, whole.span)];
    while let Some((path, ty, place)) = open.pop() {
        match ty {
            Type::Text { max: None } => return Some((path, place, "text max 2000")),
            Type::List { max: None, .. } => return Some((path, place, "list max 20 of …")),
            Type::List { of, .. } => open.push((path, of, place)),
            Type::Asset(asset) if seen.insert(asset) => {
                let fields = plan.assets.get(asset).into_iter().flat_map(|asset| &asset.fields).rev();
                open.extend(fields.map(|(name, field)| (format!("{path}.{name}"), &field.ty, field.span)));
            }
            _ => {}
        }
    }
    None
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
