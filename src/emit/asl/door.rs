//! Where work comes in and where it ends.
//!
//! Must not know: what happens in between.
//!
//! An execution starts with `{item, intake, raw}`, or with `{item, intake, record, caller}` where another flow calls
//! this one. A raw record goes through `I/absent` and `I/filled` (what is missing at its top reads as null), `I/parent-N`
//! and `I/value-N` (the same deeper down, where what would hold it may be missing too), `I/fits` and `I/map`.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::guards::{all, present};
use super::machine::{GAP, Machine};
use super::states::insert;
use super::{names, receipt};
use crate::emit::schema;
use crate::plan::{End, Flow, Intake, Kind, MapValue, Outcome, Plan, Type};

const DOOR: &str = "/intakes";
const NOTHING: &str = "$.nothing";
const REFUSED: &str = "/refused";

/// Seconds that the engine gives one call of its own interface.
const CALL: u64 = 60;

/// The file by which the door knows what each flow takes in.
pub(super) fn intakes(plan: &Plan) -> Value {
    let flows = plan.flows.iter().map(|(name, flow)| {
        let open = flow.intakes.iter().filter(|(_, intake)| intake.from.is_some());
        let intakes = open.map(|(id, intake)| {
            let schema = schema::raw(plan, flow, intake);
            json!({ "name": id, "field": intake.field, "source": intake.from, "schema": schema })
        });
        (name.to_string(), intakes.collect::<Value>())
    });
    flows.collect::<Map<_, _>>().into()
}

/// A value that a raw record holds.
struct Given<'a> {
    steps: Vec<&'a str>,
    ty: &'a Type,
    optional: bool,
}

