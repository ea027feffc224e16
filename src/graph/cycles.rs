//! Strongly connected components, what lies at their edge, and a short cycle in each.
//!
//! Must not know: which arrows were chosen, and why.

use std::collections::VecDeque;

use super::{Graph, StateMap, StateSet};
use crate::model::{ArrowId, StateId};

/// The strongly connected components of a graph: states that lead to one another, and single states.
#[derive(Debug)]
pub struct Components {
    of: StateMap<u32>,
    count: usize,
}

impl Components {
    /// Whether two states lead to one another.
    #[must_use]
    pub fn same(&self, a: StateId, b: StateId) -> bool {
        self.of[a] == self.of[b]
    }

    /// The place of a state's component in an order in which each comes after all that it leads to.
    #[must_use]
    pub fn rank(&self, state: StateId) -> u32 {
        self.of[state]
    }

    fn index(&self, state: StateId) -> usize {
        self.of[state] as usize
    }
}

/// The two edges of a set of states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// To which no other state of the set leads.
    First,
    /// Which lead to no other state of the set.
    Last,
}

/// How many arrows all searches for shortest cycles together may look at beyond the first search in each component.
const SEARCH: usize = 10_000_000;

/// A state's place in the search of [`Graph::components`].
const UNSEEN: u32 = u32::MAX;

impl Graph<'_> {
    /// The strongly connected components (Tarjan 1972, with its recursion kept on a stack of our own).
    #[must_use]
    pub fn components(&self) -> Components {
        let states = self.flow.states.len();
        let mut search = Search {
            graph: self,
            order: StateMap::new(states, UNSEEN),
            low: StateMap::new(states, UNSEEN),
            found: Components { of: StateMap::new(states, UNSEEN), count: 0 },
            seen: 0,
            pending: Vec::new(),
            visits: Vec::new(),
        };
        for state in self.states() {
            if search.order[state] == UNSEEN {
                search.run(state);
            }
        }
        search.found
    }

    /// Of each component inside `set` that lies on that side of it, its first state in the text.
    #[must_use]
    pub fn edge(&self, set: &StateSet, components: &Components, side: Side) -> Vec<StateId> {
        let mut inner = vec![false; components.count];
        let mut mark = |state: StateId| {
            if let Some(flag) = inner.get_mut(components.index(state)) {
                *flag = true;
            }
        };
        for from in set.iter() {
            for (_, to) in
                self.leaving(from).filter(|&(_, to)| set.contains(to) && !components.same(from, to))
            {
                mark(if side == Side::First { to } else { from });
            }
        }
        let mut fresh = |state: &StateId| {
            inner.get_mut(components.index(*state)).is_some_and(|flag| !std::mem::replace(flag, true))
        };
        set.iter().filter(|state| fresh(state)).collect()
    }

    /// A short cycle in each component that has one, in the order of their first states in the text: its arrows,
    /// from its first state in the text on. It is a shortest one, the first in the text among equals, unless the
    /// search for it would take too long: then it is the shortest among those through some of the states.
    #[must_use]
    pub fn short_cycles(&self) -> Vec<Vec<ArrowId>> {
        let components = self.components();
        let mut rounds = Rounds::new(self, &components);
        let mut best: Vec<Option<Vec<ArrowId>>> = vec![None; components.count];
        let loops = |&state: &StateId| self.leaving(state).any(|(_, to)| to == state);
        for state in self.states().filter(loops).chain(self.states()) {
            let Some(known) = best.get_mut(components.index(state)) else { continue };
            if let Some(shorter) = rounds.shorter(state, known.as_deref()) {
                *known = Some(shorter);
            }
        }
        let mut cycles: Vec<_> = best.into_iter().flatten().map(|cycle| self.rotated(cycle)).collect();
        cycles.sort_by_key(|cycle| cycle.first().copied());
        cycles
    }

    /// The same cycle, from its first state in the text on.
    fn rotated(&self, mut cycle: Vec<ArrowId>) -> Vec<ArrowId> {
        let starts = cycle.iter().map(|&arrow| self.flow[arrow].from);
        let first = starts.enumerate().min_by_key(|&(_, start)| start).map_or(0, |(index, _)| index);
        cycle.rotate_left(first);
        cycle
    }
}

