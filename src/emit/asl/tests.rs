//! The definitions of every example, read again: whole they keep everything; with any wait, bound or exit taken out of
//! them, the reading says that something is lost.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use rust_decimal::Decimal;

use super::*;
use crate::plan;
use crate::source::Sources;
use crate::{Load, compile};

const EXAMPLES: &[(&str, &str)] = &[
    ("content_refresh", include_str!("../../../examples/content_refresh.flow")),
    ("lead_qualification", include_str!("../../../examples/lead_qualification.flow")),
    ("purchase_order", include_str!("../../../examples/purchase_order.flow")),
    ("release_approval", include_str!("../../../examples/release_approval.flow")),
    ("seo_content_stack", include_str!("../../../examples/seo_content_stack.flow")),
    ("support_requests", include_str!("../../../examples/support_requests.flow")),
    ("video_titles", include_str!("../../../examples/video_titles.flow")),
];

struct Shared;

impl Load for Shared {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        match path {
            "shared/team.flow" => Ok(include_str!("../../../examples/shared/team.flow").into()),
            other => Err(format!("no file `{other}`")),
        }
    }
}

fn planned(name: &str, text: &str) -> Plan {
    let mut sources = Sources::new();
    sources.add(format!("{name}.flow"), text);
    let compilation = compile(sources, &Shared);
    plan::build(&compilation.model, &compilation.worst)
        .unwrap_or_else(|_| panic!("{name}: {:?}", compilation.diagnostics))
}

fn examples() -> impl Iterator<Item = Plan> {
    EXAMPLES.iter().map(|(name, text)| planned(name, text))
}

fn text_of(files: &[File], path: &str) -> Option<String> {
    files.iter().find(|file| file.path == path).map(|file| file.text.clone())
}

/// Each flow's name, definition, and table of shortened names.
fn definitions(plan: &Plan, scale: Option<Decimal>) -> Vec<(String, Value, Value)> {
    let files = emit(plan, &Options { time_scale: scale }).unwrap();
    let of = |name: &SmolStr| {
        let text = text_of(&files, &format!("{name}.asl.json")).unwrap();
        let names = text_of(&files, &format!("{name}.names.json")).unwrap_or_else(|| "{}".into());
        (name.to_string(), serde_json::from_str(&text).unwrap(), serde_json::from_str(&names).unwrap())
    };
    plan.flows.keys().map(of).collect()
}

/// What the reading misses, at full length of time.
fn lost(definition: &Value, names: &Value, plan: &Plan, name: &str) -> Vec<String> {
    reread::lost_from(definition.as_object().unwrap(), names.as_object().unwrap(), plan, name, None)
}

/// What is taken out, by the last part of its place: timers, ways on, catches, rules, what counts and what carries.
fn bears_weight(path: &[String], value: &Value) -> bool {
    const MEMBERS: &[&str] = &[
        "TimeoutSeconds",
        "Seconds",
        "Next",
        "Default",
        "End",
        "Catch",
        "ErrorEquals",
        "Choices",
        "Branches",
        "StartAt",
        "Resource",
        "Error",
        "Cause",
        "ResultPath",
        "taken.$",
        "taken",
        "NumericLessThan",
        "item.$",
        "counters.$",
        "visits.$",
        "context",
        "handoff",
        "token.$",
        "execution.$",
        "visit.$",
        "receipt.$",
        "caller.$",
        "intake",
    ];
    let [.., parent, last] = path else { return false };
    let in_message = path.iter().any(|part| part == "makes");
    let entry = ["Choices", "Catch", "Branches"].contains(&parent.as_str());
    let state = parent == "States" && value.get("Type").is_some();
    !in_message && (entry || state || MEMBERS.contains(&last.as_str()))
}

/// The places of everything that bears weight.
fn places(definition: &Value) -> Vec<Vec<String>> {
    let mut pending = vec![(Vec::new(), definition)];
    let mut found = Vec::new();
    while let Some((path, value)) = pending.pop() {
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
        match value {
            Value::Object(members) => {
                pending.extend(members.iter().map(|(key, member)| (below(key.clone()), member)))
            }
            Value::Array(entries) => {
                pending.extend(entries.iter().enumerate().map(|(at, entry)| (below(at.to_string()), entry)));
            }
            _ => {}
        }
        if bears_weight(&path, value) {
            found.push(path);
        }
    }
    found
}

fn without(definition: &Value, path: &[String]) -> Value {
    let mut changed = definition.clone();
    let (last, way) = path.split_last().unwrap();
    let parent = way.iter().fold(&mut changed, |here, key| match here {
        Value::Array(entries) => &mut entries[key.parse::<usize>().unwrap()],
        here => &mut here[key],
    });
    match parent {
        Value::Array(entries) => drop(entries.remove(last.parse().unwrap())),
        Value::Object(members) => drop(members.shift_remove(last)),
        _ => unreachable!(),
    }
    changed
}

/// What may be taken out and yet changes nothing that the proofs rest on: the helpers' own result paths.
fn is_harmless(definition: &Value, path: &[String]) -> bool {
    let pointer: String =
        path[..path.len() - 1].iter().map(|key| format!("/{}", key.replace('/', "~1"))).collect();
    let parent = definition.pointer(&pointer).unwrap();
    let last = path.last().map(String::as_str);
    let resource = parent["Resource"].as_str().unwrap_or_default();
    let tells = resource.contains("aws-sdk:sfn");
    let unread = last == Some("ResultPath") && (tells || path.iter().any(|key| key.ends_with("/tell")));
    unread
        || (last == Some("Cause")
            && parent["Error"].as_str().is_some_and(|error| error.starts_with("Baton.")))
}

