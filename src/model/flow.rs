//! A flow: its context, intakes, paths, arrows and handoffs.
//!
//! Must not know: what only one sort of state has.

use smol_str::SmolStr;

use super::{
    ArrowId, Field, FieldId, FieldUse, Guard, HandoffId, IntakeId, Name, PathUse, Prove, Scenario, Slot,
    State, StateId, Text, Type, Value,
};
use crate::source::Span;

/// One pipeline.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// The whole declaration.
    pub span: Span,
    /// The context fields, without repetitions.
    pub context: Vec<Field>,
    /// The context could not be read whole: it may have more fields.
    pub context_unknown: bool,
    /// States, approvals, waits, calls and ends, in the order of the text.
    pub states: Vec<State>,
    /// Intakes, in the order of the text.
    pub intakes: Vec<Intake>,
    /// Handoffs, grouped by state, in the order of the text.
    pub handoffs: Vec<Handoff>,
    /// Every arrow, grouped by where it starts: the intakes' first, then state by state; in a state accept,
    /// deadline, failure, the wait's, then the handoffs'; the hops of one chain follow each other.
    pub arrows: Vec<Arrow>,
    /// The paths that anything in the flow reads, without repetitions.
    pub paths: Vec<Path>,
    /// `default deadline`.
    pub default_deadline: Option<DefaultDeadline>,
    /// `default failure`'s first target.
    pub default_failure: Option<DefaultFailure>,
    /// What is to be proved.
    pub proves: Vec<Prove>,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// A member could not be read (an unreadable state is in `states`, marked unknown): there may be more intakes,
    /// arrows and uses than these.
    pub unknown: bool,
    /// A call uses it.
    pub called: bool,
}

/// `default deadline D else -> S`
#[derive(Clone, Debug)]
pub struct DefaultDeadline {
    /// The member.
    pub span: Span,
    /// Seconds.
    pub within: Slot<u64>,
    /// Where it leads.
    pub route: Option<DefaultRoute>,
}

/// `default failure -> S`
#[derive(Clone, Debug)]
pub struct DefaultFailure {
    /// The member.
    pub span: Span,
    /// Where it leads.
    pub route: DefaultRoute,
}

/// The hops of a default, copied into every state that it fills.
#[derive(Clone, Debug)]
pub struct DefaultRoute {
    /// The hops, at least one.
    pub hops: Vec<DefaultHop>,
}

/// A hop of a default's chain.
#[derive(Clone, Copy, Debug)]
pub struct DefaultHop {
    /// Where to; `None` if unknown.
    pub to: Option<StateId>,
    /// At most so many times.
    pub bound: Option<u64>,
    /// Its bound could not be read.
    pub bound_unknown: bool,
    /// The target's name.
    pub span: Span,
}

/// A resolved path of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub root: Root,
    /// The fields below, by position in their assets.
    pub steps: Vec<u32>,
    /// As an author writes it: `opportunity.intent`.
    pub text: SmolStr,
    /// What stands at its end.
    pub ty: Type,
    /// Some field on its way, the last included, is optional: it may be absent.
    pub optional: bool,
}

/// Where a path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Root {
    /// A context field.
    Field(FieldId),
    /// The decision of that approval.
    Decision(StateId),
}

/// An arrow: work moves along it.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Where it starts.
    pub from: Start,
    /// What makes work take it.
    pub kind: ArrowKind,
    /// Its place in its chain: 0 for the first.
    pub hop: u32,
    /// Where it leads; `None` if unknown.
    pub to: Option<StateId>,
    /// The target's name where it is written (in the default, if copied); the `->` if it is missing.
    pub span: Span,
    /// It may be taken so often by one work item; the next arrow of the chain takes over then.
    pub bound: Option<u64>,
    /// Its bound could not be read: whether it is counted is unknown.
    pub bound_unknown: bool,
    /// Copied from a default.
    pub inherited: bool,
}

impl Arrow {
    /// The state in which it starts; none for an intake's.
    #[must_use]
    pub fn start(&self) -> Option<StateId> {
        match self.from {
            Start::State(state) => Some(state),
            Start::Intake(_) => None,
        }
    }
}

/// Where an arrow starts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Start {
    /// At the door.
    Intake(IntakeId),
    /// In a state.
    State(StateId),
}

/// What makes work take an arrow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArrowKind {
    /// Work arrives.
    Intake,
    /// The owner did not accept in time.
    Accept,
    /// The owner did not finish in time.
    Deadline,
    /// The owner can't.
    Failure,
    /// The time has passed.
    Wait,
    /// The handoff's condition holds.
    Handoff(HandoffId),
}

/// `handoff -> S when GUARD …`
#[derive(Clone, Debug)]
pub struct Handoff {
    /// The clause.
    pub span: Span,
    /// Where it starts.
    pub state: StateId,
    /// On which condition.
    pub when: When,
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// What goes on; `None`: whatever is read later.
    pub carry: Option<Box<Carry>>,
}

/// `carry draft, quality`
#[derive(Clone, Debug)]
pub struct Carry {
    /// The word `carry`.
    pub keyword: Span,
    /// The fields.
    pub fields: Vec<FieldUse>,
}

/// The condition of a handoff.
#[derive(Clone, Debug)]
pub enum When {
    /// A guard, with its place.
    Guard(Span, Guard),
    /// The complement of the siblings; the word's place.
    Otherwise(Span),
    /// None written.
    Missing,
}

impl When {
    /// The guard that is written there.
    #[must_use]
    pub fn guard(&self) -> Option<&Guard> {
        match self {
            When::Guard(_, guard) => Some(guard),
            When::Otherwise(_) | When::Missing => None,
        }
    }
}

/// `intake opportunity from "rank-tracker" -> briefing { … }`
#[derive(Clone, Debug)]
pub struct Intake {
    /// The member.
    pub span: Span,
    /// The field's name as written.
    pub name: Name,
    /// The field that arriving work fills.
    pub field: Option<FieldId>,
    /// Where it comes from; without it, from calls only.
    pub from: Option<Text>,
    /// The maps; `None`: the raw record has the asset's own shape.
    pub maps: Option<Vec<Map>>,
    /// Its arrow.
    pub arrow: ArrowId,
    /// A map could not be read.
    pub unknown: bool,
}

/// `map page = raw.url`
#[derive(Clone, Debug)]
pub struct Map {
    /// All of it.
    pub span: Span,
    /// What it fills, below the intake's field.
    pub path: PathUse,
    /// With what.
    pub value: MapValue,
}

/// What a map takes.
#[derive(Clone, Debug)]
pub enum MapValue {
    /// The keys below `raw`, in order; empty: the whole record.
    Raw(Vec<Text>),
    /// A constant.
    Constant(Value),
    /// Could not be read or resolved.
    Unknown,
}
