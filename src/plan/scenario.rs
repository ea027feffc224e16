//! Scenarios: stories that a plan's flows are to be tried with. They are no part of the plan, nor of its hash.
//!
//! Must not know: how a story comes out.

use smol_str::SmolStr;

use super::{Constant, Money, Path};
use crate::source::Span;

/// One story of a work item.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The flow.
    pub flow: SmolStr,
    /// What it is called.
    pub title: SmolStr,
    /// The intake by which work comes in.
    pub intake: SmolStr,
    /// What the record says.
    pub given: Vec<Given>,
    /// What the owners do, in the order of the visits.
    pub told: Vec<Told>,
    /// How it has to come out.
    pub expected: Vec<Expected>,
    /// Where its title stands.
    pub span: Span,
    /// Where its `start` stands.
    pub start: Span,
}

/// A value that a line gives.
#[derive(Clone, Debug)]
pub struct Given {
    /// To what.
    pub path: Path,
    /// Which.
    pub value: Stated,
    /// Where it stands.
    pub span: Span,
}

/// What a line says of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    /// This one.
    Constant(Constant),
    /// Any that is there.
    Present,
    /// None.
    Absent,
}

/// What happens at a visit.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where.
    pub state: SmolStr,
    /// What.
    pub turn: Turn,
    /// With which values.
    pub given: Vec<Given>,
    /// Where it stands.
    pub span: Span,
}

/// What the owner of a state does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Delivers; the runs of a call give their receipts.
    Delivers,
    /// Decides on that option.
    Decides(SmolStr),
    /// Can't, after all retries.
    Fails,
    /// Does not answer: the deadline passes.
    Silent,
    /// Does not acknowledge receipt in time.
    Unaccepted,
}

/// A line that says how it has to come out.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What is expected.
    pub what: Expectation,
    /// Where it stands.
    pub span: Span,
}

/// What can be expected of a story.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// It ends there.
    End(SmolStr),
    /// It begins with these states, in this order.
    Path(Vec<SmolStr>),
    /// It comes there so often.
    Visits(u64, SmolStr),
    /// It takes so many seconds at most.
    Within(u64),
    /// It costs so much at most.
    Costs(Money),
}
