//! `baton cancel`: stops an item, wherever it is.
//!
//! Must not know: what it was doing.

use std::io::Write;

use clap::Args;

use super::answer::who;
use super::output::Output;
use super::stored::{StoreArguments, refused};
use super::{Failure, Outcome};
use crate::run::Event;

#[derive(Args, Debug)]
pub(super) struct CancelArguments {
    /// The item
    #[arg(value_name = "ITEM")]
    item: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "cancelled")]
    reason: String,
    /// Who cancels it, for the log [default: the user's name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &CancelArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let CancelArguments { item, reason, by, store } = arguments;
    let mut opened = store.find()?;
    let event = Event::Cancel { reason: reason.as_str().into() };
    let verdict = opened.store.change(|work| work.happen(item, &event, &who(by.as_deref())));
    match verdict.map_err(|fault| opened.failure(&fault))? {
        Err(refusal) => refused(&refusal, out),
        Ok(()) => {
            writeln!(out, "cancelled: {item}")?;
            Ok(Outcome::Clean)
        }
    }
}
