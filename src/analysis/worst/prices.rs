//! What a visit of a state costs at worst, and what is known of that.
//!
//! Must not know: which walks there are.

use rust_decimal::Decimal;

use super::walks::Walks;
use super::weights::Weights;
use super::{Case, Cost, Figure};
use crate::graph::StateMap;
use crate::model::{Actor, ActorKind, Call, Kind, Model, Slot, State, StateId};

/// The digits behind the point with which all costs of a model are whole numbers.
pub(super) fn scale(model: &Model) -> u32 {
    let costs = model.actors.iter().filter_map(|actor| actor.costs.as_ref());
    costs.map(|costs| costs.value.amount.normalize().scale()).max().unwrap_or(0)
}

/// An amount in units of that scale, rounded down.
pub(super) fn units(amount: Decimal, scale: u32) -> u128 {
    let power = |digits: u32| 10_u128.saturating_pow(digits);
    let units = amount.mantissa().unsigned_abs().saturating_mul(power(scale.saturating_sub(amount.scale())));
    units / power(amount.scale().saturating_sub(scale))
}

/// What costs are worked out of: the model, its scale, and the worst cases of flows as far as they are known.
pub(super) struct Prices<'m> {
    pub(super) model: &'m Model,
    pub(super) scale: u32,
    pub(super) callees: &'m [Case],
}

impl Prices<'_> {
    /// What the flow costs at worst.
    pub(super) fn flow(&self, walks: &Walks<'_, '_>) -> Cost {
        let (weights, sum) = self.weights(walks);
        match sum {
            Cost::Known(sum, Some(currency)) => {
                let most = walks.longest(&weights).figure;
                Cost::Known(Figure { value: most.value, ..most.plus(sum) }, Some(currency))
            }
            Cost::Known(sum, None) => {
                Cost::Known(Figure { complete: sum.complete && walks.is_whole(), ..sum }, None)
            }
            other => other,
        }
    }

    /// What each visit costs, and all states together: what is known of them, and in which currency.
    pub(super) fn weights<'f>(&self, walks: &Walks<'_, 'f>) -> (Weights<'f>, Cost) {
        let flow = walks.flow();
        let mut visits = StateMap::new(flow.states.len(), 0);
        let mut sum = Cost::NOTHING;
        for id in walks.states() {
            let cost = self.visit(id, &flow[id]);
            visits[id] = cost.value();
            sum = sum.plus(cost);
        }
        (Weights::cost(flow, visits), sum)
    }

    /// What one visit costs, its retries included.
    fn visit(&self, id: StateId, state: &State) -> Cost {
        match &state.kind {
            Kind::State | Kind::Approval(_) => match state.owner.get() {
                Some(&owner) => self.attempts(id, state, &self.model[owner]),
                None => Cost::NOTHING.unsure(),
            },
            Kind::Call(call) => self.runs(id, call),
            Kind::Wait { .. } | Kind::End(_) => Cost::NOTHING,
        }
    }

    fn attempts(&self, id: StateId, state: &State, actor: &Actor) -> Cost {
        let attempts = state.retry.get().map_or(1, |retry| u128::from(retry.times) + 1);
        let cost = match &actor.costs {
            Some(costs) => {
                let value = units(costs.value.amount, self.scale).saturating_mul(attempts);
                Cost::Known(Figure::exactly(value), Some(costs.value.currency))
            }
            None if actor.unknown || actor.kind.is_none() => Cost::NOTHING.unsure(),
            None if actor.kind == Some(ActorKind::Model) => Cost::Unpriced(id),
            None => Cost::NOTHING,
        };
        if state.retry == Slot::Unknown { cost.unsure() } else { cost }
    }

    /// All callees' worst cases.
    fn runs(&self, id: StateId, call: &Call) -> Cost {
        let costs =
            call.runs.iter().map(|run| match run.flow.and_then(|flow| self.callees.get(flow.index())) {
                Some(Case { cost: Cost::Unpriced(_), .. }) => Cost::Unpriced(id),
                Some(Case { cost, .. }) => *cost,
                None => Cost::NOTHING.unsure(),
            });
        let sum = costs.fold(Cost::NOTHING, Cost::plus);
        if call.unknown { sum.unsure() } else { sum }
    }
}

impl Cost {
    const NOTHING: Cost = Cost::Known(Figure::exactly(0), None);

    /// There may be more to it.
    fn unsure(self) -> Cost {
        match self {
            Cost::Known(figure, currency) => Cost::Known(Figure { complete: false, ..figure }, currency),
            other => other,
        }
    }

    /// Both together; costs in two currencies are not added up.
    fn plus(self, other: Cost) -> Cost {
        match (self, other) {
            (Cost::Known(one, currency), Cost::Known(two, other)) => match (currency, other) {
                (Some(one), Some(two)) if one != two => Cost::Unknown,
                _ => Cost::Known(one.plus(two), currency.or(other)),
            },
            (Cost::Unknown, _) | (_, Cost::Unknown) => Cost::Unknown,
            (Cost::Unpriced(state), _) | (_, Cost::Unpriced(state)) => Cost::Unpriced(state),
        }
    }

    /// The amount in units of the scale; 0 where none is known.
    fn value(self) -> u128 {
        match self {
            Cost::Known(figure, _) => figure.value,
            Cost::Unknown | Cost::Unpriced(_) => 0,
        }
    }
}
