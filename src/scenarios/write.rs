//! A run as the text of a scenario.
//!
//! Must not know: why the run was chosen.

use std::collections::BTreeSet;

use indexmap::IndexSet;

use crate::analysis::cover::{Run, Step};
use crate::analysis::guards::{Cell, CellSet, Space, optional_depths};
use crate::checks::regions::Values;
use crate::model::words::text;
use crate::model::{ArrowId, ArrowKind, Flow, Kind, PathId, Root, Start, StateId, Type};

/// Writes the scenarios of one flow.
pub(super) struct Writer<'m> {
    space: &'m Space<'m>,
    titles: BTreeSet<String>,
}

impl<'m> Writer<'m> {
    pub(super) fn new(space: &'m Space<'m>) -> Writer<'m> {
        let flow = space.flow();
        let titles = flow.scenarios.iter().map(|scenario| scenario.title.value.to_string()).collect();
        Writer { space, titles }
    }

    /// `scenario "…" { … }`, indented as in a flow.
    pub(super) fn scenario(&mut self, run: &Run) -> String {
        let title = self.title(run.shows);
        let lines = run.steps.iter().filter_map(|step| self.line(step));
        let lines: Vec<String> =
            lines.chain([self.expected(run)]).map(|line| format!("    {line}\n")).collect();
        format!("  scenario {} {{\n{}  }}\n", text(&title), lines.concat())
    }

    /// One that no other scenario of the flow has.
    fn title(&mut self, shows: ArrowId) -> String {
        let title = way(self.flow(), shows);
        let numbered = (2_u32..).map(|number| format!("{title} ({number})"));
        let mut free =
            std::iter::once(title.clone()).chain(numbered).filter(|title| !self.titles.contains(title));
        let title = free.next().unwrap_or_default();
        self.titles.insert(title.clone());
        title
    }

    /// What is told of a step; nothing of one that happens by itself.
    fn line(&self, step: &Step) -> Option<String> {
        let flow = self.flow();
        let arrow = &flow[step.arrow];
        let state = match arrow.from {
            Start::Intake(intake) => {
                let intake = &flow[intake];
                let source =
                    intake.from.as_ref().map_or(String::new(), |from| format!(" from {}", text(&from.value)));
                return Some(self.with_values(
                    format!("start {}{source}", intake.name.text),
                    " ",
                    step,
                    None,
                ));
            }
            Start::State(state) => state,
        };
        let at = format!("at {}", flow[state].name.text);
        match arrow.kind {
            ArrowKind::Intake | ArrowKind::Wait => None,
            ArrowKind::Accept => Some(format!("{at} unaccepted")),
            ArrowKind::Deadline => Some(format!("{at} silent")),
            ArrowKind::Failure => Some(format!("{at} fails")),
            ArrowKind::Handoff(_) => Some(self.delivers(at, state, step)),
        }
    }

    fn delivers(&self, at: String, state: StateId, step: &Step) -> String {
        let decided = step.values.iter().find(|(path, _)| self.flow()[*path].root == Root::Decision(state));
        match (&self.flow()[state].kind, decided) {
            (Kind::Approval(approval), decided) => {
                let first = || approval.options.first().map(|option| option.text.to_string());
                let option = decided.map_or_else(first, |&(path, cell)| self.value(path, cell));
                let at = format!("{at} decides {}", option.unwrap_or_default());
                self.with_values(at, ", ", step, decided.map(|(path, _)| *path))
            }
            _ => self.with_values(at, " ", step, None),
        }
    }

    /// With the values of a step, but for that of a decision, which has been said.
    fn with_values(&self, line: String, between: &str, step: &Step, said: Option<PathId>) -> String {
        let values = step.values.iter().filter(|(path, _)| said != Some(*path));
        let values = values.filter_map(|&(path, cell)| match self.not_given(path, cell) {
            Some(field) => Some(format!("{field} = absent")),
            None => Some(format!("{} = {}", self.flow()[path].text, self.value(path, cell)?)),
        });
        let values: IndexSet<String> = values.collect();
        let values = values.into_iter().collect::<Vec<_>>().join(", ");
        if values.is_empty() { line } else { format!("{line}{between}{values}") }
    }

    /// The field that no run of a call gives if this path has no value: of these it has to be said.
    fn not_given(&self, path: PathId, cell: u32) -> Option<&'m str> {
        let (flow, known) = (self.flow(), &self.flow()[path]);
        let Root::Field(field) = known.root else { return None };
        let is_absent = matches!(self.space.cells(path).get(cell), Some(Cell::Absent));
        let is_whole = optional_depths(self.space.model(), flow, known) == [0];
        let calls = flow.states.iter().filter_map(|state| match &state.kind {
            Kind::Call(call) => Some(&call.runs),
            _ => None,
        });
        let mut given = calls.flatten().filter_map(|run| run.gives.as_ref()?.field);
        (is_absent && is_whole && given.any(|given| given == field)).then(|| flow[field].name.text.as_str())
    }

    /// A value of the cell; none where saying nothing means as much.
    fn value(&self, path: PathId, cell: u32) -> Option<String> {
        let cells = self.space.cells(path);
        match cells.get(cell)? {
            Cell::Absent => None,
            Cell::Present => cells.absent().iter().next().map(|_| "present".to_owned()),
            Cell::OtherTexts => Some(self.other_text(path)),
            _ => {
                let said = Values::new(self.space).value(path, &CellSet::one(cell))?;
                said.split_once(" = ").map(|(_, value)| value.to_owned())
            }
        }
    }

    /// A text that no guard mentions.
    fn other_text(&self, path: PathId) -> String {
        let mentioned: BTreeSet<&str> = self
            .space
            .cells(path)
            .all()
            .iter()
            .filter_map(|cell| match self.space.cells(path).get(cell) {
                Some(Cell::Text(mentioned)) => Some(&**mentioned),
                _ => None,
            })
            .collect();
        let (most, start) = match &self.flow()[path].ty {
            Type::Url => (2048, "https://example.com/"),
            Type::Text { max } => (max.unwrap_or(u64::MAX), ""),
            _ => (u64::MAX, ""),
        };
        let fits = |text: &String| !mentioned.contains(text.as_str()) && text.chars().count() as u64 <= most;
        let words =
            ["other", "x", ""].map(str::to_owned).into_iter().chain((0..=mentioned.len()).filter_map(letter));
        let words: Vec<String> = words.map(|word| format!("{start}{word}")).collect();
        text(words.iter().find(|text| fits(text)).map_or("", String::as_str))
    }

    /// The states that the run comes to, and the end.
    fn expected(&self, run: &Run) -> String {
        let flow = self.flow();
        let states = run.steps.iter().filter_map(|step| Some(flow[flow[step.arrow].to?].name.text.as_str()));
        format!("expect path {}", states.collect::<Vec<_>>().join(" -> "))
    }

    fn flow(&self) -> &'m Flow {
        self.space.flow()
    }
}

