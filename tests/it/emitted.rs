//! What every target makes of every example, as snapshots; and what must hold of it whatever the example.

use std::path::Path;
use std::sync::Arc;

use baton::emit::{self, File, Options};
use baton::plan::{self, Plan};
use baton::source::Sources;
use baton::{Compilation, Load, compile};
use serde_json::Value;

/// Files below the crate's root.
struct Tree;

impl Load for Tree {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        let read = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        read.map(Into::into).map_err(|error| error.to_string())
    }
}

fn compiled(path: &str, text: &str) -> Compilation {
    let mut sources = Sources::new();
    sources.add(path, text);
    compile(sources, &Tree)
}

fn planned(path: &str, text: &str) -> Plan {
    let compilation = compiled(path, text);
    let errors: Vec<_> = compilation.diagnostics.iter().map(|found| &found.message).collect();
    plan::build(&compilation.model).unwrap_or_else(|incomplete| panic!("{incomplete}: {errors:?}"))
}

/// The names of the examples with their plans.
fn examples() -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter_map(|name| Some(name.strip_suffix(".flow")?.to_owned())).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), example(&name))).collect()
}

fn example(name: &str) -> Plan {
    let path = format!("examples/{name}.flow");
    planned(&path, &Tree.load(&path).unwrap())
}

fn emitted(target: &str, plan: &Plan) -> Vec<File> {
    (emit::target(target).unwrap().emit)(plan, &Options::default()).unwrap()
}

/// Files one below the other.
fn joined(files: Vec<File>) -> String {
    files.into_iter().map(|file| format!("=== {}\n{}", file.path, file.text)).collect()
}

/// JSON Schemas, one a line, without the definitions: each is an asset's own schema, or short.
fn lines(files: Vec<File>) -> String {
    let compact = |file: &File| {
        let mut schema = serde_json::from_str::<Value>(&file.text).unwrap();
        schema.as_object_mut().unwrap().shift_remove("$defs");
        schema.to_string()
    };
    files.iter().map(|file| format!("{} {}\n", file.path, compact(file))).collect()
}

fn snapshot(target: &str, show: impl Fn(Vec<File>) -> String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(format!("../snapshots/{target}"));
    for (name, plan) in examples() {
        settings.bind(|| insta::assert_snapshot!(name.as_str(), show(emitted(target, &plan))));
    }
}

#[test]
fn the_plan_of_every_example() {
    snapshot("plan", joined);
}

#[test]
fn the_schemas_of_every_example() {
    snapshot("jsonschema", lines);
}

#[test]
fn a_dot_picture_of_every_example() {
    snapshot("dot", joined);
}

#[test]
fn a_mermaid_picture_of_every_example() {
    snapshot("mermaid", joined);
}

#[test]
fn every_plan_fits_the_published_schema() {
    let schema = serde_json::from_str(&Tree.load("schema/plan.schema.json").unwrap()).unwrap();
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
