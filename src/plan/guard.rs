//! Conditions, and the paths that they test.
//!
//! Must not know: how a condition is decided.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Constant, Type};
use crate::source::Span;

/// A place in the context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Path {
    /// The context field and the fields below it; `["decision"]` is what the reviewer of an approval chose.
    pub names: Vec<SmolStr>,
    /// The same as a person writes it: `opportunity.intent`.
    pub text: SmolStr,
    /// What stands there; the decision is a text.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Something on the way may be absent.
    pub optional: bool,
}

impl Path {
    /// Whether it is the reviewer's decision, which is no field of the context.
    #[must_use]
    pub fn is_decision(&self) -> bool {
        self.names.first().is_some_and(|name| name == "decision")
    }
}

/// The condition of a handoff.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// This holds.
    Guard(Guard),
    /// None of the other handoffs' guards holds.
    Otherwise,
}

/// A condition. A test of a path that is absent is false, whatever it asks, unless it asks for absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// All hold.
    And(Vec<Guard>),
    /// At least one holds.
    Or(Vec<Guard>),
    /// It does not hold.
    Not(Box<Guard>),
    /// The path compares so with the constant.
    Compare {
        /// What is tested.
        path: Path,
        /// How.
        op: Operator,
        /// Against what.
        value: Constant,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path lies in the range.
    Range {
        /// What is tested.
        path: Path,
        /// The lower end, included.
        low: Constant,
        /// The upper end, included unless `open`.
        high: Constant,
        /// The upper end does not belong to the range.
        open: bool,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path is one of these.
    Set {
        /// What is tested.
        path: Path,
        /// Against what.
        values: Vec<Constant>,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path is present, or absent.
    Present {
        /// What is tested.
        path: Path,
        /// It must be there (true), or must not (false).
        present: bool,
    },
    /// The path, a bool, is true.
    True(Path),
    /// All that the state makes fits its types: this is so wherever guards are looked at.
    Delivered,
    /// The flow's threshold of that name holds.
    Threshold(SmolStr),
}

/// How a path compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Operator {
    /// `is`
    #[serde(rename = "is")]
    Is,
    /// `is not`
    #[serde(rename = "is not")]
    IsNot,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
}

/// The conjunction (`decisive` false) or disjunction (true) of what is known.
pub(crate) fn joined(decisive: bool, parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match part {
            Some(part) if part == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}
