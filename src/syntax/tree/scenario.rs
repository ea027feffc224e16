//! Scenarios.
//!
//! Must not know: what names mean.

use super::{Keyword, Literal, Name, Operand, PathExpr, Text};
use crate::source::Span;

/// `scenario "…" { … }`
#[derive(Clone, Debug)]
pub struct ScenarioItem {
    /// All of it.
    pub span: Span,
    /// Its title.
    pub title: Text,
    /// Its lines in the order of the text.
    pub lines: Vec<ScenarioLine>,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioLine {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: ScenarioLineKind,
}

/// The lines of a scenario.
#[derive(Clone, Debug)]
pub enum ScenarioLineKind {
    /// `start opportunity from "x" opportunity.priority = 3`
    Start {
        /// The intake's field.
        field: Name,
        /// Which intake, where several take the field.
        from: Option<Text>,
        /// Values.
        values: Vec<Assignment>,
    },
    /// `at drafting quality = 0.2`, `at drafting fails`
    At {
        /// The state that is visited.
        state: Name,
        /// What happens there.
        event: EventExpr,
        /// Values.
        values: Vec<Assignment>,
    },
    /// `expect rejected`
    ExpectEnd(Name),
    /// `expect path a -> b -> c`
    ExpectPath(Vec<Name>),
    /// `expect visits 2 to drafting`
    ExpectVisits(Literal, Name),
    /// `expect within 2d`
    ExpectWithin(Literal),
    /// `expect costs at most 1 USD`
    ExpectCosts(Literal),
    /// Could not be read.
    Junk(Option<Keyword>),
}

/// What happens at a visit.
#[derive(Clone, Debug)]
pub enum EventExpr {
    /// The owner delivers.
    Delivers,
    /// `decides approve`
    Decides(Name),
    /// `fails`
    Fails,
    /// `silent`
    Silent,
    /// `unaccepted`
    Unaccepted,
}

/// `path = value`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What.
    pub path: PathExpr,
    /// The value.
    pub value: Operand,
}
