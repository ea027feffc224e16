//! Conditions, decided on values.
//!
//! Must not know: where work goes when one holds.

use std::cmp::Ordering;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde_json::Value;
use smol_str::SmolStr;

use super::Record;
use super::number::Number;
use crate::plan::{Constant, Flow, Guard, Operator, Path, joined};

/// The values that the guards of a state read: what was just made, else what came with the work.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) context: &'a Record,
    pub(super) made: &'a Record,
    /// Null where nothing is to be decided.
    pub(super) decision: &'a Value,
}

impl<'a> Values<'a> {
    /// What stands at a path; none if it is absent.
    pub(super) fn at(self, path: &Path) -> Option<&'a Value> {
        let mut names = path.names.iter();
        let first = names.next()?;
        let root = match path.is_decision() {
            true => Some(self.decision),
            false => self.made.get(first.as_str()).or_else(|| self.context.get(first.as_str())),
        };
        let found = names.try_fold(root?, |value, name| value.get(name.as_str()));
        found.filter(|value| !value.is_null())
    }

    /// Whether a guard holds.
    pub(super) fn holds(self, flow: &Flow, guard: &Guard) -> bool {
        decide(flow, guard, |test| Some(self.test(test))) == Some(true)
    }

    /// Whether a test holds, which is a guard without a part. On an absent path none does but the one for absence.
    pub(super) fn test(self, test: &Guard) -> bool {
        match test {
            Guard::Compare { path, op, value, .. } => {
                self.at(path).is_some_and(|at| compares(at, *op, value))
            }
            Guard::Range { path, low, high, open, .. } => self.at(path).is_some_and(|at| {
                let upper = if *open { Operator::Less } else { Operator::AtMost };
                compares(at, Operator::AtLeast, low) && compares(at, upper, high)
            }),
            Guard::Set { path, values, .. } => {
                let among = |at| values.iter().any(|value| compares(at, Operator::Is, value));
                self.at(path).is_some_and(among)
            }
            Guard::Present { path, present } => self.at(path).is_some() == *present,
            Guard::True(path) => self.at(path) == Some(&Value::Bool(true)),
            Guard::Delivered => true,
            Guard::And(_) | Guard::Or(_) | Guard::Not(_) | Guard::Threshold(_) => false,
        }
    }
}

/// Whether a value that is there compares so with a constant.
fn compares(value: &Value, op: Operator, constant: &Constant) -> bool {
    let order = match (value, constant) {
        (Value::Number(number), Constant::Number(constant)) => {
            Number::read(number.as_str()).map(|number| number.cmp(&constant.0.into()))
        }
        (Value::String(text), Constant::Text(constant)) => Some(text.as_str().cmp(constant)),
        (Value::Bool(truth), Constant::Bool(constant)) => Some(truth.cmp(constant)),
        _ => None,
    };
    order.is_some_and(|order| match op {
        Operator::Is => order == Ordering::Equal,
        Operator::IsNot => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::AtMost => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::AtLeast => order != Ordering::Less,
    })
}

/// What is left to do to decide a guard.
enum Todo<'g> {
    Ask(&'g Guard),
    /// All of the last so many hold.
    All(usize),
    /// One of the last so many holds.
    Any(usize),
    Not,
    /// That was this threshold.
    Named(&'g str),
}

/// Decides a guard whose tests `ask` answers. `None` says that it is not known, of a test and of the whole. Each
/// threshold is decided once; nothing is recursive, since thresholds may name one another in long chains.
pub(super) fn decide<'g>(
    flow: &'g Flow,
    guard: &'g Guard,
    ask: impl Fn(&'g Guard) -> Option<bool>,
) -> Option<bool> {
    let mut todo = vec![Todo::Ask(guard)];
    let mut known: Vec<Option<bool>> = Vec::new();
    let mut named: FxHashMap<&str, Option<bool>> = FxHashMap::default();
    while let Some(next) = todo.pop() {
        let answer = match next {
            Todo::Ask(Guard::And(parts)) => {
                todo.push(Todo::All(parts.len()));
                todo.extend(parts.iter().map(Todo::Ask));
                continue;
            }
            Todo::Ask(Guard::Or(parts)) => {
                todo.push(Todo::Any(parts.len()));
                todo.extend(parts.iter().map(Todo::Ask));
                continue;
            }
            Todo::Ask(Guard::Not(inner)) => {
                todo.extend([Todo::Not, Todo::Ask(inner)]);
                continue;
            }
            Todo::Ask(Guard::Threshold(name)) => {
                match (named.get(name.as_str()), flow.thresholds.get(name)) {
                    (Some(answer), _) => *answer,
                    (None, Some(threshold)) => {
                        todo.extend([Todo::Named(name), Todo::Ask(&threshold.guard)]);
                        continue;
                    }
                    (None, None) => None,
                }
            }
            Todo::Ask(test) => ask(test),
            Todo::All(count) => joined(false, known.drain(known.len().saturating_sub(count)..)),
            Todo::Any(count) => joined(true, known.drain(known.len().saturating_sub(count)..)),
            Todo::Not => known.pop().flatten().map(|holds| !holds),
            Todo::Named(name) => {
                let answer = known.pop().flatten();
                named.insert(name, answer);
                answer
            }
        };
        known.push(answer);
    }
    known.pop().flatten()
}

/// The paths that a guard reads, by their text, those of the thresholds that it names included.
pub(super) fn paths<'g>(flow: &'g Flow, guard: &'g Guard) -> IndexMap<&'g SmolStr, &'g Path> {
    let mut todo = vec![guard];
    let mut thresholds = indexmap::IndexSet::new();
    let mut paths = IndexMap::new();
    while let Some(next) = todo.pop() {
        match next {
            Guard::And(parts) | Guard::Or(parts) => todo.extend(parts.iter().rev()),
            Guard::Not(inner) => todo.push(inner),
            Guard::Threshold(name) if thresholds.insert(name) => {
                todo.extend(flow.thresholds.get(name).map(|threshold| &threshold.guard));
            }
            Guard::Threshold(_) | Guard::Delivered => {}
            Guard::Compare { path, .. }
            | Guard::Range { path, .. }
            | Guard::Set { path, .. }
            | Guard::Present { path, .. }
            | Guard::True(path) => drop(paths.insert(&path.text, path)),
        }
    }
    paths
}
