//! Conditions and values as FEEL.
//!
//! Must not know: where a handoff leads, nor which engine reads it.
//!
//! FEEL answers `null` where it can't compare. So a test of a path that may be absent asks first whether it is there:
//! then every test on an absent path is false, and only `not` around it is true.

use serde_json::Value;
use smol_str::SmolStr;

use crate::plan::{Constant, Flow, Guard, Operator, Path, When};

/// Where a state's guards find the values.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) flow: &'a Flow,
    /// The fields that have just been made, or that the runs of a call have given: they are read in the reply.
    pub(super) made: Vec<&'a str>,
}

impl Scope<'_> {
    /// Where the values of a context field are found.
    pub(super) fn field(&self, name: &str) -> String {
        let base = if self.made.contains(&name) { "reply.made" } else { "work.context" };
        below(base, name)
    }

    fn path(&self, path: &Path) -> String {
        let mut names = path.names.iter().map(SmolStr::as_str);
        let first = names.next().unwrap_or_default();
        let base = if path.is_decision() { "reply.decision".to_owned() } else { self.field(first) };
        names.fold(base, |base, name| below(&base, name))
    }

    /// The condition under which a handoff is taken; none for the one that is taken when no other is.
    pub(super) fn condition(&self, when: &When) -> Option<String> {
        match when {
            When::Guard(Guard::Delivered) | When::Otherwise => None,
            When::Guard(guard) => Some(self.guard(guard)),
        }
    }

    /// As deep as the guard, which `limits` bounds.
    fn guard(&self, guard: &Guard) -> String {
        match guard {
            Guard::And(parts) => joined(" and ", parts.iter().map(|part| self.part(part))),
            Guard::Or(parts) => joined(" or ", parts.iter().map(|part| self.part(part))),
            Guard::Not(inner) => format!("not({})", self.guard(inner)),
            Guard::Compare { path, op, value, .. } => {
                self.asked(path, |at| format!("{at} {} {}", sign(*op), constant(value)))
            }
            Guard::Range { path, low, high, open, .. } => self.asked(path, |at| {
                let upper = if *open { "<" } else { "<=" };
                format!("{at} >= {} and {at} {upper} {}", constant(low), constant(high))
            }),
            Guard::Set { path, values, .. } => self.asked(path, |at| among(at, values.iter().map(constant))),
            Guard::Present { path, present: true } => format!("{} != null", self.path(path)),
            Guard::Present { path, present: false } => format!("{} = null", self.path(path)),
            Guard::True(path) => self.asked(path, |at| format!("{at} = true")),
            Guard::Delivered => "true".to_owned(),
            Guard::Threshold(name) => {
                let named = self.flow.thresholds.get(name);
                named.map_or_else(|| "false".to_owned(), |threshold| self.guard(&threshold.guard))
            }
        }
    }

    /// As a part of a longer condition.
    fn part(&self, guard: &Guard) -> String {
        let text = self.guard(guard);
        if matches!(guard, Guard::Not(_) | Guard::Present { .. }) { text } else { format!("({text})") }
    }

    /// The test of a path, false where the path is absent.
    fn asked(&self, path: &Path, test: impl Fn(&str) -> String) -> String {
        let at = self.path(path);
        if path.optional { format!("{at} != null and ({})", test(&at)) } else { test(&at) }
    }
}

/// A value that is one of these.
pub(super) fn among(at: &str, values: impl Iterator<Item = String>) -> String {
    joined(" or ", values.map(|value| format!("{at} = {value}")))
}

/// All of these, or one of them; `true` of none.
pub(super) fn joined(word: &str, parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "true".to_owned() } else { parts.join(word) }
}

fn sign(op: Operator) -> &'static str {
    match op {
        Operator::Is => "=",
        Operator::IsNot => "!=",
        Operator::Less => "<",
        Operator::AtMost => "<=",
        Operator::Greater => ">",
        Operator::AtLeast => ">=",
    }
}

/// A constant of the plan.
pub(super) fn constant(value: &Constant) -> String {
    match value {
        Constant::Number(number) => number.to_string(),
        Constant::Text(words) => text(words),
        Constant::Bool(truth) => truth.to_string(),
    }
}

/// A text in quotes: FEEL escapes as JSON does.
pub(super) fn text(words: &str) -> String {
    Value::from(words).to_string()
}

/// A context of these entries.
pub(super) fn context<K: AsRef<str>>(entries: impl IntoIterator<Item = (K, String)>) -> String {
    let entries = entries.into_iter().map(|(name, value)| format!("{}: {value}", key(name.as_ref())));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

fn key(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { text(name) }
}

/// What stands below `base` under that name.
pub(super) fn below(base: &str, name: &str) -> String {
    if is_plain(name) { format!("{base}.{name}") } else { value_of(base, name) }
}

/// The same under a name that is no name of FEEL.
pub(super) fn value_of(base: &str, name: &str) -> String {
    format!("get value({base}, {})", text(name))
}

fn is_plain(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    letters && name.starts_with(|first: char| first.is_ascii_alphabetic()) && !WORDS.contains(&name)
}

/// The words of FEEL, and the names of properties that some of its values have of themselves.
const WORDS: &[&str] = &[
    "and",
    "between",
    "context",
    "date",
    "day",
    "days",
    "duration",
    "else",
    "end",
    "every",
    "external",
    "false",
    "for",
    "function",
    "hour",
    "hours",
    "if",
    "in",
    "instance",
    "item",
    "list",
    "minute",
    "minutes",
    "month",
    "months",
    "not",
    "null",
    "of",
    "offset",
    "or",
    "partial",
    "return",
    "satisfies",
    "second",
    "seconds",
    "some",
    "start",
    "then",
    "time",
    "timezone",
    "true",
    "value",
    "weekday",
    "year",
    "years",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(below("work.context", "draft"), "work.context.draft");
        assert_eq!(below("raw", "Company name"), r#"get value(raw, "Company name")"#);
        assert_eq!(below("work.context", "in"), r#"get value(work.context, "in")"#);
        assert_eq!(context([("größe", "1".to_owned()), ("a", "2".to_owned())]), r#"{"größe": 1, a: 2}"#);
        assert_eq!(text("say \"so\"\n"), r#""say \"so\"\n""#);
    }
}