#[test]
fn every_wait_bound_and_exit_is_missed() {
    let (mut taken_out, mut unnoticed) = (0, Vec::new());
    for plan in examples() {
        for (name, definition, names) in definitions(&plan, None) {
            let places: Vec<_> =
                places(&definition).into_iter().filter(|path| !is_harmless(&definition, path)).collect();
            let unseen =
                |path: &&Vec<String>| lost(&without(&definition, path), &names, &plan, &name).is_empty();
            unnoticed.extend(
                places
                    .par_iter()
                    .filter(unseen)
                    .map(|path| format!("{name}: {}", path.join(" > ")))
                    .collect::<Vec<_>>(),
            );
            taken_out += places.len();
        }
    }
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(taken_out > 2000, "only {taken_out} places were found");
}

#[test]
fn wrong_times_and_targets_are_noticed() {
    let plan = planned(EXAMPLES[0].0, EXAMPLES[0].1);
    let (name, definition, names) = definitions(&plan, None).remove(0);
    for (place, other) in [
        ("/States/drafting/TimeoutSeconds", Value::from(3600)),
        ("/States/drafting~1deadline/Next", "drafting/arrive".into()),
        ("/States/drafting~1decide/Choices/0/Next", "drafting/handoff-3".into()),
        ("/States/drafting~1handoff-2 bound/Choices/0/NumericLessThan", 4.into()),
        ("/States/legal_review/Catch/0/Next", "legal_review/failure".into()),
        ("/States/drafting/Retry", serde_json::json!([{ "ErrorEquals": ["States.ALL"] }])),
        ("/States/intake-1/Parameters/counters/drafting/handoff_2/taken", 1.into()),
    ] {
        let mut changed = definition.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = other;
        assert!(!lost(&changed, &names, &plan, &name).is_empty(), "{place} may be changed");
    }
}

#[test]
fn shortened_times_are_read_as_such_and_marked() {
    let scale: Decimal = "0.0001".parse().unwrap();
    let plan = planned(EXAMPLES[0].0, EXAMPLES[0].1);
    let (name, definition, names) = definitions(&plan, Some(scale)).remove(0);
    assert!(
        definition["Comment"]
            .as_str()
            .unwrap()
            .starts_with("FOR TESTS ONLY: every wait is multiplied by 0.0001")
    );
    let seconds = |place: &str| definition.pointer(place).unwrap().as_u64().unwrap();
    assert_eq!(seconds("/States/briefing/TimeoutSeconds"), 1);
    let legal = "/States/legal_review/Branches";
    assert_eq!(seconds(&format!("{legal}/0/States/legal_review~1acknowledge/TimeoutSeconds")), 2);
    assert_eq!(seconds(&format!("{legal}/1/States/legal_review~1work/TimeoutSeconds")), 9);
    assert!(!lost(&definition, &names, &plan, &name).is_empty());
}

#[test]
fn accept_stays_below_the_deadline() {
    let text = EXAMPLES[0].1.replace("accept   4h", "accept   23h");
    let plan = planned("content_refresh", &text);
    let (_, definition, _) = definitions(&plan, Some("0.00001".parse().unwrap())).remove(0);
    let legal = &definition["States"]["legal_review"]["Branches"];
    assert_eq!(legal[0]["States"]["legal_review/acknowledge"]["TimeoutSeconds"], 1);
    assert_eq!(legal[1]["States"]["legal_review/work"]["TimeoutSeconds"], 2);
}

#[test]
fn names_that_are_too_long_can_be_read_back() {
    let long = "a_state_with_a_name_that_nobody_should_have_to_read_and_yet_somebody_has_written_down";
    let text = EXAMPLES[0].1.replace("legal_review", long);
    let plan = planned("content_refresh", &text);
    let (_, definition, names) = definitions(&plan, None).remove(0);
    let states = definition["States"].as_object().unwrap();
    assert!(states.keys().all(|name| name.chars().count() <= 80));
    assert!(names.as_object().unwrap().values().any(|whole| whole == long));
    assert!(names.as_object().unwrap().keys().all(|short| short.contains('~')));
}

#[test]
fn what_step_functions_cannot_say_is_refused() {
    let inexpressible = |text: &str| {
        let found = emit(&planned("content_refresh", text), &Options::default()).unwrap_err();
        found.into_iter().map(|diagnostic| diagnostic.message.to_string()).collect::<Vec<_>>()
    };
    let text = EXAMPLES[0].1;
    assert_eq!(
        inexpressible(&text.replace("complete >= 0.9", "complete >= 0.9000000000000001")),
        ["Step Functions compares no more than 15 digits of a number"],
    );
    assert_eq!(
        inexpressible(&text.replace("deadline 48h else", "deadline 400d else")),
        ["`escalated_review` can last longer than a year, and an execution of Step Functions can't"],
    );
    let some = EXAMPLES[3].1.replace("join     all", "join     2").replace(": Finding\n", ": Finding?\n");
    assert_eq!(
        inexpressible(&some),
        ["Step Functions can't wait for 2 of the 3 runs of `sign_offs`: it waits for all"],
    );
}
