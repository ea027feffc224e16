//! Who reads and who writes which context fields: state by state, as the clauses say.
//!
//! Must not know: on which paths.

use crate::model::{
    Arrow, ArrowKind, Carry, FieldId, FieldUse, Flow, Guard, HandoffId, Kind, PathId, PathUse, Root, Slot,
    StateId, When,
};
use crate::source::Span;

/// Something reads a context field, or a path below it.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The field.
    pub field: FieldId,
    /// The path, where one is written; else it is the whole field.
    pub path: Option<PathId>,
    /// Which clause reads.
    pub by: Reader,
    /// The word that reads, in the state.
    pub span: Span,
    /// Where it stands in a threshold that is named at `span`.
    pub inside: Option<Span>,
}

/// The clauses that read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// `asset`
    Asset,
    /// `needs`
    Needs,
    /// `needs …?`: absence will do.
    NeedsIfPresent,
    /// `shows`
    Shows,
    /// The argument of a run.
    Argument,
    /// A guard: it reads after `makes`, and can tell that something is absent.
    Guard,
    /// `receipt`
    Receipt,
}

impl Reader {
    /// It can't do without a value.
    #[must_use]
    pub fn wants_a_value(self) -> bool {
        !matches!(self, Reader::NeedsIfPresent | Reader::Guard)
    }
}

/// All readings of a state, those of its guards last.
pub fn readings(flow: &Flow, state: StateId) -> impl Iterator<Item = Reading> {
    on_arrival(flow, state).chain(by_guards(flow, state))
}

/// What is read when work arrives.
fn on_arrival(flow: &Flow, id: StateId) -> impl Iterator<Item = Reading> {
    let state = &flow[id];
    let asset = whole(&state.asset, Reader::Asset);
    let needs = state.needs.iter().map(|need| match need.optional {
        true => (&need.path, Reader::NeedsIfPresent),
        false => (&need.path, Reader::Needs),
    });
    let (shows, runs, receipt) = match &state.kind {
        Kind::Approval(approval) => (approval.shows.as_slice(), [].as_slice(), None),
        Kind::Call(call) => ([].as_slice(), call.runs.as_slice(), None),
        Kind::End(end) => ([].as_slice(), [].as_slice(), whole(&end.receipt, Reader::Receipt)),
        Kind::State | Kind::Wait { .. } => ([].as_slice(), [].as_slice(), None),
    };
    let shows = shows.iter().map(|path| (path, Reader::Shows));
    let arguments = runs.iter().filter_map(|run| Some((run.argument.as_ref()?, Reader::Argument)));
    let paths = needs.chain(shows).chain(arguments).filter_map(|(path, by)| of_path(flow, path, by));
    asset.into_iter().chain(paths).chain(receipt)
}

fn whole(slot: &Slot<FieldId>, by: Reader) -> Option<Reading> {
    let (&field, span) = slot.get().zip(slot.span())?;
    Some(Reading { field, path: None, by, span, inside: None })
}

fn of_path(flow: &Flow, PathUse { path, span }: &PathUse, by: Reader) -> Option<Reading> {
    let field = root(flow, (*path)?)?;
    Some(Reading { field, path: *path, by, span: *span, inside: None })
}

fn root(flow: &Flow, path: PathId) -> Option<FieldId> {
    match flow[path].root {
        Root::Field(field) => Some(field),
        Root::Decision(_) => None,
    }
}

/// What a state's guards read, after what the state makes is there.
pub fn by_guards(flow: &Flow, id: StateId) -> impl Iterator<Item = Reading> {
    let guards = flow[id].handoffs.clone().filter_map(|handoff| flow[HandoffId(handoff)].when.guard());
    let written = guards.flat_map(|guard| guard.parts(|part| !matches!(part, Guard::Threshold { .. })));
    let tested = written.flat_map(|part| {
        let named = match part {
            Guard::Threshold { span, guard, .. } => Some((*span, guard)),
            _ => None,
        };
        let inside = named
            .into_iter()
            .flat_map(|(span, guard)| guard.parts(|_| true).map(move |part| (part, Some(span))));
        std::iter::once((part, None)).chain(inside)
    });
    tested.filter_map(|(part, named)| {
        let Guard::Atom(atom) = part else { return None };
        let field = root(flow, atom.path)?;
        let (span, inside) = named.map_or((atom.path_span, None), |span| (span, Some(atom.path_span)));
        Some(Reading { field, path: Some(atom.path), by: Reader::Guard, span, inside })
    })
}

/// What a state may read is not wholly known.
pub fn may_read_more(flow: &Flow, id: StateId) -> bool {
    let state = &flow[id];
    let unknown = |path: &PathUse| path.path.is_none();
    let by_kind = match &state.kind {
        Kind::Approval(approval) => approval.shows_unknown || approval.shows.iter().any(unknown),
        Kind::Call(call) => {
            call.unknown || call.runs.iter().any(|run| run.argument.as_ref().is_none_or(unknown))
        }
        Kind::End(end) => end.success.is_none() || end.receipt == Slot::Unknown,
        Kind::State | Kind::Wait { .. } => false,
    };
    let untold = |handoff: u32| match &flow[HandoffId(handoff)].when {
        When::Guard(_, guard) => guard.is_unknown(),
        When::Otherwise(_) => false,
        When::Missing => true,
    };
    state.unknown
        || by_kind
        || state.asset == Slot::Unknown
        || state.needs.iter().any(|need| unknown(&need.path))
        || state.handoffs.clone().any(untold)
}

/// The fields that a state writes, with the words: those of `makes`, and those that a call's runs give.
pub fn writings(flow: &Flow, id: StateId) -> impl Iterator<Item = (FieldId, Span)> {
    written(flow, id).filter_map(|used| Some((used.field?, used.span)))
}

/// Whether a state writes the field.
#[must_use]
pub fn writes(flow: &Flow, state: StateId, field: FieldId) -> bool {
    writings(flow, state).any(|(written, _)| written == field)
}

/// What a state may write is not wholly known.
pub fn may_write_more(flow: &Flow, id: StateId) -> bool {
    let unknown = matches!(&flow[id].kind, Kind::Call(call) if call.unknown);
    flow[id].unknown || unknown || written(flow, id).any(|used| used.field.is_none())
}

fn written(flow: &Flow, id: StateId) -> impl Iterator<Item = &FieldUse> {
    let state = &flow[id];
    let runs = match &state.kind {
        Kind::Call(call) => call.runs.as_slice(),
        _ => &[],
    };
    state.makes.iter().chain(runs.iter().filter_map(|run| run.gives.as_ref()))
}

/// The handoff whose arrow it is; what the state writes is there on these arrows only.
#[must_use]
pub fn handoff_of(arrow: &Arrow) -> Option<HandoffId> {
    match arrow.kind {
        ArrowKind::Handoff(id) => Some(id),
        _ => None,
    }
}

/// The `carry` of an arrow's handoff, if all of it is known.
#[must_use]
pub fn carry_of<'m>(flow: &'m Flow, arrow: &Arrow) -> Option<&'m Carry> {
    let carry = flow[handoff_of(arrow)?].carry.as_ref()?;
    carry.fields.iter().all(|used| used.field.is_some()).then_some(carry)
}
