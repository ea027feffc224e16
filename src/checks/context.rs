//! Every stage gets what it needs, and no more: B501 to B504 and B506.
//!
//! Must not know: how it is found out what is there, and what is read.

use std::collections::BTreeMap;

use super::facts::{At, FlowFacts};
use super::runs::{line, with_run};
use super::samples::made;
use crate::analysis::assigned::is_made;
use crate::analysis::context::Lack;
use crate::analysis::live::next_reading;
use crate::analysis::present::Absences;
use crate::analysis::uses::{Reader, by_guards, handoff_of, may_read_more, writings};
use crate::diagnostics::{Code, Diagnostic};
use crate::graph::{Graph, Runs};
use crate::model::{ArrowId, FieldId, FieldUse, Handoff, Kind, Start};
use crate::source::Span;

/// B501: something is read that some path has not made, or has left absent.
pub(super) fn unassigned(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let mut runs = Witnesses::default();
    let of_state = |at: At<'_>| {
        let lacks = facts.context.lacking(facts.model, &facts.graph, at.id);
        lacks.into_iter().map(|lack| not_there(at, lack, &runs.to(at, lack))).collect::<Vec<_>>()
    };
    facts.states().filter(|at| facts.reached.contains(at.id)).flat_map(of_state).collect()
}

/// Runs that show what is not there: all those of a field, or of a value, are found at once.
#[derive(Default)]
struct Witnesses {
    not_made: BTreeMap<FieldId, Runs>,
    absent: BTreeMap<usize, Absences>,
}

impl Witnesses {
    fn to(&mut self, at: At<'_>, Lack { reading, absent }: Lack) -> Vec<ArrowId> {
        let (context, graph) = (&at.facts.context, &at.facts.graph);
        match absent {
            Some(number) => {
                let runs = self.absent.entry(number);
                runs.or_insert_with(|| context.present.runs_without(graph, number)).to(at.flow, at.id)
            }
            None => {
                let runs = self.not_made.entry(reading.field);
                runs.or_insert_with(|| context.runs_without(graph, reading.field)).to(at.id)
            }
        }
    }
}

fn not_there(at: At<'_>, Lack { reading, absent }: Lack, run: &[ArrowId]) -> Diagnostic {
    let flow = at.flow;
    let field = &flow[reading.field].name.text;
    let path = reading.path.map_or(field.as_str(), |path| &flow[path].text);
    let message = match absent {
        Some(_) => format!("`{path}` may be absent on: {}", line(flow, run)),
        None => format!("`{field}` is not made on: {}", line(flow, run)),
    };
    let found = Diagnostic::new(Code::Unassigned, reading.span, message);
    let found = match reading.inside {
        Some(inside) => found.label(format!("this threshold reads `{path}`")).also(inside, "read here"),
        None => found.label("read here"),
    };
    let found = with_run(found, flow, run);
    match absent {
        Some(_) => accept_absence(found, at, reading.by, path, reading.span, run),
        None => found.help(make_it(at, reading.field, reading.by, run)),
    }
}

/// What to write where something is not made on a run.
fn make_it(at: At<'_>, field: FieldId, by: Reader, run: &[ArrowId]) -> String {
    let flow = at.flow;
    let name = &flow[field].name.text;
    let unfinished = run.iter().find_map(|&arrow| unfinished_maker(at, field, arrow));
    if let Some(maker) = unfinished {
        return format!(
            "`{maker}` has not finished on that path, so what it makes can't be relied on: lead the arrow elsewhere, \
             or make `{name}` before"
        );
    }
    let before = run.last().and_then(|&arrow| match flow[arrow].from {
        Start::State(state) if matches!(flow[state].kind, Kind::State | Kind::Approval(_)) => Some(state),
        _ => None,
    });
    let make = match before {
        _ if by == Reader::Guard => {
            format!("let `{}`, or a state before it, make it: `makes {name}`", at.name())
        }
        Some(state) => {
            format!("let a state on that path make it, e.g. `makes {name}` in `{}`", flow[state].name.text)
        }
        None => format!("let a state before it make it: `makes {name}`"),
    };
    let declared = at.facts.sources.text(flow[field].ty_span);
    match by {
        Reader::Needs => {
            format!("{make}; or, if it may be missing, declare `{name}: {declared}?` and read it with `?`")
        }
        _ => make,
    }
}

