//! Where work comes in: that each way in is open, checks what it gets, and begins all counts at zero.
//!
//! Must not know: where the work goes from the first state on.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::ends::REFUSED;
use super::found::Found;
use super::paths::{path, same, steps};
use super::rules;
use super::{Reading, States};
use crate::plan::{Field, Hop, Intake, MapValue, Path, Type};

impl<'a> Reading<'a> {
    pub(super) fn door(&mut self, start: Option<&'a Value>) {
        let Some(door) = self.at(start).filter(|door| door.has("Choice", &["Choices", "Default"])) else {
            return self.lost.push("the door".into());
        };
        let rules = door.list("Choices").iter().filter_map(|rule| Some((rules::read(rule)?, rule)));
        let rules: BTreeMap<_, _> = rules.collect();
        let mut ways = 0;
        for (id, intake) in &self.flow.intakes {
            for with in
                [intake.from.as_ref().map(|_| "raw"), self.answers.then_some("caller")].into_iter().flatten()
            {
                ways += 1;
                let asked = rules::all(vec![
                    rules::is_text(vec!["intake".into()], id),
                    rules::exists(vec![with.into()]),
                ]);
                let arrives =
                    rules.get(&asked).is_some_and(|rule| self.comes_in(rule.get("Next"), id, intake, with));
                self.miss(arrives, || format!("the way in `{id}`"));
            }
        }
        let refused = self.fails(door.value.get("Default"), REFUSED);
        self.miss(refused && door.list("Choices").len() == ways, || "the refusal at the door".into());
    }

    /// From the door to the arrow that begins; a raw record is filled, checked and mapped on the way.
    fn comes_in(&self, next: Option<&'a Value>, id: &str, intake: &Intake, with: &str) -> bool {
        let mut here = self.at(next);
        if with == "raw" {
            let read = self.read(intake);
            let filled = here.and_then(|first| self.filled(first, &read));
            let checked = filled.and_then(|fits| self.checked(fits, &read));
            here =
                checked.filter(|map| self.maps(*map, intake)).and_then(|map| self.at(map.value.get("Next")));
        }
        here.is_some_and(|arrow| self.is_named(arrow, id) && self.begins(arrow, id, intake))
    }

    /// The keys of a raw record that are read, and whether what stands there may be missing.
    fn read(&self, intake: &Intake) -> Vec<(Vec<String>, bool)> {
        let plan = self.expected.plan;
        let Some(maps) = &intake.maps else {
            let Some(Field { ty: Type::Asset(asset), .. }) = self.flow.context.get(&intake.field) else {
                return vec![(Vec::new(), false)];
            };
            let fields = plan.assets.get(asset).into_iter().flat_map(|asset| &asset.fields);
            return fields.map(|(name, field)| (vec![name.to_string()], field.optional)).collect();
        };
        let read = maps.iter().filter_map(|map| match &map.value {
            MapValue::Raw(keys) => {
                let keys = keys.iter().map(ToString::to_string).collect();
                Some((keys, self.may_be_missing(&map.path)))
            }
            MapValue::Constant(_) => None,
        });
        read.collect()
    }

