//! Every handoff has a threshold that asks for something: B201, B203, B204.
//!
//! Must not know: which values satisfy a guard (see `coverage`).

use super::facts::At;
use super::samples;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActorKind, Guard, Handoff, Kind, When};
use crate::source::Span;

/// B201: nothing says when work may move.
pub(super) fn missing_threshold(at: At<'_>, handoff: &Handoff) -> Option<Diagnostic> {
    let When::Missing = handoff.when else { return None };
    let arrow = at.flow.arrows_in(&handoff.arrows).next()?;
    let target = arrow.to.map_or("the next state", |to| &at.flow[to].name.text);
    let message = format!("nothing says when work may move from `{}` to `{target}`", at.name());
    let found =
        Diagnostic::new(Code::MissingThreshold, handoff.span, message).label("this handoff has no threshold");
    let test = samples::likely_test(at);
    if !is_last_without_threshold(at) {
        return Some(found.help(format!("say what the work must meet, e.g. `when {test}`")));
    }
    let help = format!(
        "say what the work must meet, e.g. `when {test}`, or `otherwise` for all that the others leave"
    );
    let found = found.help(help);
    Some(if arrow.to.is_some() {
        found.fix("take all that the others leave", arrow.span.end_point(), " otherwise")
    } else {
        found
    })
}

/// All other handoffs of the state have guards, and there are some, so that `otherwise` makes it whole.
fn is_last_without_threshold(at: At<'_>) -> bool {
    let is_guarded = |handoff: &&Handoff| matches!(handoff.when, When::Guard(..));
    let is_approval = matches!(at.state.kind, Kind::Approval(_));
    !is_approval
        && at.handoffs().filter(|handoff| !is_guarded(handoff)).nth(1).is_none()
        && at.handoffs().find(is_guarded).is_some()
}

/// B203: what a model makes moves on unseen, or `delivered` is asked where nothing is made.
pub(super) fn weak_threshold(at: At<'_>, handoff: &Handoff) -> Option<Diagnostic> {
    let When::Guard(span, guard) = &handoff.when else { return None };
    let word = delivered(guard)?;
    let place = if span.contains(word) { word } else { *span };
    let name = at.name();
    let nothing_made =
        at.state.makes.is_empty() && !at.state.unknown && !matches!(at.state.kind, Kind::Call(_));
    if nothing_made {
        let message = format!("`delivered` asks for nothing here: `{name}` makes nothing");
        let help = "let the state make a field that shows the result: `makes FIELD`, and ask for that";
        return Some(Diagnostic::new(Code::WeakThreshold, place, message).help(help));
    }
    let owner = at.owner().filter(|owner| owner.kind == Some(ActorKind::Model))?;
    if !is_enough(guard) {
        return None;
    }
    let message = format!("whatever the model `{}` makes in `{name}` moves on", owner.name.text);
    let help = match samples::test(at) {
        Some(test) => format!("ask for something that was made: `when {test}`"),
        None => "let the state make a score as well, and ask for it: `when SCORE >= 0.8`".to_owned(),
    };
    let found = Diagnostic::new(Code::WeakThreshold, place, message);
    Some(found.label("any answer of the right form passes").help(help))
}

/// Where `delivered` stands in a guard, if it does.
fn delivered(guard: &Guard) -> Option<Span> {
    guard.parts(|_| true).find_map(|part| match part {
        Guard::Delivered(span) => Some(*span),
        _ => None,
    })
}

/// `delivered` by itself makes the guard hold.
fn is_enough(guard: &Guard) -> bool {
    let is_delivered = |part: &Guard| matches!(part, Guard::Delivered(_));
    let mut parts = guard.parts(|part| matches!(part, Guard::Or(_) | Guard::Threshold { .. }));
    parts.any(|part| match part {
        Guard::And(all) => all.iter().all(is_delivered),
        part => is_delivered(part),
    })
}

/// B204: `otherwise` is the only handoff.
pub(super) fn lone_otherwise(at: At<'_>, handoff: &Handoff) -> Option<Diagnostic> {
    let When::Otherwise(word) = handoff.when else { return None };
    if at.handoffs().count() > 1 || at.state.unknown {
        return None;
    }
    let message = format!("nothing is asked of the work that leaves `{}`", at.name());
    let found =
        Diagnostic::new(Code::LoneOtherwise, word, message).label("the only handoff, so it takes everything");
    let makes = !at.state.makes.is_empty() && matches!(at.state.kind, Kind::State);
    let trusted = at.owner_kind().is_some_and(|kind| kind != ActorKind::Model);
    Some(match samples::test(at) {
        Some(test) => {
            found.help(format!("say what the work must meet: `when {test}`, and where the rest goes"))
        }
        None => {
            let test = samples::likely_test(at);
            found.help(format!("say what the work must meet: `when {test}`"))
        }
    })
    .map(|found| {
        if makes && trusted { found.fix("ask for `delivered`", word, "when delivered") } else { found }
    })
}
