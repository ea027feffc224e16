//! Every wait ends, and its times fit together: B401 to B404.
//!
//! Must not know: how worst cases are worked out.

use super::facts::{At, FlowFacts};
use super::repairs::add_clause;
use super::samples;
use super::words::quoted;
use crate::analysis::worst::Cases;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::words::{duration, long};
use crate::model::{ArrowKind, DefaultHop, FlowId, Kind, Provenance, Run, Timer};
use crate::source::Span;

/// B401: work can wait here for ever.
pub(super) fn missing_deadline(at: At<'_>) -> Option<Diagnostic> {
    if !at.works() || !at.state.deadline.is_missing() || default_time_without_target(at).is_some() {
        return None;
    }
    match at.state.deadline_without_target {
        Some(time) => Some(without_target(at, time)),
        None if owner_may_say_when(at) => None,
        None => Some(without_time(at)),
    }
}

/// Only the time is missing, and so is the owner, whose `responds within` may be just that.
fn owner_may_say_when(at: At<'_>) -> bool {
    let has_target =
        at.arrows().any(|arrow| arrow.kind == ArrowKind::Deadline) || default_target(at).is_some();
    has_target && at.owner().is_none() && !matches!(at.state.kind, Kind::Call(_))
}

/// Where the default's time-out would lead from here.
fn default_target(at: At<'_>) -> Option<&DefaultHop> {
    let hop = at.flow.default_deadline.as_ref()?.route.as_ref()?.hops.first()?;
    (hop.to != Some(at.id)).then_some(hop)
}

fn without_time(at: At<'_>) -> Diagnostic {
    let message = format!("work can wait in `{}` for ever: it has no deadline", at.name());
    let found = Diagnostic::new(Code::MissingDeadline, at.state.name.span, message);
    let default = at.flow.default_deadline.as_ref().and_then(|default| default.route.as_ref()?.hops.first());
    let (end, declare) = samples::failure_end(at.facts);
    let time = samples::time(at);
    match default {
        Some(hop) if hop.to == Some(at.id) => found
            .also(hop.span, "the default leads here, so it does not fill this state")
            .help(format!("write what holds for this state: `deadline {time} else -> {end}`{declare}")),
        Some(hop) => found
            .also(hop.span, "the default says where work goes, but not when")
            .help(format!("write how long the work may take: `deadline {time}`")),
        None => found.help(format!(
            "write how long the work may take, and where it goes then: `deadline {time} else -> {end}`{declare}"
        )),
    }
}

fn without_target(at: At<'_>, time: Span) -> Diagnostic {
    let message = format!("nothing says where work goes when the deadline of `{}` passes", at.name());
    if at.state.span.contains(time) {
        return add_target(Diagnostic::new(Code::MissingDeadline, time, message), at.facts);
    }
    let found =
        Diagnostic::new(Code::MissingDeadline, at.state.name.span, message).also(time, "its deadline");
    let (end, declare) = samples::failure_end(at.facts);
    let target = format!("else -> {end}");
    let found = found.help(format!("say where it goes then: `deadline {target}`{declare}"));
    if declare.is_empty() { add_clause(found, at, "deadline", &target) } else { found }
}

/// B401, where a default gives a time to several states but no target: said once, at the default.
pub(super) fn default_without_target(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let mut states = facts.states().filter_map(|at| Some((at.name(), default_time_without_target(at)?)));
    let Some((first, time)) = states.next() else { return Vec::new() };
    let filled = match states.count() {
        0 => quoted(first),
        more => format!("`{first}` and {more} more"),
    };
    let message = format!("nothing says where work goes when the default deadline of {filled} passes");
    vec![add_target(Diagnostic::new(Code::MissingDeadline, time, message), facts)]
}

/// With the advice to say, after the time at its place, where work goes then.
fn add_target(found: Diagnostic, facts: &FlowFacts<'_>) -> Diagnostic {
    let time = found.place;
    let (end, declare) = samples::failure_end(facts);
    let target = format!("else -> {end}");
    let text = facts.sources.text(time);
    let found = found.help(format!("say it after the time: `deadline {text} {target}`{declare}"));
    match declare {
        "" => found.fix(format!("add `{target}`"), time.end_point(), format!(" {target}")),
        _ => found,
    }
}

/// The default's time, where it is this state's deadline but lacks a target.
fn default_time_without_target(at: At<'_>) -> Option<Span> {
    let default = at.flow.default_deadline.as_ref()?.within.span()?;
    at.state.deadline_without_target.filter(|&time| time == default && at.works())
}

