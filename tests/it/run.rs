//! The interpreter: what becomes of an item, event by event.

use baton::plan::Plan;
use baton::run::{Effect, Event, Item, Key, Next, Record, Refusal, RunStart};
use baton::run::{next_due, start, start_run, step, task};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::emitted::examples;
use crate::planned::planned;

const DESK: &str = r#"
enum Risk { low, high }
asset Claim  { text: text max 20, amount: money EUR, since: date?, tags: list max 2 of text max 5 }
asset Letter { body: text max 100 }

actor reader: model  { uses "reader"  costs 0.10 EUR }
actor desk:   queue  { name "desk" }
actor chief:  human  { contact "chief@example.com" }
actor post:   script { runs "post"  costs 0.005 EUR }

threshold cheap: claim.amount <= 100 EUR and risk is low

flow claims {
  context { claim: Claim, risk: Risk, fit: percent?, letter: Letter, facts: Letter?, more: Letter?, third: Letter? }
  default failure -> lost
  default deadline 1h else -> lost

  intake claim from "form" -> reading {
    map text = raw.text  map amount = raw["claimed amount"]  map since = raw.dates.since  map tags = raw.tags
  }
  intake claim from "desk" -> reading

  state reading {
    owner reader  asset claim  goal "Read it"  makes risk, fit
    accept   5m else -> writing
    deadline 30m else -> reading at most 1 times else -> lost
    retry    2 times every 60s
    handoff -> writing when cheap
    handoff -> asking  when not cheap and not (fit >= 50%)
    handoff -> checks  otherwise at most 1 times else -> asking
  }
  approval asking {
    owner chief  asset claim  goal "Decide"  asks "Pay?"  shows risk  options pay, refuse, later
    handoff -> writing when decision is pay
    handoff -> lost    when decision is refuse
    handoff -> resting when decision is later at most 2 times else -> lost
  }
  wait resting { owner chief  asset claim  goal "Time has passed"  for 7d -> asking }
  call checks {
    owner chief  asset claim  goal "Facts are checked"
    runs  check(claim) gives facts
    runs  check(claim) gives more
    runs  check(claim) gives third
    join  2
    deadline 2h else -> lost
    handoff -> writing when facts is present and more is present
    handoff -> asking  otherwise
  }
  state writing {
    owner desk  asset claim  goal "A letter"  makes letter
    handoff -> done when delivered
  }
  end done: success { owner chief  receipt letter }
  end lost: failure { owner chief  reason "Nobody helped" }
}

flow check {
  context { claim: Claim, letter: Letter }
  default failure -> unknown
  intake claim -> looking
  state looking {
    owner post  asset claim  goal "Look it up"  makes letter  deadline 30m else -> unknown
    handoff -> found when delivered
  }
  end found:   success { owner chief  receipt letter }
  end unknown: failure { owner chief  reason "Not found" }
}
"#;

const NOON: &str = "2026-11-23T12:00:00Z";

/// An item, and what it went through.
struct World {
    plan: Plan,
    item: Item,
    now: Timestamp,
}

impl World {
    fn new() -> World {
        World::with(json!({ "text": "hail", "claimed amount": 80, "tags": [] }))
    }

    fn with(raw: Value) -> World {
        let plan = planned(&[("main.flow", DESK)]);
        let now = NOON.parse().unwrap();
        let (item, _) = start(&plan, "claims", "form", "c/1", &raw, now).unwrap();
        World { plan, item, now }
    }

    fn passes(&mut self, minutes: i64) -> &mut World {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    /// What follows, in short; a refusal changes nothing.
    fn does(&mut self, event: &Event) -> Result<String, String> {
        let before = self.item.clone();
        let next = step(&self.plan, &self.item, event, self.now);
        assert_eq!(self.item, before);
        let (item, effects) = next.map_err(|refusal| refusal.to_string())?;
        self.item = item;
        let text = serde_json::to_string(&self.item).unwrap();
        assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), self.item, "{text}");
        Ok(effects.iter().map(short).collect::<Vec<_>>().join("; "))
    }

    fn answers(&mut self, reply: Value) -> Result<String, String> {
        let visit = self.item.key().unwrap();
        self.says(&visit.to_string(), reply)
    }

    fn says(&mut self, visit: &str, reply: Value) -> Result<String, String> {
        let event = Event::reply(&key(visit), reply).map_err(|misfit| misfit.to_string())?;
        self.does(&event)
    }

    fn waits(&mut self) -> String {
        self.now = next_due(&self.plan, &self.item).unwrap();
        self.does(&Event::Due).unwrap()
    }

    fn minutes(&self) -> i64 {
        self.now.duration_since(NOON.parse().unwrap()).as_mins()
    }
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// `reading/handoff-1 -> writing`
fn short(effect: &Effect) -> String {
    match effect {
        Effect::Handed(handover) => format!("{} -> {}", handover.hop, handover.state),
        Effect::Deliver(attempt) => format!("to {attempt}"),
        Effect::Accepted(visit) => format!("accepted {visit}"),
        Effect::Failed { reason, again, .. } => {
            format!("failed ({reason}){}", again.map_or(String::new(), |again| format!(" until {again:.0}")))
        }
        Effect::Run(run) => format!("runs {}", run.id),
        Effect::Ended(outcome) => format!("ended {}", serde_json::to_string(outcome).unwrap()),
    }
}

