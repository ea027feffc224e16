//! What happens to an item becomes its next state.
//!
//! Must not know: where work arrives (see `leave`).

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use smol_str::SmolStr;

use super::event::brief;
use super::fit::Types;
use super::guard::{Values, paths};
use super::leave::{Left, Step, broken};
use super::timers::{Alarm, after, due, overdue};
use super::{At, Effect, Event, Item, Key, Misfit, Next, Outcome, Phase, Record, Refusal, RunState, Visit};
use crate::plan::{ActorKind, Call, Handoff, Hop, Kind, Plan, State, When};

/// The characters of the longest reason that is kept of why an attempt failed.
const LONGEST_REASON: usize = 1000;

/// What becomes of an item when something happens to it at that time. Time does not run backwards.
///
/// # Errors
/// If it is refused; the item is then as it was.
pub fn step(plan: &Plan, item: &Item, event: &Event, now: Timestamp) -> Result<Next, Refusal> {
    let flow = plan.flows.get(&item.flow).filter(|_| item.plan == plan.hash);
    let flow = flow.ok_or_else(|| broken(format!("the item keeps the plan {}", item.plan)))?;
    let mut step = Step { plan, flow, item: item.clone(), effects: Vec::new(), now };
    match event {
        Event::Accept { visit } => step.accept(visit)?,
        Event::Answer { visit, made, decision } => step.answer(visit, made, decision.as_ref())?,
        Event::Fail { visit, reason } => step.fail(visit, reason)?,
        Event::RunEnded { run, receipt } => step.run_ended(run, receipt.as_ref())?,
        Event::Due => step.due()?,
        Event::Cancel { reason } => step.cancel(reason)?,
    }
    Ok((step.item, step.effects))
}

impl<'p> Step<'p> {
    /// A second acceptance changes nothing.
    fn accept(&mut self, key: &Key) -> Result<(), Refusal> {
        self.owned(key)?;
        if let At::Visit(visit) = &mut self.item.at
            && visit.accepted.is_none()
        {
            visit.accepted = Some(self.now);
            self.effects.push(Effect::Accepted(key.visit()));
        }
        Ok(())
    }

    fn answer(&mut self, key: &Key, made: &Record, decision: Option<&SmolStr>) -> Result<(), Refusal> {
        let (state, _) = self.owned(key)?;
        match self.fitted(state, made, decision) {
            Ok(made) => {
                let decision = decision.map_or(Value::Null, |decision| decision.as_str().into());
                self.hand_on(state, made, &decision)
            }
            Err(misfit) if self.is_by_hand(state) => Err(misfit.into()),
            Err(misfit) => self.fail(key, &misfit.to_string()),
        }
    }

    /// What the state makes, and nothing else, with nulls for what may be missing and is.
    fn fitted(&self, state: &State, made: &Record, decision: Option<&SmolStr>) -> Result<Record, Misfit> {
        let mut fitted = Record::new();
        for name in &state.makes {
            let mut value = made.get(name.as_str()).cloned().unwrap_or_default();
            if let Some(field) = self.flow.context.get(name) {
                let fits = Types::of(self.plan).fit_field(field, &mut value);
                fits.map_err(|misfit| misfit.below(name).below("made"))?;
            }
            fitted.insert(name.to_string(), value);
        }
        if let Some(other) = made.keys().find(|name| !fitted.contains_key(*name)) {
            return Err(Misfit::unasked(other).below("made"));
        }
        fits_decision(state, decision).map(|()| fitted)
    }

