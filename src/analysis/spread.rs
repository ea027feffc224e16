//! Sets that spread along the arrows until nothing changes: the solver under all that is known of the context.
//!
//! Must not know: what is in the sets. Each set changes at most as often as it has members, and each change is looked at
//! once per arrow, 64 members at a time (Kildall 1973, with a queue of states).

use std::collections::VecDeque;

use super::sets::{Meet, Set, Sets};
use crate::graph::{Graph, StateSet};
use crate::model::{ArrowId, StateId};

/// What is in each state's set on arrival, of so many items: what comes along the arrows that lead there. `on` turns what its start has into what an arrow brings; an intake's
/// arrow begins with nothing. A state to which no arrow leads has the neutral set.
pub(super) fn forward(
    graph: &Graph<'_>,
    items: usize,
    meet: Meet,
    mut on: impl FnMut(ArrowId, &mut Set),
) -> Sets {
    let mut sets = Sets::neutral(graph.states().len(), items, meet);
    if items == 0 {
        return sets;
    }
    let mut set = sets.empty();
    let mut open = Queue::new(graph.states().len());
    let mut came = StateSet::new(graph.states().len());
    for (arrow, to) in graph.entries() {
        set.fill(false);
        on(arrow, &mut set);
        if sets.meet(to.index(), &set, meet) | came.insert(to) {
            open.push(to);
        }
    }
    while let Some(state) = open.pop() {
        for (arrow, to) in graph.leaving(state) {
            sets.copy_to(state.index(), &mut set);
            on(arrow, &mut set);
            if sets.meet(to.index(), &set, meet) | came.insert(to) {
                open.push(to);
            }
        }
    }
    sets
}

/// What is in each state's set, of so many items: its own, which `own` adds, and all that its arrows ask for. `on` turns
/// what an arrow's target has into what the arrow asks for.
pub(super) fn backward(
    graph: &Graph<'_>,
    items: usize,
    mut own: impl FnMut(StateId, &mut Set),
    mut on: impl FnMut(ArrowId, &mut Set),
) -> Sets {
    let mut sets = Sets::neutral(graph.states().len(), items, Meet::Any);
    let mut set = sets.empty();
    let mut open = Queue::new(graph.states().len());
    for state in graph.states().rev() {
        set.fill(false);
        own(state, &mut set);
        sets.meet(state.index(), &set, Meet::Any);
        open.push(state);
    }
    while let Some(state) = open.pop() {
        for (arrow, from) in graph.arriving(state) {
            sets.copy_to(state.index(), &mut set);
            on(arrow, &mut set);
            if sets.meet(from.index(), &set, Meet::Any) {
                open.push(from);
            }
        }
    }
    sets
}

/// States to look at, each at most once at a time, first in first out.
struct Queue {
    states: VecDeque<StateId>,
    waiting: StateSet,
}

impl Queue {
    fn new(states: usize) -> Queue {
        Queue { states: VecDeque::new(), waiting: StateSet::new(states) }
    }

    fn push(&mut self, state: StateId) {
        if self.waiting.insert(state) {
            self.states.push_back(state);
        }
    }

    fn pop(&mut self) -> Option<StateId> {
        let state = self.states.pop_front()?;
        self.waiting.remove(state);
        Some(state)
    }
}
