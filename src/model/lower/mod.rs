//! From trees to the model: names and types resolved, defaults filled in, arrows spelled out.
//!
//! Must not know: the rules of `checks`. What can't be resolved is reported here, once, and becomes unknown, so that
//! nothing else is said of it. Linear in the size of the trees; recursion follows only guards and types, whose
//! nesting is bounded.

mod actors;
mod calls;
mod clauses;
mod costs;
mod cycles;
mod flow;
mod guards;
mod intakes;
mod lists;
mod literals;
mod names;
mod paths;
mod positions;
mod proves;
mod report;
mod routes;
mod scenarios;
mod states;
mod thresholds;
mod timers;
mod types;
mod values;

use rustc_hash::FxHashSet;

use super::Model;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::StateRead;
use crate::syntax::tree::{
    ActorItem, AssetItem, EnumItem, FlowItem, Junk, StateHead, StateItem, ThresholdItem, Tree,
};
use calls::Signature;
use flow::FlowLowering;
use names::Scope;
use positions::Positions;
use report::Reports;
use thresholds::ThresholdOrder;

/// Resolves the trees of all files, in the order of their ids. For each file `uses` says, in the order of its `use`
/// declarations, which file each brings in (`None`: it could not be read), and `checked` whether it was asked for.
/// `states` gives what stands in the states of the trees, in their order; what is found in them comes back too.
#[must_use]
pub fn lower<'t>(
    trees: &'t [Tree<StateHead>],
    states: Box<dyn Iterator<Item = StateRead> + 't>,
    uses: &[Vec<Option<FileId>>],
    checked: &[bool],
) -> (Model, Vec<Diagnostic>) {
    let mut lowering = Lowering::new(states);
    lowering.declare(trees, uses, checked);
    lowering.lower_types();
    lowering.lower_actors();
    lowering.order_thresholds();
    let flows = lowering.open_flows();
    for flow in flows {
        let flow = FlowLowering::new(&mut lowering, flow).lower();
        lowering.model.flows.push(flow);
    }
    lowering.read_state(None);
    let order = lowering.cut_call_circles();
    lowering.check_currencies(&order);
    (lowering.model, lowering.reports.into_diagnostics())
}

/// What all files have in common while they are lowered.
struct Lowering<'t> {
    model: Model,
    /// The declarations behind the arenas of the model.
    items: Items<'t>,
    /// What stands in the states, those that were lowered left out.
    states: Box<dyn Iterator<Item = StateRead> + 't>,
    /// By file.
    scopes: Vec<Scope>,
    /// In which file a name that does not exist was meant to be of which kind: see [`Lowering::spare`].
    spared: FxHashSet<(FileId, &'static str)>,
    thresholds: ThresholdOrder,
    positions: Positions,
    /// What calls need to know of each flow.
    signatures: Vec<Signature>,
    reports: Reports,
}

/// The trees of the declarations, parallel to the arenas of the model.
#[derive(Default)]
struct Items<'t> {
    enums: Vec<&'t EnumItem>,
    assets: Vec<&'t AssetItem>,
    actors: Vec<&'t ActorItem>,
    thresholds: Vec<&'t ThresholdItem>,
    flows: Vec<&'t FlowItem<StateHead>>,
}

impl<'t> Lowering<'t> {
    fn new(states: Box<dyn Iterator<Item = StateRead> + 't>) -> Lowering<'t> {
        Lowering {
            model: Model::default(),
            items: Items::default(),
            states,
            scopes: Vec::new(),
            spared: FxHashSet::default(),
            thresholds: ThresholdOrder::default(),
            positions: Positions::default(),
            signatures: Vec::new(),
            reports: Reports::default(),
        }
    }

    /// What stands in the state at `place`. Those before it are passed over, since their names were taken, but not what
    /// is wrong in them; so are all that are left if there is no place.
    fn read_state(&mut self, place: Option<Span>) -> Option<Result<StateItem, Junk>> {
        loop {
            let StateRead { span, state, found } = self.states.next()?;
            found.into_iter().for_each(|found| self.reports.add(found));
            if place == Some(span) {
                return Some(state);
            }
        }
    }

    /// Lays out every flow (context, states, intakes), so that calls between them can be resolved.
    fn open_flows(&mut self) -> Vec<flow::OpenFlow<'t>> {
        let items = self.items.flows.clone();
        let open: Vec<_> = items.into_iter().map(|item| self.open_flow(item)).collect();
        self.signatures = open.iter().map(flow::OpenFlow::signature).collect();
        open
    }
}
