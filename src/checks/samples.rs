//! What an author might write at a place, in the names of the file: for the advice that goes with a finding.
//!
//! Must not know: any rule.

use rust_decimal::Decimal;

use super::facts::{At, FlowFacts};
use crate::analysis::uses::writings;
use crate::model::{Actor, ActorKind, ArrowKind, Bounds, FieldId, Kind, Model, Type};

/// Who might own a state: a human where people usually answer; the first who owns nothing, else the first.
pub(super) fn owner(at: At<'_>) -> Option<&Actor> {
    let by_anybody = matches!(at.state.kind, Kind::State);
    let actors = &at.model.actors;
    let fits = |actor: &&Actor| by_anybody || actor.kind == Some(ActorKind::Human);
    actors.iter().filter(fits).find(|actor| !actor.used).or_else(|| actors.iter().find(fits))
}

/// How long the work may take an owner of that kind.
pub(super) fn time(at: At<'_>) -> &'static str {
    match at.owner_kind() {
        Some(ActorKind::Model | ActorKind::Script | ActorKind::Action) => "15m",
        Some(ActorKind::Human | ActorKind::Queue) | None => "24h",
    }
}

/// Where a handoff might lead.
pub(super) fn next(at: At<'_>) -> &str {
    let lost = at.facts.lost.filter(|name| name.span != at.state.name.span);
    lost.or(at.facts.success_end).map_or("NEXT", |name| &name.text)
}

/// The fields that are new when work leaves a state by a handoff.
pub(super) fn made(at: At<'_>) -> impl Iterator<Item = FieldId> {
    writings(at.flow, at.id).map(|(field, _)| field)
}

/// A test of what is made at a state, if anything made there can be tested.
pub(super) fn test(at: At<'_>) -> Option<String> {
    match &at.state.kind {
        Kind::Approval(approval) => Some(format!("decision is {}", approval.options.first()?.text)),
        _ => made(at).find_map(|field| leaves(at, field).find_map(|(path, ty)| test_of(at.model, &path, ty))),
    }
}

/// The end for what fails, and the advice to declare it if the flow has none.
pub(super) fn failure_end<'m>(facts: &FlowFacts<'m>) -> (&'m str, &'static str) {
    match facts.failure_end {
        Some(end) => (end, ""),
        None => ("stuck", ", and declare `end stuck: failure { owner NAME  reason \"…\" }`"),
    }
}

/// A test that a handoff of a state might ask; where nothing that can be tested is made, the weakest one that is worth
/// something there: `delivered` is none for a model, nor where nothing is made.
pub(super) fn likely_test(at: At<'_>) -> String {
    let is_model = at.owner_kind() == Some(ActorKind::Model);
    let weakest = if is_model || made(at).next().is_none() { "SCORE >= 0.8" } else { "delivered" };
    test(at).unwrap_or_else(|| weakest.to_owned())
}

/// Something that shows a confidence or a risk, and that is there when work comes to a state.
pub(super) fn evidence(at: At<'_>) -> Option<String> {
    let handoffs = at
        .facts
        .graph
        .arriving(at.id)
        .filter(|&(arrow, _)| matches!(at.flow[arrow].kind, ArrowKind::Handoff(_)));
    let made_before = handoffs.flat_map(|(_, from)| made(at.facts.at(from)));
    let fields = at.state.asset.get().copied().into_iter().chain(made_before);
    let mut leaves = fields.flat_map(|field| leaves(at, field));
    leaves.find(|(_, ty)| is_telling(ty)).map(|(path, _)| path)
}

/// A confidence or a risk, as far as a type tells.
pub(super) fn is_telling(ty: &Type) -> bool {
    match ty {
        Type::Percent | Type::Enum(_) => true,
        Type::Number(bounds) => is_share(bounds),
        _ => false,
    }
}

/// `number 0..1`, in which authors give a confidence
fn is_share(bounds: &Bounds) -> bool {
    bounds.low == Some(Decimal::ZERO) && bounds.high == Some(Decimal::ONE) && !bounds.open
}

/// A field and, of an asset, those right below it: as paths with their types.
fn leaves<'m>(at: At<'m>, field: FieldId) -> impl Iterator<Item = (String, &'m Type)> {
    let field = &at.flow[field];
    let name = &field.name.text;
    let below = match &field.ty.ty {
        Type::Asset(id) => at.model[*id].fields.as_slice(),
        _ => &[],
    };
    let below = below.iter().map(move |below| (format!("{name}.{}", below.name.text), &below.ty.ty));
    std::iter::once((name.to_string(), &field.ty.ty)).chain(below)
}

fn test_of(model: &Model, path: &str, ty: &Type) -> Option<String> {
    match ty {
        Type::Bool => Some(path.to_owned()),
        Type::Percent => Some(format!("{path} >= 80%")),
        Type::Number(bounds) if is_share(bounds) => Some(format!("{path} >= 0.8")),
        Type::Enum(id) => Some(format!("{path} is {}", model[*id].members.first()?.text)),
        Type::Int(bounds) | Type::Number(bounds) => Some(format!("{path} >= {}", middle(bounds)?)),
        _ => None,
    }
}

/// The middle of a scale; a wider range, such as that of a status, is none.
fn middle(bounds: &Bounds) -> Option<Decimal> {
    let (low, high) = bounds.low.zip(bounds.high)?;
    let width = high.checked_sub(low).filter(|width| *width <= Decimal::ONE_HUNDRED)?;
    Some(low.checked_add(width / Decimal::TWO)?.ceil().normalize())
}
