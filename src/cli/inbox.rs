//! `baton inbox`: what waits for whom, until when, with question, evidence and options.
//!
//! Must not know: how it is answered.

use std::io::Write;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::Output;
use super::stored::StoreArguments;
use super::told::{left, shown, time};
use super::{Failure, Outcome};
use crate::diagnostics::render::{counted, harmless_line};
use crate::plan::Plan;
use crate::run::Task;
use crate::run::store::{Open, now};

#[derive(Args, Debug)]
pub(super) struct InboxArguments {
    /// Only what waits for this actor, or for this contact
    #[arg(value_name = "WHO")]
    who: Option<String>,
    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = View::Text)]
    format: View,
    #[command(flatten)]
    store: StoreArguments,
}

/// `--format`
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum View {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &InboxArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let mut opened = arguments.store.find()?;
    let mut open = opened.store.open_by_hand().map_err(|fault| opened.failure(&fault))?;
    if let Some(who) = &arguments.who {
        open.retain(|open| *who == open.task.owner || *who == contact(&open.plan, &open.task));
    }
    match arguments.format {
        View::Json => {
            let list: Vec<Value> = open.iter().map(as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list).unwrap_or_default())?;
        }
        View::Text if open.is_empty() => writeln!(out, "nothing waits for anybody")?,
        View::Text => {
            let now = now();
            open.iter().try_for_each(|open| show(open, now, out))?;
            writeln!(out, "{}", counted(open.len(), "open visit"))?;
        }
    }
    Ok(Outcome::Clean)
}

fn contact<'p>(plan: &'p Arc<Plan>, task: &Task) -> &'p str {
    plan.actors.get(&task.owner).map_or("", |actor| actor.binding.text.as_str())
}

fn as_json(open: &Open) -> Value {
    json!({
        "task": open.task, "contact": contact(&open.plan, &open.task), "since": time(open.since), "due": time(open.due),
        "accepted": open.item.visit().and_then(|visit| visit.accepted).map(time),
    })
}

fn show(open: &Open, now: Timestamp, out: &mut Output) -> std::io::Result<()> {
    let Open { plan, item, task, due, .. } = open;
    let until = left(now, *due).map_or_else(|| "too late".to_owned(), |left| format!("due in {left}"));
    let accepted = item.visit().is_some_and(|visit| visit.accepted.is_some());
    let accepted = if accepted { ", accepted" } else { "" };
    writeln!(
        out,
        "{}",
        harmless_line(&format!(
            "{}: for {} ({}), {until}{accepted}",
            task.visit,
            task.owner,
            contact(plan, task)
        ))
    )?;
    for line in [Some(&task.goal), task.question.as_ref()].into_iter().flatten() {
        writeln!(out, "  {}", harmless_line(line))?;
    }
    for (path, value) in evidence(task) {
        writeln!(out, "    {path} = {}", shown(value))?;
    }
    let id = &item.id;
    match &task.options {
        Some(options) => options.iter().try_for_each(|option| {
            writeln!(out, "  baton decide {id} {:<12} -> {}", option.name, option.to.join(" or "))
        })?,
        None => writeln!(out, "  baton deliver {id}{}", sets(open))?,
    }
    writeln!(out)
}

/// What is there of what the owner reads: the fields; for a reviewer the asset, and the paths that the approval shows.
fn evidence(task: &Task) -> Vec<(&str, &Value)> {
    let fields = || task.context.keys().map(String::as_str);
    let shown = task.shows.iter().flatten().map(|path| path.as_str());
    let paths: Vec<&str> = match task.shows {
        Some(_) => fields().filter(|name| *name == task.asset).chain(shown).collect(),
        None => fields().collect(),
    };
    let at = |path: &str| {
        let mut names = path.split('.');
        let field = names.next().and_then(|name| task.context.get(name));
        names.try_fold(field?, |value, name| value.get(name))
    };
    let found = paths.into_iter().filter_map(|path| Some((path, at(path)?)));
    found.filter(|(_, value)| !value.is_null()).collect()
}

/// The fields that are to be made.
fn sets(open: &Open) -> String {
    let flow = open.plan.flows.get(&open.item.flow);
    let state = flow.and_then(|flow| flow.states.get(&open.task.state));
    state
        .map(|state| state.makes.iter().map(|field| format!(" --set {field}=…")).collect())
        .unwrap_or_default()
}
