//! The documents of every example, read again: whole they keep everything; with anything taken out of them on which a
//! proof rests, the reading says that something is lost.

use serde_json::Value;

use super::*;
use crate::emit::asl::tests::{EXAMPLES, planned};
use crate::plan::Flow;

type Place = Vec<String>;

/// Words for people, and what an owner is told beside the five things.
const FREE: &[&str] = &[
    "as",
    "accept_due",
    "namespace",
    "version",
    "status",
    "read",
    "subject",
    "source",
    "reply",
    "reason",
    "visit",
];

/// The places of everything below `do`, without what is in a schema or in what an owner reads.
fn places(document: &Value) -> Vec<Place> {
    let mut pending = vec![(vec!["do".to_owned()], &document["do"])];
    let mut found = Vec::new();
    while let Some((path, value)) = pending.pop() {
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Place>();
        match value {
            _ if path.last().is_some_and(|key| key == "makes" || key == "options" || key == "shows") => {}
            Value::Object(members) => {
                pending.extend(members.iter().map(|(key, value)| (below(key.clone()), value)))
            }
            Value::Array(list) => {
                pending.extend(list.iter().enumerate().map(|(at, value)| (below(at.to_string()), value)))
            }
            _ => {}
        }
        found.push(path);
    }
    found.retain(|path| path.last().is_some_and(|last| !FREE.contains(&last.as_str())));
    found
}

fn without(document: &Value, path: &Place) -> Value {
    let mut changed = document.clone();
    let (last, way) = path.split_last().unwrap();
    let parent = way.iter().fold(&mut changed, |here, key| match here {
        Value::Array(list) => &mut list[key.parse::<usize>().unwrap()],
        here => &mut here[key],
    });
    match parent {
        Value::Array(list) => drop(list.remove(last.parse().unwrap())),
        parent => drop(parent.as_object_mut().unwrap().shift_remove(last)),
    }
    changed
}

fn documents(name: &str, text: &str) -> Vec<(Flow, Value)> {
    let plan = planned(name, text);
    let (names, clock) = (names::Names::new(&plan), Clock::new(None));
    let flows = plan.flows.iter();
    flows.map(|(name, flow)| (flow.clone(), workflow::document(&plan, &names, clock, name, flow))).collect()
}

#[test]
fn whatever_is_taken_out_is_missed() {
    let (mut all, mut unnoticed) = (0, Vec::new());
    for (name, text) in EXAMPLES {
        for (flow, document) in documents(name, text) {
            assert_eq!(reread::lost(&flow, Clock::new(None), &document), Vec::<String>::new());
            if !["content_refresh", "release_approval", "lead_qualification"].contains(name) {
                continue;
            }
            for place in places(&document) {
                all += 1;
                if reread::lost(&flow, Clock::new(None), &without(&document, &place)).is_empty() {
                    unnoticed.push(place.join(" > "));
                }
            }
        }
    }
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(all > 1_500, "only {all} places were found");
}

#[test]
fn jumps_and_defaults_and_times_are_looked_at() {
    let (flow, document) = documents(EXAMPLES[0].0, EXAMPLES[0].1).remove(0);
    let text = document.to_string();
    for (from, to) in [
        (r#""then":"drafting/handoff-1""#, r#""then":"drafting/handoff-9""#),
        (r#""otherwise":{"then":"/gap"}"#, r#""otherwise":{"then":"/gap"}},{"more":{"then":"/gap"}"#),
        (r#""after":{"seconds":1800}"#, r#""after":{"seconds":1801}"#),
        (r#""after":{"seconds":14400}"#, r#""after":{"seconds":14401}"#),
        (r#"// 0) < 3 }"#, r#"// 0) < 4 }"#),
        ("$context.attempt <= 2 ", "$context.attempt <= 3 "),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        assert!(!reread::lost(&flow, Clock::new(None), &changed).is_empty(), "{from} may be {to}");
    }
}

#[test]
fn what_the_language_cannot_say_is_refused() {
    let refused = |index: usize, from: &str, to: &str| {
        let (name, text) = EXAMPLES[index];
        let found = emit(&planned(name, &text.replace(from, to)), &Options::default()).unwrap_err();
        found.into_iter().map(|diagnostic| diagnostic.message).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(0, "complete >= 0.9", "complete >= 0.9000000000000001"),
        ["jq compares no more than 15 digits of a number"],
    );
    let text = EXAMPLES[3].1.replace("join     all", "join     2").replace(": Finding\n", ": Finding?\n");
    let found = emit(&planned(EXAMPLES[3].0, &text), &Options::default()).unwrap_err();
    assert_eq!(
        found[0].message,
        "Serverless Workflow can't wait for 2 of the 3 runs of `sign_offs`: it waits for all"
    );
}
