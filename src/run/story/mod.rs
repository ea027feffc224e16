//! Scenarios, played on the interpreter: which way work takes when its owners do what the lines say.
//!
//! Must not know: the words for what went wrong, nor the model.
//!
//! A line is for the next visit to its state. A state without a line goes on by itself where its guards read nothing that
//! was made up. Fields that no line gives a value have the smallest of their type that does no harm; nothing is ever
//! decided on those. How long a story takes, and what it costs, is the worst of all runs that go this way.

mod begin;
mod fill;
mod guess;
mod player;
mod tally;

pub use player::play;
pub use tally::Cost;

use serde_json::Value;
use smol_str::SmolStr;

use super::{Event, Outcome, Refusal};
use crate::plan::{Expectation, Scenario};
use crate::source::Span;

/// How a story came out.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The hops that were taken, by id.
    pub hops: Vec<SmolStr>,
    /// The states that were visited, and the end.
    pub states: Vec<SmolStr>,
    /// The raw record with which it began; `null` where none could be made.
    pub record: Value,
    /// What its owners and runs did, in the order of the visits. A failure is that of every attempt.
    pub events: Vec<Event>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// It takes so many seconds at most.
    pub seconds: u128,
    /// It costs so much at most.
    pub cost: Cost,
    /// Why it came to no end, or can't be what the lines tell.
    pub stop: Option<Stop>,
}

/// Why a story could not go on.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The line, or the scenario's title.
    pub place: Span,
    /// Why.
    pub why: Why,
}

/// What keeps a story from going on.
#[derive(Clone, Debug)]
pub enum Why {
    /// What a line gives was refused: by the door, or as no answer.
    Refused(Refusal),
    /// The intake fills this path with another value.
    Mapped {
        /// The path.
        path: SmolStr,
        /// Its value.
        value: Value,
    },
    /// A line gives a value to what is not made there.
    NotMade {
        /// The state; none for the `start`.
        state: Option<SmolStr>,
        /// The path.
        path: SmolStr,
    },
    /// The guards of a state read what nobody has given a value.
    Undecided(Undecided),
    /// Nothing of that kind can happen in that state.
    Impossible {
        /// The state.
        state: SmolStr,
    },
    /// More runs were to give something than the call waits for.
    Joined {
        /// The call.
        state: SmolStr,
        /// It goes on after so many.
        join: u64,
    },
    /// A line is left over: the state was not visited, or not so often.
    Unvisited {
        /// The state.
        state: SmolStr,
    },
    /// A value can't be made up: its type nests too deep.
    Deep {
        /// The path.
        path: SmolStr,
    },
    /// There were more visits than anybody can want to tell of.
    Endless,
}

/// Guards that read what nobody has given a value.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The state.
    pub state: SmolStr,
    /// There was a line for this visit.
    pub told: bool,
    /// The paths that are made here and have no value yet; `decision` for an option.
    pub here: Vec<SmolStr>,
    /// Those that are made elsewhere.
    pub elsewhere: Vec<SmolStr>,
    /// The state of the next line.
    pub next: Option<SmolStr>,
}

impl Story {
    /// The expectations that do not hold, by their places in the scenario. Of a story that stopped, nothing is said.
    #[must_use]
    pub fn missed(&self, scenario: &Scenario) -> Vec<usize> {
        let expected = scenario.expected.iter().enumerate();
        let missed = expected.filter(|(_, expected)| self.stop.is_none() && !self.holds(&expected.what));
        missed.map(|(index, _)| index).collect()
    }

    fn holds(&self, expected: &Expectation) -> bool {
        match expected {
            Expectation::End(end) => self.end() == Some(end),
            Expectation::Path(states) => self.states.starts_with(states),
            Expectation::Visits(count, state) => self.visits(state) as u64 == *count,
            Expectation::Within(seconds) => self.seconds <= (*seconds).into(),
            Expectation::Costs(most) => match &self.cost {
                Cost::Known(None) => true,
                Cost::Known(Some(cost)) => cost.amount <= most.amount && cost.currency == most.currency,
                Cost::Unpriced(_) => false,
            },
        }
    }

    /// Where it ended.
    #[must_use]
    pub fn end(&self) -> Option<&SmolStr> {
        self.outcome.as_ref()?.end.as_ref()
    }

    /// How often it came to that state or end.
    #[must_use]
    pub fn visits(&self, state: &str) -> usize {
        self.states.iter().filter(|visited| *visited == state).count()
    }
}
