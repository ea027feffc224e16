//! Work moves along an arrow: what is counted, what travels, what begins where it arrives.
//!
//! Must not know: why it leaves.

use jiff::Timestamp;
use serde_json::Value;
use smol_str::{SmolStr, format_smolstr};

use super::fit::Types;
use super::guard::Values;
use super::timers::after;
use super::{At, Effect, Handover, Item, Key, Outcome, Phase, Record, Refusal, RunStart, RunState, Visit};
use crate::plan::{self, Call, End, Envelope, Exact, Flow, Hop, Kind, Limit, Money, Plan, State};

/// An item in the course of a step.
pub(super) struct Step<'p> {
    pub(super) plan: &'p Plan,
    pub(super) flow: &'p Flow,
    pub(super) item: Item,
    pub(super) effects: Vec<Effect>,
    pub(super) now: Timestamp,
}

/// What an arrow takes along from the state that it leaves.
#[derive(Default)]
pub(super) struct Left {
    /// What was made there; it takes effect now.
    pub(super) made: Record,
    /// What the threshold was decided on.
    pub(super) values: Record,
    /// It is left because of an answer.
    pub(super) answered: bool,
}

/// A move along an arrow.
struct Move<'p> {
    hop: &'p Hop,
    from: Option<Key>,
    times: Option<u64>,
    values: Record,
}

pub(super) fn broken(why: impl Into<String>) -> Refusal {
    Refusal::Broken(why.into())
}

impl<'p> Step<'p> {
    /// Work comes in by this arrow, as `record`.
    pub(super) fn enter(&mut self, hop: &'p Hop, record: Record) -> Result<(), Refusal> {
        self.travel(Move { hop, from: None, times: None, values: Record::new() }, record)
    }

    /// Work leaves the state by the first hop of the route whose bound is not used up.
    pub(super) fn leave(&mut self, route: &'p [Hop], left: Left) -> Result<(), Refusal> {
        let visit = self.item.visit().ok_or_else(|| broken("nothing is left of what has ended"))?;
        if let Some(visits) = self.item.visits.get(&visit.state) {
            let visits = super::Visits { answered: left.answered, ..*visits };
            self.item.visits.insert(visit.state.clone(), visits);
        }
        let taken = |hop: &Hop| self.item.taken.get(&hop.id).copied().unwrap_or(0);
        let free = |hop: &&Hop| hop.at_most.is_none_or(|most| taken(hop) < most);
        let hop = route.iter().find(free).ok_or_else(|| broken("every way on is used up"))?;
        let times = hop.at_most.map(|_| taken(hop) + 1);
        if let Some(times) = times {
            self.item.taken.insert(hop.id.clone(), times);
        }
        self.travel(Move { hop, from: self.item.key(), times, values: left.values }, left.made)
    }

    fn travel(&mut self, way: Move<'p>, made: Record) -> Result<(), Refusal> {
        let envelope = &way.hop.envelope;
        self.item.context = carried(envelope, &mut self.item.context, made);
        self.verify(envelope)?;
        let to = &way.hop.to;
        match (self.flow.states.get(to), self.flow.ends.get(to)) {
            (Some(state), _) => self.arrive(way, state),
            (None, Some(end)) => self.end(way, end),
            (None, None) => Err(broken(format!("there is no `{to}`"))),
        }
    }

    /// The next owner verifies receipt: what it reads is there, and all of it is of its type.
    fn verify(&mut self, envelope: &Envelope) -> Result<(), Refusal> {
        for (name, value) in &mut self.item.context {
            let field = self.flow.context.get(name.as_str());
            let field = field.ok_or_else(|| broken(format!("`{name}` is no field of the context")))?;
            if !value.is_null() {
                let fits = Types::of(self.plan).fit(&field.ty, value).map_err(|misfit| misfit.below(name));
                fits.map_err(|misfit| {
                    broken(format!("`{}` gets what does not fit: {misfit}", envelope.state))
                })?;
            }
        }
        let absent = |path: &&SmolStr| !is_present(&self.item.context, path);
        match envelope.verification.present.iter().find(absent) {
            None => Ok(()),
            Some(path) => Err(broken(format!("`{}` reads `{path}`, which is absent", envelope.state))),
        }
    }