    /// Whether the last field of a path is optional. What holds it is there as soon as it is mapped.
    fn may_be_missing(&self, path: &Path) -> bool {
        let below = |field: &'a Field, name: &SmolStr| match &field.ty {
            Type::Asset(asset) => self.expected.plan.assets.get(asset)?.fields.get(name),
            _ => None,
        };
        let last = path.names.split_first().and_then(|(first, rest)| {
            let first = self.flow.context.get(first)?;
            rest.iter().try_fold(first, below)
        });
        last.map_or(path.optional, |field| field.optional)
    }

    /// Behind what writes null where something may be missing, at the top and then below.
    fn filled(&self, first: Found<'a>, read: &[(Vec<String>, bool)]) -> Option<Found<'a>> {
        let mut open: Vec<_> =
            read.iter().filter(|(_, may_be_missing)| *may_be_missing).map(|(keys, _)| keys).collect();
        if open.is_empty() {
            return Some(first);
        }
        let top = open.iter().filter_map(|keys| {
            if let [key] = keys.as_slice() { Some((key.clone(), Value::Null)) } else { None }
        });
        let absent = json!({ "item.$": "$.item", "raw.$": "$.raw", "absent": top.collect::<Map<_, _>>() });
        let merged = "States.JsonMerge($.absent, $.raw, false)";
        let merged = json!({ "item.$": "$.item", "raw.$": merged, "nothing": null });
        let merge = self.at(first.value.get("Next"));
        let passes = |step: Found<'a>, expected: &Value| {
            step.has("Pass", &["Parameters", "Next"])
                && step.value.get("Parameters").is_some_and(|found| same(found, expected))
        };
        let merge = merge.filter(|merge| passes(first, &absent) && passes(*merge, &merged))?;
        open.retain(|keys| keys.len() > 1);
        let mut here = self.at(merge.value.get("Next"))?;
        while let [there, missing] = here.list("Choices") {
            let fill =
                self.fills(there, missing).filter(|_| self.fails(here.value.get("Default"), REFUSED))?;
            open.retain(|keys| fill.iter().skip(1).ne(keys.iter()));
            here = self.at(there.get("Next"))?;
        }
        open.is_empty().then_some(here)
    }

    /// Where a step of the preparation writes, if it does so only where that is missing.
    fn fills(&self, there: &'a Value, missing: &'a Value) -> Option<Vec<String>> {
        let fill = self.at(missing.get("Next"))?;
        let place = fill.text("ResultPath").and_then(steps)?;
        let at = path(place.iter().map(String::as_str));
        let test = |operator: &str, truth: bool| rules::read(&json!({ "Variable": at, operator: truth }));
        let parent = fill.value.get("Result").is_some();
        let tests: &[_] = if parent { &["IsNull", "IsString", "IsNumeric", "IsBoolean"] } else { &[] };
        let holds: Vec<_> = tests
            .iter()
            .filter_map(|operator| test(operator, false))
            .chain(test("IsPresent", true))
            .collect();
        let gone =
            test("IsPresent", false).into_iter().chain(test("IsNull", true).filter(|_| parent)).collect();
        let asks = rules::read(there)? == rules::all(holds) && rules::read(missing)? == rules::any(gone);
        let (member, value) = if parent { ("Result", json!({})) } else { ("InputPath", json!("$.nothing")) };
        let writes =
            fill.has("Pass", &[member, "ResultPath", "Next"]) && fill.value.get(member) == Some(&value);
        let below =
            place.first().is_some_and(|first| first == "raw") && fill.value.get("Next") == there.get("Next");
        (asks && writes && below).then_some(place)
    }

    /// Behind the look at what is read: a rule that asks for all of it, or a refusal.
    fn checked(&self, fits: Found<'a>, read: &[(Vec<String>, bool)]) -> Option<Found<'a>> {
        let [rule] = fits.list("Choices") else { return None };
        let asks = rules::read(rule)?;
        let raw = |keys: &Vec<String>| ["raw".to_owned()].into_iter().chain(keys.iter().cloned()).collect();
        let there = read.iter().map(|(keys, _)| rules::exists(raw(keys)));
        let record = rules::read(&json!({ "Variable": "$.raw", "IsNull": false }));
        let all = rules::all(there.chain(record).chain([asks.clone()]).collect());
        let refuses =
            fits.has("Choice", &["Choices", "Default"]) && self.fails(fits.value.get("Default"), REFUSED);
        if all == asks && refuses { self.at(rule.get("Next")) } else { None }
    }

    /// Whether the record becomes what the plan maps it to.
    fn maps(&self, map: Found<'a>, intake: &Intake) -> bool {
        let mut parameters = json!({ "item.$": "$.item" });
        let Some(members) = parameters.as_object_mut() else { return false };
        match &intake.maps {
            Some(maps) => drop(members.insert("record".into(), record(maps))),
            None => drop(members.insert("record.$".into(), path(["raw"]).into())),
        }
        if self.answers {
            members.insert("caller".into(), Value::Null);
        }
        map.has("Pass", &["Parameters", "Next"])
            && map.value.get("Parameters").is_some_and(|found| same(found, &parameters))
    }

    /// The first arrow: it says what it is, has every field of the context, and begins each count at zero.
    fn begins(&self, arrow: Found<'a>, id: &str, intake: &Intake) -> bool {
        let Some(found) = arrow.value.get("Parameters").and_then(Value::as_object) else { return false };
        let envelope = &intake.arrow.envelope;
        let travels = envelope.context.contains(&intake.field);
        let context = self.flow.context.keys().map(|name| {
            if travels && *name == intake.field {
                (format!("{name}.$"), path(["record"]).into())
            } else {
                (name.to_string(), Value::Null)
            }
        });
        let mut expected = Map::from_iter([
            ("item.$".to_owned(), json!("$.item")),
            ("handoff".to_owned(), json!({ "by": id, "threshold": envelope.threshold })),
            ("context".to_owned(), context.collect::<Map<_, _>>().into()),
        ]);
        if self.answers {
            expected.insert("caller.$".into(), "$.caller".into());
        }
        let counts = ["counters", "visits"];
        let rest: Map<_, _> =
            found.iter().filter(|(key, _)| !counts.contains(&key.as_str())).map(owned).collect();
        let counted = counts.iter().all(|member| found.get(*member).is_some_and(Value::is_object))
            && self.begins_at_zero(found);
        arrow.has("Pass", &["Parameters", "Next"])
            && same(&rest.into(), &expected.into())
            && counted
            && self.arrives(arrow.value.get("Next"), &intake.arrow.to)
    }

    fn begins_at_zero(&self, parameters: &States) -> bool {
        let zero = |counter: &str| {
            let steps = steps(counter)?;
            let mut steps = steps.iter();
            let first = parameters.get(steps.next()?)?;
            let count = steps.try_fold(first, |here, step| here.get(step))?;
            (count.as_u64()? == 0).then_some(())
        };
        let hops = self.flow.states.values().flat_map(|state| state.routes()).flat_map(|(_, hops)| hops);
        let counted = |hop: &Hop| self.counter_of(hop).and_then(zero).is_some();
        let visits = |name: &SmolStr| self.visits_of(name).is_none_or(|(_, counter)| zero(counter).is_some());
        hops.filter(|hop| hop.at_most.is_some()).all(counted) && self.flow.states.keys().all(visits)
    }
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// What the maps of an intake make of a raw record.
fn record(maps: &[crate::plan::Map]) -> Value {
    let mut record = json!({});
    for map in maps {
        let Some((last, way)) = map.path.names.get(1..).and_then(<[SmolStr]>::split_last) else { continue };
        let mut here = &mut record;
        for name in way {
            let Value::Object(members) = here else { return Value::Null };
            here = members.entry(name.as_str()).or_insert_with(|| json!({}));
        }
        let Value::Object(members) = here else { return Value::Null };
        match &map.value {
            MapValue::Raw(keys) => {
                let from = path(["raw"].into_iter().chain(keys.iter().map(SmolStr::as_str)));
                members.insert(format!("{last}.$"), from.into())
            }
            MapValue::Constant(constant) => members.insert(last.to_string(), json!(constant)),
        };
    }
    record
}
