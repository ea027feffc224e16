//! Literals in clauses: counts, durations, amounts.
//!
//! Must not know: fields and their types (see [`super::values`]).

use rust_decimal::prelude::ToPrimitive;

use super::Lowering;
use super::values::describe_literal;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::Money;
use crate::syntax::tree::{Literal, LiteralValue};

impl Lowering<'_> {
    /// A whole number from `least` up; `None` if it is not one, which is reported.
    pub(super) fn count(&mut self, literal: &Literal, least: u64, what: &str) -> Option<u64> {
        match literal.value {
            LiteralValue::Number(number) if number.is_integer() => {
                let count = number.to_u64().filter(|&count| count >= least);
                if count.is_none() {
                    let message = format!("{what} can't be {}", number.normalize());
                    self.out_of_range(literal, message, &format!("write a whole number from {least} up"));
                }
                count
            }
            LiteralValue::Faulty => None,
            _ => {
                let message =
                    format!("{what} takes a whole number, and this is {}", describe_literal(literal));
                self.mismatch(literal, message, &format!("write a whole number, such as `{}`", least.max(2)));
                None
            }
        }
    }

    /// A duration longer than nothing, in seconds.
    pub(super) fn time(&mut self, literal: &Literal, what: &str) -> Option<u64> {
        let seconds = self.duration(literal, what);
        if seconds == Some(0) {
            self.out_of_range(
                literal,
                format!("{what} leaves no time at all"),
                "write a duration such as `15m`",
            );
            return None;
        }
        seconds
    }

    /// A duration in seconds.
    pub(super) fn duration(&mut self, literal: &Literal, what: &str) -> Option<u64> {
        match literal.value {
            LiteralValue::Duration(seconds) => Some(seconds),
            LiteralValue::Faulty => None,
            _ => {
                let message = format!("{what} takes a duration, and this is {}", describe_literal(literal));
                self.mismatch(
                    literal,
                    message,
                    "write a number with its unit, such as `90s`, `15m`, `24h` or `7d`",
                );
                None
            }
        }
    }

    /// An amount of money, not negative.
    pub(super) fn money(&mut self, literal: &Literal, what: &str) -> Option<Money> {
        match literal.value {
            LiteralValue::Money(amount, currency) if !amount.is_sign_negative() || amount.is_zero() => {
                Some(Money { amount, currency })
            }
            LiteralValue::Money(..) => {
                self.out_of_range(
                    literal,
                    format!("{what} can't be less than nothing"),
                    "write an amount from 0 up",
                );
                None
            }
            LiteralValue::Faulty => None,
            _ => {
                let message =
                    format!("{what} takes an amount of money, and this is {}", describe_literal(literal));
                self.mismatch(literal, message, "write an amount with its currency, such as `0.15 USD`");
                None
            }
        }
    }

    pub(super) fn mismatch(&mut self, literal: &Literal, message: String, help: &str) {
        self.reports.add(Diagnostic::new(Code::TypeMismatch, literal.span, message).help(help));
    }

    pub(super) fn out_of_range(&mut self, literal: &Literal, message: String, help: &str) {
        self.reports.add(Diagnostic::new(Code::OutOfRange, literal.span, message).help(help));
    }
}
