//! Plays a scenario, visit by visit.
//!
//! Must not know: what was expected.

use indexmap::IndexSet;
use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::begin::{self, Begun};
use super::fill::{Deep, Fill};
use super::guess::Guess;
use super::{Stop, Story, Undecided, Why, tally};
use crate::plan::{Call, Flow, Given, Kind, Plan, Run, Scenario, State, Told, Turn};
use crate::run::guard::Values;
use crate::run::timers::after;
use crate::run::{At, Effect, Event, Item, Misfit, Next, Record, Refusal, next_due, step};
use crate::source::Span;

/// More visits than that are no story.
const MOST_VISITS: usize = 100_000;

/// What an approval's guards read besides fields.
const DECISION: &str = "decision";

/// Plays a scenario of that plan.
#[must_use]
pub fn play(plan: &Plan, scenario: &Scenario) -> Story {
    let mut story = Story::default();
    let told = match plan.flows.get(&scenario.flow) {
        Some(flow) => tell(plan, flow, scenario, &mut story),
        None => {
            let why = Why::Refused(Refusal::Unknown(format!("there is no flow `{}`", scenario.flow)));
            Err(Stop { place: scenario.span, why })
        }
    };
    story.stop = told.err();
    story
}

fn tell(plan: &Plan, flow: &Flow, scenario: &Scenario, story: &mut Story) -> Result<(), Stop> {
    let Begun { record, next: (item, effects), guess } = begin::item(plan, flow, scenario)?;
    story.record = record;
    let now = item.came;
    note(story, &effects);
    let lines = scenario.told.iter();
    Player { plan, flow, title: scenario.span, lines, item, now, guess, story }.plays()
}

/// Writes down where work went.
fn note(story: &mut Story, effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::Handed(handover) => {
                story.hops.push(handover.hop.clone());
                story.states.push(handover.state.clone());
            }
            Effect::Ended(outcome) => story.outcome = Some(outcome.clone()),
            _ => {}
        }
    }
}

struct Player<'a> {
    plan: &'a Plan,
    flow: &'a Flow,
    title: Span,
    /// The lines that are not told yet.
    lines: std::slice::Iter<'a, Told>,
    item: Item,
    now: Timestamp,
    guess: Guess,
    story: &'a mut Story,
}

/// A visit, with the line that is for it.
#[derive(Clone, Copy)]
struct Scene<'a> {
    name: &'a SmolStr,
    state: &'a State,
    line: Option<&'a Told>,
    place: Span,
}

/// The runs of a call that end in success.
struct Joined<'a> {
    /// Each with its receipt.
    won: Vec<(&'a SmolStr, Value)>,
    /// What all of them give.
    made: Record,
    guess: Guess,
}

impl<'a> Scene<'a> {
    fn turn(self) -> &'a Turn {
        self.line.map_or(&Turn::Delivers, |line| &line.turn)
    }

    fn given(self) -> &'a [Given] {
        self.line.map_or(&[], |line| &line.given)
    }

    fn stop(self, why: Why) -> Stop {
        Stop { place: self.place, why }
    }

    fn impossible(self) -> Stop {
        self.stop(Why::Impossible { state: self.name.clone() })
    }
}

impl<'a> Player<'a> {
    fn plays(mut self) -> Result<(), Stop> {
        while let Some(visit) = self.item.visit() {
            if self.story.states.len() > MOST_VISITS {
                return Err(Stop { place: self.title, why: Why::Endless });
            }
            let Some((name, state)) = self.flow.states.get_key_value(&visit.state) else { break };
            let line = self.lines.as_slice().first().filter(|line| line.state == *name);
            if line.is_some() {
                self.lines.next();
            }
            let place = line.map_or(self.title, |line| line.span);
            self.visit(Scene { name, state, line, place })?;
        }
        match self.lines.next() {
            Some(left) => Err(Stop { place: left.span, why: Why::Unvisited { state: left.state.clone() } }),
            None => Ok(()),
        }
    }

    fn visit(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        self.story.seconds += u128::from(tally::seconds(scene.state, scene.turn()));
        self.story.cost.add(tally::cost(self.plan, scene.state));
        match (&scene.state.kind, scene.turn()) {
            (Kind::Wait { .. }, Turn::Delivers) if scene.given().is_empty() => self.lapse(scene),
            (Kind::Wait { .. }, _) => Err(scene.impossible()),
            (Kind::Call(call), Turn::Delivers) => self.runs(scene, call),
            (Kind::Call(call), Turn::Fails) => self.runs_fail(scene, call),
            (_, Turn::Fails) => self.fails(scene),
            (_, Turn::Silent) => self.silent(scene),
            (_, Turn::Unaccepted) => self.lapse(scene),
            (_, Turn::Delivers | Turn::Decides(_)) => self.answers(scene),
        }
    }

