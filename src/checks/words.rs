//! Pieces of sentences that several families say: lists, circles, times, and tests an author might write.
//!
//! Must not know: any rule.

use rust_decimal::Decimal;

use super::facts::At;
use crate::model::{ActorKind, Bounds, FieldId, Kind, Model, Path, Type};

/// A name between backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// `a` -> `b` -> `c`; of a long way only both its ends.
pub(super) fn way<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    const END: usize = 2;
    let total = names.len();
    let cut = |index: usize| total > SHOWN && (SHOWN - END..total - END).contains(&index);
    let word = |(index, name)| match index {
        index if index == SHOWN - END && cut(index) => Some(format!("… {} more …", total - SHOWN)),
        index if cut(index) => None,
        _ => Some(quoted(name)),
    };
    names.enumerate().filter_map(word).collect::<Vec<_>>().join(" -> ")
}

/// A time as an author writes it: `1d12h`.
pub(super) fn duration(seconds: u64) -> String {
    let mut rest = seconds;
    let mut text = String::new();
    for (unit, letter) in [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')] {
        if rest >= unit {
            text.push_str(&format!("{}{letter}", rest / unit));
            rest %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// `a model`, `an action` …
pub(super) fn kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Model => "a model",
        ActorKind::Script => "a script",
        ActorKind::Action => "an action",
        ActorKind::Human => "a human",
        ActorKind::Queue => "a queue",
    }
}

/// The fields that are new when work leaves a state by a handoff.
pub(super) fn made(at: At<'_>) -> Vec<FieldId> {
    let given = match &at.state.kind {
        Kind::Call(call) => call.runs.as_slice(),
        _ => &[],
    };
    let given = given.iter().filter_map(|run| run.gives.as_ref());
    at.state.makes.iter().chain(given).filter_map(|made| made.field).collect()
}

/// A test that an author might write of what is made at a state, if anything made there can be tested.
pub(super) fn sample_test(at: At<'_>) -> Option<String> {
    if let Kind::Approval(approval) = &at.state.kind {
        return Some(format!("decision is {}", approval.options.first()?.text));
    }
    let fields = made(at).into_iter().map(|id| &at.flow[id]);
    let ask = |model: &Model, path: &str, ty: &Type| match ty {
        Type::Asset(id) => model[*id]
            .fields
            .iter()
            .find_map(|field| test_of(model, &format!("{path}.{}", field.name.text), &field.ty.ty)),
        _ => test_of(model, path, ty),
    };
    fields.into_iter().find_map(|field| ask(at.model, &field.name.text, &field.ty.ty))
}

fn test_of(model: &Model, path: &str, ty: &Type) -> Option<String> {
    match ty {
        Type::Bool => Some(path.to_owned()),
        Type::Percent => Some(format!("{path} >= 80%")),
        Type::Number(bounds) if is_share(bounds) => Some(format!("{path} >= 0.8")),
        Type::Enum(id) => Some(format!("{path} is {}", model[*id].members.first()?.text)),
        _ => None,
    }
}

/// `number 0..1`, in which authors give a confidence
pub(super) fn is_share(bounds: &Bounds) -> bool {
    bounds.low == Some(Decimal::ZERO) && bounds.high == Some(Decimal::ONE) && !bounds.open
}

/// Whether what stands there is a confidence or a risk, as far as its type tells.
pub(super) fn is_evidence(model: &Model, path: &Path) -> bool {
    let telling = |ty: &Type| match ty {
        Type::Percent | Type::Enum(_) | Type::Unknown => true,
        Type::Number(bounds) => is_share(bounds),
        _ => false,
    };
    match &path.ty {
        Type::Asset(id) => model[*id].unknown || model[*id].fields.iter().any(|field| telling(&field.ty.ty)),
        ty => telling(ty),
    }
}
