//! The heaviest walks inside one component, exactly: over its states and the counts of its arrows.
//!
//! Must not know: what weights stand for.
//!
//! Of a chain `at most 2 times else -> … at most 3 times else -> …` the hops are used up one after the other, so one
//! count from 0 to 5 says which of them is next. All counts of a component together are one number with a digit a
//! chain. An arrow either raises it, or leads to a state with a lower place: from the highest number down, and in each
//! from the first place up, every value is there when it is asked for.

use super::walks::{Walks, Way};
use super::weights::Weights;
use crate::graph::StateMap;
use crate::model::{ArrowId, StateId};

/// The values of every state of a component with every count.
pub(super) struct Table<'w> {
    states: &'w [StateId],
    /// The chains that start in each state, of all states one after the other.
    chains: Vec<Chain>,
    /// Where each state's chains begin, and where the last one's end.
    starts: Vec<usize>,
    hops: Vec<Hop>,
    /// By the counts, then by the state's place.
    values: Vec<u128>,
}

/// Hops of which work takes the first that is not used up.
struct Chain {
    hops: std::ops::Range<usize>,
    /// What one more stands for in the number of all counts.
    unit: usize,
    /// How many counts there are, none included.
    digits: usize,
}

struct Hop {
    arrow: ArrowId,
    weight: u128,
    times: Option<usize>,
    to: To,
}

#[derive(Clone, Copy)]
enum To {
    /// Another state of the component, by its place.
    Inside(usize),
    /// Out of it, with what that is worth.
    Outside(StateId, u128),
}

/// A way on, with the counts behind it and what all that follows weighs.
#[derive(Clone, Copy)]
struct Step<'t> {
    hop: &'t Hop,
    counts: usize,
    value: u128,
}

