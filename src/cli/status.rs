//! `baton status`: where all items are.
//!
//! Must not know: what happens there.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::inbox::View;
use super::output::Output;
use super::stored::StoreArguments;
use super::told::{left, time};
use super::{Failure, Outcome};
use crate::diagnostics::render::counted;
use crate::run::store::{Listed, Place, now};

/// So many items are listed, unless all are asked for.
const FEW: usize = 20;

#[derive(Args, Debug)]
pub(super) struct StatusArguments {
    /// List all items, those that have ended too
    #[arg(long)]
    all: bool,
    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = View::Text)]
    format: View,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &StatusArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let opened = arguments.store.find()?;
    let places = opened.store.places().map_err(|fault| opened.failure(&fault))?;
    let json = arguments.format == View::Json;
    let items = opened.store.items(arguments.all || json).map_err(|fault| opened.failure(&fault))?;
    if json {
        let list: Vec<Value> = items.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list).unwrap_or_default())?;
        return Ok(Outcome::Clean);
    }
    if places.is_empty() {
        writeln!(out, "no work has come in yet")?;
    }
    places.iter().try_for_each(|place| show_place(place, out))?;
    let few = if arguments.all { items.len() } else { FEW };
    items.iter().take(few).try_for_each(|item| show_item(item, out))?;
    if items.len() > few {
        writeln!(out, "  and {} more; `--all` lists them", counted(items.len() - few, "item"))?;
    }
    Ok(Outcome::Clean)
}

fn as_json(item: &Listed) -> Value {
    json!({
        "item": item.id, "flow": item.flow, "place": item.place, "due": item.due.map(time),
        "ended": item.ended.map(time), "fault": item.fault,
    })
}

fn show_place(place: &Place, out: &mut Output) -> std::io::Result<()> {
    let name = if place.place.is_empty() { "cancelled" } else { place.place.as_str() };
    let ended = if place.ended { " (end)" } else { "" };
    writeln!(out, "{:>7}  {}: {name}{ended}", place.items, place.flow)
}

fn show_item(item: &Listed, out: &mut Output) -> std::io::Result<()> {
    let when = match (&item.fault, item.ended, item.due) {
        (Some(fault), _, _) => format!("broken, which is a bug in baton: {fault}"),
        (None, Some(ended), _) => format!("ended {}", time(ended)),
        (None, None, Some(due)) => {
            left(now(), due).map_or_else(|| "due".to_owned(), |left| format!("due in {left}"))
        }
        (None, None, None) => String::new(),
    };
    writeln!(out, "  {}  {}  {when}", item.id, item.place)
}
