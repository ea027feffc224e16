//! Every value is taken by one handoff, and by one only: B202, B205, B301, B302.
//!
//! Must not know: how that is decided.

use super::facts::{At, FlowFacts};
use super::regions::Values;
use super::repairs::{add_clause, delete};
use super::samples;
use crate::analysis::guards::{Gap, Never, Overlap, Verdict};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Handoff, When};
use crate::source::Span;

/// B202: a way that no work ever takes.
pub(super) fn never_true(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let of_state = |(at, verdict): (At<'_>, &Verdict)| {
        let shut = verdict.never.iter().filter_map(|never| shut(at, never));
        shut.collect::<Vec<_>>()
    };
    facts.verdicts().flat_map(of_state).collect()
}

fn shut(at: At<'_>, never: &Never) -> Option<Diagnostic> {
    let handoff = at.handoff_at(never.handoff)?;
    let name = at.name();
    let place = place(handoff);
    let target = at.flow.arrows_in(&handoff.arrows).next().and_then(|arrow| arrow.to);
    let target = target.map_or("its target", |to| at.flow[to].name.text.as_str());
    let (message, label) = match (&handoff.when, never.known.is_empty()) {
        (When::Otherwise(_), _) => (
            format!(
                "no work ever goes from `{name}` to `{target}` this way: nothing is left for `otherwise`"
            ),
            "the other handoffs take everything".to_owned(),
        ),
        (_, true) => (
            format!("no work ever goes from `{name}` to `{target}` this way: no value passes this guard"),
            "nothing can satisfy this".to_owned(),
        ),
        (_, false) => {
            let known = known(at, never);
            (
                format!(
                    "no work ever goes from `{name}` to `{target}` this way: it comes to `{name}` only with `{known}`"
                ),
                format!("shut off by `{known}`"),
            )
        }
    };
    let found = Diagnostic::new(Code::NeverTrue, place, message).label(label);
    let found = found.help(match handoff.when {
        When::Otherwise(_) => "delete this handoff, or let another one leave something to it",
        _ => "correct its bounds, or delete this handoff",
    });
    Some(if leaves_a_threshold(at, never.handoff) {
        delete(found, at, "delete this handoff", handoff.span)
    } else {
        found
    })
}

/// What is known on arrival of the paths that shut a handoff off.
fn known(at: At<'_>, never: &Never) -> String {
    let known = at.facts.guards.known(at.id);
    let cells = never.known.iter().filter_map(|&path| Some((path, known?.get(path)?.clone())));
    Values::of(at.facts).guard(&cells.collect::<Vec<_>>()).unwrap_or_default()
}

/// Without that handoff, there is still one with a guard of its own.
fn leaves_a_threshold(at: At<'_>, left_out: usize) -> bool {
    let others = at.handoffs().enumerate().filter(|&(index, _)| index != left_out);
    others.into_iter().any(|(_, handoff)| matches!(handoff.when, When::Guard(..)))
}

/// B205: it could not be decided.
pub(super) fn too_complex(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let found = |&id| {
        let at = facts.at(id);
        let message = format!("the guards of `{}` are too complex to decide", at.name());
        let help = "split this state, or let a script work out one value and compare that one";
        Diagnostic::new(Code::TooComplex, at.state.name.span, message).help(help)
    };
    facts.guards.complex.iter().map(found).collect()
}

/// B301: values that no handoff takes. Where a guard is shut off, that is the more telling finding.
pub(super) fn gap(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let told = facts.verdicts().filter(|(_, verdict)| verdict.never.is_empty());
    told.filter_map(|(at, verdict)| Some(falls_through(at, verdict.gap.as_ref()?))).collect()
}

fn falls_through(at: At<'_>, gap: &Gap) -> Diagnostic {
    let values = Values::of(at.facts);
    let first = gap.pieces.first();
    let example = first.and_then(|piece| values.example(piece));
    let example = example.unwrap_or_else(|| "anything that comes here".to_owned());
    let message = format!("work can get stuck in `{}`: no handoff accepts {example}", at.name());
    let found = Diagnostic::new(Code::Gap, at.state.name.span, message);
    let found = match first.and_then(|piece| values.guard(&piece.cells)) {
        Some(region) => found.label(format!("nothing takes `{region}`")),
        None => found.label("nothing takes what is made here"),
    };
    let guard = values.any(&gap.pieces).filter(|_| gap.whole);
    let condition = guard.map_or("otherwise".to_owned(), |guard| format!("when {guard}"));
    let (end, declare) = samples::failure_end(at.facts);
    let value = format!("-> {end} {condition}");
    let rest = if condition == "otherwise" { "" } else { ", or let an `otherwise` take all that is left" };
    let found = found.help(format!("say where such work goes, e.g. `handoff {value}`{declare}{rest}"));
    if declare.is_empty() { add_clause(found, at, "handoff", &value) } else { found }
}

/// B302: values that two handoffs take, at the later one.
pub(super) fn overlap(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let of_state = |(at, verdict): (At<'_>, &Verdict)| {
        let twice = verdict.overlaps.iter().filter_map(|overlap| twice(at, overlap));
        twice.collect::<Vec<_>>()
    };
    facts.verdicts().flat_map(of_state).collect()
}

fn twice(at: At<'_>, overlap: &Overlap) -> Option<Diagnostic> {
    let (earlier, later) = (at.handoff_at(overlap.earlier)?, at.handoff_at(overlap.later)?);
    let values = Values::of(at.facts);
    let example = values.example(&overlap.region).unwrap_or_else(|| "everything".to_owned());
    let message =
        format!("it is not decided where work leaves `{}`: two handoffs accept {example}", at.name());
    let found = Diagnostic::new(Code::Overlap, place(later), message);
    let both = values
        .guard(&overlap.region.cells)
        .map_or_else(|| "they take the same".to_owned(), |region| format!("both take `{region}`"));
    let found = found.label("this one takes it too").also(place(earlier), "this one takes it");
    let has_rest = at.handoffs().any(|handoff| matches!(handoff.when, When::Otherwise(_)));
    let rest = if has_rest { "" } else { ", or make this one `otherwise` if it is to take the rest" };
    Some(found.help(format!("{both}: tighten one of them{rest}")))
}

/// Where a handoff's condition stands.
fn place(handoff: &Handoff) -> Span {
    match handoff.when {
        When::Guard(span, _) | When::Otherwise(span) => span,
        When::Missing => handoff.span,
    }
}
