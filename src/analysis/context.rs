//! What is known of a flow's context as a whole: what is there on arrival, what is still read, what is lost between.
//!
//! Must not know: words.

use std::collections::BTreeMap;

use super::assigned::{Assigned, is_written, perhaps};
use super::guards::Guards;
use super::live::Live;
use super::present::Present;
use super::uses::{Reading, carry_of, handoff_of};
use crate::graph::{Graph, Runs};
use crate::model::{ArrowId, FieldId, HandoffId, Model, StateId};

/// The facts of one flow.
#[derive(Debug)]
pub struct Context {
    /// Who still reads what.
    pub live: Live,
    /// What has been made.
    pub assigned: Assigned,
    /// What is known to be present.
    pub present: Present,
    /// The fields that a handoff's `carry` leaves out although they may be there and are read later, each with the first
    /// arrow of the handoff after which that is so.
    pub dropped: BTreeMap<HandoffId, Vec<(FieldId, ArrowId)>>,
}

/// A reading without a value.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// What reads.
    pub reading: Reading,
    /// The number of the value that may be absent, in [`Present`]; none if the field has not been made.
    pub absent: Option<usize>,
}

impl Context {
    /// `open`: states with a way on that is missing or unknown.
    #[must_use]
    pub fn new(graph: &Graph<'_>, guards: &Guards<'_>, open: impl Fn(StateId) -> bool) -> Context {
        let live = Live::new(graph, open);
        let dropped = dropped(graph, &live);
        let told = |arrow: ArrowId| {
            let of_handoff = handoff_of(&graph.flow[arrow]).and_then(|handoff| dropped.get(&handoff));
            of_handoff.into_iter().flatten().map(|&(field, _)| field).collect()
        };
        let assigned = Assigned::new(graph, &told);
        let present = Present::new(graph, guards, &told);
        Context { live, assigned, present, dropped }
    }

    /// The first reading of each field that a state can't rely on, in the order of the text.
    #[must_use]
    pub fn lacking(&self, model: &Model, graph: &Graph<'_>, at: StateId) -> Vec<Lack> {
        let not_made = self.assigned.lacking(graph.flow, at).map(|reading| Lack { reading, absent: None });
        let may_be_absent = self.present.lacking(model, graph.flow, at);
        let may_be_absent = may_be_absent.map(|(reading, number)| Lack { reading, absent: Some(number) });
        let mut lacks: Vec<Lack> = not_made.chain(may_be_absent).collect();
        lacks.sort_by_key(|lack| (lack.reading.field, lack.absent.is_some(), lack.reading.span));
        lacks.dedup_by_key(|lack| lack.reading.field);
        lacks.sort_by_key(|lack| lack.reading.span);
        lacks
    }

    /// Shortest runs on which a field is never made.
    #[must_use]
    pub fn runs_without(&self, graph: &Graph<'_>, field: FieldId) -> Runs {
        let without = |arrow: ArrowId| !self.assigned.assigns(graph.flow, arrow, field);
        graph.runs(without)
    }
}

fn dropped(graph: &Graph<'_>, live: &Live) -> BTreeMap<HandoffId, Vec<(FieldId, ArrowId)>> {
    let flow = graph.flow;
    let mut found = BTreeMap::new();
    if flow.handoffs.iter().all(|handoff| handoff.carry.is_none()) {
        return found;
    }
    let there = perhaps(graph);
    let mut set = there.empty();
    for (from, arrow, to) in
        graph.states().flat_map(|from| graph.leaving(from).map(move |(arrow, to)| (from, arrow, to)))
    {
        let Some((handoff, carry)) = handoff_of(&flow[arrow]).zip(carry_of(flow, &flow[arrow])) else {
            continue;
        };
        there.copy_to(from.index(), &mut set);
        is_written(flow, arrow, &mut set);
        let left_out = |field| carry.fields.iter().all(|used| used.field != Some(field));
        let missed =
            |&field: &FieldId| set.contains(field.index()) && live.needed(to, field) && left_out(field);
        for field in (0..flow.context.len()).map(FieldId::new).filter(missed) {
            let told: &mut Vec<(FieldId, ArrowId)> = found.entry(handoff).or_default();
            if told.iter().all(|&(other, _)| other != field) {
                told.push((field, arrow));
            }
        }
    }
    found
}
