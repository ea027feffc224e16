//! What is written down of an item: the audit trail.
//!
//! Must not know: where it is kept, nor how it is shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::run::{Handover, Key, Outcome};

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The item.
    pub item: SmolStr,
    /// When.
    pub at: Timestamp,
    /// Who brought it about: an actor, a person, a source, or `runner`.
    pub who: SmolStr,
    /// What.
    pub entry: Entry,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Work has moved along an arrow.
    Handed(Box<Handover>),
    /// An owner that is no program has acknowledged receipt.
    Accepted(Key),
    /// An attempt came to nothing.
    Failed {
        /// The attempt.
        attempt: Key,
        /// Why.
        reason: String,
        /// When the next one begins, if there is one.
        again: Option<Timestamp>,
    },
    /// The runner had died while this attempt was under way; it was given to its owner once more.
    Repeated(Key),
    /// What an owner replied came to nothing: the work had left the state.
    Dropped {
        /// The attempt, or the run.
        of: SmolStr,
        /// Why.
        why: String,
    },
    /// A run of a call has begun: this item.
    Called(SmolStr),
    /// Somebody was told that work waits.
    Told {
        /// The attempt.
        attempt: Key,
        /// It is nearly too late.
        reminder: bool,
        /// Why telling them did not work.
        failed: Option<String>,
    },
    /// It has ended.
    Ended(Outcome),
    /// Nothing more can happen to it, which is a bug.
    Broken(String),
}
