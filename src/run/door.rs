//! The door: a record becomes a work item, or is refused with the field that does not fit.
//!
//! Must not know: who sends records, nor whether an item of that name is there already.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::fit::Types;
use super::key::count;
use super::leave::{Step, broken};
use super::{At, Item, Key, Misfit, Next, Outcome, Record, Refusal, RunStart};
use crate::emit::schema::may_be_absent;
use crate::plan::{Constant, Field, Flow, Intake, Map, MapValue, Plan};

/// The characters of the longest id.
const LONGEST_ID: usize = 256;

/// Lets a raw record in by an intake: one of the flow's ids, or the name of a source. The item gets the id that the
/// submitter has chosen.
///
/// # Errors
/// If there is no such intake, or if the record or the id does not fit: it never becomes work.
pub fn start(
    plan: &Plan,
    flow: &str,
    intake: &str,
    id: &str,
    raw: &Value,
    now: Timestamp,
) -> Result<Next, Refusal> {
    if !is_item(id) {
        let why = format!("expected a text of at most {LONGEST_ID} characters, and no visit in it");
        return Err(Misfit::new("item", why).into());
    }
    let found =
        plan.flows.get_key_value(flow).ok_or_else(|| unknown(format!("there is no flow `{flow}`")))?;
    let named = |(name, open): &(&SmolStr, &Intake)| {
        open.from.as_ref().is_some_and(|from| *name == intake || from == intake)
    };
    let door = found.1.intakes.iter().find(named);
    let door = door.ok_or_else(|| unknown(format!("`{flow}` has no intake `{intake}`")))?;
    let record = taken_in(plan, found.1, door.1, raw)?;
    admit(plan, found, door, id, record, None, now)
}

/// Begins a run of a call.
///
/// # Errors
/// Only if the plan is not the one with which the call was made.
pub fn start_run(plan: &Plan, run: &RunStart, now: Timestamp) -> Result<Next, Refusal> {
    let flow = plan.flows.get_key_value(&run.flow);
    let flow = flow.ok_or_else(|| broken(format!("there is no flow `{}`", run.flow)))?;
    let intake = flow.1.intakes.get_key_value(&run.intake);
    let intake = intake.ok_or_else(|| broken(format!("there is no intake `{}`", run.intake)))?;
    admit(plan, flow, intake, &run.id, run.argument.clone(), Some(run.caller.clone()), now)
}

fn unknown(why: String) -> Refusal {
    Refusal::Unknown(why)
}

/// An item that holds just this record goes to its first state.
pub(super) fn admit<'p>(
    plan: &'p Plan,
    (flow_name, flow): (&SmolStr, &'p Flow),
    (intake_name, intake): (&SmolStr, &'p Intake),
    id: &str,
    record: Value,
    caller: Option<Key>,
    now: Timestamp,
) -> Result<Next, Refusal> {
    let nowhere = Outcome { end: None, owner: SmolStr::default(), receipt: None, reason: None };
    let item = Item {
        id: id.into(),
        plan: plan.hash.clone(),
        flow: flow_name.clone(),
        intake: intake_name.clone(),
        came: now,
        caller,
        at: At::Ended { at: now, outcome: nowhere }, // until it arrives
        context: Record::new(),
        taken: BTreeMap::new(),
        visits: BTreeMap::new(),
        cost: None,
    };
    let mut step = Step { plan, flow, item, effects: Vec::new(), now };
    step.enter(&intake.arrow, Record::from_iter([(intake.field.to_string(), record)]))?;
    Ok((step.item, step.effects))
}

/// Whether a submitter may give an item this id. One with a visit in it would be a run's of another item.
fn is_item(id: &str) -> bool {
    let plain = |letter: char| letter == ' ' || !(letter.is_control() || letter.is_whitespace());
    let parts: Vec<&str> = id.split('/').collect();
    let within = parts.get(1..parts.len() - 1).unwrap_or_default();
    let visits =
        |part: &&str| part.split_once('#').is_some_and(|(state, n)| !state.is_empty() && count(n).is_some());
    !id.is_empty() && id.chars().count() <= LONGEST_ID && id.chars().all(plain) && !within.iter().any(visits)
}

/// The raw record as what the intake's field holds.
fn taken_in(plan: &Plan, flow: &Flow, intake: &Intake, raw: &Value) -> Result<Value, Refusal> {
    let field = flow.context.get(&intake.field).ok_or_else(|| broken("an intake fills no field"))?;
    let Some(maps) = &intake.maps else {
        let mut record = raw.clone();
        Types::of(plan).fit_field(field, &mut record).map_err(|misfit| misfit.below("raw"))?;
        return Ok(record);
    };
    let mut record = json!({});
    for map in maps {
        let names: Vec<_> = map.path.names.iter().skip(1).map(SmolStr::as_str).collect();
        place(&mut record, &names, mapped(plan, flow, map, raw)?);
    }
    Types::of(plan).fit_field(field, &mut record).map_err(|misfit| misfit.below(&intake.field))?;
    Ok(record)
}

/// What a map fills its field with.
fn mapped(plan: &Plan, flow: &Flow, map: &Map, raw: &Value) -> Result<Value, Misfit> {
    let keys = match &map.value {
        MapValue::Raw(keys) => keys,
        MapValue::Constant(constant) => return Ok(value_of(constant)),
    };
    let mut value = found(raw, keys)?;
    let field = Field {
        doc: None,
        ty: map.path.ty.clone(),
        optional: may_be_absent(plan, flow, &map.path),
        span: Default::default(),
    };
    let named = || keys.iter().fold("raw".to_owned(), |path, key| format!("{path}.{key}"));
    Types::of(plan).fit_field(&field, &mut value).map_err(|misfit| misfit.below(&named()))?;
    Ok(value)
}

/// What a raw record has below these keys. What is missing on the way, or null, is null.
fn found(raw: &Value, keys: &[SmolStr]) -> Result<Value, Misfit> {
    let mut value = raw;
    let mut path = "raw".to_owned();
    for key in keys {
        match value {
            Value::Null if path != "raw" => return Ok(Value::Null),
            Value::Object(members) => value = members.get(key.as_str()).unwrap_or(&Value::Null),
            _ => return Err(Misfit::new(path, "expected an object")),
        }
        path = format!("{path}.{key}");
    }
    Ok(value.clone())
}

/// A constant as it travels.
pub(super) fn value_of(constant: &Constant) -> Value {
    match constant {
        Constant::Number(number) => number.number().into(),
        Constant::Text(text) => text.as_str().into(),
        Constant::Bool(truth) => (*truth).into(),
    }
}

/// Puts a value into a record, below these names; what holds it is made.
pub(super) fn place(record: &mut Value, names: &[&str], value: Value) {
    let mut here = record;
    for name in names {
        if !here.is_object() {
            *here = json!({});
        }
        let Value::Object(members) = here else { return };
        here = members.entry(*name).or_insert(Value::Null);
    }
    *here = value;
}
