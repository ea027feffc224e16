//! Reads an emitted file again, from its text, and looks for everything on which the proofs rest: each wait with its time,
//! each bound with its counter, each exit with its condition, its target and what travels, each owner with its task, each
//! end with its receipt or reason; and that the graph and its diagram are whole.
//!
//! Must not know: how a file is built. It knows XML, BPMN and the plan, and shares with the rest of the target the ids of
//! elements, and FEEL: what that says is judged by evaluating it, in `tests/engines/bpmn`. What can't be found is told in
//! words; then nothing may be written.

mod exits;
mod form;
mod tree;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use self::tree::{Element, parsed};
use super::super::clock::Clock;
use super::{iso, names};
use crate::plan::{ActorKind, Flow, Kind, Outcome, Plan, State};

/// What all files of one build are held against.
pub(super) struct Expected<'a> {
    plan: &'a Plan,
    clock: Clock,
}

impl<'a> Expected<'a> {
    pub(super) fn new(plan: &'a Plan, scale: Option<Decimal>) -> Expected<'a> {
        Expected { plan, clock: Clock::new(scale) }
    }
}

/// What the file of the flow `name` has lost.
pub(super) fn lost(expected: &Expected<'_>, name: &str, text: &str) -> Vec<String> {
    let (Some(root), Some(flow)) = (parsed(text), expected.plan.flows.get(name)) else {
        return vec!["its form: it is no XML".into()];
    };
    let Some(process) = root.first("bpmn:process") else { return vec!["its process".into()] };
    let mut reading = Reading::new(expected, flow, &root, process);
    reading.form();
    reading.door();
    for (name, state) in &flow.states {
        reading.state(name, state);
    }
    for (name, end) in &flow.ends {
        if matches!(end.outcome, Outcome::Success { .. }) {
            let index = flow.states.len() + flow.ends.get_index_of(name).unwrap_or_default();
            let found = reading.find(&names::id(name, Some(index)));
            let right = found.is_some_and(|found| {
                found.name == "bpmn:endEvent" && says(found, "end", name) && says(found, "owner", &end.owner)
            });
            reading.miss(right, || format!("the end `{name}`"));
        }
    }
    reading.lost
}

struct Reading<'a> {
    expected: &'a Expected<'a>,
    flow: &'a Flow,
    root: &'a Element,
    process: &'a Element,
    /// Flow nodes and sequence flows by id.
    found: BTreeMap<&'a str, &'a Element>,
    /// Sequence flows by where they begin, and where they lead.
    out: BTreeMap<&'a str, Vec<&'a Element>>,
    into: BTreeMap<&'a str, Vec<&'a Element>>,
    /// Border events by where they stand.
    borders: BTreeMap<&'a str, Vec<&'a Element>>,
    lost: Vec<String>,
}

