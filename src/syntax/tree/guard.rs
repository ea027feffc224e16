//! Guards and paths.
//!
//! Must not know: what names mean.

use super::{Literal, Name, RangeExpr, Spanned};
use crate::source::Span;

/// A dotted path: `opportunity.intent`, or `decision`
#[derive(Clone, Debug)]
pub struct PathExpr {
    /// All of it.
    pub span: Span,
    /// The context field, or `decision`.
    pub root: Name,
    /// The fields below, in order.
    pub rest: Vec<Name>,
}

/// A guard.
#[derive(Clone, Debug)]
pub struct GuardExpr {
    /// All of it.
    pub span: Span,
    /// What it asks.
    pub kind: GuardKind,
}

/// The forms of a guard. Parentheses leave no trace but the span of what they hold.
#[derive(Clone, Debug)]
pub enum GuardKind {
    /// `a and b and c`, two or more
    And(Vec<GuardExpr>),
    /// `a or b or c`, two or more
    Or(Vec<GuardExpr>),
    /// `not a`
    Not(Box<GuardExpr>),
    /// `path OP value`
    Compare {
        /// What is compared.
        path: PathExpr,
        /// How.
        op: Spanned<CompareOp>,
        /// With what.
        value: Operand,
    },
    /// `path in LOW..HIGH`
    InRange(PathExpr, Box<RangeExpr>),
    /// `path in {a, b}`
    InSet(PathExpr, Vec<Operand>),
    /// `path is present`; `false`: `path is absent`, `path is not present`
    Present(PathExpr, bool),
    /// A bool path by itself, or a threshold's name.
    Bare(PathExpr),
    /// `delivered`
    Delivered,
    /// Could not be read.
    Faulty,
}

/// How a path is compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// `is`, `==`
    Is,
    /// `is not`, `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The right side of a comparison, or a scenario's value.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A literal.
    Literal(Literal),
    /// An enum's member, or an option.
    Member(Name),
}
