//! People can decide, and silence comes to somebody else: B602, B603, B605.
//!
//! Must not know: which decision a guard takes.

use super::facts::At;
use super::samples;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Actor, ActorId, ActorKind, Arrow, ArrowKind, Kind, Model, Type};

/// B602: nothing shows the reviewer how sure one may be, or what is at stake.
pub(super) fn thin_evidence(at: At<'_>) -> Option<Diagnostic> {
    let Kind::Approval(approval) = &at.state.kind else { return None };
    let unknown = approval.shows_unknown || approval.shows.iter().any(|shown| shown.path.is_none());
    let mut types = approval.shows.iter().filter_map(|shown| shown.path).map(|id| &at.flow[id].ty);
    if unknown || types.any(|ty| may_tell(at.model, ty)) {
        return None;
    }
    let message = format!("`{}` shows neither a confidence nor a risk", at.name());
    let mut found = Diagnostic::new(Code::ThinEvidence, at.state.name.span, message);
    if let Some((first, last)) = approval.shows.first().zip(approval.shows.last()) {
        found = found.also(first.span.to(last.span), "this is all that is shown");
    }
    let field = samples::evidence(at).unwrap_or_else(|| "FIELD".to_owned());
    let help = format!(
        "show a percent, a `number 0..1` or an enum that tells how sure or how risky it is: `shows {field}`"
    );
    Some(found.help(help))
}

/// What is shown, or a field right below it, is a confidence or a risk, or it is unknown what it is.
fn may_tell(model: &Model, ty: &Type) -> bool {
    let may_tell = |ty: &Type| samples::is_telling(ty) || *ty == Type::Unknown;
    match ty {
        Type::Asset(id) => model[*id].unknown || model[*id].fields.iter().any(|field| may_tell(&field.ty.ty)),
        ty => may_tell(ty),
    }
}

/// B603: nobody says what is to be decided.
pub(super) fn missing_question(at: At<'_>) -> Option<Diagnostic> {
    let Kind::Approval(approval) = &at.state.kind else { return None };
    if !approval.asks.is_missing() {
        return None;
    }
    let (place, message) = match approval.asks_span {
        Some(blank) => (blank, format!("the question of `{}` is blank", at.name())),
        None => (at.state.name.span, format!("nothing says what is to be decided in `{}`", at.name())),
    };
    let found = Diagnostic::new(Code::MissingQuestion, place, message);
    Some(found.help("write the question that the options answer: `asks \"…?\"`"))
}

/// B605: a time-out goes to whoever has just let it pass.
pub(super) fn self_escalation(at: At<'_>, arrow: &Arrow) -> Option<Diagnostic> {
    let passed = match arrow.kind {
        ArrowKind::Accept => "does not accept",
        ArrowKind::Deadline => "does not finish",
        _ => return None,
    };
    let target = at.facts.at(arrow.to?);
    let (&from, &to) = at.state.owner.get().zip(target.state.owner.get())?;
    if target.is_end() || !same_owner(at, from, to) {
        return None;
    }
    let owner = &at.model[to].name.text;
    let message = format!(
        "when `{}` {passed} `{}` in time, the work goes to `{}`, which is theirs as well",
        at.model[from].name.text,
        at.name(),
        target.name()
    );
    let place = if arrow.inherited { at.state.name.span } else { arrow.span };
    let found = Diagnostic::new(Code::SelfEscalation, place, message);
    let found = if arrow.inherited { found.also(arrow.span, "from this default") } else { found };
    let found = match target.state.owner.span().filter(|_| target.id != at.id) {
        Some(span) => found.also(span, format!("owned by `{owner}`")),
        None => found,
    };
    let (end, declare) = samples::failure_end(at.facts);
    let help = format!("let the time-out lead to somebody else, or to an end: `else -> {end}`{declare}");
    Some(found.help(help))
}

/// Actors of one kind with one binding are the same owner.
fn same_owner(at: At<'_>, one: ActorId, other: ActorId) -> bool {
    let reached = |id: ActorId| {
        let Actor { kind, binding, .. } = &at.model[id];
        kind.zip(binding.as_ref().map(|text| &*text.value))
    };
    let reached_alike = reached(one).is_some_and(|by: (ActorKind, &str)| reached(other) == Some(by));
    one == other || reached_alike
}
