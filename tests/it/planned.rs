//! What the plan says of small pipelines.

use baton::diagnostics::Severity;
use baton::emit::schema;
use baton::plan::{self, Flow, Hop, Plan, State};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{check_all, none};

/// The plan of the first text; the others may be used by it.
pub(crate) fn planned(texts: &[(&str, &str)]) -> Plan {
    let compilation = check_all(texts);
    let errors = compilation.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    none(errors.map(|found| found.message.clone()).collect(), "errors");
    plan::build(&compilation.model, &compilation.worst).unwrap()
}

const REVIEWED: &str = r#"
enum Risk { low, high }
asset Draft { title: text max 70, words: int 0..9000 }
asset Receipt { status: int 100..599 }

actor writer: model  { uses "writer-large"  responds within 10m  costs 0.15 USD }
actor second: model  { uses "writer-large" }
actor cms:    action { calls "POST https://cms.example.com/pages" }
actor editor: human  { contact "editor@example.com" }

threshold fine: quality >= 0.85 and risk is not high
threshold good: fine or draft.words > 4000

/// From a draft to a page.
flow publish {
  context {
    draft:      Draft
    quality:    number 0..1
    risk:       Risk
    confidence: percent
    pause:      duration?
    live:       Receipt
  }

  default failure -> stuck
  default deadline 1d12h else -> stuck

  intake draft from "desk" -> writing { map title = raw["page title"]  map words = 0 }
  intake draft -> writing

  state writing {
    owner   writer
    asset   draft
    goal    "A full draft"
    needs   pause?
    makes   draft, quality, risk, confidence
    retry   2 times every 30s
    handoff -> asking  when good and not (confidence < 12.5%)
    handoff -> writing otherwise at most 3 times else -> again at most 2 times else -> stuck
            carry draft, confidence
  }

  state again {
    owner   second
    asset   draft
    goal    "A better draft"
    makes   draft, quality, risk
    handoff -> asking when quality in 0.30..<0.60 or pause in 30m..2h
    handoff -> stuck  otherwise
  }

  approval asking {
    owner   editor
    asset   draft
    goal    "Decide"
    asks    "May it go out?"
    shows   risk, confidence
    options approve, revise, wait_a_day, reject
    accept  4h else -> stuck
    handoff -> live_now when decision is approve
    handoff -> writing  when decision in {revise} and risk is low at most 1 times else -> stuck
    handoff -> resting  when decision is wait_a_day
    handoff -> stuck    otherwise
  }

  wait resting { owner editor  asset draft  goal "A day has passed"  for 1d -> asking at most 1 times else -> stuck }

  state live_now {
    owner   cms
    asset   draft
    goal    "It is live"
    makes   live
    handoff -> published when live.status in 200..299
    handoff -> stuck     otherwise
  }

  end published: success { owner editor  receipt live }
  end stuck:     failure { owner editor  reason "It went wrong" }
}
"#;

fn reviewed() -> Plan {
    planned(&[("main.flow", REVIEWED)])
}

fn flow(plan: &Plan) -> &Flow {
    &plan.flows["publish"]
}

fn state<'p>(plan: &'p Plan, name: &str) -> &'p State {
    &flow(plan).states[name]
}

/// All hops of a flow, by id.
fn hop<'p>(plan: &'p Plan, id: &str) -> &'p Hop {
    let states = flow(plan).states.values().flat_map(|state| state.routes()).flat_map(|(_, hops)| hops);
    let mut hops = flow(plan).intakes.values().map(|intake| &intake.arrow).chain(states);
    hops.find(|hop| hop.id == id).unwrap_or_else(|| panic!("no hop {id}"))
}