impl Machine<'_> {
    /// Adds the door, and says where it begins.
    pub(super) fn door(&mut self) -> String {
        let flow = self.flow;
        let rules = flow.intakes.iter().flat_map(|(id, intake)| {
            let raw = intake.from.as_ref().map(|_| self.knock(id, "$.raw", &self.first_check(id, intake)));
            let call = self.answers_callers().then(|| self.knock(id, "$.caller", id));
            raw.into_iter().chain(call)
        });
        let rules: Vec<_> = rules.collect();
        let comment = "Which way in?";
        self.add(DOOR, json!({ "Type": "Choice", "Comment": comment, "Choices": rules, "Default": REFUSED }));
        let cause = "The record does not fit the intake: it never became work";
        self.fail(REFUSED, "Baton.Refused", cause, "The source has it still");
        for (id, intake) in &flow.intakes {
            if intake.from.is_some() {
                self.raw(id, intake);
            }
            self.take(id, intake);
        }
        DOOR.to_owned()
    }

    fn first_check(&self, id: &str, intake: &Intake) -> String {
        let mut given = given(self.build.plan, self.flow, intake).into_iter();
        if given.any(|given| given.optional) { format!("{id}/absent") } else { format!("{id}/fits") }
    }

    fn knock(&self, id: &str, with: &str, next: &str) -> Value {
        json!({
            "And": [{ "Variable": "$.intake", "StringEquals": id }, { "Variable": with, "IsPresent": true }],
            "Next": next,
        })
    }

    /// Adds what makes a raw record an asset.
    fn raw(&mut self, id: &str, intake: &Intake) {
        let given = given(self.build.plan, self.flow, intake);
        let fits = format!("{id}/fits");
        if given.iter().any(|given| given.optional) {
            let gaps = gaps(id, &given);
            self.fill(id, absent(&given), gaps.first().map_or(&fits, |gap| &gap.name));
            self.close_gaps(gaps, &fits);
        }
        let rules = given.iter().map(|given| {
            let at = names::along("$.raw", given.steps.iter().copied());
            receipt::raw(self.build.plan, given.ty, given.optional, &at)
        });
        let mut rule = all(rules.chain([json!({ "Variable": "$.raw", "IsNull": false })]).collect());
        insert(&mut rule, "Next", format!("{id}/map").into());
        let comment = "Is what the source sent there, and of its type?";
        self.add(
            &fits,
            json!({ "Type": "Choice", "Comment": comment, "Choices": [rule], "Default": REFUSED }),
        );
        let mut parameters = Map::from_iter([("item.$".to_owned(), "$.item".into()), mapped(intake)]);
        if self.answers_callers() {
            parameters.insert("caller".into(), Value::Null);
        }
        self.add(&format!("{id}/map"), json!({ "Type": "Pass", "Parameters": parameters, "Next": id }));
    }

    /// Fills what is missing deeper down, each after what holds it. Who has sent a text where an object is due is refused.
    fn close_gaps(&mut self, gaps: Vec<Gap>, last: &str) {
        let after: Vec<_> =
            gaps.iter().skip(1).map(|gap| gap.name.clone()).chain([last.to_owned()]).collect();
        for (gap, next) in gaps.into_iter().zip(after) {
            let Gap { name, at, is_parent } = gap;
            let filled = format!("{name} missing");
            let there = if is_parent { receipt::holds_more(&at) } else { receipt::is_present(&at) };
            let missing = if is_parent {
                receipt::is_absent(&at)
            } else {
                json!({ "Variable": at, "IsPresent": false })
            };
            let rules = [(there, next.as_str()), (missing, filled.as_str())];
            let choices = rules.map(|(mut rule, next)| {
                insert(&mut rule, "Next", names::state(next).into());
                rule
            });
            let comment = format!("Is {at} there?");
            self.add(
                &name,
                json!({ "Type": "Choice", "Comment": comment, "Choices": choices, "Default": REFUSED }),
            );
            let mut fill = json!({ "Type": "Pass", "ResultPath": at, "Next": names::state(&next) });
            let (member, value) =
                if is_parent { ("Result", json!({})) } else { ("InputPath", NOTHING.into()) };
            insert(&mut fill, member, value);
            self.add(&filled, fill);
        }
    }

    /// Writes what the record leaves out as null.
    fn fill(&mut self, id: &str, absent: Map<String, Value>, next: &str) {
        let filled = format!("{id}/filled");
        let parameters = json!({ "item.$": "$.item", "raw.$": "$.raw", "absent": absent });
        self.add(
            &format!("{id}/absent"),
            json!({ "Type": "Pass", "Parameters": parameters, "Next": filled }),
        );
        let merged = "States.JsonMerge($.absent, $.raw, false)";
        let parameters = json!({ "item.$": "$.item", "raw.$": merged, "nothing": null });
        self.add(&filled, json!({ "Type": "Pass", "Parameters": parameters, "Next": next }));
    }

    /// The first arrow: everything that the item carries begins here, its counters at zero.
    fn take(&mut self, id: &str, intake: &Intake) {
        let envelope = &intake.arrow.envelope;
        let travels = envelope.context.contains(&intake.field);
        let context = self.flow.context.keys().map(|name| {
            if travels && *name == intake.field {
                (format!("{name}.$"), "$.record".into())
            } else {
                (name.to_string(), Value::Null)
            }
        });
        let mut parameters = Map::from_iter([("item.$".to_owned(), Value::from("$.item"))]);
        if self.answers_callers() {
            parameters.insert("caller.$".into(), "$.caller".into());
        }
        parameters.insert("counters".into(), self.counters());
        parameters.insert("visits".into(), self.no_visits());
        parameters.insert("handoff".into(), json!({ "by": id, "threshold": envelope.threshold }));
        parameters.insert("context".into(), context.collect::<Map<_, _>>().into());
        let comment = format!("To {}: {} owns it next", intake.arrow.to, envelope.owner);
        let next = self.arrival(&intake.arrow.to);
        self.add(id, json!({ "Type": "Pass", "Comment": comment, "Parameters": parameters, "Next": next }));
    }

    /// Each counted arrow, taken 0 times.
    fn counters(&self) -> Value {
        let hops = self.flow.states.values().flat_map(|state| state.routes()).flat_map(|(_, hops)| hops);
        let counted = hops.filter(|hop| hop.at_most.is_some()).filter_map(|hop| self.counter(hop));
        let mut counters = Map::new();
        for (state, arrow) in counted {
            let arrows = counters.entry(state).or_insert_with(|| json!({}));
            insert(arrows, &arrow, json!({ "taken": 0 }));
        }
        counters.into()
    }

    /// Each state whose visits are counted, entered 0 times.
    fn no_visits(&self) -> Value {
        let counted = self.flow.states.iter().filter(|(_, state)| !matches!(state.kind, Kind::Wait { .. }));
        let keys = counted.map(|(name, _)| (self.state_key(name), json!({ "number": 0 })));
        keys.collect::<Map<_, _>>().into()
    }

    pub(super) fn end(&mut self, name: &str, end: &End) {
        match &end.outcome {
            Outcome::Success { receipt } => self.success(name, end, receipt),
            Outcome::Failure { reason } => self.failure(name, end, reason),
        }
    }

    /// Before the end its receipt is looked for, though it is proved to be there.
    fn success(&mut self, name: &str, end: &End, receipt: &str) {
        let receipt = names::below("$.context", receipt);
        let mut there = present(&receipt);
        insert(&mut there, "Next", names::state(name).into());
        let comment = "Is the receipt there?";
        self.add(
            &format!("{name}/receipt"),
            json!({ "Type": "Choice", "Comment": comment, "Choices": [there], "Default": GAP }),
        );
        let result = json!({ "end": name, "owner": end.owner, "receipt.$": receipt });
        let comment = format!("The work has ended well; the receipt is for {}", end.owner);
        if !self.answers_callers() {
            self.add(name, json!({ "Type": "Pass", "Comment": comment, "Parameters": result, "End": true }));
            return;
        }
        let parameters = json!({ "caller.$": "$.caller", "result": result });
        let next = names::state(&format!("{name}/caller")).into_owned();
        self.add(name, json!({ "Type": "Pass", "Comment": comment, "Parameters": parameters, "Next": next }));
        let answer = json!({ "TaskToken.$": "$.caller", "Output.$": "States.JsonToString($.result)" });
        self.answer(name, &format!("{name}/caller"), "sendTaskSuccess", answer);
        self.add(&format!("{name}/end"), json!({ "Type": "Pass", "InputPath": "$.result", "End": true }));
    }

    fn failure(&mut self, name: &str, end: &End, reason: &str) {
        let cause = json!({ "end": name, "owner": end.owner, "reason": reason }).to_string();
        self.fail(name, name, &cause, &format!("{} owns what is left", end.owner));
    }

    /// Ends as failed; a flow that called learns of it first.
    pub(super) fn fail(&mut self, name: &str, error: &str, cause: &str, comment: &str) {
        let fail = json!({ "Type": "Fail", "Comment": comment, "Error": error, "Cause": cause });
        if !self.answers_callers() {
            self.add(name, fail);
            return;
        }
        let answer = json!({ "TaskToken.$": "$.caller", "Error": error, "Cause": cause });
        self.answer(name, name, "sendTaskFailure", answer);
        self.add(&format!("{name}/end"), fail);
    }

    /// Tells the caller, if there is one. A caller that no longer waits changes nothing.
    fn answer(&mut self, name: &str, at: &str, call: &str, parameters: Value) {
        let (tell, end) = (format!("{name}/tell"), format!("{name}/end"));
        let end = names::state(&end);
        let mut called = present("$.caller");
        insert(&mut called, "Next", names::state(&tell).into());
        self.add(
            at,
            json!({ "Type": "Choice", "Comment": "Did a flow call?", "Choices": [called], "Default": end }),
        );
        let task = json!({
            "Type": "Task",
            "Resource": format!("arn:aws:states:::aws-sdk:sfn:{call}"),
            "Parameters": parameters,
            "TimeoutSeconds": CALL,
            "ResultPath": null,
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": end }],
            "Next": end,
        });
        self.add(&tell, task);
    }
}

