//! One transaction: items take steps, and what follows from them is written down.
//!
//! Must not know: how owners are reached.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;
use smol_str::SmolStr;

use super::{Entry, Fault, Plans, plan, read};
use crate::plan::{ActorKind, Plan};
use crate::run::{self, Effect, Event, Item, Key, Next, Refusal, RunStart, Task, next_due, task};

/// Whether something was taken, or why not; then nothing has changed.
pub type Verdict = Result<(), Refusal>;

/// The one who acts where nobody else does.
pub(super) const RUNNER: &str = "runner";

/// A transaction at one moment.
#[derive(Debug)]
pub struct Work<'s> {
    pub(super) db: &'s Transaction<'s>,
    pub(super) plans: &'s mut Plans,
    pub(super) now: Timestamp,
}

/// An attempt that is to be given to a program.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The plan that the item keeps.
    pub plan: Arc<Plan>,
    /// What the owner is told.
    pub task: Task,
}

/// What a step has left to be done.
type Todo = VecDeque<(Arc<Plan>, Item, Vec<Effect>, SmolStr)>;

impl Work<'_> {
    /// When this happens.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Keeps a plan.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn keep(&mut self, plan: &Arc<Plan>) -> Result<(), Fault> {
        let text = serde_json::to_string(&**plan)?;
        self.run(
            "INSERT INTO plans (hash, plan) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![plan.hash.as_str(), text],
        )?;
        self.plans.insert(plan.hash.clone(), Arc::clone(plan));
        Ok(())
    }

    /// Lets a record in. An item of that id that is there already stays as it is.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn submit(
        &mut self,
        plan: &Arc<Plan>,
        (flow, intake): (&str, &str),
        id: &str,
        raw: &Value,
    ) -> Result<Verdict, Fault> {
        if let Some(item) = self.item(id)? {
            let elsewhere = || Refusal::Duplicate(format!("`{id}` is an item of the flow `{}`", item.flow));
            return Ok(if item.flow == flow { Ok(()) } else { Err(elsewhere()) });
        }
        let next = match run::start(plan, flow, intake, id, raw, self.now) {
            Ok(next) => next,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.settle(plan, next, intake)?;
        Ok(Ok(()))
    }

    /// Something happens to an item; `who` brings it about.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn happen(&mut self, id: &str, event: &Event, who: &str) -> Result<Verdict, Fault> {
        let Some(item) = self.item(id)? else {
            return Ok(Err(Refusal::Unknown(format!("there is no item `{id}`"))));
        };
        let plan = plan(self.db, self.plans, &item.plan)?;
        match run::step(&plan, &item, event, self.now) {
            Ok(next) => self.settle(&plan, next, who).map(Ok),
            Err(Refusal::Broken(why)) => {
                self.break_off(id, &why)?;
                Ok(Err(Refusal::Broken(why)))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// What an owner has replied to an attempt, in the words of the protocol.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn reply(&mut self, attempt: &Key, reply: &Value, who: &str) -> Result<Verdict, Fault> {
        let event = match Event::reply(attempt, reply.clone()) {
            Ok(event) => event,
            Err(misfit) => return Ok(Err(misfit.into())),
        };
        let open = self.item(&attempt.item)?;
        let verdict = self.happen(&attempt.item, &event, who)?;
        let answered = open.as_ref().and_then(|item| Some(item.visit()?.attempt_key(&item.id)));
        if let (Ok(()), Some(attempt), false) = (&verdict, answered, matches!(event, Event::Accept { .. })) {
            let attempt = attempt.to_string();
            self.run(
                "UPDATE attempts SET reply = ?2 WHERE attempt = ?1",
                params![attempt, reply.to_string()],
            )?;
        }
        Ok(verdict)
    }

    /// The item of that id.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn item(&self, id: &str) -> Result<Option<Item>, Fault> {
        let mut found = self.db.prepare_cached("SELECT item FROM items WHERE id = ?1")?;
        let text: Option<String> = found.query_row([id], |row| row.get(0)).optional()?;
        text.map(|text| read(&text)).transpose()
    }

    /// Everything that is due by now happens, to so many items at most. Whether there may be more.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn due(&mut self, most: usize) -> Result<bool, Fault> {
        let found = {
            let mut due =
                self.db.prepare_cached("SELECT id FROM items WHERE due <= ?1 ORDER BY due LIMIT ?2")?;
            let rows =
                due.query_map(params![self.now.as_microsecond(), most], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        for id in &found {
            let _refused_as_broken = self.happen(id, &Event::Due, RUNNER)?;
        }
        Ok(found.len() == most)
    }

    /// Starts attempts that wait for an owner, the oldest first: from now on they are under way. Those of people and queues
    /// only where they are to be answered from a record.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn start(&mut self, owner: &str, by_hand: bool, most: usize) -> Result<Vec<Assignment>, Fault> {
        let found = {
            let mut waiting = self.db.prepare_cached(
                "SELECT attempt FROM attempts WHERE owner = ?1 AND by_hand <= ?2 AND closed IS NULL AND started IS NULL
                 ORDER BY opened LIMIT ?3",
            )?;
            let rows = waiting.query_map(params![owner, by_hand, most], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        let mut started = Vec::with_capacity(found.len());
        for attempt in found {
            let now = self.now.as_microsecond();
            self.run("UPDATE attempts SET started = ?2 WHERE attempt = ?1", params![attempt, now])?;
            started.extend(self.accepted(&key(&attempt)?)?);
        }
        Ok(started)
    }

    /// What a program is told that accepts an attempt as it starts; none if the item is somewhere else by now.
    fn accepted(&mut self, attempt: &Key) -> Result<Option<Assignment>, Fault> {
        let Some(mut item) = self.item(&attempt.item)? else { return Ok(None) };
        let plan = plan(self.db, self.plans, &item.plan)?;
        let flow = plan.flows.get(&item.flow);
        if flow.and_then(|flow| flow.states.get(&attempt.state)).is_some_and(|state| state.accept.is_some()) {
            let event = Event::Accept { visit: attempt.clone() };
            if let Ok((next, _)) = run::step(&plan, &item, &event, self.now) {
                item = next;
                self.save(&plan, &item)?;
            }
        }
        let task = task(&plan, &item).filter(|task| task.attempt == *attempt);
        Ok(task.map(|task| Assignment { plan, task }))
    }

    /// Attempts that were under way when a runner died wait again, under the same key; the log says so. How many.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn repeat(&mut self) -> Result<usize, Fault> {
        let by_hand =
            "UPDATE attempts SET started = NULL WHERE by_hand AND closed IS NULL AND started IS NOT NULL";
        self.run(by_hand, &[])?;
        let found = {
            let mut under_way = self.db.prepare_cached(
                "SELECT attempt FROM attempts WHERE closed IS NULL AND started IS NOT NULL",
            )?;
            let rows = under_way.query_map([], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        for attempt in &found {
            self.run("UPDATE attempts SET started = NULL WHERE attempt = ?1", params![attempt])?;
            let attempt = key(attempt)?;
            self.log(&attempt.item.clone(), RUNNER, &Entry::Repeated(attempt))?;
        }
        Ok(found.len())
    }

    /// Writes a line of the log.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn log(&mut self, item: &str, who: &str, entry: &Entry) -> Result<(), Fault> {
        let entry = serde_json::to_string(entry)?;
        let at = self.now.as_microsecond();
        self.run(
            "INSERT INTO log (item, at, who, entry) VALUES (?1, ?2, ?3, ?4)",
            params![item, at, who, entry],
        )
    }

    /// Writes down that people were told of an attempt.
    ///
    /// # Errors
    /// If the file can't be used.
    pub fn told(&mut self, attempt: &Key, reminder: bool, failed: Option<String>) -> Result<(), Fault> {
        let change = match reminder {
            false => "UPDATE attempts SET told = ?2 WHERE attempt = ?1",
            true => "UPDATE attempts SET told = ifnull(told, ?2), reminded = ?2 WHERE attempt = ?1",
        };
        self.run(change, params![attempt.to_string(), self.now.as_microsecond()])?;
        self.log(&attempt.item, RUNNER, &Entry::Told { attempt: attempt.clone(), reminder, failed })
    }

    /// Writes down what became of an item, and what follows for those that it calls and the one that called it.
    fn settle(&mut self, plan: &Arc<Plan>, (item, effects): Next, who: &str) -> Result<(), Fault> {
        let mut todo = Todo::new();
        self.save(plan, &item)?;
        todo.push_back((Arc::clone(plan), item, effects, who.into()));
        while let Some((plan, item, effects, who)) = todo.pop_front() {
            for effect in effects {
                self.carry_out(&plan, &item, effect, &who, &mut todo)?;
            }
            if let Some((caller, event)) = item.report() {
                self.report(&item, caller, &event, &mut todo)?;
            }
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        plan: &Arc<Plan>,
        item: &Item,
        effect: Effect,
        who: &str,
        todo: &mut Todo,
    ) -> Result<(), Fault> {
        let entry = match effect {
            Effect::Deliver(attempt) => return self.open(plan, item, &attempt),
            Effect::Run(run) => {
                self.call(plan, &run, who, todo)?;
                Entry::Called(run.id)
            }
            Effect::Handed(handover) => Entry::Handed(handover),
            Effect::Accepted(visit) => {
                let due = next_due(plan, item).unwrap_or(Timestamp::MAX).as_microsecond();
                let change =
                    "UPDATE attempts SET due = ?2, reminded = NULL WHERE item = ?1 AND closed IS NULL";
                self.run(change, params![item.id.as_str(), due])?;
                Entry::Accepted(visit)
            }
            Effect::Failed { attempt, reason, again } => Entry::Failed { attempt, reason, again },
            Effect::Ended(outcome) => Entry::Ended(outcome),
        };
        self.log(&item.id, who, &entry)
    }

    /// A run of a call begins.
    fn call(&mut self, plan: &Arc<Plan>, run: &RunStart, who: &str, todo: &mut Todo) -> Result<(), Fault> {
        match run::start_run(plan, run, self.now) {
            Ok((item, effects)) => {
                self.save(plan, &item)?;
                todo.push_back((Arc::clone(plan), item, effects, who.into()));
                Ok(())
            }
            Err(refusal) => self.break_off(&run.caller.item.clone(), &refusal.to_string()),
        }
    }

    /// The item of a call learns that a run has ended; whoever does not wait for it any more drops it.
    fn report(&mut self, run: &Item, caller: &Key, event: &Event, todo: &mut Todo) -> Result<(), Fault> {
        let Some(item) = self.item(&caller.item)? else { return Ok(()) };
        let plan = plan(self.db, self.plans, &item.plan)?;
        match run::step(&plan, &item, event, self.now) {
            Ok((item, effects)) => {
                self.save(&plan, &item)?;
                todo.push_back((plan, item, effects, run.flow.clone()));
                Ok(())
            }
            Err(Refusal::Broken(why)) => self.break_off(&caller.item, &why),
            Err(refusal) => {
                let dropped = Entry::Dropped { of: run.id.clone(), why: refusal.to_string() };
                self.log(&caller.item, &run.flow, &dropped)
            }
        }
    }

    /// The item as it is now. Attempts that are over are closed.
    fn save(&mut self, plan: &Plan, item: &Item) -> Result<(), Fault> {
        let (place, ended) = match &item.at {
            run::At::Visit(visit) => (visit.state.clone(), None),
            run::At::Ended { at, outcome } => {
                (outcome.end.clone().unwrap_or_default(), Some(at.as_microsecond()))
            }
        };
        let due = next_due(plan, item).map(Timestamp::as_microsecond);
        let text = serde_json::to_string(item)?;
        self.run(
            "INSERT INTO items (id, plan, flow, place, due, ended, item) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET place = ?4, due = ?5, ended = ?6, item = ?7",
            params![
                item.id.as_str(),
                item.plan.as_str(),
                item.flow.as_str(),
                place.as_str(),
                due,
                ended,
                text
            ],
        )?;
        let current = item.visit().filter(|visit| visit.phase == run::Phase::Open);
        let current = current.map(|visit| visit.attempt_key(&item.id).to_string());
        self.run(
            "UPDATE attempts SET closed = ?2 WHERE item = ?1 AND closed IS NULL AND attempt IS NOT ?3",
            params![item.id.as_str(), self.now.as_microsecond(), current],
        )
    }

    /// An attempt waits for its owner.
    fn open(&mut self, plan: &Plan, item: &Item, attempt: &Key) -> Result<(), Fault> {
        let Some(visit) = item.visit() else { return Ok(()) };
        let state = plan.flows.get(&item.flow).and_then(|flow| flow.states.get(&visit.state));
        let Some(state) = state else { return Ok(()) };
        let by_hand = plan.actors.get(&state.owner).is_some_and(|actor| is_by_hand(actor.kind));
        let due = next_due(plan, item).unwrap_or(Timestamp::MAX).as_microsecond();
        self.run(
            "INSERT INTO attempts (attempt, item, owner, by_hand, opened, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                attempt.to_string(),
                item.id.as_str(),
                state.owner.as_str(),
                by_hand,
                self.now.as_microsecond(),
                due
            ],
        )
    }

    /// Nothing more can happen to an item.
    fn break_off(&mut self, id: &str, why: &str) -> Result<(), Fault> {
        let now = self.now.as_microsecond();
        self.run("UPDATE items SET due = NULL, fault = ?2 WHERE id = ?1", params![id, why])?;
        self.run("UPDATE attempts SET closed = ?2 WHERE item = ?1 AND closed IS NULL", params![id, now])?;
        self.log(id, RUNNER, &Entry::Broken(why.to_owned()))
    }

    fn run(&self, change: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), Fault> {
        self.db.prepare_cached(change)?.execute(values)?;
        Ok(())
    }
}

/// Whether it answers when it likes, rather than when it is asked.
pub(crate) fn is_by_hand(kind: ActorKind) -> bool {
    matches!(kind, ActorKind::Human | ActorKind::Queue)
}

pub(super) fn key(attempt: &str) -> Result<Key, Fault> {
    attempt.parse().map_err(|_| Fault(format!("`{attempt}` in it is no attempt")))
}
