//! Values per state, and sets of states: plain vectors, asked by id.
//!
//! Must not know: arrows.

use std::ops::{Index, IndexMut};

use crate::model::StateId;

/// A value for every state of one flow.
#[derive(Clone, Debug)]
pub struct StateMap<T>(Vec<T>);

impl<T: Clone> StateMap<T> {
    /// The same value for each of so many states.
    #[must_use]
    pub fn new(states: usize, value: T) -> StateMap<T> {
        StateMap(vec![value; states])
    }
}

impl<T> Index<StateId> for StateMap<T> {
    type Output = T;

    #[allow(clippy::indexing_slicing)] // a map is made for all states of the flow whose ids it is asked for
    fn index(&self, state: StateId) -> &T {
        &self.0[state.index()]
    }
}

impl<T> IndexMut<StateId> for StateMap<T> {
    #[allow(clippy::indexing_slicing)] // as above
    fn index_mut(&mut self, state: StateId) -> &mut T {
        &mut self.0[state.index()]
    }
}

/// A set of states of one flow.
#[derive(Clone, Debug)]
pub struct StateSet(StateMap<bool>);

impl StateSet {
    /// No state of so many.
    #[must_use]
    pub fn new(states: usize) -> StateSet {
        StateSet(StateMap::new(states, false))
    }

    /// Those of so many states that `belongs` chooses.
    #[must_use]
    pub fn of(states: usize, belongs: impl Fn(StateId) -> bool) -> StateSet {
        StateSet(StateMap((0..states).map(|index| belongs(StateId::new(index))).collect()))
    }

    /// Whether a state belongs to it.
    #[must_use]
    pub fn contains(&self, state: StateId) -> bool {
        self.0[state]
    }

    /// Takes a state in; whether it is new.
    pub fn insert(&mut self, state: StateId) -> bool {
        !std::mem::replace(&mut self.0[state], true)
    }

    /// Takes a state out.
    pub fn remove(&mut self, state: StateId) {
        self.0[state] = false;
    }

    /// Its states, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = StateId> + '_ {
        let StateMap(flags) = &self.0;
        flags.iter().enumerate().filter(|&(_, &belongs)| belongs).map(|(index, _)| StateId::new(index))
    }

    /// Whether a state belongs to both.
    #[must_use]
    pub fn meets(&self, other: &StateSet) -> bool {
        self.iter().any(|state| other.contains(state))
    }
}
