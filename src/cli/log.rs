//! `baton log`: what has happened to an item, as an audit trail.
//!
//! Must not know: where it is kept.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::inbox::View;
use super::output::Output;
use super::stored::{StoreArguments, refused};
use super::told::{line, parts, time};
use super::{Failure, Outcome};
use crate::run::Refusal;
use crate::run::store::{Entry, Line};

#[derive(Args, Debug)]
pub(super) struct LogArguments {
    /// The item
    #[arg(value_name = "ITEM")]
    item: String,
    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = View::Text)]
    format: View,
    /// The replies of its owners instead, as `baton run --replay` reads them
    #[arg(long)]
    replies: bool,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &LogArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let opened = arguments.store.find()?;
    let item = arguments.item.as_str();
    let failure = |fault| opened.failure(&fault);
    if opened.store.item(item).map_err(failure)?.is_none() {
        return refused(&Refusal::Unknown(format!("there is no item `{item}`")), out);
    }
    if arguments.replies {
        for (attempt, reply) in opened.store.replies(item).map_err(failure)? {
            let mut said = json!({ "visit": attempt.visit().to_string() });
            if let (Value::Object(said), Value::Object(reply)) = (&mut said, reply) {
                said.extend(reply);
            }
            writeln!(out, "{said}")?;
        }
        return Ok(Outcome::Clean);
    }
    let lines = opened.store.log_of(item).map_err(failure)?;
    match arguments.format {
        View::Json => writeln!(out, "{}", serde_json::to_string_pretty(&lines).unwrap_or_default())?,
        View::Text => lines.iter().try_for_each(|line| show(line, out))?,
    }
    Ok(Outcome::Clean)
}

fn show(logged: &Line, out: &mut Output) -> std::io::Result<()> {
    writeln!(out, "{}  {}  (by {})", time(logged.at), line(logged), logged.who)?;
    match &logged.entry {
        Entry::Handed(handover) => {
            parts(handover).iter().try_for_each(|(name, text)| writeln!(out, "    {name:<9}  {text}"))
        }
        _ => Ok(()),
    }
}
