//! The published schema of `--format json`, and that the output keeps to it.

use baton::diagnostics::render::{Findings, Format, Look, json_schema, render};
use baton::diagnostics::{Code, Diagnostic, Label};
use baton::source::{Sources, Span};
use serde_json::Value;

use crate::support::same_as_file;

/// What the JSON output says of these findings, after it was held against the schema.
pub(crate) fn json(findings: Findings<'_>) -> Value {
    let mut out = Vec::new();
    render(findings, Format::Json, Look::plain(), &mut out).unwrap();
    let output: Value = serde_json::from_slice(&out).unwrap();
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    jsonschema::validate(&schema, &output).unwrap_or_else(|error| panic!("{error}\n{output:#}"));
    output
}

#[test]
fn the_published_schema_is_that_of_the_output() {
    same_as_file("schema/diagnostics.schema.json", &json_schema());
}

#[test]
fn the_output_says_all_that_a_finding_holds() {
    let mut sources = Sources::new();
    let main = sources.add("a.flow", "ä b\ncd\n");
    let team = sources.add("team.flow", "x\n");
    let full = Diagnostic::new(Code::UnknownName, Span::new(main, 3, 4), "`b` is not declared")
        .label("not declared")
        .also(Span::new(team, 0, 1), "did you mean this?")
        .trace(vec![Label { span: Span::new(main, 5, 7), message: "work comes in".to_owned() }], 0)
        .help("declare it")
        .fix("change to `x`", Span::new(main, 3, 4), "x");
    let bare = Diagnostic::new(Code::Unused, Span::new(team, 0, 1), "nothing uses `x`");
    let output = json(Findings { sources: &sources, diagnostics: &[full, bare], files: 1 });
    insta::assert_snapshot!("json", format!("{output:#}"));
}

#[test]
fn the_schema_refuses_other_documents() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let summary = serde_json::json!({ "files": 1, "errors": 0, "warnings": 0 });
    let document = serde_json::json!({ "version": 1, "diagnostics": [], "summary": summary });
    assert!(jsonschema::is_valid(&schema, &document));
    for (key, value) in [("version", 2.into()), ("diagnostics", Value::Null), ("summary", Value::Null)] {
        let mut other = document.clone();
        other[key] = value;
        assert!(!jsonschema::is_valid(&schema, &other), "{key}");
    }
}
