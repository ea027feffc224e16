//! Scenarios, played and judged: B702, and which arrows no scenario takes.
//!
//! Must not know: how a story is played (see [`crate::run::story`]), nor how results are shown.

use std::collections::BTreeSet;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::diagnostics::Diagnostic;
use crate::model::{self, ArrowId, Model};
use crate::plan::{self, Flow, Incomplete, Plan, Scenario};
use crate::run::story::{Story, play};

use super::verdict;

/// A scenario that was played.
#[derive(Debug)]
pub struct Tested {
    /// The scenario.
    pub scenario: Scenario,
    /// How it came out.
    pub story: Story,
    /// What is wrong with that.
    pub failure: Option<Diagnostic>,
}

/// Which arrows of a flow scenarios take.
#[derive(Debug)]
pub struct Coverage<'p> {
    /// The flow.
    pub flow: &'p SmolStr,
    /// How many arrows it has, those of its intakes included.
    pub arrows: usize,
    /// Those that no scenario takes.
    pub missed: Vec<Missed<'p>>,
}

/// An arrow that no scenario takes.
#[derive(Clone, Copy, Debug)]
pub struct Missed<'p> {
    /// Its id.
    pub id: &'p SmolStr,
    /// The state or intake in which it starts.
    pub from: &'p SmolStr,
    /// Where it leads.
    pub to: &'p SmolStr,
}

/// Plays those scenarios of the checked files that `keep` chooses, in the order of the files. Only for files without
/// an error.
///
/// # Errors
/// If something is missing or unresolved nevertheless.
pub fn test(model: &Model, plan: &Plan, keep: impl Fn(&Scenario) -> bool) -> Result<Vec<Tested>, Incomplete> {
    let mut scenarios = plan::scenarios(model)?;
    scenarios.retain(keep);
    Ok(scenarios.into_par_iter().map(|scenario| tested(model, plan, scenario)).collect())
}

fn tested(model: &Model, plan: &Plan, scenario: Scenario) -> Tested {
    let story = play(plan, &scenario);
    let flow = plan.flows.get(&scenario.flow);
    let flow = flow.and_then(|flow| Some((flow, modelled(model, flow)?)));
    let failure = flow.and_then(|(flow, model)| verdict::failure(flow, model, &scenario, &story));
    Tested { scenario, story, failure }
}

/// The flow of the model of which that one of the plan was made.
fn modelled<'m>(model: &'m Model, flow: &Flow) -> Option<&'m model::Flow> {
    model.flows.iter().find(|found| found.name.span == flow.span)
}

/// Of each flow of the checked files, the arrows that none of these takes.
#[must_use]
pub fn coverage<'p>(model: &Model, plan: &'p Plan, tested: &[Tested]) -> Vec<Coverage<'p>> {
    let checked: FxHashSet<_> =
        model.files.iter().filter(|file| file.checked).map(|file| file.file).collect();
    let flows = plan.flows.iter().filter(|(_, flow)| checked.contains(&flow.span.file));
    flows.map(|(name, flow)| covered(name, flow, tested)).collect()
}

/// The arrows of a flow that these take.
#[must_use]
pub fn taken(model: &model::Flow, plan: &Plan, tested: &[Tested]) -> BTreeSet<ArrowId> {
    let Some((name, flow)) = plan.flows.iter().find(|(_, flow)| flow.span == model.name.span) else {
        return BTreeSet::new();
    };
    let of_flow = tested.iter().filter(|tested| tested.scenario.flow == *name);
    arrows_of(flow, of_flow.flat_map(|tested| &tested.story.hops)).collect()
}

/// The arrows of the model that became these hops: both flows have them in one order.
pub(super) fn arrows_of<'h>(
    flow: &Flow,
    hops: impl Iterator<Item = &'h SmolStr>,
) -> impl Iterator<Item = ArrowId> {
    let places = flow.hops().enumerate().map(|(place, hop)| (&hop.id, ArrowId::new(place)));
    let places: FxHashMap<_, _> = places.collect();
    hops.filter_map(move |hop| places.get(hop).copied())
}

fn covered<'p>(name: &'p SmolStr, flow: &'p Flow, tested: &[Tested]) -> Coverage<'p> {
    let of_flow = tested.iter().filter(|tested| tested.scenario.flow == *name);
    let taken: FxHashSet<_> = of_flow.flat_map(|tested| &tested.story.hops).collect();
    let doors = flow.intakes.iter().map(|(id, intake)| (id, &intake.arrow));
    let states = flow.states.iter();
    let ways = states.flat_map(|(state, ways)| {
        ways.routes().flat_map(move |(_, hops)| hops.iter().map(move |hop| (state, hop)))
    });
    let arrows: Vec<_> = doors.chain(ways).collect();
    let missed = arrows.iter().filter(|(_, hop)| !taken.contains(&hop.id));
    let missed = missed.map(|(from, hop)| Missed { id: &hop.id, from, to: &hop.to }).collect();
    Coverage { flow: name, arrows: arrows.len(), missed }
}

impl Coverage<'_> {
    /// The share of arrows that are taken, in percent, rounded down.
    #[must_use]
    pub fn percent(&self) -> usize {
        (100 * (self.arrows - self.missed.len())).checked_div(self.arrows).unwrap_or(100)
    }
}
