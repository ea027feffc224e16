//! `baton decide`, `deliver`, `accept` and `fail`: what people answer to work that waits for them.
//!
//! Must not know: what follows from an answer.

use std::io::Write;

use clap::Args;
use smol_str::SmolStr;

use super::output::Output;
use super::set::MadeArguments;
use super::stored::{Opened, StoreArguments, refused};
use super::{Failure, Outcome};
use crate::run::store::Store;
use crate::run::{Key, Record, Refusal};
use serde_json::{Value, json};

#[derive(Args, Debug)]
pub(super) struct Answering {
    /// The item, whose open visit is meant, or a visit: `page-1`, `page-1/review#2`
    #[arg(value_name = "ITEM")]
    item: String,
    /// Who answers, for the log [default: the user's name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Args, Debug)]
pub(super) struct DecideArguments {
    #[command(flatten)]
    answering: Answering,
    /// One of the options
    #[arg(value_name = "OPTION")]
    option: String,
    #[command(flatten)]
    made: MadeArguments,
}

#[derive(Args, Debug)]
pub(super) struct DeliverArguments {
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    made: MadeArguments,
}

#[derive(Args, Debug)]
pub(super) struct AcceptArguments {
    #[command(flatten)]
    answering: Answering,
}

#[derive(Args, Debug)]
pub(super) struct FailArguments {
    #[command(flatten)]
    answering: Answering,
    /// Why it can't be done
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn decide(arguments: &DecideArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let DecideArguments { answering, option, made } = arguments;
    answer(answering, out, |store, visit| {
        Ok(json!({ "made": made_of(store, visit, made)?, "decision": option }))
    })
}

pub(super) fn deliver(arguments: &DeliverArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let DeliverArguments { answering, made } = arguments;
    answer(answering, out, |store, visit| Ok(json!({ "made": made_of(store, visit, made)? })))
}

pub(super) fn accept(arguments: &AcceptArguments, out: &mut Output) -> Result<Outcome, Failure> {
    answer(&arguments.answering, out, |_, _| Ok(json!({ "accept": true })))
}

pub(super) fn fail(arguments: &FailArguments, out: &mut Output) -> Result<Outcome, Failure> {
    answer(&arguments.answering, out, |_, _| Ok(json!({ "fail": arguments.reason })))
}

/// Takes an answer to an open visit, and says where the item is then.
fn answer(
    answering: &Answering,
    out: &mut Output,
    reply: impl FnOnce(&mut Opened, &Key) -> Result<Value, Failure>,
) -> Result<Outcome, Failure> {
    let mut opened = answering.store.find()?;
    let visit = match opened.visit(&answering.item)? {
        Ok(visit) => visit,
        Err(refusal) => return refused(&refusal, out),
    };
    if let Some(refusal) = programs(&mut opened, &visit)? {
        return refused(&refusal, out);
    }
    let reply = reply(&mut opened, &visit)?;
    let who = who(answering.by.as_deref());
    let verdict = opened.store.change(|work| work.reply(&visit, &reply, &who));
    match verdict.map_err(|fault| opened.failure(&fault))? {
        Err(refusal) => refused(&refusal, out),
        Ok(()) => say(&opened.store, &visit, out),
    }
}

/// Why people do not answer to this visit: a program does.
fn programs(opened: &mut Opened, visit: &Key) -> Result<Option<Refusal>, Failure> {
    let Some((plan, flow)) = flow_of(opened, visit)? else { return Ok(None) };
    let owner =
        plan.flows.get(&flow).and_then(|flow| flow.states.get(&visit.state)).map(|state| &state.owner);
    let actor = owner.and_then(|owner| plan.actors.get_key_value(owner));
    Ok(actor.filter(|(_, actor)| !crate::run::store::is_by_hand(actor.kind)).map(|(name, actor)| {
        Refusal::Unknown(format!("`{}` is for {name}, a {}, to answer", visit.state, actor.kind.word()))
    }))
}

fn flow_of(
    opened: &mut Opened,
    visit: &Key,
) -> Result<Option<(std::sync::Arc<crate::plan::Plan>, SmolStr)>, Failure> {
    let found = opened.store.item(&visit.item).map_err(|fault| opened.failure(&fault))?;
    let Some(item) = found else { return Ok(None) };
    let plan = opened.store.plan(&item.plan).map_err(|fault| opened.failure(&fault))?;
    Ok(Some((plan, item.flow)))
}

fn made_of(opened: &mut Opened, visit: &Key, made: &MadeArguments) -> Result<Record, Failure> {
    let Some((plan, name)) = flow_of(opened, visit)? else { return Ok(Record::new()) };
    let flow = plan.flows.get(&name);
    match flow.and_then(|flow| Some((flow, flow.states.get(&visit.state)?))) {
        Some((flow, state)) => made.made(&plan, flow, state),
        None => Ok(Record::new()), // there is no such state, which the interpreter says
    }
}

fn say(store: &Store, visit: &Key, out: &mut Output) -> Result<Outcome, Failure> {
    let item = store.item(&visit.item).ok().flatten();
    let now = item.as_ref().map(|item| match (item.visit(), item.outcome()) {
        (Some(visit), _) => format!("is in `{}`", visit.state),
        (None, outcome) => {
            let end = outcome.and_then(|outcome| outcome.end.as_deref());
            end.map_or_else(|| "was cancelled".to_owned(), |end| format!("has ended: `{end}`"))
        }
    });
    writeln!(out, "taken: {} {}", visit.item, now.unwrap_or_default())?;
    Ok(Outcome::Clean)
}

/// The name under which somebody acts.
pub(super) fn who(by: Option<&str>) -> String {
    let variables = ["USER", "LOGNAME", "USERNAME"];
    let user = || variables.iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
    by.map(str::to_owned).or_else(user).unwrap_or_else(|| "somebody".to_owned())
}
