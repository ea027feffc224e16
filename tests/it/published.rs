//! What is published beside the code says what the code does: the plan's schema, the protocol's schemas, the table
//! of targets.

use baton::config::{self, Config};
use baton::emit::{self, Feature, Support};
use baton::plan::Plan;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::markdown::blocks;
use crate::support::{read, same_as_file};

#[test]
fn the_plan_s_schema() {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Plan>();
    same_as_file("schema/plan.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn the_schema_of_baton_toml() {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>();
    same_as_file("schema/baton.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn what_is_shown_of_baton_toml_can_be_read() {
    let shown = blocks(&read("docs/running.md")).into_iter().filter(|block| block.info.starts_with("toml"));
    let read: Vec<Config> = shown.map(|block| config::parse(&block.text).unwrap()).collect();
    assert!(!read.is_empty());
}

#[test]
fn the_table_of_targets() {
    let page = read("docs/targets.md");
    let (before, rest) = page.split_once("<!-- generated: targets -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    let table = table();
    same_as_file(
        "docs/targets.md",
        &format!("{before}<!-- generated: targets -->\n{table}<!-- end -->\n{after}"),
    );
}

fn table() -> String {
    let lines = emit::ALL.iter().map(|target| format!("- `{}`: {}.\n", target.name, target.summary));
    let names: String = emit::ALL.iter().map(|target| format!(" `{}` |", target.name)).collect();
    let rule = "---|".repeat(emit::ALL.len());
    let rows = Feature::ALL.iter().map(|&feature| {
        let cells: String =
            emit::ALL.iter().map(|target| format!(" {} |", word(target.support(feature)))).collect();
        format!("| {} |{cells}\n", feature.title())
    });
    format!("{}\n| |{names}\n|---|{rule}\n{}", lines.collect::<String>(), rows.collect::<String>())
}

fn word(support: Support) -> &'static str {
    match support {
        Support::Enforced => "**kept**",
        Support::Stated => "said",
        Support::Drawn => "drawn",
        Support::None => "–",
    }
}

fn validator(path: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(&read(path)).unwrap()).unwrap()
}

#[track_caller]
fn check(schema: &str, accepted: &[Value], refused: &[Value]) {
    let validator = validator(schema);
    for value in accepted {
        assert!(validator.is_valid(value), "{schema} refuses {value}: {:?}", validator.validate(value));
    }
    for value in refused {
        assert!(!validator.is_valid(value), "{schema} accepts {value}");
    }
}

fn task() -> Value {
    json!({
        "v": 1, "flow": "refresh", "plan": format!("sha256:{}", "0".repeat(64)), "item": "page-7",
        "visit": "page-7/drafting#2", "attempt": "page-7/drafting#2.1", "state": "drafting", "asset": "brief",
        "goal": "A full draft", "threshold": "complete >= 0.9", "owner": "writer", "context": { "brief": {} },
        "makes": { "type": "object" }, "due": "2026-11-22T10:00:00+00:00", "accept_due": null
    })
}

fn with(mut value: Value, key: &str, member: Value) -> Value {
    value[key] = member;
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().shift_remove(key);
    value
}

#[test]
fn a_task_says_the_five_things() {
    let said = ["asset", "goal", "state", "threshold", "owner"];
    let mut refused: Vec<_> = said.iter().map(|thing| without(task(), thing)).collect();
    refused.push(with(task(), "visit", json!("page-7/drafting")));
    refused.push(with(task(), "due", json!(1)));
    refused.push(with(task(), "question", json!("May it go?")));
    let options = json!([{ "name": "approve", "to": ["live"] }, { "name": "refuse", "to": ["dead"] }]);
    let asked =
        with(with(with(task(), "question", json!("May it go?")), "shows", json!([])), "options", options);
    check("schema/task.schema.json", &[task(), asked], &refused);
}

#[test]
fn a_reply_is_one_of_three() {
    let visit = "page-7/drafting#2";
    let accepted = [
        json!({ "visit": visit, "accept": true }),
        json!({ "visit": visit, "made": { "draft": {} } }),
        json!({ "visit": visit, "made": {}, "decision": "approve" }),
        json!({ "visit": visit, "fail": "no access" }),
    ];
    let refused = [
        json!({ "visit": visit }),
        json!({ "visit": visit, "accept": false }),
        json!({ "visit": visit, "accept": true, "made": {} }),
        json!({ "visit": visit, "decision": "approve" }),
        json!({ "made": {} }),
    ];
    check("schema/reply.schema.json", &accepted, &refused);
}

#[test]
fn an_outcome_has_a_receipt_or_a_reason() {
    let accepted = [
        json!({ "end": "published", "owner": "growth", "receipt": { "status": 200 } }),
        json!({ "end": "stuck", "owner": "growth", "reason": "A step failed" }),
    ];
    let refused = [
        json!({ "end": "published", "owner": "growth" }),
        json!({ "end": "published", "owner": "growth", "receipt": null }),
        json!({ "end": "stuck", "owner": "growth", "receipt": 1, "reason": "both" }),
    ];
    check("schema/outcome.schema.json", &accepted, &refused);
}
