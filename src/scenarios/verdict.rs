//! What is wrong with how a story came out, in words: B702, with the way that work took.
//!
//! Must not know: how a story is played.

use smol_str::SmolStr;

use super::tested::arrows_of;
use crate::checks::runs::with_run;
use crate::diagnostics::render::counted;
use crate::diagnostics::{Code, Diagnostic};
use crate::model;
use crate::model::words::{duration, long};
use crate::plan::{Expectation, Expected, Flow, Money, Scenario};
use crate::run::story::{Cost, Stop, Story, Undecided, Why};
use crate::source::Span;

/// The finding about a story that stopped, or did not come out as expected; none if all is well.
pub(super) fn failure(
    flow: &Flow,
    model: &model::Flow,
    scenario: &Scenario,
    story: &Story,
) -> Option<Diagnostic> {
    let told = Told { scenario, story };
    let found = match &story.stop {
        Some(stop) => told.stopped(stop),
        None => told.missed()?,
    };
    Some(with_run(found, model, &arrows_of(flow, story.hops.iter()).collect::<Vec<_>>()))
}

#[derive(Clone, Copy)]
struct Told<'a> {
    scenario: &'a Scenario,
    story: &'a Story,
}

fn found(place: Span, message: String, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::ScenarioFailed, place, message).help(help)
}

