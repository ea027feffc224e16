//! Arrows, and what goes with the work along each.
//!
//! Must not know: what makes work take an arrow.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::source::Span;

/// One arrow to one state or end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// Its name in the flow: `drafting/handoff-2`, `drafting/deadline`; `#1` follows on the second of a chain.
    pub id: SmolStr,
    /// The state or end to which it leads.
    pub to: SmolStr,
    /// It may be taken so often by one work item; then the next hop of its route takes over. The count is never reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// What goes with the work.
    pub envelope: Envelope,
    /// Where the target's name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// What every handover of work says to the next owner.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// The context field that is the object of the next work; at an end, what was delivered or given up.
    pub asset: SmolStr,
    /// What "done" means at the next stage; at an end, what it means to have come there.
    pub goal: SmolStr,
    /// The next state or end.
    pub state: SmolStr,
    /// What had to hold for the work to go this way, as a person writes it.
    pub threshold: SmolStr,
    /// The next responsible actor.
    pub owner: SmolStr,
    /// The context fields that travel. What is not among them is gone.
    pub context: Arc<[SmolStr]>,
    /// The work takes up so many bytes at most behind this arrow, as compact JSON in UTF-8: this envelope with its
    /// context, what the next owner answers, and all counters. Absent where something in it has no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// By when the next owner acknowledges receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Limit>,
    /// By when the next owner finishes; absent at an end, and at a wait, which takes its own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Limit>,
    /// The work may come this way so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<u64>,
    /// How the receiver verifies receipt.
    pub verification: Verification,
}

/// A time limit, and what silence leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// Counted from arrival.
    pub seconds: u64,
    /// Where the work goes when nobody answers; where that is counted, the later ways follow.
    pub escalation: Vec<SmolStr>,
}

/// How a receiver verifies what it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// The JSON Schema that the envelope meets: a file of the target `jsonschema`.
    pub schema: SmolStr,
    /// The paths that are there on arrival, since the next owner reads them.
    pub present: Vec<SmolStr>,
}

/// Where the target `jsonschema` puts the schema of that hop's envelope.
pub(super) fn envelope_schema(flow: &str, hop: &str) -> SmolStr {
    format_smolstr!("envelopes/{flow}/{}.schema.json", hop.replace('#', "."))
}
