//! What BPMN, as it is written here, can't express: B901.
//!
//! Must not know: how the rest is expressed.

use smol_str::SmolStr;

use super::refuse;
use crate::diagnostics::Diagnostic;
use crate::emit::{Feature, spelled};
use crate::plan::{Call, Plan};

/// Everything in the plan that the target has no way to say.
pub(super) fn inexpressible(plan: &Plan) -> Vec<Diagnostic> {
    let runs = plan.calls().filter(|(_, call)| !call.is_for_all()).map(some_runs);
    let large = plan.flows.values().flat_map(spelled::too_large).map(|(name, state)| {
        let message = format!("the thresholds of `{name}` are too large for the conditions of one gateway");
        refuse(Feature::Guards, state.span, message)
    });
    let digits = spelled::inexact(plan).into_iter().map(|place| {
        let message = format!("engines of BPMN keep no more than {} digits of a number", spelled::DIGITS);
        refuse(Feature::Digits, place, message)
    });
    runs.chain(large).chain(digits).collect()
}

fn some_runs((name, call): (&SmolStr, &Call)) -> Diagnostic {
    let (join, runs) = (call.join, call.runs.len());
    let message =
        format!("a process can't go on after {join} of the {runs} runs of `{name}`: it waits for all");
    refuse(Feature::JoinSome, call.span, message)
}
