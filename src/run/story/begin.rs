//! How a story begins: the record that its `start` tells of comes in by the intake.
//!
//! Must not know: what comes later.

use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::fill::{Deep, Fill};
use super::guess::Guess;
use super::{Stop, Why};
use crate::plan::{Flow, Given, Intake, MapValue, Plan, Scenario, Stated};
use crate::run::door::{admit, place, value_of};
use crate::run::guard::Values;
use crate::run::{Next, Record, Refusal, start};

/// The id of the item in a story.
const ITEM: &str = "scenario";
/// When every story begins.
const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

/// The beginning of a story.
pub(super) struct Begun {
    /// What was let in.
    pub(super) record: Value,
    /// The item at its first state.
    pub(super) next: Next,
    /// What was made up of it.
    pub(super) guess: Guess,
}

/// The item at its first state.
pub(super) fn item(plan: &Plan, flow: &Flow, scenario: &Scenario) -> Result<Begun, Stop> {
    let stop = |why| Stop { place: scenario.start, why };
    let known = flow.intakes.get_key_value(&scenario.intake);
    let unknown =
        || stop(Why::Refused(Refusal::Unknown(format!("there is no intake `{}`", scenario.intake))));
    let (name, intake) = known.ok_or_else(unknown)?;
    scenario.given.iter().try_for_each(|given| is_possible(intake, given))?;
    let mut fill = Fill::new(plan, &scenario.given);
    let field = flow.context.get(&intake.field).ok_or_else(unknown)?;
    let record = fill.value(&field.ty, intake.field.clone(), 0);
    let record = record.map_err(|Deep(path)| stop(Why::Deep { path }))?;
    let record = raw(intake, &fill, record);
    let next = match &intake.from {
        Some(_) => start(plan, &scenario.flow, name, ITEM, &record, BEGIN),
        None => admit(plan, (&scenario.flow, flow), (name, intake), ITEM, record.clone(), None, BEGIN),
    };
    let next = next.map_err(|refusal| stop(Why::Refused(refusal)))?;
    scenario.given.iter().try_for_each(|given| has_come_in(&next.0.context, given))?;
    for constant in constants(intake).map(|(path, _)| path) {
        fill.made_up.remove(constant);
    }
    Ok(Begun { record, next, guess: Guess { made_up: fill.made_up, ..Guess::default() } })
}

/// Only what comes in can be given a value, and not what the intake always fills with another one.
fn is_possible(intake: &Intake, given: &Given) -> Result<(), Stop> {
    let path = &given.path.text;
    let why = match constants(intake).find(|(constant, _)| *constant == path) {
        _ if given.path.names.first() != Some(&intake.field) => {
            Why::NotMade { state: None, path: path.clone() }
        }
        Some((_, value)) if !allows(&given.value, &value_of(value)) => {
            Why::Mapped { path: path.clone(), value: value_of(value) }
        }
        _ => return Ok(()),
    };
    Err(Stop { place: given.span, why })
}

/// Two maps that read one key fill both their fields with it.
fn has_come_in(context: &Record, given: &Given) -> Result<(), Stop> {
    let (made, decision) = (Record::new(), Value::Null);
    let value = Values { context, made: &made, decision: &decision }.at(&given.path);
    match value.filter(|value| !allows(&given.value, value)) {
        Some(value) => {
            let why = Why::Mapped { path: given.path.text.clone(), value: value.clone() };
            Err(Stop { place: given.span, why })
        }
        None => Ok(()),
    }
}

/// Whether what a line says is true of a value that is there.
fn allows(said: &Stated, value: &Value) -> bool {
    match said {
        Stated::Constant(constant) => *value == value_of(constant),
        Stated::Present => true,
        Stated::Absent => false,
    }
}

fn constants(intake: &Intake) -> impl Iterator<Item = (&SmolStr, &crate::plan::Constant)> {
    let maps = intake.maps.iter().flatten();
    maps.filter_map(|map| match &map.value {
        MapValue::Constant(constant) => Some((&map.path.text, constant)),
        MapValue::Raw(_) => None,
    })
}

/// The raw record that the intake makes this record of. Where two maps read one key, what a line gives counts.
fn raw(intake: &Intake, fill: &Fill<'_>, record: Value) -> Value {
    let Some(maps) = &intake.maps else { return record };
    let mut raw = json!({});
    for given in [false, true] {
        for map in maps.iter().filter(|map| fill.is_given(&map.path.text) == given) {
            if let MapValue::Raw(keys) = &map.value {
                let names: Vec<_> = keys.iter().map(SmolStr::as_str).collect();
                let steps = map.path.names.iter().skip(1);
                let value =
                    steps.fold(&record, |value, name| value.get(name.as_str()).unwrap_or(&Value::Null));
                place(&mut raw, &names, value.clone());
            }
        }
    }
    raw
}