    /// The owner delivers what the line gives, and what is made up beside.
    fn answers(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        let State { makes, kind, .. } = scene.state;
        let (made, mut guess) = self.made(scene, makes.iter())?;
        let decision = match scene.turn() {
            Turn::Decides(option) => Some(option.clone()),
            _ => None,
        };
        if decision.is_none() && matches!(kind, Kind::Approval(_)) {
            guess.open.insert(DECISION.into());
        }
        self.is_decided(scene, &guess, &made, decision.as_ref())?;
        guess.open.remove(DECISION);
        self.guess = guess;
        let visit = self.item.key().ok_or_else(|| scene.impossible())?;
        self.happens(scene, Event::Answer { visit, made, decision })
    }

    /// The values of these fields, and what is then made up.
    fn made(
        &self,
        scene: Scene<'a>,
        fields: impl Iterator<Item = &'a SmolStr>,
    ) -> Result<(Record, Guess), Stop> {
        let fields: IndexSet<_> = fields.collect();
        let foreign = |given: &&Given| !given.path.names.first().is_some_and(|root| fields.contains(root));
        if let Some(Given { path, span, .. }) = scene.given().iter().find(foreign) {
            let why = Why::NotMade { state: Some(scene.name.clone()), path: path.text.clone() };
            return Err(Stop { place: *span, why });
        }
        let mut fill = Fill::new(self.plan, scene.given());
        let known = fields.iter().filter_map(|name| Some((*name, self.flow.context.get(*name)?)));
        let made = known.map(|(name, field)| Ok((name.to_string(), fill.field(field, name.clone(), 0)?)));
        let made = made.collect::<Result<_, _>>().map_err(|Deep(path)| scene.stop(Why::Deep { path }))?;
        let mut guess = self.guess.without(fields.into_iter());
        guess.made_up.extend(fill.made_up);
        Ok((made, guess))
    }

    /// Nothing is decided on what was made up.
    fn is_decided(
        &self,
        scene: Scene<'a>,
        guess: &Guess,
        made: &Record,
        decision: Option<&SmolStr>,
    ) -> Result<(), Stop> {
        let decision = decision.map_or(Value::Null, |decision| json!(decision));
        let values = Values { context: &self.item.context, made, decision: &decision };
        let undecided = guess.undecided(self.flow, scene.state, values);
        if undecided.is_empty() {
            return Ok(());
        }
        let is_here = |path: &SmolStr| {
            let root = path.split('.').next().unwrap_or_default();
            root == DECISION || made.contains_key(root)
        };
        let (here, elsewhere) = undecided.into_iter().partition(is_here);
        let next = self.lines.as_slice().first();
        Err(scene.stop(Why::Undecided(Undecided {
            state: scene.name.clone(),
            told: scene.line.is_some(),
            here,
            elsewhere,
            next: next.map(|line| line.state.clone()),
        })))
    }

    /// So many runs as the call waits for end in success: first those that the line speaks of.
    fn runs(&mut self, scene: Scene<'a>, call: &'a Call) -> Result<(), Stop> {
        let Joined { won, made, guess } = self.joined(scene, call)?;
        self.is_decided(scene, &guess, &made, None)?;
        self.guess = guess;
        won.into_iter().try_for_each(|(run, receipt)| self.run_ends(scene, run, Some(receipt)))
    }

