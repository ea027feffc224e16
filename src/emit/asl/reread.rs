//! Reads an emitted definition again, from its text, and looks for everything on which the proofs rest: each wait with
//! its time, each bound with its counter, each exit with its condition, its target and what travels, each owner with
//! its queue, each end with its receipt.
//!
//! Must not know: how a definition is built. It knows JSON, the States Language and the plan, and shares two things with
//! the rest of the target: the names of resources, and the schema of what an owner is to make. That this schema accepts
//! what it should is judged by values: `tests/it/schemas.rs` type by type, `tests/it/planned.rs` a whole delivery. What
//! can't be found is told in words; then nothing may be written.

mod door;
mod ends;
mod exits;
mod found;
mod owners;
mod paths;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use self::found::Found;
use super::ids::Ids;
use crate::plan::{Flow, Kind, Plan, State};

type States = Map<String, Value>;

/// What all definitions of one build are held against.
pub(super) struct Expected<'a> {
    plan: &'a Plan,
    ids: &'a Ids,
    /// By what all waits are multiplied.
    scale: Option<Decimal>,
    /// The flows that some flow calls.
    called: BTreeSet<&'a str>,
}

impl<'a> Expected<'a> {
    pub(super) fn new(plan: &'a Plan, ids: &'a Ids, scale: Option<Decimal>) -> Expected<'a> {
        Expected { plan, ids, scale, called: plan.called() }
    }
}

/// What the definition of the flow `name` has lost. `names` is the table of its shortened names.
pub(super) fn lost(expected: &Expected<'_>, name: &str, definition: &str, names: &str) -> Vec<String> {
    match (parsed(definition), parsed(names)) {
        (Some(definition), Some(names)) => lost_from(expected, name, &definition, &names),
        _ => vec!["its form: it is no JSON object".into()],
    }
}

/// The same of what was parsed.
pub(super) fn lost_from(
    expected: &Expected<'_>,
    name: &str,
    definition: &States,
    names: &States,
) -> Vec<String> {
    let flow = expected.plan.flows.get(name);
    let (Some(flow), Some(Value::Object(states))) = (flow, definition.get("States")) else {
        return vec!["its states".into()];
    };
    let whole = names.iter().filter_map(|(short, whole)| Some((whole.as_str()?, short.as_str())));
    let answers = expected.called.contains(name) || flow.intakes.values().any(|intake| intake.from.is_none());
    let mut reading = Reading {
        expected,
        name,
        flow,
        states,
        short: whole.collect(),
        answers,
        counters: BTreeMap::new(),
        lost: Vec::new(),
    };
    reading.all(definition.get("StartAt"));
    reading.lost
}

fn parsed(text: &str) -> Option<States> {
    serde_json::from_str(text).ok()
}

struct Reading<'a> {
    expected: &'a Expected<'a>,
    /// The flow's name.
    name: &'a str,
    flow: &'a Flow,
    states: &'a States,
    /// Shortened names by their whole ones.
    short: BTreeMap<&'a str, &'a str>,
    /// Its ends tell a caller.
    answers: bool,
    /// The counters that were found, each with what it counts.
    counters: BTreeMap<&'a str, SmolStr>,
    lost: Vec<String>,
}

impl<'a> Reading<'a> {
    fn all(&mut self, start: Option<&'a Value>) {
        for (name, value) in self.states {
            self.form(Found { name, value });
        }
        self.door(start);
        for (name, state) in &self.flow.states {
            self.state(name, state);
        }
        for (name, end) in &self.flow.ends {
            let kept = self.end(name, end);
            self.miss(kept, || format!("the end `{name}`"));
        }
    }

    fn miss(&mut self, there: bool, what: impl FnOnce() -> String) {
        if !there {
            self.lost.push(what());
        }
    }

    fn find(&self, name: &str) -> Option<Found<'a>> {
        let name = self.short.get(name).copied().unwrap_or(name);
        let (name, value) = self.states.get_key_value(name)?;
        Some(Found { name, value })
    }

    fn at(&self, target: Option<&'a Value>) -> Option<Found<'a>> {
        let (name, value) = self.states.get_key_value(target?.as_str()?)?;
        Some(Found { name, value })
    }

    fn is_named(&self, found: Found<'a>, whole: &str) -> bool {
        self.short.get(whole).copied().unwrap_or(whole) == found.name
    }

    /// Whether nothing else counts there.
    fn its_own(&mut self, counter: &'a str, what: &str) -> bool {
        self.counters.insert(counter, what.into()).is_none_or(|other| other == what)
    }

    /// The planned time as it has to stand there.
    fn seconds(&self, planned: u64) -> u64 {
        let Some(scale) = self.expected.scale else { return planned };
        let scaled = Decimal::from(planned).checked_mul(scale).and_then(|scaled| scaled.ceil().to_u64());
        scaled.unwrap_or(planned).max(1)
    }

    fn accept(&self, state: &State) -> Option<u64> {
        state.accept.as_ref().map(|timer| self.seconds(timer.seconds))
    }

    fn deadline(&self, state: &State) -> Option<u64> {
        let deadline = self.seconds(state.deadline.as_ref()?.seconds);
        Some(self.accept(state).map_or(deadline, |accept| deadline.max(accept + 1)))
    }

    /// What holds of every state, whatever it is for.
    fn form(&mut self, state: Found<'a>) {
        let leads = state.value.get("Next").is_some();
        let ends = state.ends();
        let closed = match state.text("Type") {
            Some("Choice") => {
                self.at(state.value.get("Default")).is_some() && !state.list("Choices").is_empty()
            }
            Some("Fail") => state.text("Error").is_some() && !leads,
            Some("Task") => state.seconds("TimeoutSeconds").is_some() && leads != ends,
            Some("Pass" | "Wait" | "Parallel") => leads != ends,
            _ => false,
        };
        let retries = state.value.get("Retry").is_some();
        let targets = [state.value.get("Next"), state.value.get("Default")].into_iter().flatten();
        let nested = state.list("Catch").iter().chain(state.list("Choices"));
        let nested = nested.map(|entry| entry.get("Next").and_then(Value::as_str));
        let there = targets
            .map(Value::as_str)
            .chain(nested)
            .all(|to| to.is_some_and(|to| self.states.contains_key(to)));
        self.miss(closed && there && !retries, || format!("a way on from `{}`", state.name));
    }

    fn state(&mut self, name: &str, state: &State) {
        let Some(found) = self.find(name) else { return self.lost.push(format!("the state `{name}`")) };
        match &state.kind {
            Kind::Wait { time } => {
                let right = found.has("Wait", &["Seconds", "Next"])
                    && found.seconds("Seconds") == Some(self.seconds(time.seconds));
                self.miss(right, || format!("the time of `{name}`"));
            }
            Kind::Call(call) => self.call(name, state, call, found),
            Kind::State | Kind::Approval(_) if state.accept.is_some() => self.two_timers(name, state, found),
            Kind::State | Kind::Approval(_) => self.one_timer(name, state, found),
        }
        self.exits(name, state, found);
    }
}
