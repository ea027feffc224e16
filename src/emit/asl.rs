//! The target `asl`: a state machine of AWS Step Functions for each flow, in the Amazon States Language, with the SAM
//! template that deploys them and the worker that reaches the owners.
//!
//! Must not know: the model, and the disk. JSONPath only; no engine retries, since they would restart the deadline.
//!
//! What a work item carries through its machine: `item` (its id), `context`, `counters` (how often each counted arrow
//! was taken), `visits` (how often each state was entered), `handoff` (the arrow by which it came, and what had to
//! hold) and, in a flow that others call, `caller`. A reply stays apart, in `reply`, until a handoff is taken.

mod door;
mod events;
mod guards;
mod ids;
mod layout;
mod limits;
mod machine;
mod message;
mod names;
mod receipt;
mod reread;
mod routes;
mod states;
mod template;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use self::ids::Ids;
use super::clock::{self, Clock};
use super::{Feature, File, Options, Support, Target, not_expressible};
use crate::diagnostics::Diagnostic;
use crate::plan::{Flow, Plan};
use crate::source::Span;

/// The target itself.
pub(super) static TARGET: Target = Target {
    name: "asl",
    summary: "AWS Step Functions: state machines, a SAM template, the worker and the command for people",
    supports: &[(Support::Enforced, Feature::CORE)],
    emit,
};

const WORKER: &str = include_str!("../../templates/asl/worker.py");
const ANSWER: &str = include_str!("../../templates/asl/answer.py");
const README: &str = include_str!("../../templates/asl/README.md");

/// What all machines of one build share.
struct Build<'a> {
    plan: &'a Plan,
    clock: Clock,
    ids: Ids,
    /// The flows that some flow of the plan calls.
    called: BTreeSet<&'a str>,
}

fn emit(plan: &Plan, options: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let inexpressible = limits::inexpressible(plan);
    if !inexpressible.is_empty() {
        return Err(inexpressible);
    }
    let clock = Clock::new(options.time_scale);
    let build = Build { plan, clock, ids: Ids::new(plan), called: plan.called() };
    let expected = reread::Expected::new(plan, &build.ids, options.time_scale);
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for (name, flow) in &plan.flows {
        let machine = machine::machine(&build, name, flow);
        let names = layout::text(&machine.shortened);
        if let Some(too_large) = limits::definition(flow, &machine.text) {
            faults.push(too_large);
            continue;
        }
        let lost = reread::lost(&expected, name, &machine.text, &names);
        faults.extend(lost.into_iter().map(|what| fault(flow, &what)));
        files.push(File::new(format!("{name}.asl.json"), machine.text));
        if machine.shortened.as_object().is_some_and(|names| !names.is_empty()) {
            files.push(File::new(format!("{name}.names.json"), names));
        }
    }
    files.push(File::new("template.yaml", template::template(&build)));
    files.push(File::new("worker/worker.py", WORKER));
    files.push(File::new("worker/answer.py", ANSWER));
    files.push(File::new("worker/intakes.json", layout::text(&door::intakes(plan))));
    files.push(File::new("README.md", README.replace("{{marking}}", &clock.marking().unwrap_or_default())));
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// The definition was read again and something was not found in it: nothing may be written then.
fn fault(flow: &Flow, what: &str) -> Diagnostic {
    let message = format!("the emitted state machine does not keep {what}: a fault of this compiler");
    not_expressible(Feature::Envelope, flow.span, message)
}

/// B901 at `place`.
fn refuse(feature: Feature, place: Span, message: String) -> Diagnostic {
    not_expressible(feature, place, message)
}
