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
use crate::source::FileId;
use crate::syntax::tree::{ActorItem, AssetItem, EnumItem, FlowItem, ThresholdItem, Tree};
use calls::Signature;
use flow::FlowLowering;
use names::Scope;
use positions::Positions;
use report::Reports;
use thresholds::ThresholdOrder;

/// Resolves the trees of all files, in the order of their ids. For each file `uses` says, in the order of its `use`
/// declarations, which file each brings in (`None`: it could not be read), and `checked` whether it was asked for.
#[must_use]
pub fn lower(trees: &[Tree], uses: &[Vec<Option<FileId>>], checked: &[bool]) -> (Model, Vec<Diagnostic>) {
    let mut lowering = Lowering::default();
    lowering.declare(trees, uses, checked);
    lowering.lower_types();
    lowering.lower_actors();
    lowering.order_thresholds();
    let flows = lowering.open_flows();
    for flow in flows {
        let flow = FlowLowering::new(&mut lowering, flow).lower();
        lowering.model.flows.push(flow);
    }
    let order = lowering.cut_call_circles();
    lowering.check_currencies(&order);
    (lowering.model, lowering.reports.into_diagnostics())
}

/// What all files have in common while they are lowered.
#[derive(Default)]
struct Lowering<'t> {
    model: Model,
    /// The declarations behind the arenas of the model.
    items: Items<'t>,
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
    flows: Vec<&'t FlowItem>,
}

impl<'t> Lowering<'t> {
    /// Lays out every flow (context, states, intakes), so that calls between them can be resolved.
    fn open_flows(&mut self) -> Vec<flow::OpenFlow<'t>> {
        let items = self.items.flows.clone();
        let open: Vec<_> = items.into_iter().map(|item| self.open_flow(item)).collect();
        self.signatures = open.iter().map(flow::OpenFlow::signature).collect();
        open
    }
}