/// B402: the deadline passes before anybody had to accept.
pub(super) fn accept_after_deadline(at: At<'_>) -> Option<Diagnostic> {
    let (accept, deadline) = at.state.accept.get().zip(at.state.deadline.get())?;
    if accept.seconds? < deadline.seconds? {
        return None;
    }
    let text = |timer: &Timer| at.facts.sources.text(timer.span);
    let message = format!(
        "`{}` may be accepted within {}, but must be finished within {}",
        at.name(),
        text(accept),
        text(deadline)
    );
    let found = clash(
        Code::AcceptAfterDeadline,
        at,
        (accept.span, "to accept"),
        (deadline.span, "to finish"),
        message,
    );
    Some(found.help(format!("give less time to accept than to finish: an `accept` below {}", text(deadline))))
}

/// B403: the deadline cuts the retries off.
pub(super) fn retry_past_deadline(at: At<'_>) -> Option<Diagnostic> {
    let (retry, deadline) = at.state.retry.get().zip(at.state.deadline.get())?;
    let pauses = retry.times.saturating_mul(retry.every);
    if pauses <= deadline.seconds? {
        return None;
    }
    let limit = at.facts.sources.text(deadline.span);
    let message = format!(
        "the pauses of the retries in `{}` take {}, but its deadline is {limit}",
        at.name(),
        duration(pauses)
    );
    let retries = at.state.retry.span()?;
    let found =
        clash(Code::RetryPastDeadline, at, (retries, "retries"), (deadline.span, "deadline"), message);
    Some(found.help(format!("retry fewer times or with shorter pauses, so that they fit into {limit}")))
}

/// B404: less time than the owner promises to need.
pub(super) fn tight_deadline(at: At<'_>) -> Option<Diagnostic> {
    let deadline = at.state.deadline.get().filter(|deadline| deadline.source == Provenance::State)?;
    let owner = at.owner().filter(|_| matches!(at.state.kind, Kind::State | Kind::Approval(_)))?;
    let responds = owner.responds.as_ref()?;
    if deadline.seconds? >= responds.value {
        return None;
    }
    let text = |span: Span| at.facts.sources.text(span);
    let (name, own, promised) = (quoted(&owner.name.text), text(deadline.span), text(responds.span));
    let message =
        format!("`{}` must be finished within {own}, but {name} responds within {promised}", at.name());
    let found = Diagnostic::new(Code::TightDeadline, deadline.span, message);
    Some(
        found
            .also(responds.span, format!("the promise of {name}"))
            .help(format!("give it at least {promised}")),
    )
}

/// B404: less time than a flow that is called may need.
pub(super) fn tight_call(facts: &FlowFacts<'_>, _: FlowId, worst: &Cases) -> Vec<Diagnostic> {
    facts.states().filter_map(|at| tighter_than_callee(at, worst)).collect()
}

fn tighter_than_callee(at: At<'_>, worst: &Cases) -> Option<Diagnostic> {
    let Kind::Call(call) = &at.state.kind else { return None };
    let deadline = at.state.deadline.get()?;
    let time = |run: &Run| {
        let time = worst.flow(run.flow?)?.time.filter(|time| time.attained || time.complete)?;
        Some((at.model[run.flow?].name.clone(), time))
    };
    let slowest = call.runs.iter().filter_map(time).reduce(|a, b| if b.1.value > a.1.value { b } else { a });
    let (callee, time) = slowest?;
    if time.value <= deadline.seconds?.into() {
        return None;
    }
    let (own, needed) = (at.facts.sources.text(deadline.span), long(time.value));
    let about = if time.attained { "" } else { "up to " };
    let message = format!(
        "`{}` must be finished within {own}, but `{}` may take {about}{needed}",
        at.name(),
        callee.text
    );
    let inherited = deadline.source == Provenance::Default;
    let place = if inherited { at.state.name.span } else { deadline.span };
    let found = Diagnostic::new(Code::TightDeadline, place, message);
    let found = if inherited { found.also(deadline.span, "from this default") } else { found };
    let found = found.also(callee.span, format!("ends within {needed} at worst"));
    Some(found.help(match u64::try_from(time.value) {
        Ok(_) => format!("give it time enough: `deadline {needed}`, or bound the work in `{}`", callee.text),
        Err(_) => format!("bound the work in `{}`", callee.text),
    }))
}

/// Two times that clash: the later one of those in the state is to be changed.
fn clash(code: Code, at: At<'_>, one: (Span, &str), other: (Span, &str), message: String) -> Diagnostic {
    let own = |span: Span| at.state.span.contains(span).then_some(span.start);
    let (place, second) = if own(one.0) >= own(other.0) { (one, other) } else { (other, one) };
    Diagnostic::new(code, place.0, message).label(place.1).also(second.0, second.1)
}