    fn joined(&self, scene: Scene<'a>, call: &'a Call) -> Result<Joined<'a>, Stop> {
        let gives = call.runs.iter().filter_map(|run| run.gives.as_ref());
        let (mut made, mut guess) = self.made(scene, gives)?;
        let mut fill = Fill::new(self.plan, scene.given());
        let fails = |run: &&Run| run.gives.as_ref().is_some_and(|gives| fill.is_absent(gives));
        let is_told = |run: &&Run| run.gives.as_ref().is_some_and(|gives| fill.is_given(gives));
        let runs = call.runs.iter().filter(|run| !fails(run));
        let (told, others): (Vec<_>, Vec<_>) = runs.partition(is_told);
        let join = usize::try_from(call.join).unwrap_or(usize::MAX);
        let enough = told.len() + others.len();
        if told.len() > join || enough < join {
            return Err(scene.stop(Why::Joined { state: scene.name.clone(), join: call.join }));
        }
        if told.len() < join && join < enough {
            guess.open.extend(others.iter().filter_map(|run| run.gives.clone()));
        }
        let mut won = Vec::new();
        for run in told.into_iter().chain(others).take(join) {
            let receipt = match run.gives.as_ref().and_then(|gives| self.flow.context.get_key_value(gives)) {
                Some((name, field)) => {
                    let receipt = fill.value(&field.ty, name.clone(), 0);
                    let receipt = receipt.map_err(|Deep(path)| scene.stop(Why::Deep { path }))?;
                    made.insert(name.to_string(), receipt.clone());
                    receipt
                }
                None => json!({}), // nobody takes it over
            };
            won.push((&run.id, receipt));
        }
        guess.made_up.extend(fill.made_up);
        Ok(Joined { won, made, guess })
    }

    fn runs_fail(&mut self, scene: Scene<'a>, call: &Call) -> Result<(), Stop> {
        let visit = self.item.key();
        let mut runs = call.runs.iter();
        while let Some(run) = runs.next().filter(|_| self.item.key() == visit) {
            self.run_ends(scene, &run.id, None)?;
        }
        Ok(())
    }

    fn run_ends(&mut self, scene: Scene<'a>, run: &str, receipt: Option<Value>) -> Result<(), Stop> {
        let call = self.item.key().ok_or_else(|| scene.impossible())?;
        self.happens(scene, Event::RunEnded { run: smol_str::format_smolstr!("{call}/{run}"), receipt })
    }

    /// All attempts fail, as far as their pauses leave time for them.
    fn fails(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        let reason = "the scenario says so";
        let visit = self.item.key().ok_or_else(|| scene.impossible())?;
        let retry = scene.state.retry.filter(|retry| retry.times > 0);
        let pauses = retry.map_or(0, |retry| retry.times.saturating_mul(retry.every));
        let last = after(self.now, pauses);
        let in_time = scene.state.deadline.as_ref().is_some_and(|deadline| pauses < deadline.seconds);
        if let (true, Some(retry), At::Visit(visit)) = (in_time, retry, &mut self.item.at) {
            // Those before the last have failed: there may be more of them than anybody can count.
            visit.accepted = Some(self.now);
            visit.attempt = retry.times.saturating_add(1);
            self.now = last;
        }
        self.happens(scene, Event::Fail { visit, reason: reason.to_owned() })?;
        if in_time { Ok(()) } else { self.deadline(scene) }
    }

    /// The owner acknowledges receipt, and is not heard of again.
    fn silent(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        if scene.state.accept.is_some() {
            let visit = self.item.key().ok_or_else(|| scene.impossible())?;
            self.happens(scene, Event::Accept { visit })?;
        }
        self.lapse(scene)
    }

    /// Time passes until the deadline, past all attempts.
    fn deadline(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        let deadline = scene.state.deadline.as_ref().ok_or_else(|| scene.impossible())?;
        let since = self.item.visit().map_or(self.now, |visit| visit.since);
        self.now = after(since, deadline.seconds);
        self.happens(scene, Event::Due)
    }

    /// Time passes until something happens by itself.
    fn lapse(&mut self, scene: Scene<'a>) -> Result<(), Stop> {
        self.now = next_due(self.plan, &self.item).ok_or_else(|| scene.impossible())?;
        self.happens(scene, Event::Due)
    }

    fn happens(&mut self, scene: Scene<'a>, event: Event) -> Result<(), Stop> {
        let next: Result<Next, Refusal> = step(self.plan, &self.item, &event, self.now);
        let (item, effects) = next.map_err(|refusal| scene.stop(Why::Refused(refusal)))?;
        let failed = effects.iter().find_map(|effect| match effect {
            Effect::Failed { reason, .. } if matches!(event, Event::Answer { .. }) => Some(reason.clone()),
            _ => None,
        });
        if let Some(why) = failed {
            return Err(scene.stop(Why::Refused(Refusal::Misfit(Misfit { path: String::new(), why }))));
        }
        self.item = item;
        note(self.story, &effects);
        if event != Event::Due {
            self.story.events.push(event);
        }
        Ok(())
    }
}