    /// An attempt has failed: the next one follows after a pause, or the failure exit after the last.
    fn fail(&mut self, key: &Key, reason: &str) -> Result<(), Refusal> {
        let (state, visit) = self.owned(key)?;
        if let Phase::Pause { until } = visit.phase {
            return Err(Refusal::Duplicate(format!(
                "that attempt has failed already; the next begins at {until}"
            )));
        }
        if key.attempt.is_some_and(|attempt| attempt < visit.attempt) {
            return Err(Refusal::Duplicate("a later attempt is under way".to_owned()));
        }
        let retry = state.retry.filter(|retry| visit.attempt <= retry.times);
        let again = retry.map(|retry| after(self.now, retry.every));
        let attempt = visit.attempt_key(&self.item.id);
        self.effects.push(Effect::Failed { attempt, reason: brief(reason, LONGEST_REASON), again });
        let Some(until) = again else {
            return self.leave(&state.failure, Left { answered: true, ..Left::default() });
        };
        if let At::Visit(visit) = &mut self.item.at {
            visit.accepted = visit.accepted.or(Some(self.now)); // any answer acknowledges
            visit.phase = Phase::Pause { until };
        }
        Ok(())
    }

    fn run_ended(&mut self, run: &str, receipt: Option<&Value>) -> Result<(), Refusal> {
        let unknown = || Refusal::Unknown(format!("no call runs `{run}`"));
        let (key, id) = Key::of_run(run).ok_or_else(unknown)?;
        let (state, _) = self.open(&key)?;
        let (Kind::Call(call), At::Visit(Visit { phase: Phase::Runs(runs), .. })) =
            (&state.kind, &mut self.item.at)
        else {
            return Err(unknown());
        };
        let known = runs.get_mut(id).ok_or_else(unknown)?;
        if *known != RunState::Open {
            return Err(Refusal::Duplicate("that run has ended already".to_owned()));
        }
        *known = receipt.map_or(RunState::Failure, |receipt| RunState::Success(receipt.clone()));
        let count = |is: fn(&RunState) -> bool| runs.values().filter(|state| is(state)).count() as u64;
        let won = count(|state| matches!(state, RunState::Success(_)));
        let open = count(|state| *state == RunState::Open);
        if won >= call.join {
            let given = given(call, runs);
            self.hand_on(state, given, &Value::Null)
        } else if won.saturating_add(open) < call.join {
            self.leave(&state.failure, Left { answered: true, ..Left::default() })
        } else {
            Ok(())
        }
    }

    /// What is due first happens.
    fn due(&mut self) -> Result<(), Refusal> {
        let Some(visit) = self.item.visit() else { return Ok(()) };
        let state = self.state(&visit.state)?;
        match due(state, visit, self.now) {
            None => Ok(()),
            Some(Alarm::Leave(timer)) => self.leave(&timer.route, Left::default()),
            Some(Alarm::Attempt) => {
                if let At::Visit(visit) = &mut self.item.at {
                    visit.attempt += 1;
                    visit.phase = Phase::Open;
                }
                self.deliver(state);
                Ok(())
            }
        }
    }

    fn cancel(&mut self, reason: &SmolStr) -> Result<(), Refusal> {
        let visit = self.item.visit().ok_or_else(|| Refusal::Late("the item has ended".to_owned()))?;
        let owner = self.state(&visit.state)?.owner.clone();
        self.finish(Outcome { end: None, owner, receipt: None, reason: Some(reason.clone()) });
        Ok(())
    }

    /// The one handoff that holds is taken.
    fn hand_on(&mut self, state: &'p State, made: Record, decision: &Value) -> Result<(), Refusal> {
        let values = Values { context: &self.item.context, made: &made, decision };
        let (route, values) = self.choose(state, values)?;
        self.leave(route, Left { made, values, answered: true })
    }

    /// The route of the one handoff that holds, with the values on which that was decided.
    fn choose(&self, state: &'p State, values: Values<'_>) -> Result<(&'p [Hop], Record), Refusal> {
        let holds = |handoff: &&Handoff| match &handoff.when {
            When::Guard(guard) => values.holds(self.flow, guard),
            When::Otherwise => false,
        };
        let held: Vec<&Handoff> = state.handoffs.iter().filter(holds).collect();
        let otherwise = || state.handoffs.iter().find(|handoff| matches!(handoff.when, When::Otherwise));
        let chosen = match held.as_slice() {
            [one] => *one,
            [] => otherwise().ok_or_else(|| broken("no handoff accepts what was made"))?,
            _ => return Err(broken("several handoffs accept what was made")),
        };
        let asked = state
            .handoffs
            .iter()
            .filter(|handoff| std::ptr::eq(*handoff, chosen) || matches!(chosen.when, When::Otherwise));
        Ok((&chosen.route, self.read(asked, values)))
    }

