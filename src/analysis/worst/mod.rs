//! The worst case of flows: how long a run can take, what it can cost, how often it can come somewhere.
//!
//! Must not know: diagnostics. Every arrow of the graph may be taken, whatever the data; a visit takes its whole
//! deadline and costs all its attempts; a call costs what its callees cost at worst.
//!
//! Flows are composed, not unfolded: a callee's figure is worked out once, before its callers'.

mod calls;
mod laps;
mod priced;
mod prices;
mod table;
#[cfg(test)]
mod tests;
mod walks;
mod weights;

use rust_decimal::Decimal;

pub use laps::{Lap, laps};
pub use priced::{Beyond, Round};
pub use weights::Weights;

use crate::graph::Graph;
use crate::model::{ArrowId, Currency, FlowId, Model, StateId};
use crate::parallel;
use prices::Prices;
use walks::Walks;

/// A worst case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figure {
    /// Seconds, visits, or units of money; `u128::MAX` stands for whatever is more.
    pub value: u128,
    /// Some run comes to it if nothing but times and bounds decides; else it is a bound that is never too low.
    pub attained: bool,
    /// Nothing that is unknown could add to it.
    pub complete: bool,
}

/// The worst case of one flow.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Seconds from arrival to an end; none if work can go round for ever.
    pub time: Option<Figure>,
    /// In units of money.
    pub cost: Cost,
}

/// What a flow costs at worst.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cost {
    /// So many units, see [`Cases::amount`]; without a currency if no work there costs anything.
    Known(Figure, Option<Currency>),
    /// A model that owns this state, or one in a flow that this state calls, does not say what it costs.
    Unpriced(StateId),
    /// Work can go round for ever, or costs can't be added up.
    Unknown,
}

/// What is asked of the worst run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// Seconds.
    Time,
    /// Units of money.
    Cost,
    /// How often it comes to a state.
    Visits(StateId),
    /// How many arrows it takes.
    Handovers,
}

/// The worst run of a flow in one measure.
#[derive(Clone, Debug)]
pub struct Run<'m> {
    /// What it comes to.
    pub figure: Figure,
    /// Its arrows, the intake's first, as far as it can be followed.
    pub arrows: Vec<ArrowId>,
    /// What may follow, if that is too much to follow.
    pub beyond: Option<Beyond>,
    /// What each arrow adds.
    pub weights: Weights<'m>,
}

/// The worst cases of all flows of a model.
#[derive(Clone, Debug)]
pub struct Cases {
    flows: Vec<Case>,
    scale: u32,
}

impl Cases {
    /// For the flows of which these arrows can be taken, in the model's order.
    #[must_use]
    pub fn new(model: &Model, graphs: &[&Graph<'_>]) -> Cases {
        let scale = prices::scale(model);
        let walks = parallel::map(graphs, |graph| Walks::new(graph));
        let time = |walks: &Option<Walks<'_, '_>>| {
            let walks = walks.as_ref()?;
            Some(walks.longest(&Weights::time(walks.flow())).figure)
        };
        let times = parallel::map(&walks, time);
        let mut flows: Vec<_> = times.into_iter().map(|time| Case { time, cost: Cost::Unknown }).collect();
        for round in calls::rounds(model) {
            let prices = Prices { model, scale, callees: &flows };
            let cost = |flow: &FlowId| Some((*flow, prices.flow(walks.get(flow.index())?.as_ref()?)));
            let costs = parallel::map(&round, cost);
            for (flow, cost) in costs.into_iter().flatten() {
                flows.get_mut(flow.index()).into_iter().for_each(|case| case.cost = cost);
            }
        }
        Cases { flows, scale }
    }

    /// The worst case of a flow.
    #[must_use]
    pub fn flow(&self, flow: FlowId) -> Option<&Case> {
        self.flows.get(flow.index())
    }

    /// Units of money as an amount; none if it is too large to be written.
    #[must_use]
    pub fn amount(&self, units: u128) -> Option<Decimal> {
        let (mut units, mut scale) = (units, self.scale);
        while scale > 0 && units.is_multiple_of(10) {
            (units, scale) = (units / 10, scale - 1);
        }
        Decimal::try_from_i128_with_scale(i128::try_from(units).ok()?, scale).ok()
    }

    /// An amount in units of money, rounded down.
    #[must_use]
    pub fn units(&self, amount: Decimal) -> u128 {
        prices::units(amount, self.scale)
    }

    /// The worst run of the flow of which these arrows can be taken; none if work can go round for ever.
    #[must_use]
    pub fn run<'m>(&self, model: &'m Model, graph: &Graph<'m>, measure: Measure) -> Option<Run<'m>> {
        let walks = Walks::new(graph)?;
        let flow = walks.flow();
        let weights = match measure {
            Measure::Time => Weights::time(flow),
            Measure::Visits(state) => Weights::visits(flow, state),
            Measure::Handovers => Weights::handovers(flow),
            Measure::Cost => Prices { model, scale: self.scale, callees: &self.flows }.weights(&walks).0,
        };
        let longest = walks.longest(&weights);
        let (arrows, beyond) = walks.run(&weights, &longest);
        Some(Run { figure: longest.figure, arrows, beyond, weights })
    }
}

impl Figure {
    /// Surely just that.
    const fn exactly(value: u128) -> Figure {
        Figure { value, attained: true, complete: true }
    }

    /// Both together.
    fn plus(self, other: Figure) -> Figure {
        Figure {
            value: self.value.saturating_add(other.value),
            attained: self.attained && other.attained,
            complete: self.complete && other.complete,
        }
    }
}
