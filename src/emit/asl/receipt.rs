//! The rules that look at what arrived before any guard does: presence and type.
//!
//! Must not know: who delivered it.
//!
//! The worker, and the door, check against the whole JSON Schema; a `Choice` can't see into lists or measure texts.
//! It looks at each field, at each field of a record one step down, and at every path that some guard reads.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::guards::{all, any, equals, is_number, numeric};
use super::names;
use crate::plan::{Bounds, Constant, Exact, Field, Flow, Guard, Named, Path, Plan, Type, When};

/// What guards read below each context field of a flow, each path once.
pub(super) struct Read<'a> {
    paths: Named<Named<&'a Path>>,
}

impl<'a> Read<'a> {
    pub(super) fn new(flow: &'a Flow) -> Read<'a> {
        let handoffs = flow.states.values().flat_map(|state| &state.handoffs);
        let asked = handoffs.filter_map(|handoff| match &handoff.when {
            When::Guard(guard) => Some(guard),
            When::Otherwise => None,
        });
        let mut pending: Vec<&Guard> =
            asked.chain(flow.thresholds.values().map(|named| &named.guard)).collect();
        let mut paths = Named::<Named<&Path>>::default();
        while let Some(guard) = pending.pop() {
            let path = match guard {
                Guard::And(parts) | Guard::Or(parts) => {
                    pending.extend(parts);
                    continue;
                }
                Guard::Not(inner) => {
                    pending.push(inner);
                    continue;
                }
                Guard::Compare { path, .. }
                | Guard::Range { path, .. }
                | Guard::Set { path, .. }
                | Guard::Present { path, .. }
                | Guard::True(path) => path,
                Guard::Delivered | Guard::Threshold(_) => continue,
            };
            if let Some(field) = path.names.first() {
                paths.entry(field.clone()).or_default().insert(path.text.clone(), path);
            }
        }
        Read { paths }
    }

    /// The paths that go two steps and more below a field: one step below is looked at anyway.
    fn deep(&self, field: &str) -> impl Iterator<Item = &'a Path> {
        let paths = self.paths.get(field).into_iter().flat_map(|paths| paths.values().copied());
        paths.filter(|path| path.names.len() > 2)
    }
}

/// The rule that the context field `name`, found at `at`, fits.
pub(super) fn fits(plan: &Plan, read: &Read<'_>, name: &SmolStr, field: &Field, at: &str) -> Value {
    let mut rules = vec![value(plan, &field.ty, at, Depth::Record)];
    rules.extend(read.deep(name).map(|path| {
        let at = names::along(at, path.names.iter().skip(1).map(SmolStr::as_str));
        let fits = all(vec![is_present(&at), value(plan, &path.ty, &at, Depth::Value)]);
        if path.optional { any(vec![is_absent(&at), fits]) } else { fits }
    }));
    optional(field.optional, at, all(rules))
}

/// The rule that a value of this type is found at `at`, where it may be missing altogether.
pub(super) fn raw(plan: &Plan, ty: &Type, may_be_absent: bool, at: &str) -> Value {
    optional(may_be_absent, at, value(plan, ty, at, Depth::Record))
}

/// How far down a record is looked at.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Record,
    Value,
}

fn optional(may_be_null: bool, at: &str, fits: Value) -> Value {
    let fits = if may_be_null { any(vec![json!({ "Variable": at, "IsNull": true }), fits]) } else { fits };
    all(vec![is_present(at), fits])
}

/// It is there, null or not.
pub(super) fn is_present(at: &str) -> Value {
    json!({ "Variable": at, "IsPresent": true })
}

/// It is missing or null.
pub(super) fn is_absent(at: &str) -> Value {
    any(vec![json!({ "Variable": at, "IsPresent": false }), json!({ "Variable": at, "IsNull": true })])
}

fn value(plan: &Plan, ty: &Type, at: &str, depth: Depth) -> Value {
    match ty {
        Type::Text { .. } | Type::Url | Type::Date => json!({ "Variable": at, "IsString": true }),
        Type::Bool => json!({ "Variable": at, "IsBoolean": true }),
        Type::Enum(name) => {
            let members = plan.enums.get(name).into_iter().flat_map(|closed| &closed.members);
            any(members.map(|member| equals(at, &Constant::Text(member.clone()))).collect())
        }
        Type::Asset(name) if depth == Depth::Record => record(plan, name, at),
        Type::Asset(_) => json!({ "Variable": at, "IsNull": false }),
        Type::List { .. } => list(at),
        number => numbers(number, at),
    }
}

fn record(plan: &Plan, asset: &str, at: &str) -> Value {
    let fields = plan.assets.get(asset).into_iter().flat_map(|asset| &asset.fields);
    let rules = fields.map(|(name, field)| {
        let at = names::below(at, name);
        let fits = value(plan, &field.ty, &at, Depth::Value);
        if field.optional { any(vec![is_absent(&at), fits]) } else { all(vec![is_present(&at), fits]) }
    });
    all(rules.collect())
}

/// It is there and may hold more.
pub(super) fn holds_more(at: &str) -> Value {
    all(vec![is_present(at), list(at)])
}

/// Neither null nor a scalar: that is all that a `Choice` can see of a list or a record.
fn list(at: &str) -> Value {
    let tests = ["IsNull", "IsString", "IsNumeric", "IsBoolean"];
    all(tests.map(|test| json!({ "Variable": at, test: false })).to_vec())
}

fn numbers(ty: &Type, at: &str) -> Value {
    debug_assert!(is_number(ty));
    let mut rules = vec![json!({ "Variable": at, "IsNumeric": true })];
    let Bounds { low, high, open } = bounds(ty);
    rules.extend(low.map(|low| numeric(at, "NumericGreaterThanEquals", &Constant::Number(low))));
    let upper = if open { "NumericLessThan" } else { "NumericLessThanEquals" };
    rules.extend(high.map(|high| numeric(at, upper, &Constant::Number(high))));
    all(rules)
}

fn bounds(ty: &Type) -> Bounds {
    let zero = Some(Exact(Decimal::ZERO));
    match ty {
        Type::Int(bounds) | Type::Number(bounds) => bounds.clone(),
        Type::Percent => Bounds { low: zero, high: Some(Exact(Decimal::ONE)), open: false },
        _ => Bounds { low: zero, high: None, open: false },
    }
}
