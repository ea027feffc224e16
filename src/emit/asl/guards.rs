//! Conditions as rules of a `Choice`.
//!
//! Must not know: where a handoff leads, nor whether several hold.
//!
//! A rule that compares asks first, in the same `And`, whether its path is there, wherever it may be absent: so every
//! comparison on an absent path is false, and only `Not` around it is true. Threshold names are spelled out; `limits`
//! has seen to it that the outcome stays small.

use serde_json::{Value, json};

use super::names;
use crate::plan::{Constant, Flow, Guard, Handoff, Operator, Path, Type, When};

/// Where a state's guards find the values.
pub(super) struct Scope<'a> {
    pub(super) flow: &'a Flow,
    /// The fields that the owner has just made, or the runs of a call have given; they are read in the reply.
    pub(super) made: Vec<&'a str>,
    /// The reply: `{made, decision}`.
    pub(super) reply: &'static str,
}

impl Scope<'_> {
    /// Where the values of a context field are looked for: what was just made, else what was carried here.
    pub(super) fn field(&self, name: &str) -> String {
        if self.made.contains(&name) {
            names::below(&format!("{}.made", self.reply), name)
        } else {
            names::below("$.context", name)
        }
    }

    fn path(&self, path: &Path) -> String {
        let mut steps = path.names.iter().map(|name| name.as_str());
        let first = steps.next().unwrap_or_default();
        let base = if path.is_decision() { format!("{}.decision", self.reply) } else { self.field(first) };
        names::along(&base, steps)
    }

    /// The rule under which `handoff` is taken, one of `all`.
    pub(super) fn rule(&self, handoff: &Handoff, all: &[Handoff]) -> Value {
        match &handoff.when {
            When::Guard(guard) => self.guard(guard),
            When::Otherwise => {
                let others = all.iter().filter_map(|other| match &other.when {
                    When::Guard(guard) => Some(self.guard(guard)),
                    When::Otherwise => None,
                });
                not(any(others.collect()))
            }
        }
    }

    /// As deep as the guard, which `limits` bounds.
    fn guard(&self, guard: &Guard) -> Value {
        match guard {
            Guard::And(parts) => all(parts.iter().map(|part| self.guard(part)).collect()),
            Guard::Or(parts) => any(parts.iter().map(|part| self.guard(part)).collect()),
            Guard::Not(inner) => not(self.guard(inner)),
            Guard::Compare { path, op, value, .. } => self.asks(path, |at| compare(at, *op, value)),
            Guard::Range { path, low, high, open, .. } => self.asks(path, |at| range(at, low, high, *open)),
            Guard::Set { path, values, .. } => {
                self.asks(path, |at| any(values.iter().map(|value| equals(at, value)).collect()))
            }
            Guard::Present { path, present: true } => present(&self.path(path)),
            Guard::Present { path, present: false } => not(present(&self.path(path))),
            Guard::True(path) => self.asks(path, |at| equals(at, &Constant::Bool(true))),
            Guard::Delivered => delivered(self.reply),
            Guard::Threshold(name) => match self.flow.thresholds.get(name) {
                Some(threshold) => self.guard(&threshold.guard),
                None => not(delivered(self.reply)),
            },
        }
    }

    /// The test that `test` makes of a path, false where the path is absent.
    fn asks(&self, path: &Path, test: impl Fn(&str) -> Value) -> Value {
        let at = self.path(path);
        if path.optional { all(vec![present(&at), test(&at)]) } else { test(&at) }
    }
}

/// There has been a reply, and it was looked at: always so where guards are.
fn delivered(reply: &str) -> Value {
    json!({ "Variable": reply, "IsPresent": true })
}

/// The path is there and is not null.
pub(super) fn present(at: &str) -> Value {
    json!({ "And": [{ "Variable": at, "IsPresent": true }, { "Variable": at, "IsNull": false }] })
}

fn compare(at: &str, op: Operator, value: &Constant) -> Value {
    match op {
        Operator::Is => equals(at, value),
        Operator::IsNot => not(equals(at, value)),
        Operator::Less => numeric(at, "NumericLessThan", value),
        Operator::AtMost => numeric(at, "NumericLessThanEquals", value),
        Operator::Greater => numeric(at, "NumericGreaterThan", value),
        Operator::AtLeast => numeric(at, "NumericGreaterThanEquals", value),
    }
}

fn range(at: &str, low: &Constant, high: &Constant, open: bool) -> Value {
    let upper = if open { "NumericLessThan" } else { "NumericLessThanEquals" };
    all(vec![numeric(at, "NumericGreaterThanEquals", low), numeric(at, upper, high)])
}

/// The path equals the constant.
pub(super) fn equals(at: &str, value: &Constant) -> Value {
    match value {
        Constant::Number(_) => numeric(at, "NumericEquals", value),
        Constant::Text(text) => json!({ "Variable": at, "StringEquals": text }),
        Constant::Bool(truth) => json!({ "Variable": at, "BooleanEquals": truth }),
    }
}

/// The path, a number, compares so with the constant.
pub(super) fn numeric(at: &str, operator: &str, value: &Constant) -> Value {
    json!({ "Variable": at, operator: value })
}

/// All of these rules.
pub(super) fn all(rules: Vec<Value>) -> Value {
    joined("And", rules)
}

/// One of these rules.
pub(super) fn any(rules: Vec<Value>) -> Value {
    joined("Or", rules)
}

/// A list of one is its rule; a list in a list of its own sort is spread out.
fn joined(word: &str, rules: Vec<Value>) -> Value {
    let mut flat = Vec::with_capacity(rules.len());
    for rule in rules {
        match rule {
            Value::Object(mut inner) if inner.contains_key(word) => match inner.remove(word) {
                Some(Value::Array(parts)) => flat.extend(parts),
                other => flat.extend(other),
            },
            rule => flat.push(rule),
        }
    }
    match flat.len() {
        1 => flat.pop().unwrap_or_default(),
        _ => json!({ word: flat }),
    }
}

fn not(rule: Value) -> Value {
    match rule {
        Value::Object(mut inner) if inner.contains_key("Not") => inner.remove("Not").unwrap_or_default(),
        rule => json!({ "Not": rule }),
    }
}

/// Whether values of this type are compared as numbers.
pub(super) fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int(_) | Type::Number(_) | Type::Percent | Type::Duration | Type::Money(_))
}