/// The state that makes the field, but has not done so on this arrow.
fn unfinished_maker<'m>(at: At<'m>, field: FieldId, arrow: ArrowId) -> Option<&'m str> {
    let Start::State(state) = at.flow[arrow].from else { return None };
    let makes = writings(at.flow, state).any(|(made, _)| made == field);
    (makes && handoff_of(&at.flow[arrow]).is_none()).then_some(at.flow[state].name.text.as_str())
}

fn accept_absence(
    found: Diagnostic,
    at: At<'_>,
    by: Reader,
    path: &str,
    span: Span,
    run: &[ArrowId],
) -> Diagnostic {
    let name = at.name();
    let by_handoff = run.last().is_some_and(|&last| handoff_of(&at.flow[last]).is_some());
    let elsewhere = match (run.len(), by_handoff) {
        (0..2, _) => {
            format!("let a state before `{name}` ask for it: `handoff -> {name} when {path} is present`")
        }
        (_, true) => {
            format!("let only work that has it come here: `handoff -> {name} when {path} is present`")
        }
        (_, false) => format!("lead the arrow to a state that does without `{path}`"),
    };
    match by {
        Reader::Needs => found
            .help(format!("accept that it may be absent: `needs {path}?`; or {elsewhere}"))
            .fix(format!("change to `{path}?`"), span.end_point(), "?"),
        _ => found.help(elsewhere),
    }
}

/// B502: a `carry` leaves out what is read later.
pub(super) fn dropped(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let all = facts.context.dropped.iter();
    let each =
        all.flat_map(|(&handoff, fields)| fields.iter().map(move |field| (&facts.flow[handoff], field)));
    each.filter_map(|(handoff, &(field, arrow))| left_out(facts, handoff, field, arrow)).collect()
}

fn left_out(facts: &FlowFacts<'_>, handoff: &Handoff, field: FieldId, arrow: ArrowId) -> Option<Diagnostic> {
    let flow = facts.flow;
    let carry = handoff.carry.as_ref()?;
    let (run, reading) = next_reading(&facts.graph, arrow, field)?;
    let name = &flow[field].name.text;
    let reader = &flow[flow[*run.last()?].to?].name.text;
    let message = format!("this `carry` leaves out `{name}`, which `{reader}` reads");
    let found = Diagnostic::new(Code::Dropped, carry.keyword, message)
        .label(format!("`{name}` stays behind"))
        .also(reading.inside.unwrap_or(reading.span), format!("`{reader}` reads it here"));
    let found = with_run(found, flow, &run);
    let last = carry.fields.last()?;
    Some(
        found
            .help(format!(
                "add `{name}` to it, or leave the `carry` out: then whatever is read later goes along by itself"
            ))
            .fix(format!("carry `{name}` too"), last.span.end_point(), format!(", {name}")),
    )
}

/// B503: a `carry` names what nobody reads later.
pub(super) fn unread_carry(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let reached = facts.flow.handoffs.iter().filter(|handoff| facts.reached.contains(handoff.state));
    reached.flat_map(|handoff| unread_in(facts, handoff)).collect()
}

fn unread_in<'m>(facts: &'m FlowFacts<'m>, handoff: &'m Handoff) -> impl Iterator<Item = Diagnostic> + 'm {
    let flow = facts.flow;
    let fields = handoff.carry.as_ref().map_or([].as_slice(), |carry| carry.fields.as_slice());
    let is_read = |field: FieldId| {
        flow.arrows_in(&handoff.arrows)
            .any(|arrow| arrow.to.is_none_or(|to| facts.context.live.read(to, field)))
    };
    fields.iter().enumerate().filter_map(move |(at, used)| {
        let field = used.field.filter(|&field| !is_read(field))?;
        let name = &flow[field].name.text;
        let message = format!("`{name}` is carried along, and nobody reads it later");
        let help =
            "take it out of the `carry`; if somebody outside wants it, write `// allow(B503): who` above";
        let found = Diagnostic::new(Code::UnreadCarry, used.span, message).help(help);
        Some(take_out(found, fields, at))
    })
}

/// With a repair that takes one entry, not the only one, out of a list.
fn take_out(found: Diagnostic, list: &[FieldUse], at: usize) -> Diagnostic {
    let span = |at: usize| list.get(at).map(|used| used.span);
    let entry = match at.checked_sub(1) {
        Some(before) => span(before).zip(span(at)).map(|(before, this)| Span { start: before.end, ..this }),
        None => span(at).zip(span(1)).map(|(this, next)| Span { end: next.start, ..this }),
    };
    match entry {
        Some(entry) => found.fix("take it out", entry, ""),
        None => found,
    }
}

