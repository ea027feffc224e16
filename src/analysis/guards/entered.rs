//! What holds when a state is entered: the guard of each arrow into it, taken whole, with what is known where it starts.
//!
//! Must not know: words; why it is asked.

use std::collections::VecDeque;

use super::decision::Decision;
use super::diagram::{NONE, TooComplex};
use super::known::{Known, at_the_door, behind, handing_on, leaving};
use super::region::Region;
use super::{Guards, Space};
use crate::model::walk::StateRef;
use crate::model::{Arrow, ArrowId, ArrowKind, Guard, Start, StateId};

/// So many steps are looked at in search of a run that brings the values of a breach.
const MAX_STEPS: usize = 2_000;

/// Values with which a state is entered although a condition does not hold.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The arrow along which they come.
    pub arrow: ArrowId,
    /// The values.
    pub region: Region,
    /// A run on which they come, if one was found within the bound on the search: what is known where the arrow starts
    /// is united over all ways there, so there need be none.
    pub run: Option<Vec<ArrowId>>,
}

impl Guards<'_> {
    /// How a state can be entered although the condition does not hold for certain; `None`: it can't.
    ///
    /// # Errors
    /// If the guards are too complex.
    pub fn breach(&self, state: StateId, condition: &Guard) -> Result<Option<Breach>, TooComplex> {
        let mut suspects = Vec::new();
        let arrows = self.space.flow.arrows.iter().enumerate();
        for (index, arrow) in arrows.filter(|(_, arrow)| arrow.to == Some(state) && self.may_take(arrow)) {
            let known = match arrow.from {
                Start::Intake(intake) => Some(at_the_door(&self.space, &self.space.flow[intake])),
                Start::State(from) => self.known(from).cloned(),
            };
            let region = known.map_or(Ok(None), |known| without(&self.space, arrow, &known, condition))?;
            suspects.extend(region.map(|region| (ArrowId::new(index), region)));
        }
        let arrows: Vec<ArrowId> = suspects.iter().map(|(arrow, _)| *arrow).collect();
        if let Some((run, region)) = self.run_along(&arrows, condition)? {
            return Ok(run.last().map(|&arrow| Breach { arrow, region, run: Some(run.clone()) }));
        }
        Ok(suspects.into_iter().next().map(|(arrow, region)| Breach { arrow, region, run: None }))
    }

    /// A shortest run that ends with one of these arrows and on which values come that break the condition, by what is
    /// known on that run alone.
    fn run_along(
        &self,
        suspects: &[ArrowId],
        condition: &Guard,
    ) -> Result<Option<(Vec<ArrowId>, Region)>, TooComplex> {
        let (space, flow) = (&self.space, self.space.flow);
        let mut steps: Vec<Step> = Vec::new();
        let mut open = VecDeque::new();
        for intake in flow.intakes.iter().filter(|_| !suspects.is_empty()) {
            let known = at_the_door(space, intake);
            if suspects.contains(&intake.arrow) {
                let region = without(space, &flow[intake.arrow], &known, condition)?;
                if let Some(region) = region {
                    return Ok(Some((vec![intake.arrow], region)));
                }
            }
            self.step(&mut steps, &mut open, Step { arrow: intake.arrow, before: None, known });
        }
        while let Some(at) = open.pop_front().filter(|_| steps.len() < MAX_STEPS) {
            let Some((from, known)) =
                steps.get(at).and_then(|step| Some((flow[step.arrow].to?, step.known.clone())))
            else {
                continue;
            };
            for id in flow[from].arrows.clone().map(ArrowId).filter(|&id| self.may_take(&flow[id])) {
                if suspects.contains(&id)
                    && let Some(region) = without(space, &flow[id], &known, condition)?
                {
                    let mut run = run(&steps, at);
                    run.push(id);
                    return Ok(Some((run, region)));
                }
                if let Some(known) = along(space, &flow[id], &known)? {
                    self.step(&mut steps, &mut open, Step { arrow: id, before: Some(at), known });
                }
            }
        }
        Ok(None)
    }

    /// Takes a step in, unless one to the same state has brought as much before.
    fn step(&self, steps: &mut Vec<Step>, open: &mut VecDeque<usize>, step: Step) {
        let to = |step: &Step| self.space.flow[step.arrow].to;
        let is_old = |before: &Step| to(before) == to(&step) && step.known.is_within(&before.known);
        if !steps.iter().any(is_old) {
            open.push_back(steps.len());
            steps.push(step);
        }
    }
}

/// A step of a run, with what is known behind it.
struct Step {
    arrow: ArrowId,
    /// The step before it.
    before: Option<usize>,
    known: Known,
}

/// The arrows of the run that ends with that step.
fn run(steps: &[Step], last: usize) -> Vec<ArrowId> {
    let all = std::iter::successors(steps.get(last), |step| steps.get(step.before?));
    let mut run: Vec<ArrowId> = all.map(|step| step.arrow).collect();
    run.reverse();
    run
}

/// Values that go along an arrow although the condition does not hold, if work is at its start as `known` says.
fn without(
    space: &Space<'_>,
    arrow: &Arrow,
    known: &Known,
    condition: &Guard,
) -> Result<Option<Region>, TooComplex> {
    let (ArrowKind::Handoff(id), Start::State(from)) = (arrow.kind, arrow.from) else {
        let known = along(space, arrow, known)?.unwrap_or_default();
        return Decision::new(space, None, &known, Some(condition))?.unasked(None);
    };
    if space.flow[id].carry.is_some() {
        let Some(known) = along(space, arrow, known)? else { return Ok(None) };
        return Decision::new(space, None, &known, Some(condition))?.unasked(None);
    }
    let given = handing_on(space, from, known);
    let state = StateRef { id: from, flow: space.flow, model: space.model };
    let index = space.flow.place_of(id);
    Decision::new(space, Some(state), &given, Some(condition))?.unasked(Some(index))
}

/// What is known behind an arrow of work that was at its start as `known` says; `None`: it does not take it.
fn along(space: &Space<'_>, arrow: &Arrow, known: &Known) -> Result<Option<Known>, TooComplex> {
    let flow = space.flow;
    let Start::State(from) = arrow.from else { return Ok(Some(known.clone())) };
    let ArrowKind::Handoff(id) = arrow.kind else { return Ok(Some(leaving(space, &flow[from], known))) };
    let given = handing_on(space, from, known);
    let state = StateRef { id: from, flow, model: space.model };
    let index = flow.place_of(id);
    let mut decision = Decision::new(space, Some(state), &given, None)?;
    let taken = decision.handoffs.get(index).map_or(NONE, |taken| taken.surely);
    let shadows = decision.shadows(taken)?;
    Ok(shadows.map(|shadows| behind(space, &flow[id], &given, shadows)))
}