impl<'a> Reading<'a> {
    fn new(
        expected: &'a Expected<'a>,
        flow: &'a Flow,
        root: &'a Element,
        process: &'a Element,
    ) -> Reading<'a> {
        let elements = process.below().into_iter().filter(|element| !element.id().is_empty());
        let found: BTreeMap<_, _> = elements.map(|element| (element.id(), element)).collect();
        let mut reading = Reading {
            expected,
            flow,
            root,
            process,
            found,
            out: BTreeMap::new(),
            into: BTreeMap::new(),
            borders: BTreeMap::new(),
            lost: Vec::new(),
        };
        for line in process.below().into_iter().filter(|element| element.name == "bpmn:sequenceFlow") {
            reading.out.entry(line.get("sourceRef")).or_default().push(line);
            reading.into.entry(line.get("targetRef")).or_default().push(line);
        }
        for event in process.below().into_iter().filter(|element| element.name == "bpmn:boundaryEvent") {
            reading.borders.entry(event.get("attachedToRef")).or_default().push(event);
        }
        reading
    }

    fn miss(&mut self, there: bool, what: impl FnOnce() -> String) {
        if !there {
            self.lost.push(what());
        }
    }

    fn find(&self, id: &str) -> Option<&'a Element> {
        self.found.get(id).copied()
    }

    fn out(&self, element: &Element) -> &[&'a Element] {
        self.out.get(element.id()).map(Vec::as_slice).unwrap_or_default()
    }

    fn into(&self, element: &Element) -> &[&'a Element] {
        self.into.get(element.id()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a sequence flow leads, gateways that only join left out.
    fn target(&self, line: &Element) -> Option<&'a Element> {
        let mut at = self.find(line.get("targetRef"))?;
        while let ("bpmn:exclusiveGateway", [only]) = (at.name.as_str(), self.out(at)) {
            at = self.find(only.get("targetRef"))?;
        }
        Some(at)
    }

    /// Where the one way on from an element leads.
    fn next(&self, element: &Element) -> Option<&'a Element> {
        match self.out(element) {
            [only] => self.target(only),
            _ => None,
        }
    }

    /// The event on the border of `host` that `is` asked for.
    fn border(&self, host: &str, is: impl Fn(&Element) -> bool) -> Option<&'a Element> {
        let on = self.borders.get(host).into_iter().flatten().copied();
        on.filter(|event| event.get("cancelActivity") != "false").find(|event| is(event))
    }

    fn door(&mut self) {
        for (id, intake) in &self.flow.intakes {
            let lines = self.find("way-in.which").map(|which| self.out(which)).unwrap_or_default();
            let asks = format!("intake = {} and ", super::feel::text(id));
            let line =
                lines.iter().find(|line| condition(line).is_some_and(|asked| asked.starts_with(&asks)));
            let taken = line.and_then(|line| self.target(line));
            let right = taken.is_some_and(|taken| self.hands_on(taken, &intake.arrow, None));
            self.miss(right, || format!("the intake `{id}`"));
        }
        let begins = self.find("way-in").and_then(|start| self.next(start)).map(Element::id);
        self.miss(begins == Some("way-in.which"), || "its beginning".into());
    }

    fn state(&mut self, name: &str, state: &State) {
        let id = names::state(self.flow, name).into_owned();
        let Some(found) = self.find(&id) else { return self.lost.push(format!("the state `{name}`")) };
        self.miss(says(found, "state", name) && says(found, "owner", &state.owner), || {
            format!("the owner of `{name}`")
        });
        if let Kind::Wait { time } = &state.kind {
            let right = found.name == "bpmn:intermediateCatchEvent"
                && self.waits(found, self.expected.clock.seconds(time.seconds))
                && self.leads(self.next(found), &time.route, None);
            return self.miss(right, || format!("the time of `{name}`"));
        }
        let limits = self.expected.clock.limits(state);
        if let Some(timer) = &state.deadline {
            let event = self.border(&id, |event| self.waits(event, limits.deadline));
            let right = event.is_some_and(|event| self.leads(self.next(event), &timer.route, None));
            self.miss(right, || format!("the deadline of `{name}`"));
        }
        if let (Some(timer), Some(seconds)) = (&state.accept, limits.accept) {
            let inner = self.border(&format!("{id}.accept.task"), |event| self.waits(event, seconds));
            let thrown =
                inner.and_then(|event| self.next(event)).is_some_and(|end| is_about(end, "error-unaccepted"));
            let event = self.border(&id, |event| is_about(event, "error-unaccepted"));
            let right = thrown && event.is_some_and(|event| self.leads(self.next(event), &timer.route, None));
            self.miss(right, || format!("the time to accept of `{name}`"));
        }
        match &state.kind {
            Kind::Call(call) => {
                for (row, run) in call.runs.iter().enumerate() {
                    let right = self.runs(&id, row, run);
                    self.miss(right, || format!("the run `{}` of `{name}`", run.id));
                }
            }
            _ => self.owner(&id, name, state),
        }
        self.exits(&id, name, state, found);
    }

    /// A timer of just so many seconds.
    fn waits(&self, event: &Element, seconds: u64) -> bool {
        let timer = event.first("bpmn:timerEventDefinition");
        let time = timer.and_then(|timer| timer.first("bpmn:timeDuration"));
        time.is_some_and(|time| time.text == iso(seconds))
    }

    fn is_person(&self, state: &State) -> bool {
        self.expected.plan.actors.get(&state.owner).is_some_and(|actor| actor.kind == ActorKind::Human)
    }

    /// The owner's task, and what its owner is told.
    fn owner(&mut self, id: &str, name: &str, state: &State) {
        let tasks: Vec<_> = match state.accept {
            Some(_) => vec![format!("{id}.accept.task"), format!("{id}.work")],
            None => vec![id.to_owned()],
        };
        let kind = if self.is_person(state) { "bpmn:userTask" } else { "bpmn:serviceTask" };
        for task in tasks {
            let right =
                self.find(&task).is_some_and(|task| task.name == kind && self.told(task, name, state));
            self.miss(right, || format!("what the owner of `{name}` is told"));
        }
    }

    fn told(&self, task: &Element, name: &str, state: &State) -> bool {
        let plan = self.expected.plan;
        let actor = plan.actors.get(&state.owner);
        let binding = actor.map_or("", |actor| actor.binding.text.as_str());
        let retry = state.retry.map_or(0, |retry| retry.times).to_string();
        let pause = state.retry.map_or(0, |retry| self.expected.clock.seconds(retry.every)).to_string();
        let makes = crate::emit::schema::makes(plan, self.flow, state).to_string();
        let said = [
            ("state", name),
            ("plan", plan.hash.as_str()),
            ("asset", state.asset.as_str()),
            ("goal", state.goal.as_str()),
            ("owner", state.owner.as_str()),
            ("kind", actor.map_or("", |actor| actor.kind.word())),
            ("binding", binding),
            ("retry_times", &retry),
            ("retry_every", &pause),
            ("makes", &makes),
        ];
        let question = match &state.kind {
            Kind::Approval(approval) => {
                says(task, "question", &approval.question)
                    && ["shows", "options"].iter().all(|name| said_of(task, name).is_some())
            }
            _ => true,
        };
        let accepts = task.id().ends_with(".accept.task");
        let given = ["item", "visit", "threshold", "context", "due", "accept_due"];
        question
            && said.iter().all(|(name, value)| says(task, name, value))
            && ["v", "flow"].iter().all(|name| said_of(task, name).is_some())
            && (!accepts || says(task, "expects", "accept"))
            && given.iter().all(|name| is_given(task, name))
    }
}

