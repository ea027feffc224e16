//! What a plan declares for all its flows: sets, records and their types, actors.
//!
//! Must not know: where any of it is used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::source::Span;

use super::{Exact, Named};

/// A closed set of words.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Enum {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its members.
    pub members: Vec<SmolStr>,
}

/// A record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its fields.
    pub fields: Named<Field>,
}

/// A field of an asset or a context.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// It may be absent; absent travels as `null`.
    pub optional: bool,
    /// Where its type stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Unicode text.
    Text {
        /// At most so many Unicode scalars.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
    },
    /// A URL of at most 2,048 characters.
    Url,
    /// true or false.
    Bool,
    /// A whole number.
    Int(Bounds),
    /// A decimal number.
    Number(Bounds),
    /// A fraction from 0 to 1.
    Percent,
    /// Seconds, from 0 up.
    Duration,
    /// An amount from 0 up, in the currency of this ISO 4217 code; it travels as a number.
    Money(SmolStr),
    /// A day, `2026-11-22`.
    Date,
    /// A member of that enum.
    Enum(SmolStr),
    /// That record.
    Asset(SmolStr),
    /// Any number of values of one type.
    List {
        /// At most so many.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
        /// What each is.
        of: Box<Type>,
    },
}

/// The ends of a range; an end that is absent is unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// The lower end, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Exact>,
    /// The upper end, included unless `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Exact>,
    /// The upper end does not belong to the range.
    #[serde(default, skip_serializing_if = "is_false")]
    pub open: bool,
}

/// Somebody or something that can own work.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Who that is: of the actors of the same kind with the same binding the first by name. Actors with one `owner` are one owner.
    pub owner: SmolStr,
    /// What it is.
    pub kind: ActorKind,
    /// How it is reached.
    pub binding: Binding,
    /// It usually answers within so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responds: Option<u64>,
    /// What one attempt costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Money>,
}

/// The kinds of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A model route.
    Model,
    /// A command.
    Script,
    /// An HTTP call.
    Action,
    /// A person or team.
    Human,
    /// A queue that somebody else works off.
    Queue,
}

impl ActorKind {
    /// `model`, `script`, `action`, `human` or `queue`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ActorKind::Model => "model",
            ActorKind::Script => "script",
            ActorKind::Action => "action",
            ActorKind::Human => "human",
            ActorKind::Queue => "queue",
        }
    }
}

/// How an actor is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Binding {
    /// The clause: `uses`, `runs`, `calls`, `contact` or `name`.
    pub clause: SmolStr,
    /// What it says: the model's route, the command, the method and URL, the address, the queue's name.
    pub text: SmolStr,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// How much.
    pub amount: Exact,
    /// ISO 4217 code.
    pub currency: SmolStr,
}

fn is_false(value: &bool) -> bool {
    !value
}
