//! Where work comes in: which way, whether the record fits, and what it becomes.
//!
//! Must not know: what follows.
//!
//! A workflow starts with `{item, intake, raw}`, or with `{item, intake, record}` where another flow calls this one.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::jq::{self, expression, quoted};
use super::names::{self, REFUSED};
use super::workflow::{Workflow, cases, handoff};
use crate::emit::schema;
use crate::plan::{Intake, MapValue};

/// Reads below a raw record: what is missing is null, and what is no object holds nothing.
const AT: &str = "def at(names): reduce names[] as $name (.; if . == null then null elif type == \"object\" then .[$name] \
                  else error(\"no object\") end);";
const ITEM: &str = "(.item | type == \"string\" and length > 0 and length <= 256)";

impl Workflow<'_> {
    /// Adds the door.
    pub(super) fn door(&mut self) {
        let flow = self.flow;
        let knocks: Vec<_> = flow.intakes.iter().flat_map(|(id, intake)| self.knocks(id, intake)).collect();
        let rest = ("refused", None, REFUSED.to_owned());
        let ways = knocks.iter().map(|(name, when, to)| (name.as_str(), Some(when.clone()), to.clone()));
        self.add("/intakes", cases(ways.chain([rest])));
        for (id, intake) in &flow.intakes {
            if intake.from.is_some() {
                self.enter(&format!("{id}/raw"), intake, &record(intake));
            }
            self.enter(&format!("{id}/called"), intake, ".record");
            self.first_arrow(id, intake);
        }
    }

    /// What has to be brought to come in by this intake: a raw record, or from a flow that calls this one its asset.
    fn knocks(&self, id: &SmolStr, intake: &Intake) -> Vec<(String, Value, String)> {
        let names: Vec<_> =
            [id].into_iter().chain(&intake.from).map(|name| format!(".intake == {}", quoted(name))).collect();
        let knock = |key: &str, fits: String| {
            let asked = format!("{ITEM} and ({}) and has({}) and ({fits})", names.join(" or "), quoted(key));
            expression(format!("try ({asked}) catch false"))
        };
        let raw = intake.from.as_ref().map(|_| (format!("{id}/raw"), knock("raw", self.fits_raw(intake))));
        let called = (format!("{id}/called"), knock("record", self.fits_record(intake)));
        raw.into_iter().chain([called]).map(|(name, when)| (name.clone(), when, name)).collect()
    }

    fn fits_record(&self, intake: &Intake) -> String {
        let Some(field) = self.flow.context.get(&intake.field) else { return "false".to_owned() };
        let mut types = self.types();
        let rule = types.value(&field.ty, field.optional);
        format!("{} .record | {rule}", types.functions())
    }

    fn fits_raw(&self, intake: &Intake) -> String {
        let mut types = self.types();
        let Some(maps) = &intake.maps else {
            let rule = self.flow.context.get(&intake.field).map(|field| types.value(&field.ty, false));
            return format!("{} .raw | {}", types.functions(), rule.unwrap_or_else(|| "false".to_owned()));
        };
        let read = maps.iter().filter_map(|map| match &map.value {
            MapValue::Raw(keys) => Some((keys, &map.path)),
            MapValue::Constant(_) => None,
        });
        let rules: String = read
            .map(|(keys, path)| {
                let optional = schema::may_be_absent(self.plan, self.flow, path);
                format!(" and ({} | {})", at(keys), types.value(&path.ty, optional))
            })
            .collect();
        format!("{AT} {} .raw | type == \"object\"{rules}", types.functions())
    }

    /// Everything that the item carries begins here.
    fn enter(&mut self, name: &str, intake: &Intake, record: &str) {
        let envelope = &intake.arrow.envelope;
        let work = match envelope.context.contains(&intake.field) {
            true => format!("{}: (.work)", quoted(&intake.field)),
            false => String::new(),
        };
        let begun = format!("{{item: .item, work: {{{work}}}, taken: {{}}, visits: {{}}}}");
        self.add(
            name,
            json!({
                "set": { "item": expression(".item"), "work": expression(record) },
                "export": { "as": expression(begun) },
                "then": intake.arrow.id,
            }),
        );
    }

    fn first_arrow(&mut self, id: &str, intake: &Intake) {
        let to = names::arrival(self.flow, &intake.arrow.to);
        let after = format!("$context + {{handoff: {}}}", handoff(&intake.arrow));
        self.add(id, json!({ "set": { "by": id }, "export": { "as": expression(after) }, "then": to }));
    }
}

/// A value of a raw record.
fn at(keys: &[SmolStr]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| quoted(key)).collect();
    format!("at([{}])", keys.join(", "))
}

/// The raw record as the asset that the intake takes in.
fn record(intake: &Intake) -> String {
    let Some(maps) = &intake.maps else { return ".raw".to_owned() };
    let mut whole = Value::Object(Map::new());
    for map in maps {
        let jq = match &map.value {
            MapValue::Raw(keys) => format!("($raw | {})", at(keys)),
            MapValue::Constant(constant) => jq::constant(constant),
        };
        put(&mut whole, map.path.names.get(1..).unwrap_or_default(), jq.into());
    }
    format!("{AT} .raw as $raw | {}", object(&whole))
}

fn put(whole: &mut Value, names: &[SmolStr], jq: Value) {
    let Some((last, way)) = names.split_last() else { return *whole = jq };
    let mut here = whole;
    for name in way {
        let Value::Object(members) = here else { return };
        here = members.entry(name.as_str()).or_insert_with(|| json!({}));
    }
    if let Value::Object(members) = here {
        members.insert(last.to_string(), jq);
    }
}

/// An object whose texts are expressions. As deep as the record.
fn object(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, member)| format!("{}: {}", quoted(name), object(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        jq => jq.as_str().unwrap_or("null").to_owned(),
    }
}