fn ok(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn refused(text: &str) -> Result<String, String> {
    Err(text.to_owned())
}

#[test]
fn an_item_goes_to_its_end() {
    let mut world = World::new();
    assert_eq!(world.item.context.len(), 1);
    let made = json!({ "made": { "risk": "low", "fit": 0.50 } });
    assert_eq!(world.answers(made), ok("reading/handoff-1 -> writing; to c/1/writing#1.1"));
    let letter = json!({ "made": { "letter": { "body": "Here you are" } } });
    let ended = r#"writing/handoff-1 -> done; ended {"end":"done","owner":"chief","receipt":{"body":"Here you are"}}"#;
    assert_eq!(world.answers(letter.clone()), ok(ended));
    assert_eq!(world.item.cost.as_ref().unwrap().amount.to_string(), "0.1");
    assert_eq!(
        world.says("c/1/writing#1", letter.clone()),
        refused("duplicate: it has been answered already")
    );
    assert_eq!(world.says("c/1/reading#1", letter), refused("duplicate: it has been answered already"));
    assert_eq!(next_due(&world.plan, &world.item), None);
    assert_eq!(world.passes(999).does(&Event::Due), ok(""));
    let cancel = Event::Cancel { reason: "no longer wanted".into() };
    assert_eq!(world.does(&cancel), refused("late: the item has ended"));
}

#[test]
fn what_does_not_fit_is_refused_or_an_attempt_that_failed() {
    let mut world = World::new();
    let made = json!({ "made": { "risk": "middling", "fit": 0.9 } });
    let again = "failed (`made.risk` expected one of low, high) until 2026-11-23T12:01:00Z";
    assert_eq!(world.answers(made), ok(again));
    assert_eq!(world.waits(), "to c/1/reading#1.2");
    assert_eq!(world.answers(json!({ "fail": "busy" })), ok("failed (busy) until 2026-11-23T12:02:00Z"));
    let twice =
        refused("duplicate: that attempt has failed already; the next begins at 2026-11-23T12:02:00Z");
    assert_eq!(world.answers(json!({ "fail": "busy" })), twice);
    assert_eq!(world.waits(), "to c/1/reading#1.3");
    let stale = world.says("c/1/reading#1.2", json!({ "fail": "slow" }));
    assert_eq!(stale, refused("duplicate: a later attempt is under way"));
    assert_eq!(world.item.cost.as_ref().unwrap().amount.to_string(), "0.3");
    let mut other = World { plan: world.plan.clone(), item: world.item.clone(), now: world.now };
    let early = json!({ "made": { "risk": "low" } });
    assert_eq!(
        other.says("c/1/reading#1.1", early),
        ok("reading/handoff-1 -> writing; to c/1/writing#1.1"),
        "the first valid answer wins, whichever attempt's it is"
    );
    for (made, why) in [
        (json!({}), "`made.letter` is missing"),
        (
            json!({ "letter": { "body": "x".repeat(101) } }),
            "`made.letter.body` has 101 characters, more than 100",
        ),
        (json!({ "letter": { "body": "x", "to": "y" } }), "`made.letter.to` is not asked for"),
        (json!({ "letter": { "body": "x" }, "note": 1 }), "`made.note` is not asked for"),
        (json!({ "letter": { "body": "\u{1}" } }), "`made.letter.body` has control characters"),
        (
            json!({ "letter": { "body": "x" }, "é".repeat(999_999): 1 }),
            &format!("`made.{}…` is not asked for", "é".repeat(60)),
        ),
        (json!({ "letter": null }), "`made.letter` is missing"),
        (json!({ "letter": "x" }), "`made.letter` expected an object"),
    ] {
        assert_eq!(other.answers(json!({ "made": made })), refused(&format!("misfit: {why}")));
    }
    let decided = json!({ "made": { "letter": { "body": "x" } }, "decision": "pay" });
    assert_eq!(other.answers(decided), refused("misfit: `decision` is not asked for"));
    let last = "failed (broken); reading/failure -> lost; \
        ended {\"end\":\"lost\",\"owner\":\"chief\",\"reason\":\"Nobody helped\"}";
    let mut other = World { plan: world.plan.clone(), item: world.item.clone(), now: world.now };
    assert!(other.answers(json!({ "fail": "long".repeat(999_999) })).unwrap().len() < 1_200);
    assert_eq!(world.answers(json!({ "fail": "broken" })), ok(last));
}

#[test]
fn timers_run_from_arrival_and_their_arrows_are_counted() {
    let mut world = World::new();
    assert_eq!(world.waits(), "reading/accept -> writing; to c/1/writing#1.1");
    assert_eq!(world.minutes(), 5);
    let late = refused("late: the work has left this state");
    assert_eq!(world.says("c/1/reading#1", json!({ "made": { "risk": "low" } })), late);

    let mut world = World::new();
    world.passes(4);
    assert_eq!(world.answers(json!({ "accept": true })), ok("accepted c/1/reading#1"));
    assert_eq!(world.answers(json!({ "accept": true })), ok(""), "once is enough");
    world.passes(25);
    assert_eq!(world.answers(json!({ "fail": "busy" })), ok("failed (busy) until 2026-11-23T12:30:00Z"));
    world.passes(1);
    let over = refused("late: its time was over at 2026-11-23T12:30:00Z");
    assert_eq!(world.answers(json!({ "made": { "risk": "low" } })), over, "though no timer has fired yet");
    assert_eq!(world.does(&Event::Due), ok("reading/deadline -> reading; to c/1/reading#2.1"));
    assert_eq!(world.item.taken["reading/deadline"], 1);
    assert_eq!(world.answers(json!({ "accept": true })), ok("accepted c/1/reading#2"));
    world.passes(29);
    assert_eq!(world.does(&Event::Due), ok(""));
    let lost = r#"reading/deadline#1 -> lost; ended {"end":"lost","owner":"chief","reason":"Nobody helped"}"#;
    assert_eq!(world.waits(), lost);
    assert_eq!(world.minutes(), 60);
}

#[test]
fn a_decision_is_counted_and_waits_take_their_time() {
    let mut world = World::new();
    assert_eq!(
        world.answers(json!({ "made": { "risk": "high" } })),
        ok("reading/handoff-2 -> asking; to c/1/asking#1.1"),
        "no comparison holds of what is absent, and `not` around it does"
    );
    for made in [json!({}), json!({ "decision": "maybe" })] {
        assert_eq!(world.answers(made), refused("misfit: `decision` expected one of pay, refuse, later"));
    }
    for visit in 1..=2 {
        assert_eq!(world.answers(json!({ "decision": "later" })), ok("asking/handoff-3 -> resting"));
        let nobody = refused("unknown: `resting` is nobody's to answer");
        assert_eq!(world.answers(json!({ "made": {} })), nobody);
        assert_eq!(world.waits(), format!("resting/wait -> asking; to c/1/asking#{}.1", visit + 1));
    }
    assert_eq!(world.minutes(), 2 * 7 * 24 * 60);
    assert!(world.answers(json!({ "decision": "later" })).unwrap().starts_with("asking/handoff-3#1 -> lost"));
}

#[test]
fn guards_are_decided_on_exact_decimals() {
    for (amount, fit, to) in [
        ("100", "1", "writing"),
        ("100.00", "null", "writing"),
        ("1e2", "0.5", "writing"),
        ("100.000000000001", "0.5", "checks"),
        ("100.01", "0.4999999999", "asking"),
        ("100.01", "0.5000000000", "checks"),
        ("100.01", "null", "asking"),
    ] {
        let raw = format!(r#"{{ "text": "hail", "claimed amount": {amount}, "tags": ["a"] }}"#);
        let mut world = World::with(serde_json::from_str(&raw).unwrap());
        let made = format!(r#"{{ "made": {{ "risk": "low", "fit": {fit} }} }}"#);
        let went = world.answers(serde_json::from_str(&made).unwrap()).unwrap();
        assert!(went.contains(&format!(" -> {to}")), "{amount}, {fit}: {went}");
    }
}

/// The item stands at the call; its runs are these.
fn calling() -> (World, Vec<RunStart>) {
    let mut world = World::with(json!({ "text": "hail", "claimed amount": 200, "tags": [] }));
    let event = Event::reply(&world.item.key().unwrap(), json!({ "made": { "risk": "low", "fit": 0.9 } }));
    let (item, effects) = step(&world.plan, &world.item, &event.unwrap(), world.now).unwrap();
    world.item = item;
    let runs = effects.into_iter().filter_map(|effect| match effect {
        Effect::Run(run) => Some(run),
        _ => None,
    });
    (world, runs.collect())
}

/// The run comes to an end: what its caller hears.
fn run(world: &World, run: &RunStart, made: Value) -> Event {
    let (item, _) = start_run(&world.plan, run, world.now).unwrap();
    let event = Event::reply(&item.key().unwrap(), made).unwrap();
    let (item, _) = step(&world.plan, &item, &event, world.now).unwrap();
    let (caller, event) = item.report().unwrap();
    assert_eq!(caller.to_string(), "c/1/checks#1");
    event
}

#[test]
fn a_call_leaves_when_its_join_is_decided() {
    let good = json!({ "made": { "letter": { "body": "so it is" } } });
    let bad = json!({ "fail": "no" });
    let (mut world, runs) = calling();
    let ids: Vec<_> = runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["c/1/checks#1/check", "c/1/checks#1/check-2", "c/1/checks#1/check-3"]);
    let won = run(&world, &runs[0], good.clone());
    assert_eq!(world.does(&won), ok(""));
    assert_eq!(world.does(&won), refused("duplicate: that run has ended already"));
    let stranger = Event::RunEnded { run: "c/1/checks#1/check-4".into(), receipt: None };
    assert_eq!(world.does(&stranger), refused("unknown: no call runs `c/1/checks#1/check-4`"));
    assert_eq!(world.does(&run(&world, &runs[1], bad.clone())), ok(""));
    assert_eq!(
        world.does(&run(&world, &runs[2], good.clone())),
        ok("checks/handoff-2 -> asking; to c/1/asking#1.1"),
        "the second run gave nothing"
    );
    assert_eq!(world.does(&won), refused("duplicate: it has been answered already"));

    let (mut world, runs) = calling();
    assert_eq!(world.does(&run(&world, &runs[0], bad.clone())), ok(""));
    let lost = world.does(&run(&world, &runs[1], bad)).unwrap();
    assert!(lost.starts_with("checks/failure -> lost"), "{lost}");

    let (mut world, runs) = calling();
    let won = run(&world, &runs[0], good);
    assert!(world.waits().starts_with("checks/deadline -> lost"));
    assert_eq!(world.does(&won), refused("late: the work has left this state"));
}

#[test]
fn a_record_that_does_not_fit_is_told_which_field() {
    let plan = planned(&[("main.flow", DESK)]);
    let now: Timestamp = NOON.parse().unwrap();
    let knock = |intake: &str, id: &str, raw: Value| -> Result<Next, Refusal> {
        start(&plan, "claims", intake, id, &raw, now)
    };
    let record = json!({ "text": "hail", "amount": 80, "tags": ["a"] });
    let raw =
        json!({ "text": "hail", "claimed amount": 80, "tags": ["a"], "dates": { "since": "2026-02-28" } });
    let (item, effects) = knock("form", "c", raw.clone()).unwrap();
    let claim = json!({ "text": "hail", "amount": 80, "since": "2026-02-28", "tags": ["a"] });
    assert_eq!(item.context["claim"], claim);
    assert_eq!(effects.iter().map(short).collect::<Vec<_>>(), ["intake-1 -> reading", "to c/reading#1.1"]);
    let (item, _) = knock("desk", "c", record.clone()).unwrap();
    assert_eq!(item.context["claim"]["since"], Value::Null, "missing reads as null");
    let with = |raw: &Value, name: &str, value: Value| {
        let mut raw = raw.clone();
        raw[name] = value;
        raw
    };
    for (intake, raw, why) in [
        ("form", json!({ "text": "hail", "tags": [] }), "`raw.claimed amount` is missing"),
        ("form", with(&raw, "claimed amount", json!(-1)), "`raw.claimed amount` is below 0"),
        ("form", with(&raw, "claimed amount", json!("1")), "`raw.claimed amount` expected a number"),
        ("form", with(&raw, "dates", json!("x")), "`raw.dates` expected an object"),
        (
            "form",
            with(&raw, "dates", json!({ "since": "2026-02-30" })),
            "`raw.dates.since` expected a day, such as `2026-11-23`",
        ),
        ("form", json!([]), "`raw` expected an object"),
        ("desk", json!(null), "`raw` is missing"),
        ("desk", with(&record, "more", json!(1)), "`raw.more` is not asked for"),
        ("desk", with(&record, "tags", json!(["a", "b", "c"])), "`raw.tags` has 3 entries, more than 2"),
        (
            "desk",
            with(&record, "tags", json!(["a", "bbbbbb"])),
            "`raw.tags[1]` has 6 characters, more than 5",
        ),
    ] {
        assert_eq!(knock(intake, "c", raw).unwrap_err().to_string(), format!("misfit: {why}"));
    }
    for id in ["", "a\nb", "a/work#1/run", &"x".repeat(257)] {
        assert_eq!(knock("desk", id, record.clone()).unwrap_err().word(), "misfit", "{id}");
    }
    for id in ["a/work#1", "#1/2", "ein Antrag", "a/#1/b"] {
        assert!(knock("desk", id, record.clone()).is_ok(), "{id}");
    }
    assert_eq!(knock("intake-3", "c", record).unwrap_err().word(), "unknown");
}

/// What is let in can be written down and read again, however deep it nests.
#[test]
fn values_nest_so_deep_that_an_item_can_be_read_back() {
    let text = r#"asset Node { next: Node? }
actor o: human { contact "o@example.com" }
flow f {
  context { node: Node }
  default failure -> lost
  intake node from "s" -> work
  state work { owner o asset node goal "g" makes node deadline 1h else -> lost handoff -> done when node.next is present handoff -> lost otherwise }
  end done: success { owner o receipt node }
  end lost: failure { owner o reason "r" }
}
"#;
    let plan = planned(&[("main.flow", text)]);
    let knock = |depth: usize| {
        let raw = (1..depth).fold(json!({}), |inner, _| json!({ "next": inner }));
        start(&plan, "f", "s", "i", &raw, NOON.parse().unwrap())
    };
    let (item, _) = knock(100).unwrap();
    let text = serde_json::to_string(&item).unwrap();
    assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), item);
    let refusal = knock(101).unwrap_err().to_string();
    assert!(
        refusal.starts_with("misfit: `raw.next.next") && refusal.ends_with("is nested too deep"),
        "{refusal}"
    );
}

