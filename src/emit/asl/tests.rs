//! The definitions of every example, read again: whole they keep everything; with anything taken out of them or put in
//! another's place, the reading says that something is lost.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Value, json};

use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::*;
use crate::plan;
use crate::source::Sources;
use crate::{Load, compile};

pub(crate) const EXAMPLES: &[(&str, &str)] = &[
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

pub(crate) fn planned(name: &str, text: &str) -> Plan {
    let mut sources = Sources::new();
    sources.add(format!("{name}.flow"), text);
    let compilation = compile(sources, &Shared);
    plan::build(&compilation.model, &compilation.worst)
        .unwrap_or_else(|_| panic!("{name}: {:?}", compilation.diagnostics))
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
    let ids = Ids::new(plan);
    let expected = reread::Expected::new(plan, &ids, None);
    reread::lost_from(&expected, name, definition.as_object().unwrap(), names.as_object().unwrap())
}

type Place = Vec<String>;

/// What the proofs do not rest on: words for people; the types that the worker has checked before; the time that the
/// engine gives a call of its own.
fn is_free(place: &Place) -> bool {
    let [start, rest @ ..] = place.as_slice() else { return true };
    let [state, rest @ ..] = rest else { return true };
    let checks = state.ends_with("/fits") && rest.first().is_some_and(|part| part == "Choices");
    let leads = rest.last().is_some_and(|part| part == "Next");
    let gives_up = ["/gap", "/refused"].iter().any(|name| state.starts_with(name))
        && rest.last().is_some_and(|part| part == "Cause");
    let call = state.ends_with("/tell") && rest.first().is_some_and(|part| part == "TimeoutSeconds");
    start != "States"
        || (checks && !leads)
        || gives_up
        || call
        || rest.last().is_some_and(|part| part == "Comment")
}

/// The places of everything below `States`, without what is in a schema.
fn places(definition: &Value) -> Vec<Place> {
    let mut pending = vec![(Place::new(), definition)];
    let mut found = Vec::new();
    while let Some((path, value)) = pending.pop() {
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
        match value {
            _ if path.last().is_some_and(|key| key == "makes") => {}
            Value::Object(members) => {
                pending.extend(members.iter().map(|(key, member)| (below(key.clone()), member)))
            }
            Value::Array(entries) => {
                pending.extend(entries.iter().enumerate().map(|(at, entry)| (below(at.to_string()), entry)));
            }
            _ => {}
        }
        if !is_free(&path) {
            found.push(path);
        }
    }
    found
}

fn parent<'v>(definition: &'v mut Value, path: &Place) -> (&'v mut Value, String) {
    let (last, way) = path.split_last().unwrap();
    let parent = way.iter().fold(definition, |here, key| match here {
        Value::Array(entries) => &mut entries[key.parse::<usize>().unwrap()],
        here => &mut here[key],
    });
    (parent, last.clone())
}

fn without(definition: &Value, path: &Place) -> Value {
    let mut changed = definition.clone();
    match parent(&mut changed, path) {
        (Value::Array(entries), last) => drop(entries.remove(last.parse().unwrap())),
        (Value::Object(members), last) => drop(members.shift_remove(&last)),
        _ => unreachable!(),
    }
    changed
}

/// With something else of its kind at that place: another state, another path, the next number. None for what holds more.
fn with_another(definition: &Value, path: &Place) -> Option<Value> {
    let mut changed = definition.clone();
    let states: Vec<_> = definition["States"].as_object().unwrap().keys().cloned().collect();
    let (parent, last) = parent(&mut changed, path);
    let place = match parent {
        Value::Array(entries) => &mut entries[last.parse::<usize>().unwrap()],
        parent => &mut parent[&last],
    };
    *place = match &*place {
        Value::String(text) => match states.iter().position(|state| state == text) {
            Some(at) => states[(at + 1) % states.len()].clone().into(),
            None if text.starts_with("$.") => format!("{text}_").into(),
            None => format!("_{text}").into(),
        },
        Value::Number(number) => (number.as_f64().unwrap() + 1.0).into(),
        Value::Bool(truth) => (!truth).into(),
        Value::Null => true.into(),
        Value::Object(members) if members.is_empty() || last == "makes" => 7.into(),
        _ => return None,
    };
    Some(changed)
}

/// Of all changes that are made, those that the reading of some example does not notice; and how many there are.
fn unnoticed(change: impl Fn(&Value, &Place) -> Option<Value> + Sync) -> (Vec<String>, usize) {
    let (mut all, mut unnoticed) = (0, Vec::new());
    let absence = planned("absence", include_str!("../../../tests/engines/absence.flow"));
    let various = ["content_refresh", "lead_qualification", "release_approval"];
    let examples =
        EXAMPLES.iter().filter(|(name, _)| various.contains(name)).map(|(name, text)| planned(name, text));
    for plan in examples.chain([absence]) {
        for (name, definition, names) in definitions(&plan, None) {
            assert_eq!(lost(&definition, &names, &plan, &name), Vec::<String>::new());
            let noticed = |path: Place| {
                let changed = change(&definition, &path)?;
                let unseen = lost(&changed, &names, &plan, &name).is_empty();
                Some(unseen.then(|| format!("{name}: {}", path.join(" > "))))
            };
            let found: Vec<_> = places(&definition).into_par_iter().filter_map(noticed).collect();
            all += found.len();
            unnoticed.extend(found.into_iter().flatten());
        }
    }
    (unnoticed, all)
}