impl<'w> Table<'w> {
    /// For the component of these states, in their order in `walks`; `known` has what follows behind it. None if it
    /// would be too large.
    pub(super) fn new(
        walks: &Walks<'_, '_>,
        states: &'w [StateId],
        weights: &Weights<'_>,
        known: &StateMap<u128>,
    ) -> Option<Table<'w>> {
        let mut table =
            Table { states, chains: Vec::new(), starts: vec![0], hops: Vec::new(), values: Vec::new() };
        let mut counts = 1_usize;
        for &state in states {
            let ways: Vec<Way> = walks.ways(state).collect();
            let (mut exit, mut others) = (None, Vec::new());
            for chain in ways.chunk_by(|_, next| walks.flow()[next.arrow].hop > 0) {
                let hop = |way: &Way| table.hop(walks, way, weights.of(way.arrow), known);
                let hops = chain.iter().map(hop).collect::<Option<Vec<_>>>()?;
                match (hops.first().and_then(Hop::leaving), exit.as_ref().and_then(Hop::leaving)) {
                    (Some(value), Some(known)) if known >= value => {}
                    (Some(_), _) => exit = hops.into_iter().next(),
                    (None, _) => others.push(hops),
                }
            }
            for hops in exit.map(|hop| vec![hop]).into_iter().chain(others) {
                counts = table.add(hops, counts)?;
                counts.checked_mul(states.len()).filter(|&size| size <= walks.limit)?;
            }
            table.starts.push(table.chains.len());
        }
        table.solve(counts);
        Some(table)
    }

    fn hop(&self, walks: &Walks<'_, '_>, way: &Way, weight: u128, known: &StateMap<u128>) -> Option<Hop> {
        let inside = walks.place_in(self.states, way.to);
        let to = inside.map_or_else(|| To::Outside(way.to, known[way.to]), To::Inside);
        let times = way.times.map(usize::try_from).transpose().ok()?;
        Some(Hop { arrow: way.arrow, weight, times, to })
    }

    /// Adds a chain of hops; how many counts there are with it.
    fn add(&mut self, hops: Vec<Hop>, unit: usize) -> Option<usize> {
        let mut times = hops.iter().filter_map(|hop| hop.times);
        let digits = times.try_fold(1_usize, |sum, times| sum.checked_add(times))?;
        let start = self.hops.len();
        self.hops.extend(hops);
        self.chains.push(Chain { hops: start..self.hops.len(), unit, digits });
        unit.checked_mul(digits)
    }

    #[allow(clippy::indexing_slicing)] // there is a value for every count and place
    fn solve(&mut self, counts: usize) {
        let places = self.states.len();
        self.values = vec![0; counts * places];
        let mut dials = Dials::at_their_ends(self);
        for at in (0..counts).rev() {
            for place in 0..places {
                let hops = dials.hops.get(self.chains_of(place)).unwrap_or_default();
                let steps =
                    hops.iter().flatten().map(|&(hop, unit)| self.taken(&self.hops[hop], at + unit).value);
                self.values[at * places + place] = steps.max().unwrap_or(0);
            }
            dials.turn_back(self);
        }
    }

    /// The chains that start in the state at that place.
    fn chains_of(&self, place: usize) -> std::ops::Range<usize> {
        let bound = |place: usize| self.starts.get(place).copied().unwrap_or(self.chains.len());
        bound(place)..bound(place + 1)
    }

    /// The heaviest way on, the first in the text among equals; one that leaves the component before the others.
    fn best(&self, place: usize, counts: usize) -> Option<Step<'_>> {
        let chains = self.chains.get(self.chains_of(place)).unwrap_or_default();
        let key = |step: &Step<'_>| (step.value, matches!(step.hop.to, To::Outside(..)));
        let step = |chain: &Chain| {
            let (hop, unit) = self.next(chain, counts / chain.unit % chain.digits)?;
            Some(self.taken(self.hops.get(hop)?, counts + unit))
        };
        chains.iter().filter_map(step).reduce(|best, step| if key(&step) > key(&best) { step } else { best })
    }

    /// The hop of a chain that is next after so many, with what taking it adds to the counts; none if all that is known
    /// of it is used up.
    fn next(&self, chain: &Chain, mut used: usize) -> Option<(usize, usize)> {
        for index in chain.hops.clone() {
            match self.hops.get(index)?.times {
                Some(times) if times <= used => used -= times,
                Some(_) => return Some((index, chain.unit)),
                None => return Some((index, 0)),
            }
        }
        None
    }

    fn taken<'t>(&'t self, hop: &'t Hop, counts: usize) -> Step<'t> {
        let behind = match hop.to {
            To::Inside(place) => self.at(place, counts),
            To::Outside(_, value) => value,
        };
        Step { hop, counts, value: hop.weight.saturating_add(behind) }
    }

    fn at(&self, place: usize, counts: usize) -> u128 {
        self.values.get(counts * self.states.len() + place).copied().unwrap_or(u128::MAX)
    }

    /// The values on arrival, by place: nothing is used up.
    pub(super) fn on_arrival(&self) -> impl Iterator<Item = u128> + '_ {
        self.values.iter().take(self.states.len()).copied()
    }

    /// Appends the arrows of a heaviest walk from the state at that place; where it leads out of the component.
    pub(super) fn walk(&self, mut place: usize, walk: &mut Vec<ArrowId>) -> Option<StateId> {
        let mut counts = 0;
        loop {
            let step = self.best(place, counts)?;
            walk.push(step.hop.arrow);
            counts = step.counts;
            match step.hop.to {
                To::Inside(next) => place = next,
                To::Outside(state, _) => return Some(state),
            }
        }
    }
}

impl Hop {
    /// What taking it is worth if it leaves the component.
    fn leaving(&self) -> Option<u128> {
        match self.to {
            To::Outside(_, value) => Some(self.weight.saturating_add(value)),
            To::Inside(_) => None,
        }
    }
}

/// The counts of all chains, as they go down one by one.
struct Dials {
    /// For each chain the hop that is next, with what taking it adds to the counts.
    hops: Vec<Option<(usize, usize)>>,
    /// The chains that have counts, that of the last digit first, each with its own.
    counted: Vec<(usize, usize)>,
}

impl Dials {
    /// Everything is used up.
    fn at_their_ends(table: &Table<'_>) -> Dials {
        let hops = table.chains.iter().map(|chain| table.next(chain, chain.digits - 1)).collect();
        let counted = table.chains.iter().enumerate().filter(|(_, chain)| chain.digits > 1);
        Dials { hops, counted: counted.map(|(index, chain)| (index, chain.digits - 1)).collect() }
    }

    /// One less: the last digit goes down, and from 0 to its end, and then so does the one before it.
    fn turn_back(&mut self, table: &Table<'_>) {
        for (index, used) in &mut self.counted {
            let (Some(chain), Some(hop)) = (table.chains.get(*index), self.hops.get_mut(*index)) else {
                return;
            };
            let turned = *used == 0;
            *used = if turned { chain.digits } else { *used } - 1;
            *hop = table.next(chain, *used);
            if !turned {
                return;
            }
        }
    }
}
