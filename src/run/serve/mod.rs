//! The runner: gives waiting attempts to their owners, many at once, and writes down what they reply.
//!
//! One thread changes the store; owners are waited for on threads of their own. What was replied, what is due and what
//! starts next goes into one transaction, before anybody hears of it: a runner that dies at any moment loses nothing.
//! Must not know: how anything is shown.

#![allow(clippy::disallowed_methods)] // this is a place for it: the clock

mod desk;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::owners::clipped;
use super::store::{Assignment, Entry, Fault, Open, Store, Work, is_by_hand, now};
use super::{Event, Key};
use crate::plan::Plan;

pub use desk::Desk;
pub use replay::Replay;

/// How often the runner looks whether another process has changed something.
const LOOK: Duration = Duration::from_millis(100);
/// So many things go into one transaction.
const BATCH: usize = 512;
/// No command that tells people of work takes longer.
const TELLING: Duration = Duration::from_secs(60);

/// Who answers.
pub enum Hands {
    /// The owners themselves.
    Owners(Desk),
    /// A record of replies, for people too.
    Replay(Replay),
}

/// What comes back from a thread, or from the record.
enum Done {
    Replied { attempt: Key, owner: SmolStr, result: Result<Value, String> },
    Told { attempt: Key, reminder: bool, failed: Option<String> },
}

/// A runner of all items in one store.
pub struct Runner<'s> {
    store: &'s mut Store,
    hands: Hands,
    say: Sender<Done>,
    heard: Receiver<Done>,
    /// What was answered without a thread.
    ready: Vec<Done>,
    /// The actors of all plans; how many attempts of each are under way.
    actors: BTreeMap<SmolStr, usize>,
    telling: BTreeSet<(Key, bool)>,
    /// The state of the store when it was looked at last.
    seen: Option<i64>,
}

