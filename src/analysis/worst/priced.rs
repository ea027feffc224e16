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
use crate::model::StateId;

/// A component: its arrows inside, and what leaving it is worth.
struct Knot {
    /// By where they start, in the order of the states.
    arcs: Vec<Arc>,
    /// For each state the most that follows if work leaves the component there; 0 if it can't.
    exits: Vec<u128>,
}

/// An arrow inside, by the places of its states.
struct Arc {
    from: usize,
    to: usize,
    weight: u128,
    times: Option<u64>,
}

/// For each of the states of a component, in their order in `walks`, what no walk from there outweighs; `known` has what
/// follows behind the component.
pub(super) fn bounds(
    walks: &Walks<'_, '_>,
    states: &[StateId],
    weights: &Weights<'_>,
    known: &StateMap<u128>,
) -> Vec<u128> {
    let knot = Knot::new(walks, states, weights, known);
    let all = [
        knot.before_the_exits(Arc::is_uncounted),
        knot.before_the_exits(Arc::leads_on),
        knot.after_the_entries(Arc::is_uncounted),
        knot.after_the_entries(Arc::leads_on),
    ];
    let prices = all.each_ref().map(|potentials| knot.prices(potentials));
    let bound = |place: usize| {
        let sums =
            all.iter().zip(prices).map(|(potentials, price)| at(potentials, place).saturating_add(price));
        sums.min().unwrap_or(u128::MAX)
    };
    (0..states.len()).map(bound).collect()
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
                    Some(to) => knot.arcs.push(Arc { from, to, weight, times: way.times }),
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

    /// What the counted arrows add at most, all together.
    fn prices(&self, potentials: &[u128]) -> u128 {
        let price = |arc: &Arc| {
            let behind = arc.weight.saturating_add(at(potentials, arc.to));
            let price =
                if behind == u128::MAX { behind } else { behind.saturating_sub(at(potentials, arc.from)) };
            price.saturating_mul(arc.times.unwrap_or(0).into())
        };
        self.arcs.iter().map(price).fold(0, u128::saturating_add)
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
