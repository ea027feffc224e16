//! People can decide, and silence comes to somebody else: B601 to B606.
//!
//! Must not know: how it is decided which option a guard takes.

use super::facts::{At, FlowFacts};
use super::repairs::add_clause;
use super::samples;
use super::words::quoted;
use crate::analysis::guards::Verdict;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Actor, ActorId, ActorKind, Arrow, ArrowKind, HandoffId, Kind, Model, Name, Type, When};

/// B601: an option that no handoff takes. Where a guard is shut off, that is the more telling finding.
pub(super) fn unhandled_option(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let of_state = |(at, verdict): (At<'_>, &Verdict)| {
        let options = names(at, &verdict.unhandled).into_iter();
        options.map(|option| nothing_happens(at, option)).collect::<Vec<_>>()
    };
    facts.verdicts().filter(|(_, verdict)| verdict.never.is_empty()).flat_map(of_state).collect()
}

fn nothing_happens(at: At<'_>, option: &Name) -> Diagnostic {
    let who = at.owner().map_or("somebody".to_owned(), |owner| quoted(&owner.name.text));
    let message = format!("nothing happens when {who} decides `{}` in `{}`", option.text, at.name());
    let found =
        Diagnostic::new(Code::UnhandledOption, option.span, message).label("no handoff takes this option");
    let (end, declare) = samples::failure_end(at.facts);
    let value = format!("-> {end} when decision is {}", option.text);
    let help = format!("say where work goes then, e.g. `handoff {value}`{declare}, or take the option away");
    let found = found.help(help);
    if declare.is_empty() { add_clause(found, at, "handoff", &value) } else { found }
}

/// The options of an approval at these positions.
fn names<'m>(at: At<'m>, positions: &[u32]) -> Vec<&'m Name> {
    let Kind::Approval(approval) = &at.state.get().kind else { return Vec::new() };
    positions.iter().filter_map(|&position| approval.options.get(position as usize)).collect()
}

/// B604: silence goes the way of an answer.
pub(super) fn silence_approves(at: At<'_>, arrow: &Arrow) -> Option<Diagnostic> {
    let target = at.facts.at(arrow.to?);
    let is_timeout = matches!(arrow.kind, ArrowKind::Accept | ArrowKind::Deadline);
    if !is_timeout || !matches!(at.state.kind, Kind::Approval(_)) || target.ends_in(false) {
        return None;
    }
    let options = at.facts.guards.options(at.id).ok()?;
    let leads_there = |index: u32| {
        let first = at.flow.arrows_in(&at.flow[HandoffId(index)].arrows).next();
        first.filter(|arrow| arrow.to == Some(target.id) && at.facts.guards.may_take(arrow))
    };
    let mut answers = at.state.handoffs.clone().zip(&options);
    let (answer, option) =
        answers.find_map(|(index, taken)| Some((leads_there(index)?, *names(at, taken).first()?)))?;
    let option = quoted(&option.text);
    let (name, to) = (at.name(), target.name());
    let message = format!(
        "silence counts as {option}: when nobody answers `{name}` in time, the work goes to `{to}` as well"
    );
    let place = if arrow.inherited { at.state.name.span } else { arrow.span };
    let found = Diagnostic::new(Code::SilenceApproves, place, message);
    let found = if arrow.inherited { found.also(arrow.span, "from this default") } else { found };
    let found = found.also(answer.span, format!("{option} leads here"));
    let (end, declare) = samples::failure_end(at.facts);
    Some(found.help(format!(
        "let somebody else decide then, or let it fail: `else -> {end}`{declare}; if silence is meant to be consent, \
         write `// allow(B604): why` above it"
    )))
}

/// B606: an `otherwise` takes several answers for one.
pub(super) fn swallowed_options(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let swallowed = |(at, verdict): (At<'_>, &Verdict)| {
        let (index, options) = verdict.swallowed.as_ref()?;
        let When::Otherwise(word) = at.handoff_at(*index)?.when else { return None };
        let options = names(at, options);
        let said: Vec<_> = options.iter().map(|option| quoted(&option.text)).collect();
        let (last, others) = said.split_last()?;
        let message = format!("`otherwise` takes {} and {last} alike", others.join(", "));
        let found = Diagnostic::new(Code::SwallowedOptions, word, message);
        let found = found.label(format!("{} options of `{}`", options.len(), at.name()));
        let first = options.first()?;
        Some(found.help(format!("write a handoff for each option: `when decision is {}`", first.text)))
    };
    facts.verdicts().filter_map(swallowed).collect()
}

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
    if target.is_end() || !same_owner(at.model, from, to) {
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
pub(super) fn same_owner(model: &Model, one: ActorId, other: ActorId) -> bool {
    let reached = |id: ActorId| {
        let Actor { kind, binding, .. } = &model[id];
        kind.zip(binding.as_ref().map(|text| &*text.value))
    };
    let reached_alike = reached(one).is_some_and(|by: (ActorKind, &str)| reached(other) == Some(by));
    one == other || reached_alike
}
