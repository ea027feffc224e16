//! Who still reads a context field: backward from every reading to where its value comes from.
//!
//! Must not know: whether the value is there (see `assigned`).

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::sets::{Set, Sets};
use super::spread::backward;
use super::uses::{
    Reader, Reading, by_guards, carry_of, handoff_of, may_read_more, may_write_more, readings, writes,
    writings,
};
use crate::graph::Graph;
use crate::model::{ArrowId, FieldId, Flow, Start, StateId};

/// The fields whose values are still read when work arrives at a state.
#[derive(Debug)]
pub struct Live {
    /// For certain, by a reader that can't do without; a `carry` that leaves the field out changes nothing about that.
    needed: Sets,
    /// Perhaps, as far as every `carry` lets it come there.
    live: Sets,
}

impl Live {
    /// Of `open` states a way on is missing or unknown: whoever is there may read anything.
    #[must_use]
    pub fn new(graph: &Graph<'_>, open: impl Fn(StateId) -> bool) -> Live {
        let flow = graph.flow;
        let fields = flow.context.len();
        let needed = backward(
            graph,
            fields,
            |state, set| needs(flow, state, set),
            |arrow, set| {
                let Some(from) = handoff_start(flow, arrow) else { return };
                remove_writings(flow, from, set);
                if may_write_more(flow, from) {
                    set.fill(false);
                }
            },
        );
        let live = backward(
            graph,
            fields,
            |state, set| {
                reads(flow, state, set);
                if flow.unknown || open(state) || may_read_more(flow, state) {
                    set.fill(true);
                }
            },
            |arrow, set| {
                let Some(from) = handoff_start(flow, arrow) else { return };
                keep_carried(flow, arrow, set);
                remove_writings(flow, from, set);
            },
        );
        Live { needed, live }
    }

    /// Some later state reads it for certain, and can't do without.
    #[must_use]
    pub fn needed(&self, at: StateId, field: FieldId) -> bool {
        self.needed.contains(at.index(), field.index())
    }

    /// Some later state may read it.
    #[must_use]
    pub fn read(&self, at: StateId, field: FieldId) -> bool {
        self.live.contains(at.index(), field.index()) || self.needed(at, field)
    }

    /// The value that a state leaves on this arrow may be read later: it goes along, or should.
    #[must_use]
    pub fn read_along(&self, flow: &Flow, arrow: ArrowId, to: StateId, field: FieldId) -> bool {
        let carry = carry_of(flow, &flow[arrow]);
        let carried = carry.is_none_or(|carry| carry.fields.iter().any(|used| used.field == Some(field)));
        handoff_of(&flow[arrow]).is_some()
            && if carried { self.read(to, field) } else { self.needed(to, field) }
    }

    /// The fields that work has to bring along when it arrives at a state, in the order of the context.
    pub fn on_arrival(&self, at: StateId) -> impl Iterator<Item = FieldId> + '_ {
        self.live.items(at.index()).map(FieldId::new)
    }
}

/// Where a handoff's arrow starts; none for other arrows, on which nothing is written.
fn handoff_start(flow: &Flow, arrow: ArrowId) -> Option<StateId> {
    handoff_of(&flow[arrow])?;
    flow[arrow].start()
}

/// What the state itself can't do without.
fn needs(flow: &Flow, state: StateId, set: &mut Set) {
    let unknown = may_write_more(flow, state);
    for reading in readings(flow, state).filter(|reading| reading.by != Reader::NeedsIfPresent) {
        if reading.by != Reader::Guard || !unknown && !writes(flow, state, reading.field) {
            set.insert(reading.field.index());
        }
    }
}

/// What the state itself reads.
fn reads(flow: &Flow, state: StateId, set: &mut Set) {
    by_guards(flow, state).for_each(|reading| set.insert(reading.field.index()));
    remove_writings(flow, state, set);
    readings(flow, state)
        .filter(|reading| reading.by != Reader::Guard)
        .for_each(|reading| set.insert(reading.field.index()));
}

fn remove_writings(flow: &Flow, state: StateId, set: &mut Set) {
    writings(flow, state).for_each(|(field, _)| set.remove(field.index()));
}

fn keep_carried(flow: &Flow, arrow: ArrowId, set: &mut Set) {
    let Some(carry) = carry_of(flow, &flow[arrow]) else { return };
    let mut kept: Vec<usize> =
        carry.fields.iter().filter_map(|used| used.field).map(FieldId::index).collect();
    kept.retain(|&field| set.contains(field));
    set.fill(false);
    kept.into_iter().for_each(|field| set.insert(field));
}

/// After an arrow: the nearest state that can't do without the field's value, with the way there, the arrow first.
#[must_use]
pub fn next_reading(graph: &Graph<'_>, arrow: ArrowId, field: FieldId) -> Option<(Vec<ArrowId>, Reading)> {
    let flow = graph.flow;
    let first = flow[arrow].to?;
    let mut came_by = FxHashMap::from_iter([(first, arrow)]);
    let mut open = VecDeque::from([first]);
    while let Some(state) = open.pop_front() {
        let written = writes(flow, state, field);
        let reads = |reading: &Reading| match reading.by {
            Reader::NeedsIfPresent => false,
            Reader::Guard => !written && reading.field == field,
            _ => reading.field == field,
        };
        if let Some(reading) = readings(flow, state).find(reads) {
            return Some((way(flow, &came_by, arrow, state), reading));
        }
        for (next, to) in graph.leaving(state) {
            let remade = written && handoff_of(&flow[next]).is_some();
            if !remade && !came_by.contains_key(&to) {
                came_by.insert(to, next);
                open.push_back(to);
            }
        }
    }
    None
}

fn way(flow: &Flow, came_by: &FxHashMap<StateId, ArrowId>, first: ArrowId, last: StateId) -> Vec<ArrowId> {
    let before = |&arrow: &ArrowId| match flow[arrow].from {
        Start::State(state) if arrow != first => came_by.get(&state).copied(),
        _ => None,
    };
    let mut way: Vec<ArrowId> = std::iter::successors(came_by.get(&last).copied(), before).collect();
    way.reverse();
    way
}