/// What is said of a node under that name.
fn said_of<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    let extension = element.first("bpmn:extensionElements")?;
    let said = extension.below().into_iter();
    let mut said = said.filter(|said| said.name.ends_with(":property") || said.name == "zeebe:header");
    said.find(|said| said.get("name") == name || said.get("key") == name).map(|said| said.get("value"))
}

fn says(element: &Element, name: &str, value: &str) -> bool {
    said_of(element, name) == Some(value)
}

/// Whether something is computed under that name when work arrives.
fn is_given(element: &Element, name: &str) -> bool {
    let Some(extension) = element.first("bpmn:extensionElements") else { return false };
    extension.below().iter().any(|input| {
        (input.name == "zeebe:input" && input.get("target") == name && !input.get("source").is_empty())
            || (input.name == "baton:input" && input.get("name") == name && !input.get("value").is_empty())
    })
}

/// Whether an event catches or throws that error.
fn is_about(event: &Element, error: &str) -> bool {
    event.first("bpmn:errorEventDefinition").is_some_and(|about| about.get("errorRef") == error)
}

/// The condition of a sequence flow.
fn condition(line: &Element) -> Option<&str> {
    let text = line.first("bpmn:conditionExpression")?.text.as_str();
    Some(text.strip_prefix('=').unwrap_or(text))
}
