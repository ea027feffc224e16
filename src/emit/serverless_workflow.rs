//! The target `serverless-workflow`: a document of the CNCF Serverless Workflow DSL for each flow.
//!
//! Must not know: the model, and the disk.
//!
//! What a work item carries is the workflow's `$context`: `item` (its id), `work` (the fields that travel), `taken` (how
//! often each counted arrow was), `visits` (how often each state was entered), `handoff` (the arrow by which it came, and
//! what had to hold); at a visit besides `visit` (its id), `attempt`, `way` (by which cause it is left) and `reply`, which
//! stays apart until a handoff is taken.

mod door;
mod jq;
mod names;
mod reread;
mod states;
#[cfg(test)]
mod tests;
mod workflow;

use super::clock::Clock;
use super::yaml::yaml;
use super::{Feature, File, Options, Support, Target, not_expressible, spelled};
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;

/// The target itself.
pub(super) static TARGET: Target = Target {
    name: "serverless-workflow",
    summary: "a document of the CNCF Serverless Workflow DSL 1.0 for each flow, as YAML",
    supports: &[
        (Support::Enforced, Feature::CORE),
        (Support::Enforced, &[Feature::Years, Feature::Long, Feature::Size, Feature::Definition]),
    ],
    emit,
};

fn emit(plan: &Plan, options: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let mut faults: Vec<_> = some_runs(plan).chain(digits(plan)).collect();
    let names = names::Names::new(plan);
    let clock = Clock::new(options.time_scale);
    let mut files = Vec::new();
    for (name, flow) in &plan.flows {
        let document = workflow::document(plan, &names, clock, name, flow);
        let lost = reread::lost(flow, clock, &document);
        faults.extend(lost.into_iter().map(|what| {
            let message = format!("the emitted workflow does not keep {what}: a fault of this compiler");
            not_expressible(Feature::Envelope, flow.span, message)
        }));
        files.push(File::new(format!("{name}.yaml"), yaml(&document)));
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// A `fork` waits for all of its branches, or for the first one that ends, however it ends.
fn some_runs(plan: &Plan) -> impl Iterator<Item = Diagnostic> {
    plan.calls().filter(|(_, call)| !call.is_for_all()).map(|(name, call)| {
        let (join, runs) = (call.join, call.runs.len());
        let message = format!(
            "Serverless Workflow can't wait for {join} of the {runs} runs of `{name}`: it waits for all"
        );
        not_expressible(Feature::JoinSome, call.span, message)
    })
}

fn digits(plan: &Plan) -> impl Iterator<Item = Diagnostic> {
    spelled::inexact(plan).into_iter().map(|place| {
        let message = format!("jq compares no more than {} digits of a number", spelled::DIGITS);
        not_expressible(Feature::Digits, place, message)
    })
}
