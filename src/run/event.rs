//! What can happen to an item, what is then to be done, and why something was refused.
//!
//! Must not know: how any of it comes about.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::{At, Item, Key, Outcome, Record};

/// The characters of the longest name that is repeated to whoever sent it.
const LONGEST_NAME: usize = 60;

/// What happens to an item. A `visit` may name an attempt; an answer of an earlier attempt counts too, its failure
/// does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The owner has acknowledged receipt. Models, scripts and actions do when an attempt starts.
    Accept {
        /// Of what.
        visit: Key,
    },
    /// The owner delivers.
    Answer {
        /// Of what.
        visit: Key,
        /// What the state makes.
        made: Record,
        /// The option, of an approval.
        decision: Option<SmolStr>,
    },
    /// The owner can't, or the attempt came to nothing.
    Fail {
        /// Of what.
        visit: Key,
        /// Why.
        reason: String,
    },
    /// A run of a call has ended.
    RunEnded {
        /// Its item: `VISIT/RUN`.
        run: SmolStr,
        /// What proves its success; without it, it had none.
        receipt: Option<Value>,
    },
    /// Time has passed. Whatever is due by now happens, one thing after the other; nothing if nothing is.
    Due,
    /// Somebody stops the item.
    Cancel {
        /// Why.
        reason: SmolStr,
    },
}

/// What is to be done, or to be written down, after a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Work has moved along an arrow.
    Handed(Box<Handover>),
    /// An attempt begins: the owner is told, by the message that [`super::task`] makes. It costs what the owner says.
    Deliver(Key),
    /// The owner has acknowledged receipt.
    Accepted(Key),
    /// An attempt came to nothing.
    Failed {
        /// The attempt.
        attempt: Key,
        /// Why, in 1,000 characters at most.
        reason: String,
        /// When the next one begins, if there is one and the deadline does not come first.
        again: Option<Timestamp>,
    },
    /// A run of a call begins: an item of its own, made by [`super::start_run`].
    Run(RunStart),
    /// The item has ended; whoever is told of it, [`Item::report`] says.
    Ended(Outcome),
}

/// A run that is to begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStart {
    /// The id of its item: `VISIT/RUN`.
    pub id: SmolStr,
    /// The flow.
    pub flow: SmolStr,
    /// The intake of that flow.
    pub intake: SmolStr,
    /// What goes in, of that intake's type.
    pub argument: Value,
    /// The visit to the call.
    pub caller: Key,
}

/// A move of work along an arrow: what the next owner is told, and on what it was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    /// When.
    pub at: Timestamp,
    /// The visit that was left; none at the door.
    pub from: Option<Key>,
    /// The visit that begins; none at an end.
    pub to: Option<Key>,
    /// The arrow: the id of a hop of the flow.
    pub hop: SmolStr,
    /// Of a counted arrow: this is so many times that it was taken.
    pub times: Option<u64>,
    /// The object of the next work.
    pub asset: SmolStr,
    /// What "done" means there.
    pub goal: SmolStr,
    /// The next state or end.
    pub state: SmolStr,
    /// What had to hold.
    pub threshold: SmolStr,
    /// The next responsible actor.
    pub owner: SmolStr,
    /// The values that the threshold was decided on, by path; `null` for what is absent.
    pub values: Record,
    /// The context fields that travel; their values are the item's context behind it.
    pub carries: Arc<[SmolStr]>,
    /// By when the next owner acknowledges receipt.
    pub accept_due: Option<Timestamp>,
    /// By when the next owner finishes.
    pub due: Option<Timestamp>,
    /// Work may come this way so often.
    pub bound: Option<u64>,
    /// The JSON Schema that all this meets: a file of the target `jsonschema`.
    pub schema: SmolStr,
}

/// Why a step was not taken. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The work has left the state, or its time is over.
    Late(String),
    /// It has been answered already.
    Duplicate(String),
    /// There is no such visit, run or intake.
    Unknown(String),
    /// What was brought does not fit.
    Misfit(Misfit),
    /// What is proved of every plan does not hold of this one: the plan or the item was tampered with, or this is a bug.
    Broken(String),
}

