//! The worst time and cost of what a story tells.
//!
//! Must not know: which way it takes.

use indexmap::IndexSet;
use smol_str::SmolStr;

use crate::plan::{ActorKind, Call, Exact, Kind, Money, Plan, State, Turn};

/// What something costs at most.
#[derive(Clone, Debug, PartialEq)]
pub enum Cost {
    /// So much; nothing where nobody has a price.
    Known(Option<Money>),
    /// This model says no `costs`.
    Unpriced(SmolStr),
}

impl Default for Cost {
    fn default() -> Cost {
        Cost::Known(None)
    }
}

impl Cost {
    pub(super) fn add(&mut self, more: Cost) {
        *self = match (std::mem::take(self), more) {
            (Cost::Unpriced(actor), _) | (_, Cost::Unpriced(actor)) => Cost::Unpriced(actor),
            (Cost::Known(Some(a)), Cost::Known(Some(b))) => {
                let amount = a.amount.0.saturating_add(b.amount.0);
                Cost::Known(Some(Money { amount: Exact(amount), currency: a.currency }))
            }
            (Cost::Known(a), Cost::Known(b)) => Cost::Known(a.or(b)),
        };
    }
}

/// A visit takes its whole deadline, one that nobody accepts the time of `accept`, a wait its time.
pub(super) fn seconds(state: &State, turn: &Turn) -> u64 {
    let timer = match (&state.kind, turn) {
        (Kind::Wait { time }, _) => Some(time),
        (_, Turn::Unaccepted) => state.accept.as_ref(),
        _ => state.deadline.as_ref(),
    };
    timer.map_or(0, |timer| timer.seconds)
}

/// A visit costs all its attempts, a call all that its callees cost at worst.
pub(super) fn cost(plan: &Plan, state: &State) -> Cost {
    match &state.kind {
        Kind::Wait { .. } => Cost::default(),
        Kind::Call(call) => of_call(plan, call),
        Kind::State | Kind::Approval(_) => {
            let Some(actor) = plan.actors.get(&state.owner) else { return Cost::default() };
            let attempts = 1_u64.saturating_add(state.retry.map_or(0, |retry| retry.times));
            match &actor.costs {
                Some(price) => {
                    let amount = Exact(price.amount.0.saturating_mul(attempts.into()));
                    Cost::Known(Some(Money { amount, currency: price.currency.clone() }))
                }
                None if actor.kind == ActorKind::Model => Cost::Unpriced(state.owner.clone()),
                None => Cost::default(),
            }
        }
    }
}

fn of_call(plan: &Plan, call: &Call) -> Cost {
    let mut sum = unpriced(plan, call).map_or_else(Cost::default, Cost::Unpriced);
    for run in &call.runs {
        let worst = plan.flows.get(&run.flow).and_then(|flow| flow.worst.cost.clone());
        sum.add(Cost::Known(worst));
    }
    sum
}

/// A model without a price that the runs of a call may come to.
fn unpriced(plan: &Plan, call: &Call) -> Option<SmolStr> {
    let mut flows: IndexSet<&SmolStr> = call.runs.iter().map(|run| &run.flow).collect();
    let mut next = 0;
    while let Some(flow) = flows.get_index(next).and_then(|name| plan.flows.get(*name)) {
        next += 1;
        for state in flow.states.values() {
            match &state.kind {
                Kind::Call(call) => flows.extend(call.runs.iter().map(|run| &run.flow)),
                Kind::Wait { .. } => {}
                Kind::State | Kind::Approval(_) => {
                    let owner = plan.actors.get(&state.owner)?;
                    if owner.kind == ActorKind::Model && owner.costs.is_none() {
                        return Some(state.owner.clone());
                    }
                }
            }
        }
    }
    None
}