    /// The values that the guards of these handoffs read.
    fn read<'h>(&self, handoffs: impl Iterator<Item = &'h Handoff>, values: Values<'_>) -> Record
    where
        'p: 'h,
    {
        let guards = handoffs.filter_map(|handoff| match &handoff.when {
            When::Guard(guard) => Some(paths(self.flow, guard)),
            When::Otherwise => None,
        });
        let read: IndexMap<_, _> = guards.flatten().collect();
        read.into_iter()
            .map(|(text, path)| (text.to_string(), values.at(path).cloned().unwrap_or_default()))
            .collect()
    }

    /// The state of an open visit to somebody who works there.
    fn owned(&self, key: &Key) -> Result<(&'p State, &Visit), Refusal> {
        let (state, visit) = self.open(key)?;
        match state.kind {
            Kind::State | Kind::Approval(_) => Ok((state, visit)),
            Kind::Wait { .. } | Kind::Call(_) => {
                Err(Refusal::Unknown(format!("`{}` is nobody's to answer", visit.state)))
            }
        }
    }

    /// The state of an open visit whose time is not over.
    fn open(&self, key: &Key) -> Result<(&'p State, &Visit), Refusal> {
        let entered = self.item.visits.get(&key.state).filter(|_| key.item == self.item.id);
        let entered = entered.filter(|visits| key.number <= visits.count);
        let unknown = || Refusal::Unknown(format!("there is no `{key}`"));
        let visits = entered.ok_or_else(unknown)?;
        let current = |visit: &&Visit| visit.state == key.state && visit.number == key.number;
        let Some(visit) = self.item.visit().filter(current) else {
            return Err(if visits.answered && key.number == visits.count {
                Refusal::Duplicate("it has been answered already".to_owned())
            } else {
                Refusal::Late("the work has left this state".to_owned())
            });
        };
        let state = self.state(&visit.state)?;
        if let Some(timer) = overdue(state, visit, self.now) {
            return Err(Refusal::Late(format!("its time was over at {}", after(visit.since, timer.seconds))));
        }
        match key.attempt {
            Some(attempt) if attempt > visit.attempt => Err(unknown()),
            _ => Ok((state, visit)),
        }
    }

    fn state(&self, name: &str) -> Result<&'p State, Refusal> {
        self.flow.states.get(name).ok_or_else(|| broken(format!("there is no `{name}`")))
    }

    /// Whether a person or the members of a queue answer: what does not fit is then theirs to repair.
    fn is_by_hand(&self, state: &State) -> bool {
        let owner = self.plan.actors.get(&state.owner);
        owner.is_some_and(|owner| matches!(owner.kind, ActorKind::Human | ActorKind::Queue))
    }
}

fn fits_decision(state: &State, decision: Option<&SmolStr>) -> Result<(), Misfit> {
    match (&state.kind, decision) {
        (Kind::Approval(approval), decision) => {
            let options: Vec<_> = approval.options.iter().map(|option| option.name.as_str()).collect();
            match decision.is_some_and(|decision| options.contains(&decision.as_str())) {
                true => Ok(()),
                false => Err(Misfit::new("decision", format!("expected one of {}", options.join(", ")))),
            }
        }
        (_, Some(_)) => Err(Misfit::new("decision", "is not asked for")),
        (_, None) => Ok(()),
    }
}

/// The receipts that a call takes over; absent where a run has not succeeded.
fn given(call: &Call, runs: &crate::plan::Named<RunState>) -> Record {
    let taken = call.runs.iter().filter_map(|run| {
        let receipt = match runs.get(&run.id) {
            Some(RunState::Success(receipt)) => receipt.clone(),
            _ => Value::Null,
        };
        Some((run.gives.as_ref()?.to_string(), receipt))
    });
    taken.collect()
}