/// The state of one search for components.
struct Search<'g> {
    graph: &'g Graph<'g>,
    order: StateMap<u32>,
    low: StateMap<u32>,
    found: Components,
    seen: u32,
    /// States whose component is not complete.
    pending: Vec<StateId>,
    /// The way from the root to where the search is, with how many arrows of each state have been followed.
    visits: Vec<(StateId, usize)>,
}

impl Search<'_> {
    fn run(&mut self, root: StateId) {
        self.enter(root);
        while let Some((state, followed)) = self.visits.last_mut() {
            let (state, next) = (*state, *followed);
            *followed += 1;
            match self.graph.by_start.of(state).get(next) {
                Some(&arrow) => self.follow(state, arrow),
                None => self.leave(state),
            }
        }
    }

    fn enter(&mut self, state: StateId) {
        self.order[state] = self.seen;
        self.low[state] = self.seen;
        self.seen += 1;
        self.pending.push(state);
        self.visits.push((state, 0));
    }

    fn follow(&mut self, from: StateId, arrow: ArrowId) {
        let Some(to) = self.graph.flow[arrow].to else { return };
        if self.order[to] == UNSEEN {
            self.enter(to);
        } else if self.found.of[to] == UNSEEN {
            self.low[from] = self.low[from].min(self.order[to]);
        }
    }

    fn leave(&mut self, state: StateId) {
        self.visits.pop();
        if let Some(&(parent, _)) = self.visits.last() {
            self.low[parent] = self.low[parent].min(self.low[state]);
        }
        if self.low[state] == self.order[state] {
            self.complete(state);
        }
    }

    /// All that is pending since `root` was entered is its component.
    fn complete(&mut self, root: StateId) {
        let component = u32::try_from(self.found.count).unwrap_or(u32::MAX);
        self.found.count += 1;
        while let Some(state) = self.pending.pop() {
            self.found.of[state] = component;
            if state == root {
                break;
            }
        }
    }
}

/// Searches for cycles through one state after the other, breadth first, inside components.
struct Rounds<'g> {
    graph: &'g Graph<'g>,
    components: &'g Components,
    came_by: StateMap<Option<(ArrowId, StateId)>>,
    /// Where `came_by` is set.
    touched: Vec<StateId>,
    left: usize,
}

impl<'g> Rounds<'g> {
    fn new(graph: &'g Graph<'g>, components: &'g Components) -> Rounds<'g> {
        let came_by = StateMap::new(graph.flow.states.len(), None);
        Rounds { graph, components, came_by, touched: Vec::new(), left: SEARCH }
    }

    /// A shortest cycle through `start`, if it is shorter than the one that is known.
    fn shorter(&mut self, start: StateId, known: Option<&[ArrowId]>) -> Option<Vec<ArrowId>> {
        let limit = known.map_or(usize::MAX, |cycle| cycle.len() - 1);
        if limit == 0 || known.is_some() && self.left == 0 {
            return None;
        }
        let cycle = self.search(start, limit);
        for state in self.touched.drain(..) {
            self.came_by[state] = None;
        }
        cycle
    }

    fn search(&mut self, start: StateId, limit: usize) -> Option<Vec<ArrowId>> {
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((state, depth)) = queue.pop_front() {
            if depth == limit {
                return None;
            }
            for (arrow, to) in self.graph.leaving(state) {
                self.left = self.left.saturating_sub(1);
                if to == start {
                    return Some(self.closed_by(arrow, state));
                }
                if self.came_by[to].is_none() && self.components.same(start, to) {
                    self.came_by[to] = Some((arrow, state));
                    self.touched.push(to);
                    queue.push_back((to, depth + 1));
                }
            }
        }
        None
    }

    /// The cycle whose last arrow starts in `state`.
    fn closed_by(&self, last: ArrowId, mut state: StateId) -> Vec<ArrowId> {
        let mut arrows = vec![last];
        while let Some((arrow, from)) = self.came_by[state] {
            arrows.push(arrow);
            state = from;
        }
        arrows.reverse();
        arrows
    }
}
