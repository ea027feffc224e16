//! The flow as a graph: reachability, cycles, shortest witness paths.
//!
//! Must not know: words; it answers with ids. Everything here is iterative, and linear in states and arrows unless
//! it says otherwise: one file may hold a million states.

mod cycles;
mod reach;
mod states;
#[cfg(test)]
mod tests;

pub use cycles::{Components, Side};
pub use reach::{Runs, Ways};
pub use states::{StateMap, StateSet};

use crate::model::{Arrow, ArrowId, Flow, StateId};

/// The chosen arrows of a flow between its states, by where they start and by where they lead. Arrows of intakes
/// start at no state, arrows with an unknown target lead to none: neither is in it.
#[derive(Debug)]
pub struct Graph<'m> {
    /// The flow whose arrows these are.
    pub flow: &'m Flow,
    by_start: Adjacency,
    by_target: Adjacency,
}

impl<'m> Graph<'m> {
    /// The graph of the arrows that `takes` chooses: those that can be taken, those that are not counted …
    #[must_use]
    pub fn new(flow: &'m Flow, takes: impl Fn(ArrowId, &Arrow) -> bool) -> Graph<'m> {
        let arrows = || {
            let numbered = flow.arrows.iter().enumerate().map(|(index, arrow)| (ArrowId::new(index), arrow));
            let chosen = numbered.filter(|(id, arrow)| takes(*id, arrow));
            chosen.filter_map(|(id, arrow)| Some((id, arrow.start()?, arrow.to?)))
        };
        Graph::of(flow, arrows)
    }

    /// The graph of these arrows, each with its start and target; they are asked for several times.
    fn of<I: Iterator<Item = (ArrowId, StateId, StateId)>>(
        flow: &'m Flow,
        arrows: impl Fn() -> I,
    ) -> Graph<'m> {
        let by_start = Adjacency::new(flow.states.len(), || arrows().map(|(id, from, _)| (from, id)));
        let by_target = Adjacency::new(flow.states.len(), || arrows().map(|(id, _, to)| (to, id)));
        Graph { flow, by_start, by_target }
    }

    /// The graph of those of its arrows that `keep` chooses.
    #[must_use]
    pub fn only(&self, keep: impl Fn(ArrowId, &Arrow) -> bool) -> Graph<'m> {
        let arrows = || {
            let chosen = self.by_start.arrows.iter().map(|&id| (id, &self.flow[id]));
            let chosen = chosen.filter(|(id, arrow)| keep(*id, arrow));
            chosen.filter_map(|(id, arrow)| Some((id, arrow.start()?, arrow.to?)))
        };
        Graph::of(self.flow, arrows)
    }

    /// The arrows that start in a state with their targets, in the order of the text.
    pub fn leaving(&self, state: StateId) -> impl Iterator<Item = (ArrowId, StateId)> + '_ {
        self.by_start.of(state).iter().filter_map(|&arrow| Some((arrow, self.flow[arrow].to?)))
    }

    /// The arrows that lead to a state with the states in which they start, in the order of the text.
    pub fn arriving(&self, state: StateId) -> impl Iterator<Item = (ArrowId, StateId)> + '_ {
        self.by_target.of(state).iter().filter_map(|&arrow| Some((arrow, self.flow[arrow].start()?)))
    }

    /// The arrows of intakes with where they lead, in the order of the text.
    pub fn entries(&self) -> impl Iterator<Item = (ArrowId, StateId)> + '_ {
        self.flow.intakes.iter().filter_map(|intake| Some((intake.arrow, self.flow[intake.arrow].to?)))
    }

    /// All states, in the order of the text.
    pub fn states(&self) -> impl DoubleEndedIterator<Item = StateId> + ExactSizeIterator + use<> {
        (0..self.flow.states.len()).map(StateId::new)
    }
}

/// Arrows grouped by state in one vector: those of state `s` stand in `arrows[starts[s]..starts[s + 1]]`.
#[derive(Debug)]
struct Adjacency {
    starts: Vec<u32>,
    arrows: Vec<ArrowId>,
}

impl Adjacency {
    /// Groups the pairs by counting; they are asked for twice, and keep their order within a state.
    #[allow(clippy::indexing_slicing)] // every state is below `states`, so its place and the next one's exist
    fn new<I: Iterator<Item = (StateId, ArrowId)>>(states: usize, pairs: impl Fn() -> I) -> Adjacency {
        let mut starts = vec![0_u32; states + 1];
        for (state, _) in pairs() {
            starts[state.index() + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut arrows = vec![ArrowId(0); starts[states] as usize];
        for (state, arrow) in pairs() {
            let place = &mut next[state.index()];
            arrows[*place as usize] = arrow;
            *place += 1;
        }
        Adjacency { starts, arrows }
    }

    fn of(&self, state: StateId) -> &[ArrowId] {
        let bound = |index: usize| self.starts.get(index).map(|&start| start as usize);
        let range = bound(state.index()).zip(bound(state.index() + 1));
        range.and_then(|(start, end)| self.arrows.get(start..end)).unwrap_or_default()
    }
}