    fn arrive(&mut self, way: Move<'p>, state: &'p State) -> Result<(), Refusal> {
        let hop = way.hop;
        let visits = self.item.visits.entry(hop.to.clone()).or_default();
        *visits = super::Visits { count: visits.count + 1, answered: false };
        let visit = Visit {
            state: hop.to.clone(),
            number: visits.count,
            threshold: hop.envelope.threshold.clone(),
            since: self.now,
            accepted: None,
            attempt: 1,
            phase: match &state.kind {
                Kind::State | Kind::Approval(_) => Phase::Open,
                Kind::Wait { .. } => Phase::Wait,
                Kind::Call(call) => {
                    Phase::Runs(call.runs.iter().map(|run| (run.id.clone(), RunState::Open)).collect())
                }
            },
        };
        let key = visit.key(&self.item.id);
        self.hand(way, Some(key.clone()));
        self.item.at = At::Visit(visit);
        match &state.kind {
            Kind::State | Kind::Approval(_) => self.deliver(state),
            Kind::Call(call) => self.call(call, &key)?,
            Kind::Wait { .. } => {}
        }
        Ok(())
    }

    /// An attempt begins.
    pub(super) fn deliver(&mut self, state: &State) {
        let Some(visit) = self.item.visit() else { return };
        self.effects.push(Effect::Deliver(visit.attempt_key(&self.item.id)));
        if let Some(costs) = self.plan.actors.get(&state.owner).and_then(|actor| actor.costs.as_ref()) {
            self.item.cost = Some(sum(self.item.cost.take(), costs));
        }
    }

    fn call(&mut self, call: &'p Call, caller: &Key) -> Result<(), Refusal> {
        call.runs.iter().try_for_each(|run| {
            let run = self.run(run, caller)?;
            self.effects.push(Effect::Run(run));
            Ok(())
        })
    }

    fn run(&self, run: &plan::Run, caller: &Key) -> Result<RunStart, Refusal> {
        let (made, decision) = (Record::new(), Value::Null);
        let values = Values { context: &self.item.context, made: &made, decision: &decision };
        let argument = values.at(&run.argument).cloned();
        Ok(RunStart {
            id: format_smolstr!("{caller}/{}", run.id),
            flow: run.flow.clone(),
            intake: run.intake.clone(),
            argument: argument.ok_or_else(|| broken(format!("`{}` is absent", run.argument.text)))?,
            caller: caller.clone(),
        })
    }

    fn end(&mut self, way: Move<'p>, end: &End) -> Result<(), Refusal> {
        let (receipt, reason) = match &end.outcome {
            plan::Outcome::Success { receipt } => {
                let value = self.item.context.get(receipt.as_str()).filter(|value| !value.is_null());
                let value =
                    value.cloned().ok_or_else(|| broken(format!("the receipt `{receipt}` is absent")))?;
                (Some(value), None)
            }
            plan::Outcome::Failure { reason } => (None, Some(reason.clone())),
        };
        let outcome = Outcome { end: Some(way.hop.to.clone()), owner: end.owner.clone(), receipt, reason };
        self.hand(way, None);
        self.finish(outcome);
        Ok(())
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        self.effects.push(Effect::Ended(outcome.clone()));
        self.item.at = At::Ended { at: self.now, outcome };
    }

    fn hand(&mut self, way: Move<'p>, to: Option<Key>) {
        let Move { hop, from, times, values } = way;
        let envelope = &hop.envelope;
        let limit = |limit: &Option<Limit>| limit.as_ref().map(|limit| after(self.now, limit.seconds));
        let handover = Handover {
            at: self.now,
            from,
            to,
            hop: hop.id.clone(),
            times,
            asset: envelope.asset.clone(),
            goal: envelope.goal.clone(),
            state: envelope.state.clone(),
            threshold: envelope.threshold.clone(),
            owner: envelope.owner.clone(),
            values,
            carries: envelope.context.clone(),
            accept_due: limit(&envelope.accept),
            due: limit(&envelope.deadline),
            bound: envelope.bound,
            schema: envelope.verification.schema.clone(),
        };
        self.effects.push(Effect::Handed(Box::new(handover)));
    }
}

/// What travels: of what was made and what was there, the fields that the envelope names.
fn carried(envelope: &Envelope, context: &mut Record, mut made: Record) -> Record {
    let fields = envelope.context.iter().filter_map(|name| {
        let value = made.remove(name.as_str()).or_else(|| context.remove(name.as_str()))?;
        Some((name.to_string(), value))
    });
    fields.collect()
}

fn is_present(context: &Record, path: &str) -> bool {
    let mut names = path.split('.');
    let root = names.next().and_then(|name| context.get(name));
    names.try_fold(root, |value, name| Some(value?.get(name))).flatten().is_some_and(|value| !value.is_null())
}

/// All prices that a flow reaches are in one currency.
fn sum(cost: Option<Money>, more: &Money) -> Money {
    let amount = cost.map_or(Some(more.amount.0), |cost| cost.amount.0.checked_add(more.amount.0));
    Money { amount: Exact(amount.unwrap_or(rust_decimal::Decimal::MAX)), currency: more.currency.clone() }
}
