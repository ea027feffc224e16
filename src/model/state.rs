//! The states of a flow, of every sort, and what their clauses hold.
//!
//! Must not know: where arrows lead (the flow's arena).

use super::{ActorId, FieldId, FlowId, IntakeId, Name, PathId, Spanned};
use crate::source::Span;

/// A state, approval, wait, call or end.
#[derive(Clone, Debug)]
pub struct State {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// The whole declaration.
    pub span: Span,
    /// Which sort, with what only that sort has.
    pub kind: Kind,
    /// Who owns the work here.
    pub owner: Slot<ActorId>,
    /// The object of the work.
    pub asset: Slot<FieldId>,
    /// What "done" means here; blank goals are `Missing` (B103 points at `goal_span` then).
    pub goal: Slot<Box<str>>,
    /// The `goal` clause's text, even if blank.
    pub goal_span: Option<Span>,
    /// Further context that the owner reads.
    pub needs: Vec<Need>,
    /// Fields that the owner writes, without repetitions.
    pub makes: Vec<FieldUse>,
    /// The time within which the owner must acknowledge, with its first arrow in `arrows`.
    pub accept: Slot<Timer>,
    /// The time within which the owner must finish; `Missing` if it has no duration or no target from any source.
    pub deadline: Slot<Timer>,
    /// A duration that is there, from whatever source, although the target is missing.
    pub deadline_without_target: Option<Span>,
    /// The failure exit.
    pub failure: Slot<Exit>,
    /// Further attempts.
    pub retry: Slot<Retry>,
    /// Its handoffs.
    pub handoffs: std::ops::Range<u32>,
    /// The arrows that start here.
    pub arrows: std::ops::Range<u32>,
    /// It could not be read whole: it may have more handoffs, runs, `needs` and `makes` than these. (What may stand
    /// once and might stand in what could not be read is `Unknown`, not `Missing`.)
    pub unknown: bool,
}

/// A clause that is there, missing, or unknown because it could not be read or resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot<T> {
    /// There, with the clause's value's place.
    Here(Spanned<T>),
    /// Not written, and nothing stands in for it.
    Missing,
    /// Written, but it could not be read or resolved.
    Unknown,
}

impl<T> Slot<T> {
    /// The value, if it is there.
    pub fn get(&self) -> Option<&T> {
        match self {
            Slot::Here(spanned) => Some(&spanned.value),
            _ => None,
        }
    }

    /// The value's place, if it is there.
    pub fn span(&self) -> Option<Span> {
        match self {
            Slot::Here(spanned) => Some(spanned.span),
            _ => None,
        }
    }

    /// Whether it is certain that it is not written.
    pub fn is_missing(&self) -> bool {
        matches!(self, Slot::Missing)
    }
}

/// What only one sort of state has.
#[derive(Clone, Debug)]
pub enum Kind {
    /// An owner works.
    State,
    /// A human decides.
    Approval(Box<Approval>),
    /// A fixed time passes.
    Wait {
        /// How long, in seconds, with its arrow.
        time: Slot<Timer>,
    },
    /// Other flows run.
    Call(Box<Call>),
    /// Work ends.
    End(Box<End>),
}

/// What only an approval has.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The question; blank ones are `Missing`.
    pub asks: Slot<Box<str>>,
    /// The `asks` clause's text, even if blank.
    pub asks_span: Option<Span>,
    /// The options, without repetitions.
    pub options: Vec<Name>,
    /// The options are missing or could not be read whole.
    pub options_unknown: bool,
    /// What the reviewer is shown.
    pub shows: Vec<PathUse>,
    /// `shows` could not be read whole.
    pub shows_unknown: bool,
}

/// What only a call has.
#[derive(Clone, Debug)]
pub struct Call {
    /// The flows it runs.
    pub runs: Vec<Run>,
    /// How many it waits for.
    pub join: Join,
    /// What the `join` says, where one is written.
    pub join_span: Option<Span>,
    /// A `runs` or the `join` could not be read or resolved.
    pub unknown: bool,
}

/// `runs fact_check(draft) gives facts`
#[derive(Clone, Debug)]
pub struct Run {
    /// The clause.
    pub span: Span,
    /// The flow's name.
    pub name: Name,
    /// The flow.
    pub flow: Option<FlowId>,
    /// Its intake that takes the argument.
    pub intake: Option<IntakeId>,
    /// The argument.
    pub argument: Option<PathUse>,
    /// The field that the receipt fills.
    pub gives: Option<FieldUse>,
}

/// How many runs a call waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// All.
    All,
    /// The first.
    Any,
    /// So many.
    Count(u32),
}

/// What only an end has.
#[derive(Clone, Debug)]
pub struct End {
    /// Success or failure; `None` if it could not be read.
    pub success: Option<bool>,
    /// The field that proves success.
    pub receipt: Slot<FieldId>,
    /// Why it failed.
    pub reason: Slot<Box<str>>,
}

/// A timer.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    /// Seconds, counted from arrival; `None` if the literal was faulty.
    pub seconds: Option<u64>,
    /// Where the duration comes from.
    pub source: Provenance,
    /// Where the duration stands (in the state, the actor or the default).
    pub span: Span,
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// Where the target comes from.
    pub route_source: Provenance,
}

/// The failure exit.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// Where it comes from.
    pub source: Provenance,
}

/// Where a clause's value was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provenance {
    /// In the state itself.
    State,
    /// In its actor.
    Actor,
    /// In the flow's default.
    Default,
}

/// `retry 2 times every 30s`
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Further attempts.
    pub times: u64,
    /// Seconds before each.
    pub every: u64,
}

/// A use of a whole context field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldUse {
    /// Which; `None` if unknown.
    pub field: Option<FieldId>,
    /// Where.
    pub span: Span,
}

/// A use of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathUse {
    /// Which; `None` if unknown.
    pub path: Option<PathId>,
    /// Where.
    pub span: Span,
}

/// `needs notes?`
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// What is read.
    pub path: PathUse,
    /// Absence is accepted.
    pub optional: bool,
}
