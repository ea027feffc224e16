//! A work item: where it is, what it holds, what it has been through. All of it can be written as JSON and read back.
//!
//! Must not know: what may happen to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::{Key, Record};
use crate::plan::{Money, Named};

/// A work item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// As the submitter named it; a run is `VISIT/RUN`.
    pub id: SmolStr,
    /// The hash of the plan with which it started. It keeps that plan.
    pub plan: SmolStr,
    /// The flow of that plan.
    pub flow: SmolStr,
    /// The intake by which it came.
    pub intake: SmolStr,
    /// When it came.
    pub came: Timestamp,
    /// The visit to the call that runs it, if one does.
    pub caller: Option<Key>,
    /// Where it is.
    pub at: At,
    /// What it carries, by context field. What is not here is absent.
    pub context: Record,
    /// How often it has taken each counted hop.
    pub taken: BTreeMap<SmolStr, u64>,
    /// Its visits to each state.
    pub visits: BTreeMap<SmolStr, Visits>,
    /// What its attempts have cost, without those of the runs that it has called.
    pub cost: Option<Money>,
}

/// Where an item is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// In a state.
    Visit(Visit),
    /// It has ended.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        outcome: Outcome,
    },
}

/// An entry into a state that has not been left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The state.
    pub state: SmolStr,
    /// The entries into this state so far, this one included.
    pub number: u64,
    /// What had to hold for the work to come here.
    pub threshold: SmolStr,
    /// When it arrived.
    pub since: Timestamp,
    /// When the owner acknowledged receipt.
    pub accepted: Option<Timestamp>,
    /// The last attempt, from 1.
    pub attempt: u64,
    /// What is going on.
    pub phase: Phase,
}

/// What is going on at a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The owner has the attempt.
    Open,
    /// The attempt has failed; the next one begins later.
    Pause {
        /// When.
        until: Timestamp,
    },
    /// A fixed time passes.
    Wait,
    /// Other flows run.
    Runs(Named<RunState>),
}

/// How far a run of a call is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It has not ended.
    Open,
    /// It has ended in success, with this receipt.
    Success(Value),
    /// It has ended otherwise.
    Failure,
}

/// The visits of an item to one state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// So many.
    pub count: u64,
    /// The last one was left because of what the owner answered, or the runs of a call did: what comes now is a duplicate.
    pub answered: bool,
}

/// How an item has ended: what the schema `outcome` describes. An item that was cancelled came to no end, and has a
/// reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SmolStr>,
    /// The actor that is told: the end's owner; of what was cancelled, who owned the work.
    pub owner: SmolStr,
    /// What proves success. Without it, the item has failed or was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Value>,
    /// Why there is no receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SmolStr>,
}

impl Item {
    /// The visit that is open.
    #[must_use]
    pub fn visit(&self) -> Option<&Visit> {
        match &self.at {
            At::Visit(visit) => Some(visit),
            At::Ended { .. } => None,
        }
    }

    /// How it has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.at {
            At::Visit(_) => None,
            At::Ended { outcome, .. } => Some(outcome),
        }
    }

    /// The name of the visit that is open.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.visit().map(|visit| visit.key(&self.id))
    }
}

impl Visit {
    /// Its name, if it is that item's.
    #[must_use]
    pub fn key(&self, item: &SmolStr) -> Key {
        Key { item: item.clone(), state: self.state.clone(), number: self.number, attempt: None }
    }

    /// The name of its last attempt.
    #[must_use]
    pub fn attempt_key(&self, item: &SmolStr) -> Key {
        Key { attempt: Some(self.attempt), ..self.key(item) }
    }
}