/// `a`, `b` … and on through the letters of all alphabets.
fn letter(number: usize) -> Option<String> {
    ('a'..).filter(|letter| letter.is_alphabetic()).nth(number).map(String::from)
}

/// What happens on an arrow, in words.
pub(super) fn way(flow: &Flow, id: ArrowId) -> String {
    let arrow = &flow[id];
    let to = arrow.to.map_or("?", |to| flow[to].name.text.as_str());
    let from = match arrow.from {
        Start::Intake(intake) => return format!("{} comes to {to}", flow[intake].name.text),
        Start::State(from) => &flow[from].name.text,
    };
    let end = arrow.to.is_some_and(|to| matches!(flow[to].kind, Kind::End(_)));
    let goes = if end { "ends as" } else { "goes to" };
    let goes = if arrow.to == arrow.start() { "starts again".to_owned() } else { format!("{goes} {to}") };
    let why = match arrow.kind {
        ArrowKind::Accept => "is not accepted and ",
        ArrowKind::Deadline => "is late and ",
        ArrowKind::Failure => "fails and ",
        ArrowKind::Wait => "is over and ",
        ArrowKind::Intake | ArrowKind::Handoff(_) => "",
    };
    let used_up = if arrow.hop > 0 { ", once its bound is used up" } else { "" };
    format!("{from} {why}{goes}{used_up}")
}
