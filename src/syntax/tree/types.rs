//! Types, ranges and literals.
//!
//! Must not know: what names mean.

use rust_decimal::Decimal;

use super::{Currency, Name};
use crate::source::Span;

/// A type as written; `?` belongs to the whole.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// All of it, `?` included.
    pub span: Span,
    /// What it says without the `?`.
    pub kind: TypeKind,
    /// Where `?` stands.
    pub optional: Option<Span>,
}

/// The forms of a type.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `text`, `text max 70`
    Text {
        /// At most so many Unicode scalars.
        max: Option<Literal>,
    },
    /// `url`
    Url,
    /// `bool`
    Bool,
    /// `int`, `int 1..5`
    Int(Option<RangeExpr>),
    /// `number`, `number 0..1`
    Number(Option<RangeExpr>),
    /// `percent`
    Percent,
    /// `duration`
    Duration,
    /// `money USD`; the name may be no currency
    Money(Name),
    /// `date`
    Date,
    /// `list of T`, `list max 20 of T`
    List {
        /// At most so many elements.
        max: Option<Literal>,
        /// The type of the elements; never optional.
        of: Box<TypeExpr>,
    },
    /// An enum or an asset by name.
    Named(Name),
}

/// `200..299`, `0.3..<0.6`
#[derive(Clone, Debug)]
pub struct RangeExpr {
    /// All of it.
    pub span: Span,
    /// The lower end, which belongs to it.
    pub low: Literal,
    /// The upper end.
    pub high: Literal,
    /// `..<`: the upper end does not belong to it.
    pub open: bool,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub value: LiteralValue,
}

/// What a literal says; all numbers are exact.
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralValue {
    /// `"…"`
    Text(Box<str>),
    /// `0.85`, `-3`, `1_000`
    Number(Decimal),
    /// `70%`, as the fraction 0.70
    Percent(Decimal),
    /// `1d12h`, in seconds
    Duration(u64),
    /// `0.15 USD`
    Money(Decimal, Currency),
    /// `true`, `false`
    Bool(bool),
    /// Malformed or out of its domain; B002 has been given.
    Faulty,
}
