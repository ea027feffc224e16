//! Which values a guard lets through, decided exactly: gaps, overlaps, guards that are never true, what is known on
//! arrival. The procedure is that of `docs/proofs.md`: cells, and a multi-valued decision diagram a state.
//!
//! Must not know: words; time, cost and context.

mod cells;
mod decision;
mod diagram;
mod entered;
mod known;
mod region;
mod space;
mod verdict;

pub use cells::{Cell, CellSet, Cells};
pub use diagram::TooComplex;
pub use entered::Breach;
pub use known::Known;
pub use region::Region;
pub use space::{Space, optional_depths};
pub use verdict::{Gap, Never, Overlap, Verdict};

use std::collections::BTreeMap;

use crate::model::walk::StateRef;
use crate::model::{Arrow, ArrowKind, Flow, Intake, Kind, Model, PathId, StateId};
use crate::parallel;
use decision::Decision;
use known::{Arrivals, arrivals, at_the_door, behind, handing_on};
use verdict::doubtful_verdict;

/// States are looked at side by side in pieces of so many.
const PIECE: usize = 256;

/// What is decided of all guards of a flow.
#[derive(Debug)]
pub struct Guards<'m> {
    /// The values that they tell apart.
    pub space: Space<'m>,
    arrivals: Arrivals,
    /// States whose guards, or what is known there, are too complex to decide, in the order of the text.
    pub complex: Vec<StateId>,
    /// What is wrong, state by state, in the order of the text.
    pub verdicts: BTreeMap<StateId, Verdict>,
    /// For each handoff whether nothing takes it.
    never: Vec<bool>,
}

impl<'m> Guards<'m> {
    /// Decides the guards of a flow.
    #[must_use]
    pub fn new(model: &'m Model, flow: &'m Flow) -> Guards<'m> {
        let space = Space::new(model, flow);
        let mut arrivals = arrivals(&space);
        let look = |state: usize| {
            let id = StateId::new(state);
            Some((id, look(&space, &arrivals, StateRef { id, flow, model })?))
        };
        let looked = parallel::below(flow.states.len(), PIECE, look);
        let settled = std::mem::take(&mut arrivals.verdicts);
        let mut complex = std::mem::take(&mut arrivals.complex);
        let settled = settled.into_iter().filter(|(id, _)| !arrivals.doubtful.contains(*id));
        let mut verdicts: BTreeMap<StateId, Verdict> = settled.collect();
        for (id, found) in looked {
            match found {
                Ok(verdict) if verdict == Verdict::default() => {}
                Ok(verdict) => drop(verdicts.insert(id, verdict)),
                Err(TooComplex) => complex.push(id),
            }
        }
        complex.sort_unstable();
        complex.dedup();
        let never = never(flow, &verdicts);
        Guards { space, arrivals, complex, verdicts, never }
    }

    /// What is wrong with the guards of a state, if something is.
    #[must_use]
    pub fn verdict(&self, state: StateId) -> Option<&Verdict> {
        self.verdicts.get(&state)
    }

    /// What is known of work that comes to a state; `None` if none comes there for certain.
    #[must_use]
    pub fn known(&self, state: StateId) -> Option<&Known> {
        self.arrivals.known.get(state.index())?.as_ref()
    }

    /// The paths that may be absent, and of which what is known leaves no doubt that they have a value.
    pub fn shown(&self, known: &Known) -> impl Iterator<Item = PathId> {
        let is_shown = |path: PathId, cells: &CellSet| {
            let absent = self.space.cells(path).absent();
            !absent.is_empty() && absent.intersection(cells).is_empty()
        };
        known.iter().filter(move |(path, cells)| is_shown(*path, cells)).map(|&(path, _)| path)
    }

    /// What is known of work that comes in.
    #[must_use]
    pub fn known_at_the_door(&self, intake: &Intake) -> Known {
        at_the_door(&self.space, intake)
    }

    /// What is known of work behind each handoff of a state, in the order of the text; `None` where none is taken for
    /// certain, or it could not be decided.
    #[must_use]
    pub fn known_behind(&self, state: StateId) -> Vec<Option<Known>> {
        let (space, flow) = (&self.space, self.space.flow);
        let nothing = || vec![None; flow[state].handoffs.len()];
        let Some(known) = self.known(state) else { return nothing() };
        let given = handing_on(space, state, known);
        let state = StateRef { id: state, flow, model: space.model };
        let Ok(mut decision) = Decision::new(space, Some(state), &given, None) else { return nothing() };
        let behind = |(index, handoff): (usize, &_)| {
            let taken = decision.handoffs.get(index)?.surely;
            Some(behind(space, handoff, &given, decision.shadows(taken).ok()??))
        };
        state.handoffs().enumerate().map(behind).collect()
    }

    /// Whether some values may take an arrow.
    #[must_use]
    pub fn may_take(&self, arrow: &Arrow) -> bool {
        match arrow.kind {
            ArrowKind::Handoff(id) => !self.never.get(id.index()).copied().unwrap_or_default(),
            _ => true,
        }
    }

    /// For each handoff of an approval the options with which it is taken, by position.
    ///
    /// # Errors
    /// If the guards are too complex.
    pub fn options(&self, state: StateId) -> Result<Vec<Vec<u32>>, TooComplex> {
        let Kind::Approval(approval) = &self.space.flow[state].kind else { return Ok(Vec::new()) };
        let mut decision = self.decision(state)?;
        (0..decision.handoffs.len())
            .map(|handoff| decision.options_of(handoff, approval.options.len()))
            .collect()
    }

    fn decision(&self, state: StateId) -> Result<Decision<'_>, TooComplex> {
        let space = &self.space;
        let known = self.known(state).cloned().unwrap_or_default();
        let given = handing_on(space, state, &known);
        Decision::new(space, Some(StateRef { id: state, flow: space.flow, model: space.model }), &given, None)
    }
}

/// Looks at a state that the arrivals did not settle, if it has guards.
fn look(space: &Space<'_>, arrivals: &Arrivals, state: StateRef<'_>) -> Option<Result<Verdict, TooComplex>> {
    state.handoffs().next()?;
    let known = arrivals.known.get(state.id.index()).and_then(Option::as_ref);
    let given = known.map(|known| handing_on(space, state.id, known));
    if arrivals.doubtful.contains(state.id) {
        return Some(doubtful_verdict(space, state, given.as_ref()));
    }
    let settled = arrivals.visits.get(state.id.index()) == Some(&1);
    // What no work comes to is looked at as if anything did.
    let given = given.unwrap_or_default();
    let alone = || Decision::new(space, Some(state), &given, None)?.verdict(state, &given);
    (!settled).then(alone)
}

/// For each handoff of the flow whether nothing takes it.
fn never(flow: &Flow, verdicts: &BTreeMap<StateId, Verdict>) -> Vec<bool> {
    let mut never = vec![false; flow.handoffs.len()];
    for (&state, verdict) in verdicts {
        let first = flow[state].handoffs.start as usize;
        for shut in &verdict.never {
            if let Some(never) = never.get_mut(first + shut.handoff) {
                *never = true;
            }
        }
    }
    never
}