/// A chain as `id -> target (bound): threshold`, a line a hop.
fn chain(hops: &[Hop]) -> Vec<String> {
    let line = |hop: &Hop| {
        let bound = hop.at_most.map(|bound| format!(" ({bound})")).unwrap_or_default();
        format!("{} -> {}{bound}: {}", hop.id, hop.to, hop.envelope.threshold)
    };
    hops.iter().map(line).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_chain_has_a_hop_for_each_bound() {
    let plan = reviewed();
    let expected = [
        "writing/handoff-2 -> writing (3): otherwise",
        "writing/handoff-2#1 -> again (2): otherwise, more than 3 times",
        "writing/handoff-2#2 -> stuck: otherwise, more than 5 times",
    ];
    assert_eq!(chain(&state(&plan, "writing").handoffs[1].route), expected);
    let time = state(&plan, "resting").routes().next().unwrap().1;
    let expected =
        ["resting/wait -> asking (1): waited 1d", "resting/wait#1 -> stuck: waited 1d, more than once"];
    assert_eq!(chain(time), expected);
}

#[test]
fn every_hop_says_the_five_things() {
    let plan = reviewed();
    let said = &hop(&plan, "writing/handoff-1").envelope;
    assert_eq!((said.asset.as_str(), said.goal.as_str()), ("draft", "Decide"));
    assert_eq!((said.state.as_str(), said.owner.as_str()), ("asking", "editor"));
    assert_eq!(said.threshold, "good and not (confidence < 12.5%)");
    assert_eq!(said.verification.present, names(&["draft", "risk", "confidence"]));
    assert_eq!(said.accept.as_ref().unwrap().seconds, 4 * 3600);
    assert_eq!(said.deadline.as_ref().unwrap().escalation, names(&["stuck"]));
}

#[test]
fn an_end_is_told_what_was_done() {
    let plan = reviewed();
    let done = &hop(&plan, "live_now/handoff-1").envelope;
    assert_eq!((done.asset.as_str(), done.goal.as_str()), ("live", "done, with live as the receipt"));
    let failed = &hop(&plan, "live_now/failure").envelope;
    assert_eq!((failed.asset.as_str(), failed.goal.as_str()), ("draft", "It went wrong"));
    assert_eq!((failed.threshold.as_str(), failed.owner.as_str()), ("the owner failed", "editor"));
}

#[test]
fn what_is_not_carried_does_not_travel() {
    let plan = reviewed();
    assert_eq!(*hop(&plan, "writing/handoff-2#2").envelope.context, ["draft", "confidence"]);
    let asked = &hop(&plan, "writing/handoff-1").envelope;
    assert_eq!(*asked.context, ["draft", "risk", "confidence", "pause"], "what is read later, and no more");
    assert!(hop(&plan, "live_now/failure").envelope.context.is_empty(), "a failure end reads nothing");
}

#[test]
fn defaults_are_copied() {
    let plan = reviewed();
    let deadline = state(&plan, "again").deadline.as_ref().unwrap();
    assert_eq!(deadline.seconds, 36 * 3600);
    assert_eq!(chain(&deadline.route), ["again/deadline -> stuck: not finished within 1d12h"]);
    let writing = state(&plan, "writing");
    assert_eq!(writing.deadline.as_ref().unwrap().seconds, 600, "its actor's `responds within` comes first");
    assert_eq!(chain(&writing.failure), ["writing/failure -> stuck: the owner failed"]);
}

#[test]
fn guards_print_canonically() {
    let plan = reviewed();
    let printed =
        |state: &State| state.handoffs.iter().map(|handoff| handoff.threshold.to_string()).collect();
    let again: Vec<String> = printed(state(&plan, "again"));
    assert_eq!(again, ["quality in 0.3..<0.6 or pause in 30m..2h", "otherwise"]);
    let asking: Vec<String> = printed(state(&plan, "asking"));
    assert_eq!(asking[1], "decision in {revise} and risk is low");
    assert_eq!(flow(&plan).thresholds["good"].text, "fine or draft.words > 4000");
}

#[test]
fn thresholds_are_kept_by_name() {
    let plan = reviewed();
    let thresholds: Vec<_> = flow(&plan).thresholds.keys().collect();
    assert_eq!(thresholds, ["fine", "good"]);
    let guard = serde_json::to_value(&flow(&plan).thresholds["good"].guard).unwrap();
    assert_eq!(guard["or"][0], json!({ "threshold": "fine" }));
    assert_eq!(guard["or"][1]["compare"]["path"]["names"], json!(["draft", "words"]));
}

#[test]
fn constants_are_exact_and_in_the_protocol_s_units() {
    let plan = reviewed();
    let text = serde_json::to_string(&state(&plan, "writing").handoffs).unwrap();
    assert!(text.contains(r#""op":"<","value":0.125}"#), "{text}");
    let text = serde_json::to_string(&state(&plan, "again").handoffs).unwrap();
    assert!(text.contains(r#""low":1800,"high":7200,"open":false"#), "{text}");
    assert!(text.contains(r#""low":0.3,"high":0.6,"open":true"#), "{text}");
}

#[test]
fn options_lead_where_the_decision_alone_tells() {
    let plan = reviewed();
    let asking = serde_json::to_value(state(&plan, "asking")).unwrap();
    let expected = json!([
        { "name": "approve", "to": ["live_now"] },
        { "name": "revise", "to": ["writing", "stuck"] },
        { "name": "wait_a_day", "to": ["resting"] },
        { "name": "reject", "to": ["stuck"] },
    ]);
    assert_eq!(asking["options"], expected);
    assert_eq!((&asking["kind"], &asking["question"]), (&json!("approval"), &json!("May it go out?")));
}

#[test]
fn actors_with_one_binding_are_one_owner() {
    let plan = reviewed();
    let owners: Vec<_> =
        plan.actors.iter().map(|(name, actor)| (name.as_str(), actor.owner.as_str())).collect();
    let expected = [("writer", "second"), ("second", "second"), ("cms", "cms"), ("editor", "editor")];
    assert_eq!(owners, expected);
    let second = "actor second: model  { uses \"writer-large\" }\n";
    let moved = REVIEWED.replace(second, "").replace("actor writer:", &format!("{second}actor writer:"));
    let hash = |text: &str| planned(&[("a.flow", text)]).hash;
    assert!(moved != REVIEWED && hash(&moved) == hash(REVIEWED), "the order of actors changes nothing");
}

#[test]
fn intakes_say_how_a_record_becomes_the_asset() {
    let plan = reviewed();
    let intakes = serde_json::to_value(&flow(&plan).intakes).unwrap();
    assert_eq!(intakes["intake-1"]["maps"][0]["value"], json!({ "raw": ["page title"] }));
    assert_eq!(intakes["intake-1"]["maps"][1]["value"], json!({ "constant": 0 }));
    assert_eq!(intakes["intake-1"]["from"], json!("desk"));
    assert_eq!((&intakes["intake-2"]["from"], &intakes["intake-2"]["maps"]), (&Value::Null, &Value::Null));
    assert_eq!(chain(&[hop(&plan, "intake-2").clone()]), ["intake-2 -> writing: the record fits draft"]);
}

#[test]
fn the_hash_is_of_what_is_said() {
    let hash = |text: &str| planned(&[("a/b.flow", text)]).hash;
    let original = reviewed().hash;
    let respelled =
        REVIEWED.replace("  ", " ").replace("/// From a draft", "// No longer\n/// From some draft");
    assert_ne!(respelled, REVIEWED);
    assert_eq!(hash(&respelled), original, "comments, spaces and paths do not count");
    let moved = REVIEWED.replacen("enum Risk { low, high }", "", 1) + "enum Risk { low, high }";
    assert_eq!(hash(&moved), original, "nor does the order of declarations");
    assert_ne!(hash(&REVIEWED.replace("0.85", "0.86")), original);
    assert_ne!(hash(&REVIEWED.replace("A full draft", "A fuller draft")), original);
}

/// The hash as `docs/targets.md` says it is made, from the JSON alone.
fn hash_of(plan: &Plan) -> String {
    let mut plan = serde_json::to_value(plan).unwrap();
    plan.as_object_mut().unwrap().shift_remove("hash");
    let tables = ["/enums", "/assets", "/actors", "/flows"];
    tables.iter().for_each(|table| undocumented(plan.pointer_mut(table).unwrap()));
    for asset in plan["assets"].as_object_mut().unwrap().values_mut() {
        undocumented(&mut asset["fields"]);
    }
    for flow in plan["flows"].as_object_mut().unwrap().values_mut() {
        for table in ["context", "thresholds", "intakes", "states", "ends"] {
            undocumented(&mut flow[table]);
        }
    }
    plan.sort_all_objects();
    let digest = Sha256::digest(plan.to_string());
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn undocumented(table: &mut Value) {
    for declaration in table.as_object_mut().unwrap().values_mut() {
        declaration.as_object_mut().unwrap().shift_remove("doc");
    }
}

#[test]
fn the_hash_can_be_made_from_the_json() {
    let plan = reviewed();
    assert_eq!(plan.hash, hash_of(&plan));
    let calling = planned(&[("main.flow", CALLER), ("lib.flow", LIBRARY), ("deep.flow", DEEP)]);
    assert_eq!(calling.hash, hash_of(&calling));
}

#[test]
fn an_envelope_s_schema_verifies_receipt() {
    let plan = reviewed();
    let schema = schema::envelope(&plan, "publish", flow(&plan), &hop(&plan, "writing/handoff-1").envelope);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let draft = json!({ "title": "T", "words": 400 });
    let message = |key: &str, value: Value| {
        let context = json!({ "draft": draft, "risk": "low", "confidence": 0.9, "pause": null });
        let mut message = json!({
            "flow": "publish", "state": "asking", "asset": "draft", "goal": "Decide", "owner": "editor",
            "threshold": "good and not (confidence < 12.5%)", "context": context,
        });
        *message.pointer_mut(key).unwrap() = value;
        message
    };
    assert!(validator.is_valid(&message("/context/pause", json!(60))));
    assert!(!validator.is_valid(&message("/context/draft", json!(null))), "the asset is read");
    assert!(!validator.is_valid(&message("/context/risk", json!("medium"))));
    assert!(!validator.is_valid(&message("/owner", json!("writer"))));
    assert!(
        !validator.is_valid(&message("/context", json!({ "draft": draft }))),
        "what is shown must be there"
    );
}

#[test]
fn a_door_s_schema_is_of_raw_records() {
    let plan = reviewed();
    let door = |id: &str| {
        let schema = schema::raw(&plan, flow(&plan), &flow(&plan).intakes[id]);
        jsonschema::validator_for(&schema).unwrap()
    };
    assert!(door("intake-1").is_valid(&json!({ "page title": "T", "further": 1 })));
    assert!(!door("intake-1").is_valid(&json!({ "title": "T" })));
    assert!(!door("intake-1").is_valid(&json!({ "page title": "T".repeat(71) })));
    assert!(door("intake-2").is_valid(&json!({ "title": "T", "words": 3 })), "the asset's own shape");
    assert!(!door("intake-2").is_valid(&json!({ "title": "T" })));
}

#[test]
fn an_owner_delivers_what_the_state_makes_and_nothing_else() {
    let plan = reviewed();
    let schema = schema::makes(&plan, flow(&plan), state(&plan, "writing"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let made =
        json!({ "draft": { "title": "T", "words": 400 }, "quality": 0.9, "risk": "low", "confidence": 0.5 });
    let with = |field: &str, value: Value| {
        let mut made = made.clone();
        made[field] = value;
        made
    };
    assert!(validator.is_valid(&made));
    for field in ["draft", "quality", "risk", "confidence"] {
        let mut others = made.clone();
        others.as_object_mut().unwrap().shift_remove(field);
        assert!(!validator.is_valid(&others), "`{field}` is missing");
        assert!(!validator.is_valid(&with(field, json!(null))), "`{field}` is null");
    }
    assert!(!validator.is_valid(&with("pause", json!(60))), "the state only needs it");
    assert!(!validator.is_valid(&with("quality", json!(1.1))));
    assert!(!validator.is_valid(&with("draft", json!({ "title": "T" }))));
}

#[test]
fn a_reply_of_a_reviewer_decides() {
    let plan = reviewed();
    let schema = schema::reply(&plan, flow(&plan), state(&plan, "asking"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json!({ "visit": "a/asking#1", "made": {}, "decision": "revise" })));
    assert!(!validator.is_valid(&json!({ "visit": "a/asking#1", "made": {}, "decision": "perhaps" })));
    assert!(!validator.is_valid(&json!({ "visit": "a/asking#1", "made": {} })));
}

const CALLER: &str = r#"
use "lib.flow"
actor lead: human { contact "lead@example.com" }
flow outer {
  context { note: Note, one: Score?, two: Score? }
  intake note from "desk" -> calling
  call calling {
    owner lead  asset note  goal "Both are checked"
    runs inner(note) gives one
    runs inner(note) gives two
    join any
    deadline 4h else -> lost
    failure -> lost
    handoff -> found when one is present
    handoff -> kept when one is absent and two is present
    handoff -> lost otherwise
  }
  end found: success { owner lead  receipt one }
  end kept:  success { owner lead  receipt two }
  end lost:  failure { owner lead  reason "No answer" }
}
"#;

const LIBRARY: &str = r#"
use "deep.flow"
asset Score { value: number 0..1 }
asset Note { text: text max 10 }
flow inner {
  context { note: Note, score: Score }
  intake note -> scoring
  state scoring {
    owner lead  asset note  goal "A score"  makes score
    deadline 1h else -> bad
    failure -> bad
    handoff -> good when score.value >= 0.5
    handoff -> bad otherwise
  }
  end good: success { owner lead  receipt score }
  end bad:  failure { owner lead  reason "A poor score" }
}
flow unused_here {
  context { note: Note, score: Score }
  intake note -> scoring
  state scoring {
    owner lead  asset note  goal "A score"  makes score
    deadline 1h else -> bad
    failure -> bad
    handoff -> good when score.value >= 0.5
    handoff -> bad otherwise
  }
  end good: success { owner lead  receipt score }
  end bad:  failure { owner lead  reason "A poor score" }
}
"#;

const DEEP: &str = r#"actor lead: script { runs "tools/score" }"#;

#[test]
fn a_call_brings_its_flows_along_and_no_others() {
    let plan = planned(&[("main.flow", CALLER), ("lib.flow", LIBRARY), ("deep.flow", DEEP)]);
    assert_eq!(plan.flows.keys().collect::<Vec<_>>(), ["outer", "inner"]);
    let calling = serde_json::to_value(&plan.flows["outer"].states["calling"]).unwrap();
    assert_eq!((&calling["kind"], &calling["join"]), (&json!("call"), &json!(1)));
    let ids: Vec<_> = calling["runs"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect();
    assert_eq!(ids, ["inner", "inner-2"]);
    assert_eq!(calling["runs"][0]["intake"], "intake-1");
    assert_eq!(calling["runs"][1]["gives"], "two");
}

#[test]
fn one_name_in_two_files_stays_two() {
    let plan = planned(&[("main.flow", CALLER), ("lib.flow", LIBRARY), ("deep.flow", DEEP)]);
    assert_eq!(plan.actors.keys().collect::<Vec<_>>(), ["lead", "lead-2"]);
    assert_eq!(plan.flows["outer"].states["calling"].owner, "lead");
    assert_eq!(plan.flows["inner"].states["scoring"].owner, "lead-2");
    assert_eq!(plan.actors["lead-2"].kind.word(), "script");
}
