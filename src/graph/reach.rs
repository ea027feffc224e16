//! What can be reached from where, and a shortest way there.
//!
//! Must not know: which arrows were chosen, and why.

use std::collections::VecDeque;

use super::{Graph, StateMap, StateSet};
use crate::model::{ArrowId, StateId};

impl Graph<'_> {
    /// The states that work can come to from these, these included.
    #[must_use]
    pub fn reached_from(&self, starts: impl IntoIterator<Item = StateId>) -> StateSet {
        self.closure(starts, |state, visit| self.leaving(state).for_each(|(_, to)| visit(to)))
    }

    /// The states from which work can come to one of these, these included.
    #[must_use]
    pub fn leading_to(&self, goals: impl IntoIterator<Item = StateId>) -> StateSet {
        self.closure(goals, |state, visit| self.arriving(state).for_each(|(_, from)| visit(from)))
    }

    fn closure(
        &self,
        seeds: impl IntoIterator<Item = StateId>,
        neighbours: impl Fn(StateId, &mut dyn FnMut(StateId)),
    ) -> StateSet {
        let mut found = StateSet::new(self.flow.states.len());
        let mut open: Vec<StateId> = seeds.into_iter().filter(|&seed| found.insert(seed)).collect();
        while let Some(state) = open.pop() {
            neighbours(state, &mut |next| {
                if found.insert(next) {
                    open.push(next);
                }
            });
        }
        found
    }

    /// From every state that can come to a goal, a shortest way there.
    #[must_use]
    pub fn ways_to(&self, goals: impl IntoIterator<Item = StateId>) -> Ways {
        let mut seen = StateSet::new(self.flow.states.len());
        let mut next = StateMap::new(self.flow.states.len(), None);
        let mut queue: VecDeque<StateId> = goals.into_iter().filter(|&goal| seen.insert(goal)).collect();
        while let Some(state) = queue.pop_front() {
            for (arrow, from) in self.arriving(state) {
                if seen.insert(from) {
                    next[from] = Some((arrow, state));
                    queue.push_back(from);
                }
            }
        }
        Ways { next }
    }
}

impl Graph<'_> {
    /// To every state that work can come to by arrows that `takes` chooses, those of intakes included: a shortest run
    /// there, the first in the text among equals.
    #[must_use]
    pub fn runs(&self, takes: impl Fn(ArrowId) -> bool) -> Runs {
        let entries = self.entries().map(|(arrow, _)| arrow).filter(|&arrow| takes(arrow));
        self.runs_from(entries, &takes)
    }

    /// The same for work that begins with one of these arrows.
    #[must_use]
    pub fn runs_from(
        &self,
        starts: impl IntoIterator<Item = ArrowId>,
        takes: impl Fn(ArrowId) -> bool,
    ) -> Runs {
        let mut came_by = StateMap::new(self.flow.states.len(), None);
        let mut queue = VecDeque::new();
        let mut follow =
            |queue: &mut VecDeque<StateId>, arrow: ArrowId, from: Option<StateId>, to: StateId| {
                if came_by[to].is_none() {
                    came_by[to] = Some((arrow, from));
                    queue.push_back(to);
                }
            };
        for arrow in starts {
            self.flow[arrow].to.into_iter().for_each(|to| follow(&mut queue, arrow, None, to));
        }
        while let Some(state) = queue.pop_front() {
            for (arrow, to) in self.leaving(state).filter(|&(arrow, _)| takes(arrow)) {
                follow(&mut queue, arrow, Some(state), to);
            }
        }
        Runs { came_by }
    }
}

/// A shortest run to every state that work can come to, in one tree.
#[derive(Debug)]
pub struct Runs {
    /// The last arrow of the run, and the state before it unless the run begins with it.
    came_by: StateMap<Option<(ArrowId, Option<StateId>)>>,
}

impl Runs {
    /// Whether there is a run to a state.
    #[must_use]
    pub fn reach(&self, state: StateId) -> bool {
        self.came_by[state].is_some()
    }

    /// The arrows of the run that comes to a state; none if work can't come there.
    #[must_use]
    pub fn to(&self, state: StateId) -> Vec<ArrowId> {
        let steps = std::iter::successors(self.came_by[state], |&(_, from)| self.came_by[from?]);
        let mut run: Vec<ArrowId> = steps.map(|(arrow, _)| arrow).collect();
        run.reverse();
        run
    }
}

/// A shortest way from every state to a goal, in one tree.
#[derive(Debug)]
pub struct Ways {
    next: StateMap<Option<(ArrowId, StateId)>>,
}

impl Ways {
    /// The steps from a state to its goal: each arrow with the state to which it leads. None from a goal itself, nor
    /// from a state that can come to no goal.
    pub fn steps(&self, state: StateId) -> impl Iterator<Item = (ArrowId, StateId)> + '_ {
        std::iter::successors(self.next[state], |&(_, at)| self.next[at])
    }
}