impl Told<'_> {
    /// The first expectation that does not hold, with those that don't either.
    fn missed(self) -> Option<Diagnostic> {
        let missed = self.story.missed(self.scenario);
        let mut missed = missed.iter().filter_map(|place| self.scenario.expected.get(*place));
        let Expected { what, span } = missed.next()?;
        let (came, help) = self.unexpected(what);
        let first = found(*span, format!("`{}` {came}", self.scenario.title), help);
        Some(missed.fold(first, |found, Expected { what, span }| found.also(*span, self.unexpected(what).0)))
    }

    /// What came instead, after the title, and what to write.
    fn unexpected(self, expected: &Expectation) -> (String, String) {
        let story = self.story;
        let came = match expected {
            Expectation::Within(most) => return self.too_long(*most),
            Expectation::Costs(most) => return self.too_expensive(most),
            Expectation::End(end) => format!("ends in `{}`, not in `{end}`", self.last()),
            Expectation::Path(states) => self.other_way(states),
            Expectation::Visits(count, state) => {
                format!("makes {} to `{state}`, not {count}", counted(story.visits(state), "visit"))
            }
        };
        (came, "correct the guard, or what the scenario expects".to_owned())
    }

    fn too_long(self, most: u64) -> (String, String) {
        let time = long(self.story.seconds);
        let came = format!("can take {time}, more than {}", duration(most));
        (came, format!("shorten a deadline, or write `expect within {time}`"))
    }

    fn too_expensive(self, most: &Money) -> (String, String) {
        let say = |money: &Money| format!("{} {}", money.amount, money.currency);
        match &self.story.cost {
            Cost::Unpriced(actor) => {
                let came = format!("has no cost that can be known: `{actor}` has no `costs`");
                (came, format!("write in `{actor}` what an attempt costs: `costs 0.02 {}`", most.currency))
            }
            Cost::Known(cost) => {
                let cost = cost.as_ref().map_or_else(String::new, say);
                let came = format!("can cost {cost}, more than {}", say(most));
                (came, format!("let somebody cheaper work, or write `expect costs at most {cost}`"))
            }
        }
    }

    fn last(self) -> SmolStr {
        self.story.states.last().cloned().unwrap_or_default()
    }

    /// Where the story leaves the path that was expected.
    fn other_way(self, expected: &[SmolStr]) -> String {
        let story = self.story;
        let same =
            expected.iter().zip(&story.states).take_while(|(expected, state)| expected == state).count();
        let before = same.checked_sub(1).and_then(|place| expected.get(place));
        let after = before.map_or_else(|| "first".to_owned(), |before| format!("after `{before}`"));
        let wanted = expected.get(same).cloned().unwrap_or_default();
        match story.states.get(same) {
            Some(state) => format!("comes {after} to `{state}`, not to `{wanted}`"),
            None => format!("ends in `{}`, and never comes to `{wanted}`", self.last()),
        }
    }

    fn stopped(self, stop: &Stop) -> Diagnostic {
        let place = stop.place;
        let title = &self.scenario.title;
        match &stop.why {
            Why::Refused(refusal) => {
                found(place, format!("this is refused as a {refusal}"), "give values that fit")
            }
            Why::Mapped { path, value } => {
                let message = format!("this intake fills `{path}` with {value}, and with nothing else");
                found(place, message, "leave the value out, or start with another intake")
            }
            Why::NotMade { state, path } => {
                let message = match state {
                    Some(state) => format!("`{state}` does not make `{path}`"),
                    None => format!("`{path}` is not part of the record that comes in"),
                };
                found(place, message, "give it its value in the line of the state that makes it")
            }
            Why::Undecided(undecided) => self.undecided(place, undecided),
            Why::Impossible { state } => {
                let message = format!("that can't happen in `{state}`, where nobody answers");
                found(place, message, format!("leave the line out: work goes on from `{state}` by itself"))
            }
            Why::Joined { state, join } => {
                let runs = counted(usize::try_from(*join).unwrap_or(usize::MAX), "run");
                let message =
                    format!("`{state}` goes on after {runs}, so just so many of them have given something");
                found(
                    place,
                    message,
                    "give values to no more fields than that, and let no more be absent than can fail",
                )
            }
            Why::Unvisited { state } => self.unvisited(place, state),
            Why::Deep { path } => {
                let message = format!("`{path}` nests too deep for a value to be made up");
                found(place, message, "make it optional, or less deep")
            }
            Why::Endless => {
                let visits = self.story.states.len();
                let message = format!("`{title}` has come to no end after {visits} visits");
                found(place, message, "lower a bound, or tell of fewer visits")
            }
        }
    }

    fn unvisited(self, place: Span, state: &SmolStr) -> Diagnostic {
        let again = if self.story.visits(state) > 0 { " again" } else { "" };
        let message = format!("`{state}` is not visited{again}: the work has come to `{}`", self.last());
        found(
            place,
            message,
            "leave the line out, or put it where work comes there: lines are in the order of the visits",
        )
    }

    /// A guard reads what nobody has given a value.
    fn undecided(self, place: Span, undecided: &Undecided) -> Diagnostic {
        let Undecided { state, told, here, elsewhere, next } = undecided;
        let visits = self.story.visits(state);
        let visit = if visits > 1 { format!("visit {visits} to `{state}`") } else { format!("`{state}`") };
        let read = listed(here.iter().chain(elsewhere));
        let message = match told {
            true => format!("the line for {visit} says too little: its guards read {read}"),
            false => format!("{visit} needs a line: its guards read {read}"),
        };
        let values: Vec<_> =
            here.iter().filter(|path| *path != "decision").map(|path| format!("{path} = …")).collect();
        let decides = here.iter().any(|path| path == "decision").then(|| "decides OPTION".to_owned());
        let line: Vec<_> = decides.into_iter().chain(values).collect();
        let before = next
            .as_ref()
            .filter(|_| !told)
            .map_or(String::new(), |next| format!(" before the line for `{next}`"));
        let write = (!line.is_empty()).then(|| format!("write `at {state} {}`{before}", line.join(", ")));
        let give = (!elsewhere.is_empty())
            .then(|| format!("give {} a value where it is made, or in `start`", listed(elsewhere.iter())));
        let help: Vec<_> = write.into_iter().chain(give).collect();
        let help = help.join(", and ");
        found(place, message, help)
    }
}

/// `a`, `b` and `c`
fn listed<'n>(names: impl Iterator<Item = &'n SmolStr>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
