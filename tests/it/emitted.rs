//! What every target makes of every example, as snapshots; and what must hold of it whatever the example.

use std::collections::BTreeSet;

use baton::emit::{self, File, Options};
use baton::plan::Plan;
use serde_json::Value;

use crate::planned::planned;
use crate::support::{blessing, files, read, relative, same_as_file};

/// The examples by name, with their plans.
pub(crate) fn examples() -> Vec<(String, Plan)> {
    let examples = files("examples", ".flow").into_iter().map(|path| relative(&path));
    let pipelines = examples.filter(|path| path.matches('/').count() == 1);
    pipelines.map(|path| (path.replace("examples/", "").replace(".flow", ""), example(&path))).collect()
}

/// The plan of one file, those that it uses standing where it says.
fn example(path: &str) -> Plan {
    let others = files("examples", ".flow").into_iter().map(|path| relative(&path));
    let paths: Vec<_> = [path.to_owned()].into_iter().chain(others).collect();
    let texts: Vec<_> = paths.iter().map(|path| (path.as_str(), read(path))).collect();
    planned(&texts.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>())
}

pub(crate) fn emitted(target: &str, plan: &Plan) -> Vec<File> {
    (emit::target(target).unwrap().emit)(plan, &Options::default()).unwrap()
}

/// Every file of that target stands below `tests/snapshots`, and nothing else.
fn snapshots(target: &str, show: impl Fn(Vec<File>) -> Vec<File>) {
    let mut shown = BTreeSet::new();
    for (name, plan) in examples() {
        for file in show(emitted(target, &plan)) {
            let path = format!("tests/snapshots/{target}/{name}/{}", file.path);
            same_as_file(&path, &file.text);
            shown.insert(path);
        }
    }
    let there = files(&format!("tests/snapshots/{target}"), "").into_iter().map(|path| relative(&path));
    let stale: Vec<_> = there.filter(|path| !shown.contains(path)).collect();
    assert!(blessing() || stale.is_empty(), "nothing emits these any more: {stale:?}");
}

/// JSON Schemas, one a line, without the definitions: each is an asset's own schema, or short.
fn lines(files: Vec<File>) -> Vec<File> {
    let compact = |file: &File| {
        let mut schema = serde_json::from_str::<Value>(&file.text).unwrap();
        schema.as_object_mut().unwrap().shift_remove("$defs");
        format!("{} {schema}\n", file.path)
    };
    vec![File { path: "schemas.txt".to_owned(), text: files.iter().map(compact).collect() }]
}

#[test]
fn the_plan_of_every_example() {
    snapshots("plan", |files| files);
}

#[test]
fn the_schemas_of_every_example() {
    snapshots("jsonschema", lines);
}

/// The smaller processes whole; of the others, that they are there.
fn small(files: Vec<File>) -> Vec<File> {
    let small = |file: &File| file.text.len() < 30_000 && file.path.ends_with(".bpmn");
    let paths = files.iter().map(|file| format!("{}\n", file.path)).collect();
    let kept = files.into_iter().filter(small);
    kept.chain([File { path: "files.txt".to_owned(), text: paths }]).collect()
}

#[test]
fn the_processes_of_every_example() {
    snapshots("bpmn", small);
}

#[test]
fn the_workflow_of_every_example() {
    snapshots("serverless-workflow", |files| files.into_iter().map(outlined).collect());
}

/// Without the schemas of what is to be made, and no more of a line than a reader sees.
fn outlined(file: File) -> File {
    let mut hidden = usize::MAX;
    let lines = file.text.lines().filter_map(|line| {
        let indent = line.len() - line.trim_start().len();
        if indent > hidden {
            return None;
        }
        hidden = if line.trim() == "makes:" { indent } else { usize::MAX };
        Some(line.chars().take(160).collect::<String>() + "\n")
    });
    File { text: lines.collect(), ..file }
}

#[test]
fn a_dot_picture_of_every_example() {
    snapshots("dot", |files| files);
}

#[test]
fn a_mermaid_picture_of_every_example() {
    snapshots("mermaid", |files| files);
}

/// What people fill in, one below the other: all else that the target makes is the plan, or the same for every plan.
fn stubs(files: Vec<File>) -> Vec<File> {
    let stubs = files.iter().filter(|file| file.is_stub());
    let text = stubs.map(|file| format!("# {}\n{}\n", file.path, file.text)).collect();
    vec![File { path: "owners.txt".to_owned(), text }]
}

#[test]
fn the_stubs_of_every_example() {
    snapshots("temporal", stubs);
}

#[test]
fn temporal_gets_the_plan_by_its_hash_and_what_each_owner_makes() {
    for (name, plan) in examples() {
        let files = emitted("temporal", &plan);
        let text = |end: &str| files.iter().find(|file| file.path.ends_with(end)).unwrap().text.as_str();
        assert_eq!(text("/plan.json"), emitted("plan", &plan)[0].text, "{name}");
        let digits = &plan.hash["sha256:".len()..][..16];
        assert!(files.iter().any(|file| file.path == format!("plans/{digits}/plan.json")), "{name}");
        let makes: Value = serde_json::from_str(text("/makes.json")).unwrap();
        for (flow_name, flow) in &plan.flows {
            for (state_name, state) in flow.states.iter().filter(|(_, state)| !state.makes.is_empty()) {
                let schema = &makes[flow_name.as_str()][state_name.as_str()];
                assert_eq!(*schema, emit::schema::makes(&plan, flow, state), "{name}: {state_name}");
            }
        }
    }
}

#[test]
fn every_plan_fits_the_published_schema() {
    let schema = serde_json::from_str(&read("schema/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, plan) in examples() {
        let plan = serde_json::to_value(&plan).unwrap();
        let errors: Vec<_> = validator.iter_errors(&plan).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn every_emitted_schema_is_a_schema() {
    for (name, plan) in examples() {
        for file in emitted("jsonschema", &plan) {
            let schema = serde_json::from_str(&file.text).unwrap();
            assert!(jsonschema::meta::is_valid(&schema), "{name}: {}", file.path);
            assert!(jsonschema::validator_for(&schema).is_ok(), "{name}: {}", file.path);
        }
    }
}

#[test]
fn every_envelope_s_schema_is_emitted() {
    for (name, plan) in examples() {
        let emitted: BTreeSet<_> = emitted("jsonschema", &plan).into_iter().map(|file| file.path).collect();
        let hops = plan.flows.values().flat_map(|flow| flow.states.values()).flat_map(|state| state.routes());
        for hop in hops.flat_map(|(_, hops)| hops) {
            assert!(emitted.contains(hop.envelope.verification.schema.as_str()), "{name}: {}", hop.id);
        }
    }
}
