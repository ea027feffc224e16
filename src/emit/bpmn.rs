//! The target `bpmn`: a process of BPMN 2.0 for each flow, with its diagram, once for Camunda 8 and once for any engine that
//! is taught FEEL, and the worker that keeps the door.
//!
//! Must not know: the model, and the disk. No timer of a state ever begins anew: all stand on the border of its activity.
//!
//! What a work item carries through its process is the variable `work`: `item` (its id), `context`, `counters` (how often
//! each counted arrow was taken), `visits` (how often each state was entered), `handoff` (the arrow by which it came, and
//! what had to hold) and `arrived`. A reply stays apart, in `reply`, until a handoff is taken. At its end `outcome` says
//! how it ended.

mod door;
mod feel;
mod flavour;
mod form;
mod graph;
mod layout;
mod limits;
mod names;
mod process;
mod receipt;
mod reread;
mod routes;
mod states;
#[cfg(test)]
mod tests;
mod write;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use self::flavour::Flavour;
use super::clock::Clock;
use super::{Feature, File, Options, Support, Target, not_expressible, schema};
use crate::diagnostics::Diagnostic;
use crate::plan::{ActorKind, Flow, Plan};
use crate::source::Span;

/// The target itself.
pub(super) static TARGET: Target = Target {
    name: "bpmn",
    summary: "BPMN 2.0: a diagram that runs, for Camunda 8 and for other engines, and the worker",
    supports: &[
        (Support::Enforced, Feature::CORE),
        (Support::Enforced, &[Feature::Years, Feature::Long]),
        (Support::Stated, &[Feature::Size, Feature::Definition]),
    ],
    emit,
};

const DOOR: &str = include_str!("../../templates/bpmn/door.py");
const CAMUNDA: &str = include_str!("../../templates/bpmn/camunda.py");
const REQUIREMENTS: &str = include_str!("../../templates/bpmn/requirements.txt");
const README: &str = include_str!("../../templates/bpmn/README.md");

/// What all processes of one build share.
struct Build<'a> {
    plan: &'a Plan,
    clock: Clock,
    /// The flows that some flow of the plan calls.
    called: BTreeSet<&'a str>,
}

impl<'a> Build<'a> {
    /// Actors with one owner are one owner.
    fn owner(&self, actor: &'a str) -> &'a str {
        self.plan.actors.get(actor).map_or(actor, |actor| actor.owner.as_str())
    }

    /// The id of a flow's process.
    fn process_id(&self, flow: &str) -> String {
        format!("{}.flow", names::id(flow, self.plan.flows.get_index_of(flow)))
    }
}

fn emit(plan: &Plan, options: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let inexpressible = limits::inexpressible(plan);
    if !inexpressible.is_empty() {
        return Err(inexpressible);
    }
    let build = Build { plan, clock: Clock::new(options.time_scale), called: plan.called() };
    let expected = reread::Expected::new(plan, options.time_scale);
    let mut files = Vec::new();
    let mut faults = Vec::new();
    let mut forms = BTreeMap::new();
    for (name, flow) in &plan.flows {
        let graph = process::process(&build, name, flow);
        let layout = layout::layout(&graph);
        for flavour in Flavour::ALL {
            let text = write::document(&build, (name, flow), &graph, &layout, flavour);
            let lost = reread::lost(&expected, name, &text);
            faults.extend(lost.into_iter().map(|what| fault(flow, &what)));
            files.push(File::new(format!("{}/{name}.bpmn", flavour.folder()), text));
        }
        forms.extend(form::forms(&build, name, flow));
    }
    files.extend(forms.iter().map(|(id, form)| File::new(format!("camunda8/{id}.form"), super::json(form))));
    files.push(File::new("worker/door.py", DOOR));
    files.push(File::new("worker/camunda.py", CAMUNDA));
    files.push(File::new("worker/requirements.txt", REQUIREMENTS));
    files.push(File::new("worker/intakes.json", super::json(&intakes(&build))));
    files.push(File::new(
        "README.md",
        README.replace("{{marking}}", &build.clock.marking().unwrap_or_default()),
    ));
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// What the worker serves: the owners whose jobs it takes, and for each flow its process and the schema of each intake.
fn intakes(build: &Build<'_>) -> Value {
    let flows = build.plan.flows.iter().map(|(name, flow)| {
        let open = flow.intakes.iter().filter(|(_, intake)| intake.from.is_some());
        let intakes = open.map(|(id, intake)| {
            let schema = schema::raw(build.plan, flow, intake);
            json!({ "name": id, "source": intake.from, "schema": schema })
        });
        let plan = build.plan.hash.as_str();
        let flow =
            json!({ "process": build.process_id(name), "plan": plan, "intakes": intakes.collect::<Value>() });
        (name.to_string(), flow)
    });
    let flows: Map<_, _> = flows.collect();
    let programs = build.plan.actors.values().filter(|actor| actor.kind != ActorKind::Human);
    let owners: BTreeSet<_> = programs.map(|actor| actor.owner.as_str()).collect();
    json!({ "owners": owners, "flows": flows })
}

/// The file was read again and something was not found in it: nothing may be written then.
fn fault(flow: &Flow, what: &str) -> Diagnostic {
    let message = format!("the emitted process does not keep {what}: a fault of this compiler");
    refuse(Feature::Envelope, flow.span, message)
}

/// A time as ISO 8601 has it: `P1DT30M`.
fn iso(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let part = |count: u64, unit: &str| if count == 0 { String::new() } else { format!("{count}{unit}") };
    let time = [part(rest / 3600, "H"), part(rest / 60 % 60, "M"), part(rest % 60, "S")].concat();
    match (days, time.as_str()) {
        (0, "") => "PT0S".to_owned(),
        (days, "") => format!("P{days}D"),
        (days, time) => format!("P{}T{time}", part(days, "D")),
    }
}

/// B901 at `place`.
fn refuse(feature: Feature, place: Span, message: String) -> Diagnostic {
    not_expressible(feature, place, message)
}
