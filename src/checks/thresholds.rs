//! Every handoff has a threshold that asks for something: B201, B203, B204.
//!
//! Must not know: which values satisfy a guard (that is exact, and comes later).

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
    let test = likely_test(at);
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

/// The weakest threshold is none for a model.
fn likely_test(at: At<'_>) -> String {
    let weakest = if at.owner_kind() == Some(ActorKind::Model) { "SCORE >= 0.8" } else { "delivered" };
    samples::test(at).unwrap_or_else(|| weakest.to_owned())
}

/// All other handoffs of the state have guards, and there are some, so that `otherwise` makes it whole.
fn is_last_without_threshold(at: At<'_>) -> bool {
    let guarded = at.handoffs().filter(|handoff| matches!(handoff.when, When::Guard(..))).count();
    let is_approval = matches!(at.state.kind, Kind::Approval(_));
    guarded > 0 && guarded + 1 == at.handoffs().count() && !is_approval
}

/// B203: what a model makes moves on unseen, or `delivered` is asked where nothing is made.
pub(super) fn weak_threshold(at: At<'_>, handoff: &Handoff) -> Option<Diagnostic> {
    let When::Guard(span, guard) = &handoff.when else { return None };
    let word = delivered(guard)?;
    let place = if inside(*span, word) { word } else { *span };
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
    let mut open = vec![guard];
    while let Some(guard) = open.pop() {
        match guard {
            Guard::Delivered(span) => return Some(*span),
            Guard::And(parts) | Guard::Or(parts) => open.extend(parts.iter().rev()),
            Guard::Not(part) => open.push(part),
            Guard::Threshold { guard, .. } => open.push(guard),
            Guard::Atom(_) | Guard::Unknown => {}
        }
    }
    None
}

/// `delivered` by itself makes the guard hold.
fn is_enough(guard: &Guard) -> bool {
    let mut open = vec![guard];
    while let Some(guard) = open.pop() {
        match guard {
            Guard::Delivered(_) => return true,
            Guard::Or(parts) => open.extend(parts),
            Guard::And(parts) if parts.iter().all(|part| matches!(part, Guard::Delivered(_))) => return true,
            Guard::Threshold { guard, .. } => open.push(guard),
            Guard::And(_) | Guard::Not(_) | Guard::Atom(_) | Guard::Unknown => {}
        }
    }
    false
}

fn inside(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
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
        None => found.help("say what the work must meet: `when delivered` at least"),
    })
    .map(|found| {
        if makes && trusted { found.fix("ask for `delivered`", word, "when delivered") } else { found }
    })
}
