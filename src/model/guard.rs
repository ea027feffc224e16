//! Resolved guards and constants.
//!
//! Must not know: when they are looked at.

use std::sync::Arc;

use rust_decimal::Decimal;
use rustc_hash::FxHashSet;

use super::{CompareOp, EnumId, Money, PathId, ThresholdId};
use crate::source::Span;

/// A resolved guard, thresholds resolved in place and shared.
#[derive(Clone, Debug)]
pub enum Guard {
    /// All hold.
    And(Vec<Guard>),
    /// One holds.
    Or(Vec<Guard>),
    /// It does not hold.
    Not(Box<Guard>),
    /// A test of one path.
    Atom(Atom),
    /// All of `makes` fits: always true where guards are looked at; the word's place.
    Delivered(Span),
    /// A threshold by its name.
    Threshold {
        /// Which.
        id: ThresholdId,
        /// Where it is named.
        span: Span,
        /// What it asks here.
        guard: Arc<Guard>,
    },
    /// Could not be read or resolved.
    Unknown,
}

impl Guard {
    /// The guards in it, itself first, below those that `enter` lets through. A threshold comes once however often it is
    /// named, so that the walk is linear although thresholds are shared.
    pub fn parts(&self, enter: impl Fn(&Guard) -> bool) -> impl Iterator<Item = &Guard> {
        // Most guards are flat: only where one goes on behind what stands in it is anything put aside.
        let mut rest = std::slice::from_ref(self).iter();
        let mut outer = Vec::new();
        let mut seen = FxHashSet::default();
        std::iter::from_fn(move || {
            while rest.len() == 0 {
                rest = outer.pop()?;
            }
            let guard = rest.next()?;
            let inside: &[Guard] = match guard {
                guard if !enter(guard) => &[],
                Guard::And(parts) | Guard::Or(parts) => parts,
                Guard::Not(part) => std::slice::from_ref(part),
                Guard::Threshold { guard, .. } if seen.insert(Arc::as_ptr(guard)) => {
                    std::slice::from_ref(guard)
                }
                Guard::Threshold { .. } | Guard::Atom(_) | Guard::Delivered(_) | Guard::Unknown => &[],
            };
            if !inside.is_empty() {
                let behind = std::mem::replace(&mut rest, inside.iter());
                outer.extend(Some(behind).filter(|behind| behind.len() > 0));
            }
            Some(guard)
        })
    }

    /// Whether some part of it could not be read or resolved.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.parts(|_| true).any(|part| matches!(part, Guard::Unknown))
    }
}

/// A test of one path against constants. False on an absent path, whatever the test but [`Test::Present`]`(false)`.
#[derive(Clone, Debug)]
pub struct Atom {
    /// What is tested.
    pub path: PathId,
    /// How.
    pub test: Test,
    /// The whole atom, where it is written.
    pub span: Span,
    /// The path alone.
    pub path_span: Span,
}

/// The tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `is`, `is not`, `<` …, with a value of the path's type.
    Compare(CompareOp, Value),
    /// `in LOW..HIGH`
    Range {
        /// The lower end, included, and the upper one, included unless `open`.
        ends: Box<[Value; 2]>,
        /// The upper end does not belong to it.
        open: bool,
    },
    /// `in {a, b}`
    Set(Vec<Value>),
    /// `is present` (true), `is absent` (false)
    Present(bool),
    /// A bool path by itself.
    True,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An `int`, `number`, `percent` (as a fraction), `duration` (in seconds) or `money` value.
    Number(Decimal),
    /// An amount; only where no path fixes the currency.
    Money(Money),
    /// A text.
    Text(Box<str>),
    /// A bool.
    Bool(bool),
    /// An enum's member by position.
    Member(EnumId, u32),
    /// An option by position in its approval.
    Option(u32),
}
