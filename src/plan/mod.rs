//! The plan: the resolved, ordered, target-neutral pipeline. The only thing that emitters and the runner read.
//!
//! Must not know: the tree, and any engine.
//!
//! Every name that something refers to is a key of the table that declares it, and the tables keep the order of the
//! text. Times are whole seconds, numbers are exact decimals, a percent is a fraction. Places in the source are for
//! diagnostics alone: they never reach the JSON.

mod build;
mod declared;
mod exact;
mod flow;
mod guard;
mod hash;
mod hop;
mod scenario;
pub(crate) mod size;

pub use build::{Incomplete, build, scenarios};
pub use declared::{Actor, ActorKind, Asset, Binding, Bounds, Enum, Field, Money, Type};
pub use exact::{Constant, Exact};
pub use flow::{
    Approval, Call, Cause, Choice, End, Flow, Handoff, Intake, Kind, Map, MapValue, Need, Outcome, Retry,
    Run, State, Threshold, Timer, Worst,
};
pub(crate) use guard::joined;
pub use guard::{Guard, Operator, Path, When};
pub use hop::{Envelope, Hop, Limit, Verification};
pub use scenario::{Expectation, Expected, Given, Scenario, Stated, Told, Turn};

use std::collections::BTreeSet;
use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

/// The version of the format.
pub const VERSION: u32 = 1;

/// The version of the messages between engines, owners and callers: the schemas `task`, `reply` and `outcome`.
pub const PROTOCOL: u32 = 1;

/// A table by name, in the order of the text.
pub type Named<T> = IndexMap<SmolStr, T, BuildHasherDefault<FxHasher>>;

/// Pipelines with everything that they use.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The version of this format: 1.
    #[schemars(extend("const" = VERSION))]
    pub version: u32,
    /// `sha256:` and 64 hexadecimal digits: what the plan says, whatever the spelling, comments and paths of its
    /// sources. Running items keep the plan with which they started, and know it by this.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub hash: SmolStr,
    /// The closed sets.
    pub enums: Named<Enum>,
    /// The records.
    pub assets: Named<Asset>,
    /// Who owns work.
    pub actors: Named<Actor>,
    /// The pipelines.
    pub flows: Named<Flow>,
}

impl Plan {
    /// All calls, with the states' names.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&SmolStr, &Call)> {
        self.flows.values().flat_map(|flow| &flow.states).filter_map(|(name, state)| match &state.kind {
            Kind::Call(call) => Some((name, call)),
            _ => None,
        })
    }

    /// The flows that some flow calls.
    pub(crate) fn called(&self) -> BTreeSet<&str> {
        self.calls().flat_map(|(_, call)| call.runs.iter().map(|run| run.flow.as_str())).collect()
    }

    /// Reads the JSON of a plan back. Places in the source are lost.
    ///
    /// # Errors
    /// If the text is no plan of this version.
    pub fn read(json: &str) -> Result<Plan, serde_json::Error> {
        let mut text = serde_json::Deserializer::from_str(json);
        text.disable_recursion_limit(); // guards and types nest as deep as in the text, at most 256 levels
        // By way of a value: numbers inside of tagged enums could not be read from the text.
        let plan: Plan = serde_json::from_value(Value::deserialize(&mut text)?)?;
        text.end()?;
        match plan.version {
            VERSION => Ok(plan),
            other => Err(serde::de::Error::custom(format!("a plan of version {other}, not {VERSION}"))),
        }
    }
}
