//! The longest walk from every state to an end, whatever is weighed.
//!
//! Must not know: what weights stand for.
//!
//! Work that has left a strongly connected component never comes back, so components are solved one by one, those
//! first to which others lead: a state by itself at once, the others exactly over the counts of their arrows where
//! these are few ([`Table`]), else by a bound that is never too low ([`Bounds`]).

use super::Figure;
use super::priced::{Beyond, Bounds};
use super::table::Table;
use super::weights::{Weights, is_whole};
use crate::graph::{Components, Graph, StateMap};
use crate::model::{ArrowId, Flow, StateId};

/// The arrows on which work that comes in can walk, laid out for the search.
pub(super) struct Walks<'g, 'm> {
    graph: &'g Graph<'m>,
    found: Components,
    /// The states that work comes to, component by component, each after all to which an uncounted arrow leads.
    order: Vec<StateId>,
    place: StateMap<u32>,
    /// Nothing is unknown that could lengthen a walk.
    whole: bool,
    /// So many values of one component are computed at most; where there are more, they are bounded.
    pub(super) limit: usize,
}

/// See [`Walks::limit`].
const LIMIT: usize = 1_000_000;

/// An arrow that work can take from a state.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) arrow: ArrowId,
    pub(super) to: StateId,
    /// How often, where that matters: in a component, work may come to it again.
    pub(super) times: Option<u64>,
}

/// The heaviest walks of one flow.
pub(super) struct Longest {
    /// From the door on.
    pub(super) figure: Figure,
    /// The intake at which the heaviest of all begins.
    intake: Option<ArrowId>,
    /// From each state on.
    values: StateMap<u128>,
}

impl<'g, 'm> Walks<'g, 'm> {
    /// None if work can go round without being counted.
    pub(super) fn new(graph: &'g Graph<'m>) -> Option<Walks<'g, 'm>> {
        let flow = graph.flow;
        let uncounted = graph.only(|_, arrow| arrow.bound.is_none() && !arrow.bound_unknown);
        let (found, ranks) = (graph.components(), uncounted.components());
        let endless = |from| uncounted.leaving(from).any(|(_, to)| ranks.same(from, to));
        let reached = graph.reached_from(flow.intakes.iter().filter_map(|intake| flow[intake.arrow].to));
        let mut order: Vec<StateId> = reached.iter().collect();
        if order.iter().any(|&state| endless(state)) {
            return None;
        }
        order.sort_unstable_by_key(|&state| (found.rank(state), ranks.rank(state)));
        let mut place = StateMap::new(flow.states.len(), u32::MAX);
        (0..).zip(&order).for_each(|(index, &state)| place[state] = index);
        let whole = is_whole(flow, &reached);
        Some(Walks { graph, found, order, place, whole, limit: LIMIT })
    }

    /// The states that work comes to.
    pub(super) fn states(&self) -> impl Iterator<Item = StateId> + '_ {
        self.order.iter().copied()
    }

    /// Nothing is unknown that could lengthen a walk.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn flow(&self) -> &'m Flow {
        self.graph.flow
    }

    /// The heaviest walk from every state that work comes to, and from the door.
    pub(super) fn longest(&self, weights: &Weights<'_>) -> Longest {
        let figure = Figure { complete: self.whole, ..Figure::exactly(0) };
        let values = StateMap::new(self.flow().states.len(), 0);
        let mut found = Longest { figure, intake: None, values };
        for states in self.components() {
            match *states {
                [state] if !self.loops(state) => {
                    let behind = |way: Way| weights.of(way.arrow).saturating_add(found.values[way.to]);
                    found.values[state] = self.ways(state).map(behind).max().unwrap_or(0);
                }
                _ => self.solve(states, weights, &mut found),
            }
        }
        for intake in &self.flow().intakes {
            let Some(start) = self.flow()[intake.arrow].to else { continue };
            let value = weights.of(intake.arrow).saturating_add(found.values[start]);
            if found.intake.is_none() || value > found.figure.value {
                (found.figure.value, found.intake) = (value, Some(intake.arrow));
            }
        }
        found
    }

    fn solve(&self, states: &[StateId], weights: &Weights<'_>, found: &mut Longest) {
        let values: Vec<u128> = match Table::new(self, states, weights, &found.values) {
            Some(table) => table.on_arrival().collect(),
            None => {
                found.figure.attained = false;
                Bounds::new(self, states, weights, &found.values).on_arrival().collect()
            }
        };
        states.iter().zip(values).for_each(|(&state, value)| found.values[state] = value);
    }

    fn loops(&self, state: StateId) -> bool {
        self.ways(state).any(|way| way.to == state)
    }

    /// The arrows of a heaviest walk, the intake's first, as far as it can be followed, and what is known beyond.
    pub(super) fn run(&self, weights: &Weights<'_>, longest: &Longest) -> (Vec<ArrowId>, Option<Beyond>) {
        let mut run: Vec<ArrowId> = longest.intake.into_iter().collect();
        let mut next = longest.intake.and_then(|intake| self.flow()[intake].to);
        while let Some(state) = next {
            let states = self.component(state);
            let Some(place) = self.place_in(states, state) else { break };
            let Some(table) = Table::new(self, states, weights, &longest.values) else {
                let bounds = Bounds::new(self, states, weights, &longest.values);
                return (run, bounds.beyond(state, place));
            };
            next = table.walk(place, &mut run);
        }
        (run, None)
    }

    /// The ways on from a state, in the order of the text; of a chain none behind one whose bound is never used up.
    pub(super) fn ways(&self, from: StateId) -> impl Iterator<Item = Way> + '_ {
        let mut follows = u32::MAX;
        self.graph.leaving(from).filter_map(move |(arrow, to)| {
            let hop = &self.flow()[arrow];
            let open = (hop.hop == 0 || hop.hop == follows) && !hop.bound_unknown;
            let times = hop.bound.filter(|_| self.found.same(from, to));
            follows = if open && times.is_some() { hop.hop + 1 } else { u32::MAX };
            open.then_some(Way { arrow, to, times })
        })
    }

    /// Where a state stands in a component, if it belongs to it.
    pub(super) fn place_in(&self, component: &[StateId], state: StateId) -> Option<usize> {
        let first = self.place[*component.first()?];
        let place = self.place[state].checked_sub(first)? as usize;
        (place < component.len()).then_some(place)
    }

    /// The components, each after all that it leads to.
    fn components(&self) -> impl Iterator<Item = &[StateId]> {
        self.order.chunk_by(|&a, &b| self.found.same(a, b))
    }

    fn component(&self, state: StateId) -> &[StateId] {
        let rank = |&other: &StateId| self.found.rank(other);
        let start = self.order.partition_point(|other| rank(other) < rank(&state));
        let rest = self.order.get(start..).unwrap_or_default();
        let length = rest.partition_point(|other| rank(other) == rank(&state));
        rest.get(..length).unwrap_or_default()
    }
}