/// B504: a state makes what nobody reads. Where work can only fail, the ways to those who would read it are missing.
pub(super) fn unread_field(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let told = |at: &At<'_>| facts.reached.contains(at.id) && facts.hopeful.contains(at.id);
    facts.states().filter(told).flat_map(unread_of).collect()
}

fn unread_of(at: At<'_>) -> Vec<Diagnostic> {
    let unread = writings(at.flow, at.id).filter(|&(field, _)| !is_read_after(at, field));
    unread.map(|(field, span)| never_read(at, field, span)).collect()
}

/// A guard of the state reads what it has made, or a later state does.
fn is_read_after(at: At<'_>, field: FieldId) -> bool {
    let live = &at.facts.context.live;
    at.facts.open.contains(at.id)
        || may_read_more(at.flow, at.id)
        || by_guards(at.flow, at.id).any(|reading| reading.field == field)
        || at.facts.graph.leaving(at.id).any(|(arrow, to)| live.read_along(at.flow, arrow, to, field))
}

fn never_read(at: At<'_>, field: FieldId, span: Span) -> Diagnostic {
    let (name, state) = (&at.flow[field].name.text, at.name());
    let message = format!("`{state}` makes `{name}`, and nobody reads it");
    let found = Diagnostic::new(Code::UnreadField, span, message);
    match at.state.makes.iter().position(|used| used.span == span) {
        Some(place) => take_out(
            found.help(format!("let a later state read it, e.g. `needs {name}`, or take it out of `makes`")),
            &at.state.makes,
            place,
        ),
        None => {
            found.help(format!("let a later state read it, e.g. `needs {name}`, or leave `gives {name}` out"))
        }
    }
}

/// B506: nothing proves the success.
pub(super) fn no_receipt(at: At<'_>) -> Option<Diagnostic> {
    let Kind::End(end) = &at.state.kind else { return None };
    if end.success != Some(true) || !end.receipt.is_missing() {
        return None;
    }
    let message = format!("nothing proves the success of `{}`: it has no receipt", at.name());
    let found = Diagnostic::new(Code::NoReceipt, at.state.name.span, message);
    let field = at.facts.graph.arriving(at.id).find_map(|(_, from)| made(at.facts.at(from)).next());
    let field = field.map_or("FIELD", |id| &at.flow[id].name.text);
    Some(found.help(format!("name the field, made on the way, that proves it: `receipt {field}`")))
}

/// B506: what is called the receipt came in from outside on some path; nothing that was done proves the success.
pub(super) fn receipt_not_made(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let mut runs = BTreeMap::new();
    let of_end = |at: At<'_>| {
        let (field, span) = unmade_receipt(at)?;
        let run = runs.entry(field).or_insert_with(|| unmade(&facts.graph, field)).to(at.id);
        let name = &at.flow[field].name.text;
        let message = format!("nothing that was done proves success on: {}", line(at.flow, &run));
        let found = Diagnostic::new(Code::NoReceipt, span, message);
        let found = with_run(found, at.flow, &run).label(format!("on that path `{name}` is what came in"));
        Some(found.help("name a field that some state makes, or a call gives, on every path to this end"))
    };
    facts.states().filter_map(of_end).collect()
}

/// The receipt of a success end, if it may be what came in.
fn unmade_receipt(at: At<'_>) -> Option<(FieldId, Span)> {
    let Kind::End(end) = &at.state.kind else { return None };
    let (&field, span) = end.receipt.get().zip(end.receipt.span())?;
    let context = &at.facts.context;
    let told = !context.lacking(at.model, &at.facts.graph, at.id).is_empty();
    // What did not come in either is read unassigned somewhere, which is told there.
    let came_in = at.flow.intakes.iter().any(|intake| intake.field == Some(field));
    let unmade = end.success == Some(true)
        && at.facts.reached.contains(at.id)
        && !told
        && came_in
        && !context.assigned.made(at.id, field);
    unmade.then_some((field, span))
}

/// Shortest runs on which no state makes the field, and no call gives it.
fn unmade(graph: &Graph<'_>, field: FieldId) -> Runs {
    graph.runs(|arrow| !is_made(graph.flow, arrow, field))
}
