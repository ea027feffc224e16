//! Runs that between them take every arrow of a flow, as far as some run takes it.
//!
//! Must not know: words; how a run is written down.
//!
//! The situations into which a work item can come are searched breadth first (see [`Explorer`]), so that each arrow is
//! met first by a shortest run. Of these runs, continued to an end each, as few are chosen as it takes: the longest
//! first, and none whose arrows others take.

mod answers;
mod explore;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::guards::Guards;
use crate::graph::Graph;
use crate::model::{ArrowId, PathId};
use explore::{Explorer, Met};

/// Runs that take arrows.
#[derive(Clone, Debug)]
pub struct Cover {
    /// The runs, in the order of the arrows for which they were chosen.
    pub runs: Vec<Run>,
    /// The arrows that none of them takes, in the order of the text, each with the reason.
    pub untaken: Vec<(ArrowId, Why)>,
    /// So many situations were looked at.
    pub situations: usize,
}

/// Why no run takes an arrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// None does, whatever comes: the situations were all that there are.
    Impossible,
    /// None was found among the situations.
    NotFound,
    /// The runs for the others take up all the steps that there may be.
    TooLong,
}

/// So many steps may all runs have together: of a flow with many states each run is long, and nobody reads them.
const MAX_STEPS: usize = 100_000;

/// What happens to a work item, from the door to an end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The arrow for which it was chosen.
    pub shows: ArrowId,
    /// Its arrows, the intake's first.
    pub steps: Vec<Step>,
}

/// An arrow that is taken.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub arrow: ArrowId,
    /// What comes in, is made, given or decided there, as far as a guard asks for it: the cell of each path.
    pub values: Vec<(PathId, u32)>,
}

/// Chooses the runs; those arrows are taken already. `graph` has the arrows that guards don't rule out.
#[must_use]
pub fn cover(graph: &Graph<'_>, guards: &Guards<'_>, taken: &BTreeSet<ArrowId>) -> Cover {
    let explorer = Explorer::new(graph, guards);
    let Met { first, situations, complete } = explorer.explore();
    let met = first.iter().map(|(&arrow, met)| (met.came.depth, arrow));
    let deepest = deepest_within(met.filter(|(_, arrow)| !taken.contains(arrow)).collect(), MAX_STEPS);
    let mut times: FxHashMap<ArrowId, usize> = taken.iter().map(|&arrow| (arrow, 1)).collect();
    let (mut runs, mut left) = (Vec::new(), MAX_STEPS);
    for arrow in deepest {
        if times.contains_key(&arrow) {
            continue;
        }
        let run = first.get(&arrow).and_then(|met| explorer.finish(met.steps(&situations)));
        let Some(steps) = run.filter(|steps| steps.len() <= left) else { continue };
        left -= steps.len();
        for arrow in distinct(&steps) {
            *times.entry(arrow).or_default() += 1;
        }
        runs.push(Run { shows: arrow, steps });
    }
    runs.retain(|run| is_wanted(run, &mut times));
    runs.sort_by_key(|run| run.shows);
    let arrows = graph.entries().chain(graph.states().flat_map(|state| graph.leaving(state)));
    let untaken: BTreeSet<_> =
        arrows.map(|(arrow, _)| arrow).filter(|arrow| !times.contains_key(arrow)).collect();
    let why = |arrow: &ArrowId| match first.contains_key(arrow) {
        true => Why::TooLong,
        false if complete => Why::Impossible,
        false => Why::NotFound,
    };
    let untaken = untaken.into_iter().map(|arrow| (arrow, why(&arrow))).collect();
    Cover { runs, untaken, situations: situations.len() }
}

/// As many arrows, each with how many steps lead there, as can be come to with so many steps, one by one; the deepest
/// first, since on the way there others are taken.
fn deepest_within(mut arrows: Vec<(usize, ArrowId)>, mut steps: usize) -> Vec<ArrowId> {
    arrows.sort_unstable_by_key(|&(depth, arrow)| (depth, std::cmp::Reverse(arrow)));
    let within = arrows.into_iter().map_while(|(depth, arrow)| {
        steps = steps.checked_sub(depth + 1)?;
        Some(arrow)
    });
    let mut within: Vec<ArrowId> = within.collect();
    within.reverse();
    within
}

fn distinct(steps: &[Step]) -> BTreeSet<ArrowId> {
    steps.iter().map(|step| step.arrow).collect()
}

/// Whether it is the only one that takes some arrow; if not, it no longer counts.
fn is_wanted(run: &Run, times: &mut FxHashMap<ArrowId, usize>) -> bool {
    let arrows = distinct(&run.steps);
    let wanted = arrows.iter().any(|arrow| times.get(arrow) == Some(&1));
    if !wanted {
        for arrow in &arrows {
            times.entry(*arrow).and_modify(|times| *times -= 1);
        }
    }
    wanted
}