#[test]
fn the_owner_is_told_what_the_protocol_says() {
    let mut world = World::new();
    world.passes(1).answers(json!({ "made": { "risk": "high" } })).unwrap();
    let told = serde_json::to_value(task(&world.plan, &world.item).unwrap()).unwrap();
    let expected = json!({
        "v": 1, "flow": "claims", "plan": world.plan.hash, "item": "c/1",
        "visit": "c/1/asking#1", "attempt": "c/1/asking#1.1", "state": "asking", "asset": "claim", "goal": "Decide",
        "threshold": "not cheap and not (fit >= 50%)", "owner": "chief",
        "context": { "claim": { "text": "hail", "amount": 80, "since": null, "tags": [] }, "risk": "high" },
        "makes": told["makes"], "due": "2026-11-23T13:01:00Z", "accept_due": null,
        "question": "Pay?", "shows": ["risk"],
        "options": [
            { "name": "pay", "to": ["writing"] }, { "name": "refuse", "to": ["lost"] },
            { "name": "later", "to": ["resting", "lost"] },
        ],
    });
    assert_eq!(told, expected);
    let schema = serde_json::from_str(&crate::support::read("schema/task.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &told), "{told}");
    assert_eq!(
        told,
        serde_json::to_value(serde_json::from_value::<baton::run::Task>(told.clone()).unwrap()).unwrap()
    );
    world.answers(json!({ "decision": "later" })).unwrap();
    assert_eq!(task(&world.plan, &world.item), None, "nobody has anything to do at a wait");
}

#[test]
fn a_handover_says_on_which_values_it_was_decided() {
    let world = World::new();
    let event = Event::reply(&world.item.key().unwrap(), json!({ "made": { "risk": "low", "fit": 0.9 } }));
    let (_, effects) = step(&world.plan, &world.item, &event.unwrap(), world.now).unwrap();
    let Effect::Handed(handover) = &effects[0] else { panic!("{effects:?}") };
    let said = (handover.threshold.as_str(), handover.asset.as_str(), handover.owner.as_str());
    assert_eq!(said, ("cheap", "claim", "desk"));
    assert_eq!(Value::from(handover.values.clone()), json!({ "claim.amount": 80, "risk": "low" }));
    assert_eq!(handover.due.unwrap().to_string(), "2026-11-23T13:00:00Z");
}

#[test]
fn what_was_tampered_with_is_said_to_be_broken() {
    let mut world = World::new();
    world.item.context = Record::new();
    assert!(world.answers(json!({ "made": { "risk": "low" } })).unwrap_err().starts_with("broken: "));
    let mut world = World::new();
    world.item.context["claim"]["amount"] = json!("much");
    assert!(world.answers(json!({ "fail": "x" })).is_ok(), "no move, no envelope");
    assert!(
        world
            .answers(json!({ "made": { "risk": "high" } }))
            .unwrap_err()
            .starts_with("broken: `asking` gets")
    );
    world.item.plan = "another".into();
    assert_eq!(world.does(&Event::Due), refused("broken: the item keeps the plan another"));
}

#[test]
fn replies_are_read_as_the_protocol_has_them() {
    let visit = key("a/work#1");
    let why = |reply: Value| Event::reply(&visit, reply).unwrap_err().to_string();
    assert_eq!(why(json!([])), "expected an object");
    assert_eq!(why(json!({ "visit": "a/work#2", "made": {} })), "`visit` names another visit");
    assert_eq!(why(json!({ "made": 1 })), "`made` expected an object");
    assert_eq!(why(json!({ "made": {}, "note": 1 })), "`note` is not asked for");
    assert_eq!(why(json!({ "fail": "x", "made": {} })), "`made` is not asked for");
    assert_eq!(why(json!({ "accept": false })), "`accept` expected `true`, and nothing else");
    let made = Event::Answer { visit: visit.clone(), made: Record::new(), decision: None };
    assert_eq!(Event::reply(&visit, json!({ "visit": "a/work#1.2", "fail": null })).unwrap(), made);
}

#[test]
fn a_plan_is_read_back_to_the_letter() {
    for (name, plan) in examples() {
        let text = serde_json::to_string(&plan).unwrap();
        let back = Plan::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_string(&back).unwrap(), text, "{name}");
    }
    let deep = DESK.replace("when cheap", &format!("when {}cheap{}", "not (".repeat(200), ")".repeat(200)));
    let plan = planned(&[("main.flow", &deep.replace("0.005 EUR", "0.1234567890123456789012345 EUR"))]);
    let text = serde_json::to_string_pretty(&plan).unwrap();
    assert_eq!(serde_json::to_string_pretty(&Plan::read(&text).unwrap()).unwrap(), text);
    assert!(Plan::read(&text.replacen("\"version\": 1", "\"version\": 2", 1)).is_err());
    assert!(Plan::read(&format!("{text} x")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is sent in whatever order: nothing panics, refusals change nothing, and nothing that was proved breaks.
    #[test]
    fn no_event_breaks_an_item(events in proptest::collection::vec((0_u8..8, 0_i64..90, any::<bool>()), 1..60)) {
        let mut world = World::with(json!({ "text": "hail", "claimed amount": 200, "tags": [] }));
        for (kind, minutes, good) in events {
            world.passes(minutes);
            let Some(visit) = world.item.key() else { break };
            let run = || format!("{visit}/check-{}", 1 + minutes % 3).replace("check-1", "check");
            let letter = json!({ "body": "x" });
            let event = match kind {
                0 => Event::Due,
                1 => Event::Accept { visit: visit.clone() },
                2 => Event::Fail { visit: visit.clone(), reason: "no".into() },
                3 => Event::RunEnded { run: run().into(), receipt: good.then_some(letter) },
                4 => Event::reply(&visit, json!({ "decision": if good { "later" } else { "pay" } })).unwrap(),
                5 => Event::reply(&visit, json!({ "made": { "letter": letter } })).unwrap(),
                6 => Event::reply(&visit, json!({ "made": { "risk": "low", "fit": 0.9 } })).unwrap(),
                _ => Event::reply(&visit, json!({ "made": { "risk": "high", "fit": good.then_some(0.4) } })).unwrap(),
            };
            if let Err(why) = world.does(&event) {
                prop_assert!(!why.starts_with("broken"), "{}", why);
            }
        }
        while world.item.visit().is_some() {
            world.waits();
        }
        prop_assert!(world.item.outcome().is_some());
    }
}
