//! What Step Functions can't express: B901.
//!
//! Must not know: how the rest is expressed.

use indexmap::IndexSet;
use smol_str::SmolStr;

use super::{events, refuse};
use crate::diagnostics::Diagnostic;
use crate::emit::{Feature, schema, spelled};
use crate::plan::size::Sizes;
use crate::plan::{Call, Field, Flow, Kind, Named, Plan, State, Timer, Type};
use crate::source::Span;

/// Seconds that an execution may last.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Bytes that a definition may have.
const DEFINITION: usize = 1024 * 1024;

/// Bytes that an execution may hold between two of its states, and that a message to an owner may have.
const PAYLOAD: u64 = 256 * 1024;

/// Bytes of the two task tokens, the attempts and the addresses that stand beside what the plan counts.
const BESIDE: u64 = 8 * 1024;

/// Everything in the plan that the target has no way to say.
pub(super) fn inexpressible(plan: &Plan) -> Vec<Diagnostic> {
    let largest = Sizes::new(plan);
    let flows = plan.flows.values();
    flows
        .flat_map(|flow| {
            let states = flow.states.iter().flat_map(|(name, state)| of_state(name, state));
            states
                .chain(spelled::too_large(flow).map(|(name, state)| {
                    let message =
                        format!("the thresholds of `{name}` are too large for one choice of Step Functions");
                    refuse(Feature::Guards, state.span, message)
                }))
                .chain(too_large(plan, flow, &largest))
                .chain(too_long(flow))
                .chain(too_often(flow))
                .collect::<Vec<_>>()
        })
        .chain(plan.calls().filter(|(_, call)| !call.is_for_all()).map(some_runs))
        .chain(spelled::inexact(plan).into_iter().map(digits))
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

fn some_runs((name, call): (&SmolStr, &Call)) -> Diagnostic {
    let (join, runs) = (call.join, call.runs.len());
    let message =
        format!("Step Functions can't wait for {join} of the {runs} runs of `{name}`: it waits for all");
    refuse(Feature::JoinSome, call.span, message)
}

fn digits(place: Span) -> Diagnostic {
    let message = format!("Step Functions compares no more than {} digits of a number", spelled::DIGITS);
    refuse(Feature::Digits, place, message)
}

fn of_state(name: &SmolStr, state: &State) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    found.extend(timers(state).filter(|timer| timer.seconds > YEAR).map(|timer| {
        let message =
            format!("`{name}` can last longer than a year, and an execution of Step Functions can't");
        refuse(Feature::Years, timer.span, message)
    }));
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

fn timers(state: &State) -> impl Iterator<Item = &Timer> {
    let wait = match &state.kind {
        Kind::Wait { time } => Some(time),
        _ => None,
    };
    [state.accept.as_ref(), state.deadline.as_ref(), wait].into_iter().flatten()
}