/// A place in a raw record that is filled where it is missing: with null, or with an object to hold more.
struct Gap {
    name: String,
    at: String,
    is_parent: bool,
}

/// What a raw record may leave out, at its top level.
fn absent(given: &[Given<'_>]) -> Map<String, Value> {
    let top = given.iter().filter(|given| given.optional).filter_map(|given| match given.steps.as_slice() {
        [only] => Some(((*only).to_owned(), Value::Null)),
        _ => None,
    });
    top.collect()
}

/// What it may leave out below, each after what holds it.
fn gaps(id: &str, given: &[Given<'_>]) -> Vec<Gap> {
    let deep = given.iter().filter(|given| given.optional && given.steps.len() > 1);
    let deep: Vec<&[&str]> = deep.map(|given| given.steps.as_slice()).collect();
    let parents: IndexSet<&[&str]> =
        deep.iter().flat_map(|steps| (1..steps.len()).filter_map(|length| steps.get(..length))).collect();
    let at = |steps: &[&str]| names::along("$.raw", steps.iter().copied());
    let gap = |kind: &str, index: usize, steps: &[&str]| Gap {
        name: format!("{id}/{kind}-{}", index + 1),
        at: at(steps),
        is_parent: kind == "parent",
    };
    let parents = parents.iter().enumerate().map(|(index, steps)| gap("parent", index, steps));
    let values: IndexSet<&[&str]> = deep.iter().copied().collect();
    parents.chain(values.iter().enumerate().map(|(index, steps)| gap("value", index, steps))).collect()
}

/// What a raw record must hold.
fn given<'a>(plan: &'a Plan, flow: &'a Flow, intake: &'a Intake) -> Vec<Given<'a>> {
    if let Some(maps) = &intake.maps {
        let raw = maps.iter().filter_map(|map| match &map.value {
            MapValue::Raw(keys) => Some((keys, &map.path)),
            MapValue::Constant(_) => None,
        });
        return raw
            .map(|(keys, path)| {
                let steps = keys.iter().map(SmolStr::as_str).collect();
                Given { steps, ty: &path.ty, optional: schema::may_be_absent(plan, flow, path) }
            })
            .collect();
    }
    let Some(field) = flow.context.get(&intake.field) else { return Vec::new() };
    match &field.ty {
        Type::Asset(name) => {
            let fields = plan.assets.get(name).into_iter().flat_map(|asset| &asset.fields);
            fields
                .map(|(name, field)| Given { steps: vec![name], ty: &field.ty, optional: field.optional })
                .collect()
        }
        ty => vec![Given { steps: Vec::new(), ty, optional: false }],
    }
}

/// The record as the asset that the context takes in.
fn mapped(intake: &Intake) -> (String, Value) {
    let Some(maps) = &intake.maps else { return ("record.$".into(), "$.raw".into()) };
    let mut record = json!({});
    for map in maps {
        let (suffix, value) = match &map.value {
            MapValue::Raw(keys) => {
                (".$", Value::from(names::along("$.raw", keys.iter().map(SmolStr::as_str))))
            }
            MapValue::Constant(constant) => ("", json!(constant)),
        };
        let steps: Vec<_> = map.path.names.iter().skip(1).collect();
        place(&mut record, &steps, suffix, value);
    }
    ("record".into(), record)
}

/// Puts a value into a record, below the names in `steps`.
fn place(record: &mut Value, steps: &[&SmolStr], suffix: &str, value: Value) {
    let Some((last, way)) = steps.split_last() else { return };
    let mut here = record;
    for step in way {
        let Value::Object(members) = here else { return };
        here = members.entry(step.as_str()).or_insert_with(|| json!({}));
    }
    insert(here, &format!("{last}{suffix}"), value);
}