#[test]
fn whatever_is_taken_out_is_missed() {
    let (unnoticed, all) = unnoticed(|definition, path| Some(without(definition, path)));
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(all > 4_000, "only {all} places were found");
}

#[test]
fn whatever_is_replaced_is_noticed() {
    let (unnoticed, all) = unnoticed(with_another);
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(all > 2_000, "only {all} places were found");
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

/// Looks at a rule as the engine does: a comparison of a path that is not there is an error, not a false.
fn holds(rule: &Value, input: &Value) -> bool {
    let part = |key: &str| rule.get(key).and_then(Value::as_array);
    if let Some(parts) = part("And") {
        return parts.iter().all(|part| holds(part, input));
    }
    if let Some(parts) = part("Or") {
        return parts.iter().any(|part| holds(part, input));
    }
    if let Some(inner) = rule.get("Not") {
        return !holds(inner, input);
    }
    let path = rule["Variable"].as_str().unwrap();
    let found = input.pointer(&path.strip_prefix('$').unwrap().replace('.', "/"));
    if let Some(asked) = rule.get("IsPresent") {
        return found.is_some() == asked.as_bool().unwrap();
    }
    let found = found.unwrap_or_else(|| panic!("{path} is compared, and is not there"));
    if let Some(asked) = rule.get("IsNull") {
        return found.is_null() == asked.as_bool().unwrap();
    }
    assert!(!found.is_null(), "{path} is compared, and is null");
    let (_, constant) = rule
        .as_object()
        .unwrap()
        .iter()
        .find(|(key, _)| key.contains("Equals") || key.contains("Than"))
        .unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    match rule.as_object().unwrap().keys().find(|key| *key != "Variable").unwrap().as_str() {
        "NumericLessThan" => number(found) < number(constant),
        "NumericLessThanEquals" => number(found) <= number(constant),
        "NumericGreaterThan" => number(found) > number(constant),
        "NumericGreaterThanEquals" => number(found) >= number(constant),
        "NumericEquals" => (number(found) - number(constant)).abs() < f64::EPSILON,
        _ => found == constant,
    }
}

#[test]
fn whatever_is_absent_every_comparison_is_false() {
    let plan = planned("absence", include_str!("../../../tests/engines/absence.flow"));
    let (_, definition, _) = definitions(&plan, None).remove(0);
    let rules = definition["States"]["checking/decide"]["Choices"].as_array().unwrap();
    let found = |report: Value, request: Value| {
        let input = json!({ "context": { "request": request, "report": null }, "reply": { "made": { "report": report } } });
        let held = rules.iter().filter(|rule| holds(rule, &input)).map(|rule| rule["Next"].clone());
        held.collect::<Vec<_>>()
    };
    let bare = json!({ "released": false });
    let nulls = json!({ "released": false, "cost": null, "took": null, "level": null, "share": null, "score": null, "by": null });
    for report in
        [json!({}), json!({ "fix": null, "count": null }), json!({ "fix": bare }), json!({ "fix": nulls })]
    {
        assert_eq!(found(report.clone(), json!({ "title": "t" })), ["checking/handoff-1"], "{report}");
        assert_eq!(found(report, json!({ "notes": "n", "count": null })), ["checking/handoff-2"]);
    }
    for (part, value) in [
        ("released", json!(true)),
        ("cost", json!(6)),
        ("took", json!(60)),
        ("level", json!("high")),
        ("level", json!("low")),
        ("share", json!(0.1)),
        ("score", json!(0.5)),
        ("by", json!("me")),
    ] {
        let mut fix = bare.clone();
        fix[part] = value;
        assert_eq!(found(json!({ "fix": fix }), json!({})), ["checking/handoff-3"], "{part}");
    }
    let receipt = &definition["States"]["found/receipt"]["Choices"][0];
    assert!(
        [json!({}), json!({ "report": null })]
            .iter()
            .all(|context| !holds(receipt, &json!({ "context": context })))
    );
    assert!(holds(receipt, &json!({ "context": { "report": {} } })));
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
    assert_eq!(
        inexpressible(&text.replace("priority: int 1..5", "priority: int 1..1_000_000_000_000_001")),
        ["Step Functions compares no more than 15 digits of a number"],
    );
    let often = inexpressible(&text.replacen("at most 3", "at most 2000", 1));
    let [often] = often.as_slice() else { panic!("{often:?}") };
    let events: u64 = often.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!(
        often.ends_with("and Step Functions holds 25000") && (25_000..120_000).contains(&events),
        "{often}"
    );
    let explained = format!("/// {}\nflow content_refresh", "x".repeat(1024 * 1024));
    let whole = inexpressible(&text.replace("flow content_refresh", &explained));
    assert_eq!(whole.len(), 1);
    assert!(whole[0].ends_with("KiB, and Step Functions takes definitions of 1024 KiB"), "{}", whole[0]);
    let some = EXAMPLES[3].1.replace("join     all", "join     2").replace(": Finding\n", ": Finding?\n");
    assert_eq!(
        inexpressible(&some),
        ["Step Functions can't wait for 2 of the 3 runs of `sign_offs`: it waits for all"],
    );
}