/// What does not fit, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfit {
    /// Where: `made.draft.title`, `raw.priority`, `made.tags[3]`.
    pub path: String,
    /// `is longer than 70 characters`
    pub why: String,
}

impl Event {
    /// What the owner of an attempt, or of a visit, has replied: `{visit, accept: true}`, `{visit, made, decision?}` or
    /// `{visit, fail}`. `visit` may be left out, as may a `made` that is empty.
    ///
    /// # Errors
    /// If that is no reply, or one to another visit.
    pub fn reply(visit: &Key, reply: Value) -> Result<Event, Misfit> {
        let Value::Object(mut reply) = reply else { return Err(Misfit::new("", "expected an object")) };
        reply.retain(|_, value| !value.is_null());
        let named = reply.remove("visit");
        let visit = visit.clone();
        if named.is_some_and(|named| !names(&visit, &named)) {
            return Err(Misfit::new("visit", "names another visit"));
        }
        let event = match (reply.remove("fail"), reply.remove("accept")) {
            (Some(Value::String(reason)), None) => Event::Fail { visit, reason },
            (Some(_), None) => return Err(Misfit::new("fail", "expected the reason as a text")),
            (None, Some(Value::Bool(true))) => Event::Accept { visit },
            (None, None) => answer(visit, &mut reply)?,
            _ => return Err(Misfit::new("accept", "expected `true`, and nothing else")),
        };
        match reply.keys().next() {
            None => Ok(event),
            Some(other) => Err(Misfit::unasked(other)),
        }
    }
}

fn names(visit: &Key, named: &Value) -> bool {
    let named = named.as_str().and_then(|named| named.parse::<Key>().ok());
    named.is_some_and(|named| named.visit() == visit.visit())
}

fn answer(visit: Key, reply: &mut Record) -> Result<Event, Misfit> {
    let made = match reply.remove("made").unwrap_or_else(|| Record::new().into()) {
        Value::Object(made) => made,
        _ => return Err(Misfit::new("made", "expected an object")),
    };
    let decision = match reply.remove("decision") {
        None => None,
        Some(Value::String(decision)) => Some(decision.into()),
        Some(_) => return Err(Misfit::new("decision", "expected a text")),
    };
    Ok(Event::Answer { visit, made, decision })
}

impl Item {
    /// What happens to the item of the call, once this run has ended.
    #[must_use]
    pub fn report(&self) -> Option<(&Key, Event)> {
        let At::Ended { outcome, .. } = &self.at else { return None };
        let event = Event::RunEnded { run: self.id.clone(), receipt: outcome.receipt.clone() };
        Some((self.caller.as_ref()?, event))
    }
}

impl Refusal {
    /// `late`, `duplicate`, `unknown`, `misfit` or `broken`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::Late(_) => "late",
            Refusal::Duplicate(_) => "duplicate",
            Refusal::Unknown(_) => "unknown",
            Refusal::Misfit(_) => "misfit",
            Refusal::Broken(_) => "broken",
        }
    }
}

impl Misfit {
    pub(super) fn new(path: impl Into<String>, why: impl Into<String>) -> Misfit {
        Misfit { path: path.into(), why: why.into() }
    }

    /// Something that nobody has asked for.
    pub(super) fn unasked(name: &str) -> Misfit {
        Misfit::new(brief(name, LONGEST_NAME), "is not asked for")
    }

    /// The same, seen from what holds it.
    pub(super) fn below(mut self, name: &str) -> Misfit {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }
}

/// The beginning of a text that somebody else has written: as much of it as people read.
pub(super) fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Refusal {
        Refusal::Misfit(misfit)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.why),
            path => write!(f, "`{path}` {}", self.why),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Misfit(misfit) => write!(f, "misfit: {misfit}"),
            Refusal::Late(why) | Refusal::Duplicate(why) | Refusal::Unknown(why) | Refusal::Broken(why) => {
                write!(f, "{}: {why}", self.word())
            }
        }
    }
}

impl std::error::Error for Refusal {}
impl std::error::Error for Misfit {}
