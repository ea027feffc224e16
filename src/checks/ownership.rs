//! Every state has an owner who can be reached, a goal and an asset: B101 to B105.
//!
//! Must not know: arrows.

use super::facts::At;
use super::samples;
use super::words::{kind, quoted};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Actor, ActorKind, Kind, Model, Type};

/// B101: nobody owns the work.
pub(super) fn missing_owner(at: At<'_>) -> Option<Diagnostic> {
    if !at.state.owner.is_missing() {
        return None;
    }
    let message = match at.is_end() {
        true => format!("nobody owns the work that ends in `{}`", at.name()),
        false => format!("nobody owns the work in `{}`", at.name()),
    };
    let help = match samples::owner(at) {
        Some(actor) => format!("name who is responsible here: `owner {}`", actor.name.text),
        None => "declare an actor, and name it here: `owner NAME`".to_owned(),
    };
    let found = Diagnostic::new(Code::MissingOwner, at.state.name.span, message);
    Some(found.help(help))
}

/// B102: an approval is not owned by a human.
pub(super) fn wrong_owner_kind(at: At<'_>) -> Option<Diagnostic> {
    let is_approval = matches!(at.state.kind, Kind::Approval(_));
    let (actor, span) = at.owner().zip(at.state.owner.span()).filter(|_| is_approval)?;
    let found = actor.kind.filter(|&found| found != ActorKind::Human)?;
    let name = &actor.name.text;
    let message =
        format!("`{}` is to be decided by `{name}`, which is {} and no human", at.name(), kind(found));
    let help = match samples::owner(at) {
        Some(human) => format!("name a human who answers for it: `owner {}`", human.name.text),
        None => "declare a human who answers for it: `actor NAME: human { contact \"…\" }`".to_owned(),
    };
    let found = Diagnostic::new(Code::WrongOwnerKind, span, message);
    Some(found.label("an approval needs a human").also(actor.name.span, "declared here").help(help))
}

/// B103: nothing says what "done" means.
pub(super) fn missing_goal(at: At<'_>) -> Option<Diagnostic> {
    if at.is_end() || !at.state.goal.is_missing() {
        return None;
    }
    let help = "write what whoever comes next can hold the work against: `goal \"…\"`";
    let found = match at.state.goal_span {
        Some(blank) => {
            Diagnostic::new(Code::MissingGoal, blank, format!("the goal of `{}` is blank", at.name()))
        }
        None => {
            let message = format!("nothing says what \"done\" means in `{}`", at.name());
            Diagnostic::new(Code::MissingGoal, at.state.name.span, message)
        }
    };
    Some(found.help(help))
}

/// B104: nothing says what is worked on.
pub(super) fn missing_asset(at: At<'_>) -> Option<Diagnostic> {
    if at.is_end() || !at.state.asset.is_missing() {
        return None;
    }
    let is_asset = |ty: &Type| matches!(ty, Type::Asset(_));
    let likely = at.flow.context.iter().find(|field| is_asset(&field.ty.ty));
    let field = likely.map_or("FIELD", |field| &field.name.text);
    let message = format!("nothing says what is worked on in `{}`", at.name());
    let help = format!("name the context field that is the object of the work: `asset {field}`");
    Some(Diagnostic::new(Code::MissingAsset, at.state.name.span, message).help(help))
}

/// B105: an actor can't be reached.
pub(super) fn missing_binding(model: &Model) -> Vec<Diagnostic> {
    model.actors.iter().filter_map(unbound).collect()
}

fn unbound(actor: &Actor) -> Option<Diagnostic> {
    let found = actor.kind.filter(|_| actor.binding.is_none() && !actor.unknown && actor.misfit.is_none())?;
    let Binding { what, keyword, example } = binding(found);
    let name = quoted(&actor.name.text);
    let message = format!("nothing says how {name}, {}, is reached", kind(found));
    let help = format!("write its {what} between its braces: `{keyword} \"{example}\"`");
    Some(Diagnostic::new(Code::MissingBinding, actor.name.span, message).help(help))
}

/// The clause that says how an actor is reached.
struct Binding {
    what: &'static str,
    keyword: &'static str,
    example: &'static str,
}

fn binding(kind: ActorKind) -> Binding {
    let (what, keyword, example) = match kind {
        ActorKind::Model => ("route", "uses", "writer-large"),
        ActorKind::Script => ("command", "runs", "tools/clean"),
        ActorKind::Action => ("method and address", "calls", "POST https://example.com/pages"),
        ActorKind::Human => ("address", "contact", "team@example.com"),
        ActorKind::Queue => ("name", "name", "support-requests"),
    };
    Binding { what, keyword, example }
}
