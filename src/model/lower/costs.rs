//! Currencies: all costs that a flow and its callees reach are in one.
//!
//! Must not know: how high the costs are.

use std::collections::BTreeMap;

use super::Lowering;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Currency, Flow, FlowId, Kind};
use crate::source::Span;
use crate::syntax::tree::{Literal, LiteralValue, Member, ProveKind, ScenarioLineKind};

/// For each currency the first place where a cost is in it.
type Costs = BTreeMap<&'static str, Span>;

impl Lowering<'_> {
    /// B020 for costs in a second currency. `order` has every flow after those that it calls.
    pub(super) fn check_currencies(&mut self, order: &[usize]) {
        let mut costs: Vec<Costs> = vec![Costs::new(); self.model.flows.len()];
        for &flow in order {
            let found = self.flow_costs(FlowId::new(flow), &costs);
            self.check_flow_currencies(FlowId::new(flow), &found);
            if let Some(slot) = costs.get_mut(flow) {
                *slot = found;
            }
        }
    }

    fn flow_costs(&self, flow: FlowId, callees: &[Costs]) -> Costs {
        let mut costs = Costs::new();
        let mut add = |currency, place: Span| {
            let first = costs.entry(currency).or_insert(place);
            *first = place.min(*first);
        };
        let flow: &Flow = &self.model[flow];
        for state in &flow.states {
            match &state.kind {
                Kind::State | Kind::Approval(_) => {
                    let cost = state.owner.get().and_then(|&actor| self.model[actor].costs.as_ref());
                    if let Some(cost) = cost {
                        add(cost.value.currency.code(), cost.span);
                    }
                }
                Kind::Call(call) => {
                    let runs = call.runs.iter().filter_map(|run| callees.get(run.flow?.index()));
                    runs.flatten().for_each(|(currency, place)| add(currency, *place));
                }
                Kind::Wait { .. } | Kind::End(_) => {}
            }
        }
        costs
    }

    fn check_flow_currencies(&mut self, flow: FlowId, costs: &Costs) {
        let Some((currency, first)) = costs.iter().min_by_key(|(_, place)| **place) else { return };
        let name = self.model[flow].name.text.clone();
        for (other, place) in costs.iter().filter(|(other, _)| *other != currency) {
            let message = format!("flow `{name}` costs both {currency} and {other}, which can't be added up");
            self.reports.add_once(
                Diagnostic::new(Code::TypeMismatch, *place, message)
                    .also(*first, format!("in {currency}"))
                    .help(format!("write it in {currency}, or the other in {other}")),
            );
        }
        if costs.len() == 1 {
            self.check_limits(flow, currency, *first);
        }
    }

    /// B020 for a limit on the costs that is in another currency than they are.
    fn check_limits(&mut self, flow: FlowId, currency: &str, first: Span) {
        let Some(item) = self.items.flows.get(flow.index()) else { return };
        let proves = item.members.iter().flat_map(|member| match member {
            Member::Prove(prove) => prove_limit(&prove.kind).into_iter().collect::<Vec<_>>(),
            Member::Scenario(scenario) => {
                scenario.lines.iter().filter_map(|line| line_limit(&line.kind)).collect()
            }
            _ => Vec::new(),
        });
        for limit in proves {
            let LiteralValue::Money(amount, given) = limit.value else { continue };
            if Currency::from_code(currency) == Some(given) {
                continue;
            }
            let message = format!("this limit is in {}, and the costs are in {currency}", given.code());
            self.reports.add(
                Diagnostic::new(Code::TypeMismatch, limit.span, message)
                    .also(first, format!("in {currency}"))
                    .help(format!("write the limit in {currency}, such as `{amount} {currency}`")),
            );
        }
    }
}

fn prove_limit(kind: &ProveKind) -> Option<&Literal> {
    match kind {
        ProveKind::CostsAtMost(limit) => Some(limit),
        _ => None,
    }
}

fn line_limit(kind: &ScenarioLineKind) -> Option<&Literal> {
    match kind {
        ScenarioLineKind::ExpectCosts(limit) => Some(limit),
        _ => None,
    }
}
