//! Conditions in a normal form: what a rule of a `Choice` asks, and what a guard of the plan asks for.
//!
//! Must not know: how a rule is spelled. The order of the members of `And` and `Or`, how they nest, and a `Not` of a
//! `Not` say nothing; each path, operator and constant does, and that a path which may be absent is asked for first.

use rust_decimal::Decimal;
use serde_json::Value;

use super::paths::steps;
use crate::plan::{Constant, Guard, Handoff, Named, Operator, Path, Threshold, When};

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    Test { path: Vec<String>, operator: String, constant: String },
    Not(Box<Rule>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
}

/// What a rule of a `Choice` asks; none if it is no rule. As deep as the rule.
pub(super) fn read(rule: &Value) -> Option<Rule> {
    let members = rule.as_object()?.iter();
    let mut asks = members.filter(|(key, _)| !["Next", "Comment"].contains(&key.as_str()));
    match (asks.next()?, asks.next(), asks.next()) {
        ((key, Value::Array(parts)), None, None) => {
            let parts = parts.iter().map(read).collect::<Option<Vec<_>>>()?;
            match key.as_str() {
                "And" => Some(all(parts)),
                "Or" => Some(any(parts)),
                _ => None,
            }
        }
        ((key, inner), None, None) if key == "Not" => Some(not(read(inner)?)),
        ((key, Value::String(path)), Some((operator, constant)), None) if key == "Variable" => {
            Some(test(steps(path)?, operator, spelled(constant)))
        }
        _ => None,
    }
}

/// A number by its value, everything else as JSON.
fn spelled(constant: &Value) -> String {
    let text = constant.to_string();
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text));
    if constant.is_number() { number.map_or(text, |number| number.normalize().to_string()) } else { text }
}

fn test(path: Vec<String>, operator: &str, constant: String) -> Rule {
    Rule::Test { path, operator: operator.to_owned(), constant }
}

fn not(rule: Rule) -> Rule {
    match rule {
        Rule::Not(inner) => *inner,
        other => Rule::Not(Box::new(other)),
    }
}

pub(super) fn all(parts: Vec<Rule>) -> Rule {
    let spread = |rule| match rule {
        Rule::All(parts) => parts,
        other => vec![other],
    };
    joined(parts.into_iter().flat_map(spread).collect(), Rule::All)
}

pub(super) fn any(parts: Vec<Rule>) -> Rule {
    let spread = |rule| match rule {
        Rule::Any(parts) => parts,
        other => vec![other],
    };
    joined(parts.into_iter().flat_map(spread).collect(), Rule::Any)
}

fn joined(mut parts: Vec<Rule>, word: fn(Vec<Rule>) -> Rule) -> Rule {
    parts.sort_unstable();
    parts.dedup();
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            word(parts)
        }
    }
}

/// The path is there, null or not.
pub(super) fn exists(path: Vec<String>) -> Rule {
    test(path, "IsPresent", "true".into())
}

/// The path is there and not null.
pub(super) fn present(path: Vec<String>) -> Rule {
    all(vec![exists(path.clone()), test(path, "IsNull", "false".into())])
}

/// The path is this text.
pub(super) fn is_text(path: Vec<String>, text: &str) -> Rule {
    test(path, "StringEquals", Value::from(text).to_string())
}

/// What guards are asked with.
pub(super) struct Asked<'a> {
    pub(super) thresholds: &'a Named<Threshold>,
    /// The fields that were just made.
    pub(super) made: Vec<&'a str>,
    /// Where the reply is.
    pub(super) reply: Vec<String>,
}

impl Asked<'_> {
    /// The condition of one of the `handoffs`.
    pub(super) fn of(&self, when: &When, handoffs: &[Handoff]) -> Rule {
        match when {
            When::Guard(guard) => self.guard(guard),
            When::Otherwise => {
                let others = handoffs.iter().filter_map(|other| match &other.when {
                    When::Guard(guard) => Some(self.guard(guard)),
                    When::Otherwise => None,
                });
                not(any(others.collect()))
            }
        }
    }

    /// As deep as the guard.
    fn guard(&self, guard: &Guard) -> Rule {
        match guard {
            Guard::And(parts) => all(parts.iter().map(|part| self.guard(part)).collect()),
            Guard::Or(parts) => any(parts.iter().map(|part| self.guard(part)).collect()),
            Guard::Not(inner) => not(self.guard(inner)),
            Guard::Compare { path, op, value, .. } => {
                self.there(path, compared(self.place(path), *op, value))
            }
            Guard::Range { path, low, high, open, .. } => {
                let upper = if *open { Operator::Less } else { Operator::AtMost };
                let ends = [(Operator::AtLeast, low), (upper, high)];
                let ends = ends.map(|(op, end)| compared(self.place(path), op, end));
                self.there(path, all(ends.into()))
            }
            Guard::Set { path, values, .. } => {
                let each = values.iter().map(|value| compared(self.place(path), Operator::Is, value));
                self.there(path, any(each.collect()))
            }
            Guard::Present { path, present: true } => present(self.place(path)),
            Guard::Present { path, present: false } => not(present(self.place(path))),
            Guard::True(path) => {
                self.there(path, compared(self.place(path), Operator::Is, &Constant::Bool(true)))
            }
            Guard::Delivered => exists(self.reply.clone()),
            Guard::Threshold(name) => {
                let threshold = self.thresholds.get(name).map(|threshold| self.guard(&threshold.guard));
                threshold.unwrap_or_else(|| not(exists(self.reply.clone())))
            }
        }
    }

    /// Where a path is absent, what it is asked is false.
    fn there(&self, path: &Path, rule: Rule) -> Rule {
        if path.optional { all(vec![present(self.place(path)), rule]) } else { rule }
    }

    fn place(&self, path: &Path) -> Vec<String> {
        let names = path.names.iter().map(ToString::to_string);
        let made = path.names.first().is_some_and(|first| self.made.contains(&first.as_str()));
        let base = match (path.is_decision(), made) {
            (true, _) => self.reply.clone(),
            (_, true) => self.reply.iter().cloned().chain(["made".to_owned()]).collect(),
            _ => vec!["context".to_owned()],
        };
        base.into_iter().chain(names).collect()
    }
}

fn compared(path: Vec<String>, op: Operator, constant: &Constant) -> Rule {
    let (kind, spelled) = match constant {
        Constant::Number(number) => ("Numeric", number.0.normalize().to_string()),
        Constant::Text(text) => ("String", Value::from(text.as_str()).to_string()),
        Constant::Bool(truth) => ("Boolean", truth.to_string()),
    };
    let relation = match op {
        Operator::Is | Operator::IsNot => "Equals",
        Operator::Less => "LessThan",
        Operator::AtMost => "LessThanEquals",
        Operator::Greater => "GreaterThan",
        Operator::AtLeast => "GreaterThanEquals",
    };
    let rule = test(path, &format!("{kind}{relation}"), spelled);
    if op == Operator::IsNot { not(rule) } else { rule }
}
