//! The target `temporal`: the plan, a durable workflow for Temporal that interprets it, and a file to fill in for each
//! owner.
//!
//! Must not know: the model, and the disk. The workflow is the same for every plan: what is particular to one stands in
//! `plans/`, a folder for each plan that was ever built there, since items keep the plan with which they started.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::{Feature, File, Options, STUBS, Support, Target, schema};
use crate::diagnostics::Diagnostic;
use crate::plan::{Actor, ActorKind, Flow, Kind, Plan};

/// The target itself.
pub(super) static TARGET: Target = Target {
    name: "temporal",
    summary: "Temporal: a durable workflow in Python that interprets the plan, and a file for each owner",
    supports: &[(Support::Enforced, Feature::ALL)],
    emit,
};

/// What is the same for every plan.
const SHIPPED: &[(&str, &str)] = &[
    ("README.md", include_str!("../../templates/temporal/README.md")),
    ("pyproject.toml", include_str!("../../templates/temporal/pyproject.toml")),
    ("requirements.txt", include_str!("../../templates/temporal/requirements.txt")),
    ("baton/__init__.py", include_str!("../../templates/temporal/baton/__init__.py")),
    ("baton/__main__.py", include_str!("../../templates/temporal/baton/__main__.py")),
    ("baton/cli.py", include_str!("../../templates/temporal/baton/cli.py")),
    ("baton/desk.py", include_str!("../../templates/temporal/baton/desk.py")),
    ("baton/exact.py", include_str!("../../templates/temporal/baton/exact.py")),
    ("baton/fit.py", include_str!("../../templates/temporal/baton/fit.py")),
    ("baton/guards.py", include_str!("../../templates/temporal/baton/guards.py")),
    ("baton/interpreter.py", include_str!("../../templates/temporal/baton/interpreter.py")),
    ("baton/item.py", include_str!("../../templates/temporal/baton/item.py")),
    ("baton/owners.py", include_str!("../../templates/temporal/baton/owners.py")),
    ("baton/plan.py", include_str!("../../templates/temporal/baton/plan.py")),
    ("baton/storage.py", include_str!("../../templates/temporal/baton/storage.py")),
    ("baton/worker.py", include_str!("../../templates/temporal/baton/worker.py")),
    ("baton/workflow.py", include_str!("../../templates/temporal/baton/workflow.py")),
    ("baton/written.py", include_str!("../../templates/temporal/baton/written.py")),
];

/// The digits of a plan's hash that name its folder and its task queue.
const DIGITS: usize = 16;

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let digits: String = plan.hash.trim_start_matches("sha256:").chars().take(DIGITS).collect();
    let shipped = SHIPPED.iter().map(|(path, text)| File::new(*path, *text));
    let owners = plan.actors.iter().filter(|(name, actor)| **name == actor.owner);
    let stubs = owners.map(|(name, actor)| File::new(format!("{STUBS}{name}.py"), stub(name, actor)));
    let plans = [
        File::new(format!("plans/{digits}/plan.json"), super::json(plan)),
        File::new(format!("plans/{digits}/makes.json"), super::json(&makes(plan))),
        File::new("plans/current.json", super::json(&json!({ "plan": plan.hash }))),
    ];
    Ok(shipped.chain(plans).chain(stubs).collect())
}

/// By flow and state, the JSON Schema of what the owner has to make.
fn makes(plan: &Plan) -> Value {
    let of_flow = |flow: &Flow| -> Map<String, Value> {
        let owned =
            flow.states.iter().filter(|(_, state)| matches!(state.kind, Kind::State | Kind::Approval(_)));
        owned.map(|(name, state)| (name.to_string(), schema::makes(plan, flow, state))).collect()
    };
    plan.flows
        .iter()
        .map(|(name, flow)| (name.to_string(), Value::from(of_flow(flow))))
        .collect::<Map<_, _>>()
        .into()
}

/// What a person fills in for an owner; where the plan says how a program is reached, it is complete.
fn stub(name: &SmolStr, actor: &Actor) -> String {
    let kind = actor.kind.word();
    let article = if actor.kind == ActorKind::Action { "an" } else { "a" };
    let binding = Value::from(actor.binding.text.as_str());
    let (imports, constant, body) = match actor.kind {
        ActorKind::Script => {
            ("Reply, Task, command", "COMMAND", "    return command(COMMAND, task)\n".to_owned())
        }
        ActorKind::Action => ("Reply, Task, call", "ADDRESS", "    return call(ADDRESS, task)\n".to_owned()),
        ActorKind::Model => (
            "Failed, Reply, Task",
            "ROUTE",
            format!("    raise Failed(f\"owners/{name}.py does not say yet how {{ROUTE}} is asked\")\n"),
        ),
        ActorKind::Human | ActorKind::Queue => (
            "Task",
            "CONTACT",
            format!(
                "    print(f\"{{task['visit']}} waits for {name} ({{CONTACT}}) until {{task['due']}}\")\n"
            ),
        ),
    };
    let function = match actor.kind {
        ActorKind::Human | ActorKind::Queue => {
            "def tell(task: Task) -> None:\n    \"\"\"Tells them that work waits; `python -m baton inbox` shows it in any case.\"\"\"\n"
        }
        _ => {
            "def work(task: Task) -> Reply:\n    \"\"\"Makes what `task[\"makes\"]` describes: `{\"made\": {…}}`, or `{\"fail\": \"why\"}`.\"\"\"\n"
        }
    };
    format!(
        "\"\"\"The owner `{name}`, {article} {kind}. This file is yours: a build never replaces it once it was changed.\"\"\"\n\n\
         from baton.owners import {imports}\n\n{constant} = {binding}\n\n\n{function}{body}"
    )
}
