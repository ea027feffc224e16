//! A bound on the walks inside one component, where there are too many counts to look at each: never too low.
//!
//! Must not know: what weights stand for.
//!
//! Every state gets a potential that falls by at least the weight of every arrow that is not counted. A counted arrow
//! may break this; by how much is its price, paid as often as it may be taken. So no walk from a state weighs more than
//! its potential and all prices. Any such potentials will do; the best of four easy ones is taken.

use super::walks::Walks;
use super::weights::Weights;
use crate::graph::StateMap;
use crate::model::{ArrowId, StateId};

/// What is known of the walks from a state on that can't be followed one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The state.
    pub from: StateId,
    /// What going round adds at most: the counted arrows that add something.
    pub rounds: Vec<Round>,
    /// What is left without them.
    pub once: u128,
}

/// A counted arrow, with what all that it leads back to adds each time at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Which.
    pub arrow: ArrowId,
    /// How often it may be taken.
    pub times: u64,
    /// What it adds each time.
    pub price: u128,
}

/// A component with four potentials of its states, and the sum of the prices of each.
pub(super) struct Bounds {
    knot: Knot,
    potentials: [(Vec<u128>, u128); 4],
}

/// A component: its arrows inside, and what leaving it is worth.
struct Knot {
    /// By where they start, in the order of the states.
    arcs: Vec<Arc>,
    /// For each state the most that follows if work leaves the component there; 0 if it can't.
    exits: Vec<u128>,
}

/// An arrow inside, by the places of its states.
struct Arc {
    arrow: ArrowId,
    from: usize,
    to: usize,
    weight: u128,
    times: Option<u64>,
}

impl Bounds {
    /// For the component of these states, in their order in `walks`; `known` has what follows behind it.
    pub(super) fn new(
        walks: &Walks<'_, '_>,
        states: &[StateId],
        weights: &Weights<'_>,
        known: &StateMap<u128>,
    ) -> Bounds {
        let knot = Knot::new(walks, states, weights, known);
        let potentials = [
            knot.before_the_exits(Arc::is_uncounted),
            knot.before_the_exits(Arc::leads_on),
            knot.after_the_entries(Arc::is_uncounted),
            knot.after_the_entries(Arc::leads_on),
        ];
        let priced = |potentials: Vec<u128>| {
            let all = knot.rounds(&potentials).map(|round| round.price.saturating_mul(round.times.into()));
            let sum = all.fold(0, u128::saturating_add);
            (potentials, sum)
        };
        Bounds { potentials: potentials.map(priced), knot }
    }

    /// What no walk from a state outweighs, by place.
    pub(super) fn on_arrival(&self) -> impl Iterator<Item = u128> + '_ {
        (0..self.knot.exits.len()).map(|place| self.best(place).map_or(u128::MAX, |(_, bound)| bound))
    }

    /// What the bound of the state at that place is made of.
    pub(super) fn beyond(&self, from: StateId, place: usize) -> Option<Beyond> {
        let (potentials, _) = self.best(place)?;
        let rounds = self.knot.rounds(potentials).filter(|round| round.price > 0).collect();
        Some(Beyond { from, rounds, once: at(potentials, place) })
    }

    /// The potentials that bound it most, and how far.
    fn best(&self, place: usize) -> Option<(&[u128], u128)> {
        let bound = |(potentials, prices): &(Vec<u128>, u128)| at(potentials, place).saturating_add(*prices);
        let bounds = self.potentials.iter().map(|priced| (priced.0.as_slice(), bound(priced)));
        bounds.min_by_key(|&(_, bound)| bound)
    }
}

impl Arc {
    fn is_uncounted(&self) -> bool {
        self.times.is_none()
    }

    /// It closes no circle with others that lead on; all that are not counted do.
    fn leads_on(&self) -> bool {
        self.to < self.from
    }
}

impl Knot {
    fn new(walks: &Walks<'_, '_>, states: &[StateId], weights: &Weights<'_>, known: &StateMap<u128>) -> Knot {
        let mut knot = Knot { arcs: Vec::new(), exits: vec![0; states.len()] };
        for (from, (&state, exit)) in states.iter().zip(&mut knot.exits).enumerate() {
            for way in walks.ways(state) {
                let weight = weights.of(way.arrow);
                match walks.place_in(states, way.to) {
                    Some(to) => knot.arcs.push(Arc { arrow: way.arrow, from, to, weight, times: way.times }),
                    None => *exit = weight.saturating_add(known[way.to]).max(*exit),
                }
            }
        }
        knot
    }

    /// The heaviest walk to an exit on the chosen arrows, which close no circle.
    fn before_the_exits(&self, chosen: fn(&Arc) -> bool) -> Vec<u128> {
        let mut potentials = self.exits.clone();
        for arc in self.arcs.iter().filter(|arc| chosen(arc)) {
            let through = arc.weight.saturating_add(at(&potentials, arc.to));
            raise(&mut potentials, arc.from, through);
        }
        potentials
    }

    /// What is left of the heaviest walk of all, on the chosen arrows, for a walk that has come as far as this.
    fn after_the_entries(&self, chosen: fn(&Arc) -> bool) -> Vec<u128> {
        let mut come = vec![0; self.exits.len()];
        for arc in self.arcs.iter().rev().filter(|arc| chosen(arc)) {
            let through = arc.weight.saturating_add(at(&come, arc.from));
            raise(&mut come, arc.to, through);
        }
        let whole = come.iter().zip(&self.exits).map(|(come, exit)| come.saturating_add(*exit)).max();
        let whole = whole.unwrap_or(u128::MAX);
        let left = |come: &u128| if whole == u128::MAX { whole } else { whole - come };
        come.iter().map(left).collect()
    }

    /// The counted arrows, with what each adds at most.
    fn rounds<'k>(&'k self, potentials: &'k [u128]) -> impl Iterator<Item = Round> + 'k {
        self.arcs.iter().filter_map(|arc| {
            let behind = arc.weight.saturating_add(at(potentials, arc.to));
            let gain = behind.saturating_sub(at(potentials, arc.from));
            let price = if behind == u128::MAX { behind } else { gain };
            Some(Round { arrow: arc.arrow, times: arc.times?, price })
        })
    }
}

fn at(values: &[u128], place: usize) -> u128 {
    values.get(place).copied().unwrap_or(u128::MAX)
}

fn raise(values: &mut [u128], place: usize, to: u128) {
    if let Some(value) = values.get_mut(place) {
        *value = to.max(*value);
    }
}
