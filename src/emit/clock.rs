//! Times as they stand in the definition: as planned, or shortened for tests.
//!
//! Must not know: what a time is for.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::plan::State;

/// Turns planned seconds into emitted ones.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    scale: Option<Decimal>,
}

/// The limits of one state, in emitted seconds. `accept` is shorter than `deadline`.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) accept: Option<u64>,
    pub(super) deadline: u64,
}

impl Clock {
    pub(super) fn new(scale: Option<Decimal>) -> Clock {
        Clock { scale }
    }

    /// Rounded up to whole seconds, at least 1.
    pub(super) fn seconds(self, planned: u64) -> u64 {
        let scaled = self.scale.map(|scale| Decimal::from(planned).checked_mul(scale));
        let seconds = scaled.map_or(Some(planned), |scaled| scaled?.ceil().to_u64());
        seconds.unwrap_or(planned).max(1)
    }

    pub(super) fn limits(self, state: &State) -> Limits {
        let accept = state.accept.as_ref().map(|timer| self.seconds(timer.seconds));
        let deadline = state.deadline.as_ref().map_or(1, |timer| self.seconds(timer.seconds));
        Limits { accept, deadline: accept.map_or(deadline, |accept| deadline.max(accept + 1)) }
    }

    /// What is written over an output with shortened times.
    pub(super) fn marking(self) -> Option<String> {
        self.scale.map(|scale| format!("FOR TESTS ONLY: every wait is multiplied by {scale}. "))
    }
}