impl<'s> Runner<'s> {
    /// A runner; there is no other one for this store.
    pub fn new(store: &'s mut Store, hands: Hands) -> Runner<'s> {
        let (say, heard) = channel();
        let (ready, actors, telling) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Runner { store, hands, say, heard, ready, actors, telling, seen: None }
    }

    /// Runs until every item has ended; with `no_wait`, until all that is left is waiting for people, queues and time.
    /// `watch` looks at the store now and then.
    ///
    /// # Errors
    /// If the store can't be used.
    pub fn run(
        &mut self,
        no_wait: bool,
        watch: &mut dyn FnMut(&mut Store) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.store.change(|work| work.repeat())?;
        let mut more = true;
        loop {
            let done = self.collect(more)?;
            let changes = self.store.changes()?;
            let is_due = self.store.next_due()?.is_some_and(|due| due <= now());
            if more || is_due || !done.is_empty() || self.seen != Some(changes) {
                self.look_around(changes)?;
                let (assignments, unfinished) = self.turn(done)?;
                more = unfinished || !assignments.is_empty();
                assignments.into_iter().for_each(|assignment| self.assign(assignment));
            }
            self.tell()?;
            watch(self.store)?;
            if !more && self.is_idle() && self.store.is_drained(no_wait)? {
                return Ok(());
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.telling.is_empty() && self.actors.values().all(|&busy| busy == 0)
    }

    /// What owners have replied; waits for it if there is nothing else to do.
    fn collect(&mut self, more: bool) -> Result<Vec<Done>, Fault> {
        let mut done = std::mem::take(&mut self.ready);
        if done.is_empty() && !more {
            let until = self.store.next_due()?.map_or(LOOK, |due| left(due).min(LOOK));
            done.extend(self.heard.recv_timeout(until));
        }
        let room = BATCH.saturating_sub(done.len());
        done.extend(self.heard.try_iter().take(room));
        for done in &done {
            match done {
                Done::Replied { owner, .. } => {
                    self.actors.entry(owner.clone()).and_modify(|busy| *busy = busy.saturating_sub(1));
                }
                Done::Told { attempt, reminder, .. } => {
                    self.telling.remove(&(attempt.clone(), *reminder));
                }
            }
        }
        Ok(done)
    }

    /// Learns of actors of plans that another process may have brought.
    fn look_around(&mut self, changes: i64) -> Result<(), Fault> {
        if self.seen.replace(changes) != Some(changes) {
            for plan in self.store.plans()? {
                let is_recorded = matches!(self.hands, Hands::Replay(_));
                let asked = plan.actors.iter().filter(|(_, actor)| is_recorded || !is_by_hand(actor.kind));
                for (name, _) in asked {
                    self.actors.entry(name.clone()).or_insert(0);
                }
            }
        }
        Ok(())
    }

    /// One transaction: replies are written down, what is due happens, attempts start. Whether there is more to do.
    fn turn(&mut self, done: Vec<Done>) -> Result<(Vec<Assignment>, bool), Fault> {
        let Runner { store, hands, actors, .. } = self;
        store.change(|work| {
            done.into_iter().try_for_each(|done| conclude(work, done))?;
            let unfinished = work.due(BATCH)?;
            let mut assignments = Vec::new();
            for (name, busy) in actors {
                let (by_hand, most) = match hands {
                    Hands::Owners(desk) => (false, desk.at_once(name)),
                    Hands::Replay(_) => (true, BATCH),
                };
                let started = work.start(name, by_hand, most.saturating_sub(*busy))?;
                *busy += started.len();
                assignments.extend(started);
            }
            Ok((assignments, unfinished))
        })
    }

    /// Gives an attempt to its owner.
    fn assign(&mut self, Assignment { plan, task }: Assignment) {
        let (attempt, owner) = (task.attempt.clone(), task.owner.clone());
        let reached = match &mut self.hands {
            Hands::Owners(desk) => desk.owner(&plan, &owner).map(|reached| (reached, desk.secrets())),
            Hands::Replay(replay) => {
                self.ready.extend(replayed(replay, &plan, attempt, owner, &mut self.actors));
                return;
            }
        };
        let (say, key, name) = (self.say.clone(), attempt.clone(), owner.clone());
        let work = move || {
            let asked = || match reached {
                Ok((Some(reached), secrets)) => {
                    message(&task).and_then(|message| reached.attempt(&message, left(task.due), &secrets))
                }
                Ok((None, _)) => Err("nobody can be asked".to_owned()),
                Err(why) => Err(why),
            };
            let result = catch_unwind(AssertUnwindSafe(asked)); // or else it would be waited for without end
            let result =
                result.unwrap_or_else(|_| Err("the attempt broke off, which is a bug in baton".to_owned()));
            let _ = say.send(Done::Replied { attempt, owner, result }); // the runner may have ended
        };
        if let Err(error) = thread::Builder::new().spawn(work) {
            let result = Err(format!("this machine is too busy: {error}"));
            self.ready.push(Done::Replied { attempt: key, owner: name, result });
        }
    }

    /// Tells people of what waits for them.
    fn tell(&mut self) -> Result<(), Fault> {
        let Hands::Owners(desk) = &self.hands else { return Ok(()) };
        for (name, lead) in desk.told() {
            for (open, reminder) in self.store.to_tell(&name, lead, now())? {
                let attempt = open.task.attempt.clone();
                let Some(notifier) = desk.notifier(&name) else { continue };
                if self.telling.insert((attempt.clone(), reminder)) {
                    let (say, secrets) = (self.say.clone(), desk.secrets());
                    thread::spawn(move || {
                        let told = notice(&open, reminder)
                            .and_then(|notice| notifier.tell(&notice, TELLING, &secrets));
                        let _ = say.send(Done::Told { attempt, reminder, failed: told.err() });
                    });
                }
            }
        }
        Ok(())
    }
}

/// Writes down what came back.
fn conclude(work: &mut Work<'_>, done: Done) -> Result<(), Fault> {
    match done {
        Done::Told { attempt, reminder, failed } => work.told(&attempt, reminder, failed),
        Done::Replied { attempt, owner, result } => {
            let reply = result.and_then(|reply| readable(&attempt, reply));
            let reply = reply.unwrap_or_else(|reason| json!({ "fail": clipped(&reason) }));
            match work.reply(&attempt, &reply, &owner)? {
                Ok(()) => Ok(()),
                Err(refusal) => {
                    let dropped = Entry::Dropped { of: attempt.to_string().into(), why: refusal.to_string() };
                    work.log(&attempt.item.clone(), &owner, &dropped)
                }
            }
        }
    }
}

/// A reply that ends an attempt, or why it is none.
fn readable(attempt: &Key, mut reply: Value) -> Result<Value, String> {
    match Event::reply(attempt, reply.clone()) {
        Ok(Event::Fail { reason, .. }) => Err(reason),
        Ok(Event::Answer { .. }) => {
            if let Value::Object(members) = &mut reply {
                members.shift_remove("visit");
            }
            Ok(reply)
        }
        Ok(_) => Err("it said nothing but that it accepts".to_owned()),
        Err(misfit) => Err(format!("its reply does not fit: {misfit}")),
    }
}

/// What the record says of an attempt. People about whom it says nothing are waited for.
fn replayed(
    replay: &Replay,
    plan: &Arc<Plan>,
    attempt: Key,
    owner: SmolStr,
    actors: &mut BTreeMap<SmolStr, usize>,
) -> Option<Done> {
    let is_by_hand = plan.actors.get(&owner).is_some_and(|actor| is_by_hand(actor.kind));
    let result = match replay.reply(&attempt) {
        Some(reply) => Ok(reply),
        None if is_by_hand => {
            actors.entry(owner).and_modify(|busy| *busy = busy.saturating_sub(1));
            return None;
        }
        None => Err("the record has no reply for it".to_owned()),
    };
    Some(Done::Replied { attempt, owner, result })
}

fn message(task: &super::Task) -> Result<Value, String> {
    serde_json::to_value(task).map_err(|error| error.to_string())
}

/// What a command that tells people is told.
fn notice(open: &Open, reminder: bool) -> Result<Value, String> {
    let contact = open.plan.actors.get(&open.task.owner).map(|actor| actor.binding.text.as_str());
    let notice = if reminder { "reminder" } else { "arrival" };
    Ok(json!({ "notice": notice, "contact": contact, "due": open.due, "task": message(&open.task)? }))
}

/// How long it is until then.
fn left(due: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now())).unwrap_or_default()
}
