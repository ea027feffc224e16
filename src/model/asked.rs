//! What an author asks for: proofs and scenarios.
//!
//! Must not know: how they are decided.

use super::{Guard, IntakeId, Money, PathId, StateId, Text, Value};
use crate::source::Span;

/// `prove …`
#[derive(Clone, Debug)]
pub struct Prove {
    /// All of it.
    pub span: Span,
    /// What is to be proved; `None` if something in it is unknown.
    pub claim: Option<Claim>,
}

/// What is to be proved.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Within so many seconds.
    EndsWithin(u64),
    /// At most so much.
    CostsAtMost(Money),
    /// So many visits at most.
    Visits(u64, StateId),
    /// Every path passes one of the gates.
    Passes {
        /// Where to.
        state: StateId,
        /// The gates.
        gates: Vec<Gate>,
    },
    /// The guard holds on every entry.
    OnlyIf(StateId, Guard),
    /// The approval's owner owns none of the others.
    DecidedBy {
        /// The approval.
        approval: StateId,
        /// The others.
        others: Vec<StateId>,
    },
}

/// `T with OPTION`
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The state that must be left by one of its handoffs.
    pub state: StateId,
    /// By one that implies this option.
    pub with: Option<u32>,
}

/// `scenario "…" { … }`, its names and values resolved
#[derive(Clone, Debug)]
pub struct Scenario {
    /// All of it.
    pub span: Span,
    /// Its title.
    pub title: Text,
    /// Its lines; those that could not be resolved are left out.
    pub lines: Vec<ScenarioLine>,
    /// A line could not be read or resolved.
    pub unknown: bool,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioLine {
    /// All of it.
    pub span: Span,
    /// What it says.
    pub kind: ScenarioLineKind,
}

/// The lines of a scenario.
#[derive(Clone, Debug)]
pub enum ScenarioLineKind {
    /// Work arrives.
    Start(IntakeId, Vec<Assignment>),
    /// A visit.
    At(StateId, Event, Vec<Assignment>),
    /// Where it ends.
    ExpectEnd(StateId),
    /// The states it passes, in order, from the first on.
    ExpectPath(Vec<StateId>),
    /// How often it comes there.
    ExpectVisits(u64, StateId),
    /// In at most so many seconds.
    ExpectWithin(u64),
    /// For at most so much.
    ExpectCosts(Money),
}

/// What happens at a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The owner delivers.
    Delivers,
    /// The reviewer decides, by the option's position.
    Decides(u32),
    /// The owner can't.
    Fails,
    /// The deadline passes.
    Silent,
    /// Nobody accepts in time.
    Unaccepted,
}

/// `path = value`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What; a path of the flow.
    pub path: PathId,
    /// The value.
    pub value: Assigned,
    /// All of it.
    pub span: Span,
}

/// What a line of a scenario gives a path.
#[derive(Clone, Debug)]
pub enum Assigned {
    /// This value.
    Value(Value),
    /// `present`: any value.
    Present,
    /// `absent`: no value.
    Absent,
}
