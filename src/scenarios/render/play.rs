//! A scenario as an engine can play it: the record that comes in, and what owners and runs reply.
//!
//! Must not know: other members of the results. The replies are those of `baton run --replay`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use smol_str::{SmolStr, format_smolstr};

use crate::run::story::Story;
use crate::run::{Event, Key, Outcome, Record};

/// A scenario for any engine: who lets the record in under this name, and answers as the replies say, sees work go the
/// same way.
#[derive(Serialize, JsonSchema)]
pub(super) struct Play<'a> {
    /// A name for the item.
    item: SmolStr,
    /// The intake by which work comes in, by the id in the plan.
    intake: &'a str,
    /// The raw record; for an intake without a source, what a call passes.
    record: &'a Value,
    /// What owners reply, in the order of the visits. `fail` is the reply to every attempt. To a visit that is not named
    /// nobody replies.
    replies: Vec<Reply<'a>>,
    /// How the runs of calls end, in their order. One that is not named does not end while it matters.
    runs: Vec<RunEnd<'a>>,
    /// How the item ends.
    #[schemars(with = "Option<Map<String, Value>>")]
    outcome: Option<&'a Outcome>,
}

/// A reply of the runtime protocol; its schema is `schema/reply.schema.json`.
#[derive(Serialize, JsonSchema)]
struct Reply<'a> {
    /// To which visit: `ITEM/STATE#N`.
    visit: String,
    #[serde(flatten)]
    said: Said<'a>,
}

/// What an owner says.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Said<'a> {
    /// The work has reached the owner.
    Accept {
        /// `true`
        accept: bool,
    },
    /// The owner delivers.
    Made {
        /// What the state makes.
        made: &'a Record,
        /// The option, of an approval.
        #[serde(skip_serializing_if = "Option::is_none")]
        decision: Option<&'a str>,
    },
    /// The owner can't.
    Fail {
        /// Why.
        fail: &'a str,
    },
}

/// The end of a run.
#[derive(Serialize, JsonSchema)]
struct RunEnd<'a> {
    /// Its item: `ITEM/STATE#N/RUN`.
    run: SmolStr,
    /// What proves its success; `null` if it had none.
    receipt: Option<&'a Value>,
}

impl<'a> Play<'a> {
    /// The play of a story that came in by this intake, for an item of that name.
    pub(super) fn new(item: SmolStr, intake: &'a str, story: &'a Story) -> Play<'a> {
        let replies = story.events.iter().filter_map(|event| reply(&item, event)).collect();
        let runs = story.events.iter().filter_map(|event| run_end(&item, event)).collect();
        Play { item, intake, record: &story.record, replies, runs, outcome: story.outcome.as_ref() }
    }
}

fn reply<'a>(item: &SmolStr, event: &'a Event) -> Option<Reply<'a>> {
    let (visit, said) = match event {
        Event::Accept { visit } => (visit, Said::Accept { accept: true }),
        Event::Answer { visit, made, decision } => {
            (visit, Said::Made { made, decision: decision.as_deref() })
        }
        Event::Fail { visit, reason } => (visit, Said::Fail { fail: reason }),
        Event::RunEnded { .. } | Event::Due | Event::Cancel { .. } => return None,
    };
    Some(Reply { visit: named(item, visit).to_string(), said })
}

fn run_end<'a>(item: &SmolStr, event: &'a Event) -> Option<RunEnd<'a>> {
    let Event::RunEnded { run, receipt } = event else { return None };
    let (visit, run) = Key::of_run(run)?;
    Some(RunEnd { run: format_smolstr!("{}/{run}", named(item, &visit)), receipt: receipt.as_ref() })
}

/// The same visit of an item of that name.
fn named(item: &SmolStr, visit: &Key) -> Key {
    Key { item: item.clone(), ..visit.visit() }
}
