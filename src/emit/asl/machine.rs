//! One flow's state machine, put together: the door, the states, the ends.
//!
//! Must not know: AWS resources by more than their logical ids.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::receipt::Read;
use super::{Build, events, ids, layout, names};
use crate::plan::{Flow, Kind, Outcome};

/// Where a machine goes when no rule holds; it is proved that it never does.
pub(super) const GAP: &str = "/gap";
const UNPROVED: &str = "No rule holds for what was delivered, or no receipt is there. Baton has proved that this can't be: please report it.";

/// A machine under construction.
pub(super) struct Machine<'a> {
    pub(super) build: &'a Build<'a>,
    pub(super) name: &'a SmolStr,
    pub(super) flow: &'a Flow,
    pub(super) read: Read<'a>,
    states: Map<String, Value>,
    shortened: Map<String, Value>,
}

/// A finished machine.
pub(super) struct Definition {
    /// The definition, with its substitutions.
    pub(super) text: String,
    /// Each shortened name with the whole one.
    pub(super) shortened: Value,
}

/// The machine of one flow.
pub(super) fn machine(build: &Build<'_>, name: &SmolStr, flow: &Flow) -> Definition {
    let states = Map::new();
    let mut machine = Machine { build, name, flow, read: Read::new(flow), states, shortened: Map::new() };
    let start = machine.door();
    for (name, state) in &flow.states {
        machine.state(name, state);
    }
    for (name, end) in &flow.ends {
        machine.end(name, end);
    }
    machine.fail(GAP, "Baton.Gap", UNPROVED, "It is proved that nothing comes here");
    let definition = json!({ "Comment": machine.comment(), "StartAt": start, "States": machine.states });
    Definition { text: ids::bound(&layout::text(&definition)), shortened: machine.shortened.into() }
}

impl Machine<'_> {
    /// Adds a state under its whole name.
    pub(super) fn add(&mut self, name: &str, state: Value) {
        self.note(name);
        self.states.insert(names::state(name).into_owned(), state);
    }

    /// Keeps the whole name of a state that is nested in another, if it is shortened.
    pub(super) fn note(&mut self, name: &str) {
        let short = names::state(name);
        if short != name {
            self.shortened.insert(short.into_owned(), name.into());
        }
    }

    /// Where an arrow to this state or end leads.
    pub(super) fn arrival(&self, name: &str) -> String {
        let counted =
            self.flow.states.get(name).is_some_and(|state| !matches!(state.kind, Kind::Wait { .. }));
        let proved =
            self.flow.ends.get(name).is_some_and(|end| matches!(end.outcome, Outcome::Success { .. }));
        let whole = match (counted, proved) {
            (true, _) => format!("{name}/arrive"),
            (_, true) => format!("{name}/receipt"),
            _ => name.to_owned(),
        };
        names::state(&whole).into_owned()
    }

    /// The visits of a state so far: `$.visits.STATE`, holding `number`.
    pub(super) fn visits(&self, name: &str) -> String {
        format!("$.visits.{}", self.state_key(name))
    }

    /// A state's name as a key beside the context.
    pub(super) fn state_key(&self, name: &str) -> String {
        names::key(name, self.flow.states.get_index_of(name).unwrap_or_default()).into_owned()
    }

    /// Others call this flow, or may: its ends answer the caller, if there is one.
    pub(super) fn answers_callers(&self) -> bool {
        self.build.called.contains(self.name.as_str())
            || self.flow.intakes.values().any(|intake| intake.from.is_none())
    }

    fn comment(&self) -> String {
        let doc = self.flow.doc.as_deref().unwrap_or_default().trim();
        let marking = self.build.clock.marking().unwrap_or_default();
        let origin = format!("Emitted by Baton from plan {}; do not edit.", self.build.plan.hash);
        let events = events::most(self.flow).unwrap_or(events::LIMIT);
        let most = format!("An execution has at most {events} of {} events.", events::LIMIT);
        format!("{marking}{}: {doc} {origin} {most}", self.name)
    }
}
