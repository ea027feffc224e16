//! Which context fields have been made on every path: forward from the intakes.
//!
//! Must not know: whether an optional value is present (see `present`).

use super::sets::{Meet, Set, Sets};
use super::spread::forward;
use super::uses::{Reader, Reading, handoff_of, may_write_more, readings, writings};
use crate::graph::Graph;
use crate::model::{ArrowId, FieldId, Flow, Start, StateId};

/// The fields that have a value when work arrives at a state.
#[derive(Debug)]
pub struct Assigned {
    /// On every path. What a state reads counts as assigned from there on: that it is not is said there.
    everywhere: Sets,
    /// A state made it, or a call gave it, on every path.
    made: Sets,
    /// What each state reads that it does not write itself before.
    reads: Sets,
}

impl Assigned {
    /// `told` says which fields an arrow's `carry` leaves out although they are read later: that is said there, and they
    /// count as assigned.
    #[must_use]
    pub fn new(graph: &Graph<'_>, told: &dyn Fn(ArrowId) -> Vec<FieldId>) -> Assigned {
        let (flow, fields) = (graph.flow, graph.flow.context.len());
        let mut reads = Sets::neutral(flow.states.len(), fields, Meet::Any);
        let mut set = reads.empty();
        for state in graph.states() {
            set.fill(false);
            let relies = readings(flow, state).filter(|reading| !written_before(flow, state, reading));
            relies.for_each(|reading| set.insert(reading.field.index()));
            reads.meet(state.index(), &set, Meet::Any);
        }
        let everywhere = forward(graph, fields, Meet::All, |arrow, set| {
            comes_in(flow, arrow, set);
            starts_absent(flow, arrow, set);
            is_written(flow, arrow, set);
            if let Start::State(state) = flow[arrow].from {
                reads.items(state.index()).for_each(|field| set.insert(field));
            }
            told(arrow).into_iter().for_each(|field| set.insert(field.index()));
        });
        let made = forward(graph, fields, Meet::All, |arrow, set| is_written(flow, arrow, set));
        Assigned { everywhere, made, reads }
    }

    /// It has been assigned on every path to here.
    #[must_use]
    pub fn on_arrival(&self, at: StateId, field: FieldId) -> bool {
        self.everywhere.contains(at.index(), field.index())
    }

    /// A state made it, or a call gave it, on every path to here.
    #[must_use]
    pub fn made(&self, at: StateId, field: FieldId) -> bool {
        self.made.contains(at.index(), field.index())
    }

    /// The readings of a state that some path has not assigned a value for.
    pub fn lacking(&self, flow: &Flow, at: StateId) -> impl Iterator<Item = Reading> {
        let lacks = move |reading: &Reading| {
            !self.on_arrival(at, reading.field) && !written_before(flow, at, reading)
        };
        readings(flow, at).filter(lacks)
    }

    /// After this arrow the field counts as assigned, whatever was before.
    #[must_use]
    pub fn assigns(&self, flow: &Flow, arrow: ArrowId, field: FieldId) -> bool {
        match flow[arrow].from {
            Start::Intake(intake) => {
                let own = flow.intakes.get(intake.index()).and_then(|intake| intake.field);
                flow[field].ty.optional || own.is_none_or(|own| own == field)
            }
            Start::State(state) => {
                self.reads.contains(state.index(), field.index()) || is_made(flow, arrow, field)
            }
        }
    }
}

/// A guard reads what the state itself has written.
fn written_before(flow: &Flow, at: StateId, reading: &Reading) -> bool {
    let own = || writings(flow, at).any(|(field, _)| field == reading.field);
    reading.by == Reader::Guard && (may_write_more(flow, at) || own())
}

/// The fields that may have been made or come in before work arrives at a state.
#[must_use]
pub(super) fn perhaps(graph: &Graph<'_>) -> Sets {
    forward(graph, graph.flow.context.len(), Meet::Any, |arrow, set| {
        comes_in(graph.flow, arrow, set);
        is_written(graph.flow, arrow, set);
    })
}

/// What an intake's arrow brings.
fn comes_in(flow: &Flow, arrow: ArrowId, set: &mut Set) {
    let Start::Intake(intake) = flow[arrow].from else { return };
    match flow.intakes.get(intake.index()).map(|intake| intake.field) {
        Some(Some(field)) => set.insert(field.index()),
        _ => set.fill(true),
    }
}

/// A field of optional type has a value from the start on: it is absent.
fn starts_absent(flow: &Flow, arrow: ArrowId, set: &mut Set) {
    if matches!(flow[arrow].from, Start::Intake(_)) {
        let optional = flow.context.iter().enumerate().filter(|(_, field)| field.ty.optional);
        optional.for_each(|(field, _)| set.insert(field));
    }
}

/// What a state has written when work leaves it by a handoff.
pub(super) fn is_written(flow: &Flow, arrow: ArrowId, set: &mut Set) {
    let (Start::State(state), Some(_)) = (flow[arrow].from, handoff_of(&flow[arrow])) else { return };
    writings(flow, state).for_each(|(field, _)| set.insert(field.index()));
    if may_write_more(flow, state) {
        set.fill(true);
    }
}

/// Whether a state has made the field, or a call given it, when work has taken the arrow.
pub fn is_made(flow: &Flow, arrow: ArrowId, field: FieldId) -> bool {
    let (Start::State(state), Some(_)) = (flow[arrow].from, handoff_of(&flow[arrow])) else { return false };
    may_write_more(flow, state) || writings(flow, state).any(|(written, _)| written == field)
}
