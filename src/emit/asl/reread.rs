//! Reads an emitted definition again, from its text, and looks for everything on which the proofs rest: each wait with
//! its time, each bound with its counter, each exit with its target.
//!
//! Must not know: how a definition is built. It shares nothing with the rest of the target: it knows JSON, the States
//! Language and the plan. What can't be found is told in words; then nothing may be written.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::plan::{
    Call, Cause, Constant, End, Flow, Guard, Hop, Intake, Kind, Outcome, Plan, State, Threshold, When,
};

type States = Map<String, Value>;

/// What the definition of the flow `name` has lost. `names` is the table of its shortened names.
pub(super) fn lost(
    definition: &str,
    names: &str,
    plan: &Plan,
    name: &str,
    scale: Option<Decimal>,
) -> Vec<String> {
    match (parsed(definition), parsed(names)) {
        (Ok(definition), Ok(names)) => lost_from(&definition, &names, plan, name, scale),
        _ => vec!["its form: it is no JSON object".into()],
    }
}

/// The same of what was parsed.
pub(super) fn lost_from(
    definition: &States,
    names: &States,
    plan: &Plan,
    name: &str,
    scale: Option<Decimal>,
) -> Vec<String> {
    let (Some(flow), Some(Value::Object(states))) = (plan.flows.get(name), definition.get("States")) else {
        return vec!["its states".into()];
    };
    let whole = names.iter().filter_map(|(short, whole)| Some((whole.as_str()?, short.as_str())));
    let called = calls(plan).any(|call| call.runs.iter().any(|run| run.flow == name));
    let answers = called || flow.intakes.values().any(|intake| intake.from.is_none());
    let counters = BTreeMap::new();
    let mut reading =
        Reading { flow, states, short: whole.collect(), scale, answers, counters, lost: Vec::new() };
    reading.all(definition.get("StartAt"));
    reading.lost
}

fn parsed(text: &str) -> Result<States, serde_json::Error> {
    serde_json::from_str(text)
}

fn calls(plan: &Plan) -> impl Iterator<Item = &Call> {
    plan.flows.values().flat_map(|flow| flow.states.values()).filter_map(|state| match &state.kind {
        Kind::Call(call) => Some(call),
        _ => None,
    })
}

struct Reading<'a> {
    flow: &'a Flow,
    states: &'a States,
    /// Shortened names by their whole ones.
    short: BTreeMap<&'a str, &'a str>,
    scale: Option<Decimal>,
    /// Its ends tell a caller.
    answers: bool,
    /// The counters that were found, each with one arrow.
    counters: BTreeMap<&'a str, SmolStr>,
    lost: Vec<String>,
}

/// A state as it stands in the definition.
#[derive(Clone, Copy)]
struct Found<'a> {
    name: &'a str,
    value: &'a Value,
}

impl<'a> Found<'a> {
    fn is(self, kind: &str) -> bool {
        self.text("Type") == Some(kind)
    }

    fn text(self, member: &str) -> Option<&'a str> {
        self.value.get(member)?.as_str()
    }

    fn seconds(self, member: &str) -> Option<u64> {
        self.value.get(member)?.as_u64()
    }

    fn list(self, member: &str) -> &'a [Value] {
        self.value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Where an error of this name leads; the catch for all must stand last.
    fn catch(self, error: &str) -> Option<&'a Value> {
        let catches = self.list("Catch");
        let last = catches.last()?.pointer("/ErrorEquals/0")?;
        let named = |catch: &&Value| catch.pointer("/ErrorEquals/0").and_then(Value::as_str) == Some(error);
        let caught = catches.iter().find(named)?;
        let apart = keeps_the_rest(caught) || caught.get("ResultPath") == Some(&Value::Null) || self.ends();
        let found = caught.get("Next").filter(|_| apart);
        if last == "States.ALL" || catches.len() == 1 { found } else { None }
    }

    fn ends(self) -> bool {
        self.value.get("End") == Some(&Value::Bool(true))
    }

    /// The errors of a branch: the one with which it fails once its task has timed out.
    fn error_after_timeout(branch: &'a Value, task: Found<'a>) -> Option<&'a str> {
        let fail = branch.pointer("/States")?.get(task.catch("States.Timeout")?.as_str()?)?;
        if fail.get("Type")? == "Fail" { fail.get("Error")?.as_str() } else { None }
    }

    /// The one task of a branch.
    fn only_task(branch: &'a Value) -> Option<Found<'a>> {
        let name = branch.get("StartAt")?.as_str()?;
        let value = branch.get("States")?.get(name)?;
        let task = Found { name, value };
        (task.ends() && task.is("Task")).then_some(task)
    }
}

impl<'a> Reading<'a> {
    fn all(&mut self, start: Option<&'a Value>) {
        for (name, value) in self.states {
            self.form(Found { name, value });
        }
        for (id, intake) in &self.flow.intakes {
            self.intake(start, id, intake);
        }
        for (name, state) in &self.flow.states {
            self.state(name, state);
        }
        for (name, end) in &self.flow.ends {
            self.end(name, end);
        }
    }

    fn miss(&mut self, there: bool, what: impl FnOnce() -> String) {
        if !there {
            self.lost.push(what());
        }
    }

    fn find(&self, name: &str) -> Option<Found<'a>> {
        let name = self.short.get(name).copied().unwrap_or(name);
        let (name, value) = self.states.get_key_value(name)?;
        Some(Found { name, value })
    }

    fn at(&self, target: Option<&'a Value>) -> Option<Found<'a>> {
        let (name, value) = self.states.get_key_value(target?.as_str()?)?;
        Some(Found { name, value })
    }

    fn is_named(&self, found: Found<'a>, whole: &str) -> bool {
        self.short.get(whole).copied().unwrap_or(whole) == found.name
    }

    /// The planned time as it has to stand there.
    fn seconds(&self, planned: u64) -> u64 {
        let Some(scale) = self.scale else { return planned };
        let scaled = Decimal::from(planned).checked_mul(scale).and_then(|scaled| scaled.ceil().to_u64());
        scaled.unwrap_or(planned).max(1)
    }

    fn accept(&self, state: &State) -> Option<u64> {
        state.accept.as_ref().map(|timer| self.seconds(timer.seconds))
    }

    fn deadline(&self, state: &State) -> Option<u64> {
        let deadline = self.seconds(state.deadline.as_ref()?.seconds);
        Some(self.accept(state).map_or(deadline, |accept| deadline.max(accept + 1)))
    }

    /// What holds of every state, whatever it is for.
    fn form(&mut self, state: Found<'a>) {
        let leads = state.value.get("Next").is_some();
        let ends = state.ends();
        let closed = match state.text("Type") {
            Some("Choice") => {
                self.at(state.value.get("Default")).is_some() && !state.list("Choices").is_empty()
            }
            Some("Fail") => state.text("Error").is_some() && !leads,
            Some("Task") => state.seconds("TimeoutSeconds").is_some() && leads != ends,
            Some("Pass" | "Wait" | "Parallel") => leads != ends,
            _ => false,
        };
        let retries = state.value.get("Retry").is_some();
        let targets = [state.value.get("Next"), state.value.get("Default")].into_iter().flatten();
        let nested = state.list("Catch").iter().chain(state.list("Choices"));
        let nested = nested.map(|entry| entry.get("Next").and_then(Value::as_str));
        let there = targets
            .map(Value::as_str)
            .chain(nested)
            .all(|to| to.is_some_and(|to| self.states.contains_key(to)));
        self.miss(closed && there && !retries, || format!("a way on from `{}`", state.name));
    }

    fn intake(&mut self, start: Option<&'a Value>, id: &str, intake: &Intake) {
        let door = self.at(start);
        let ways = [(intake.from.is_some(), "$.raw"), (self.answers, "$.caller")];
        for (_, with) in ways.into_iter().filter(|(open, _)| *open) {
            let asks = |rule: &&Value| {
                let rule = rule.to_string();
                rule.contains(&Value::from(id).to_string()) && rule.contains(&Value::from(with).to_string())
            };
            let rule = door.and_then(|door| door.list("Choices").iter().find(asks));
            let arrives = rule.is_some_and(|rule| self.comes_in(rule.get("Next"), id, &intake.arrow.to));
            self.miss(arrives, || format!("the way in `{id}`"));
        }
        let refused = door.and_then(|door| self.at(door.value.get("Default")));
        self.miss(refused.is_some_and(|refused| refused.is("Fail")), || "the refusal at the door".into());
    }

    /// From the door over checks and preparations to the arrow that begins all counters at zero.
    fn comes_in(&self, next: Option<&'a Value>, id: &str, to: &str) -> bool {
        let mut here = self.at(next);
        for _ in 0..8 {
            let Some(state) = here else { return false };
            let item = state.value.pointer("/Parameters/item.$");
            if state.is("Pass") && item.is_none_or(|item| item != "$.item") {
                return false;
            }
            if self.is_named(state, id) {
                return self.begins(state, id) && self.arrives(state.value.get("Next"), to);
            }
            here = match state.list("Choices") {
                [rule] => self
                    .at(state.value.get("Default"))
                    .filter(|it| it.is("Fail"))
                    .and_then(|_| self.at(rule.get("Next"))),
                _ => self.at(state.value.get("Next")),
            };
        }
        false
    }

    /// The first arrow: it says what it is, has every field of the context, and begins each counter at zero.
    fn begins(&self, arrow: Found<'a>, id: &str) -> bool {
        let itself = arrow.value.pointer("/Parameters/handoff/by").is_some_and(|by| by == id);
        let context = arrow.value.pointer("/Parameters/context").and_then(Value::as_object);
        let has = |context: &States, name: &str| {
            context.contains_key(name) || context.contains_key(&format!("{name}.$"))
        };
        let whole = context.is_some_and(|context| self.flow.context.keys().all(|name| has(context, name)));
        let caller = !self.answers || arrow.value.pointer("/Parameters/caller.$").is_some();
        let visits = arrow.value.pointer("/Parameters/visits").is_some();
        itself && whole && caller && visits && self.begins_at_zero(arrow)
    }

    fn begins_at_zero(&self, arrow: Found<'a>) -> bool {
        let zero = |hop: &Hop| {
            let counter = self.counter_of(hop)?;
            let pointer = counter.strip_prefix("$.")?.replace('.', "/");
            (arrow.value.pointer(&format!("/Parameters/{pointer}"))?.as_u64()? == 0).then_some(())
        };
        let hops = self.flow.states.values().flat_map(|state| state.routes()).flat_map(|(_, hops)| hops);
        arrow.is("Pass") && hops.filter(|hop| hop.at_most.is_some()).all(|hop| zero(hop).is_some())
    }

    /// The path that the counting state of an arrow adds to.
    fn counter_of(&self, hop: &Hop) -> Option<&'a str> {
        let count = self.find(&format!("{} count", hop.id))?;
        let parameters = count.value.get("Parameters")?.as_object()?;
        let (leaf, sum) = parameters.iter().next()?;
        let counter = sum.as_str()?.strip_prefix("States.MathAdd(")?.strip_suffix(", 1)")?;
        let same = counter == format!("{}.{}", count.text("ResultPath")?, leaf.strip_suffix(".$")?);
        same.then_some(counter)
    }

    fn state(&mut self, name: &str, state: &State) {
        let Some(found) = self.find(name) else { return self.lost.push(format!("the state `{name}`")) };
        match &state.kind {
            Kind::Wait { time } => {
                let right = found.is("Wait") && found.seconds("Seconds") == Some(self.seconds(time.seconds));
                self.miss(right, || format!("the time of `{name}`"));
            }
            Kind::Call(call) => self.call(name, state, call, found),
            Kind::State | Kind::Approval(_) if state.accept.is_some() => self.two_timers(name, state, found),
            Kind::State | Kind::Approval(_) => {
                let right = found.is("Task") && found.seconds("TimeoutSeconds") == self.deadline(state);
                self.miss(right && asks(found, name, "work"), || format!("the deadline of `{name}`"));
                self.miss(tells(found, state), || format!("what the owner of `{name}` is told"));
            }
        }
        let apart = matches!(state.kind, Kind::Wait { .. }) || keeps_the_rest(found.value);
        self.miss(apart, || format!("the context behind `{name}`"));
        self.exits(name, state, found);
    }

    /// The branch of a `Parallel` whose task `is_it`, with its time, and the error that says that it has passed.
    fn timer(
        &self,
        found: Found<'a>,
        seconds: Option<u64>,
        is_it: impl Fn(Found<'a>) -> bool,
    ) -> Option<&'a str> {
        let branches = found.list("Branches").iter();
        let mut tasks = branches.filter_map(|branch| Some((branch, Found::only_task(branch)?)));
        let (branch, task) = tasks.find(|(_, task)| is_it(*task))?;
        let error = Found::error_after_timeout(branch, task)?;
        (task.seconds("TimeoutSeconds").is_some() && task.seconds("TimeoutSeconds") == seconds)
            .then_some(error)
    }

    fn two_timers(&mut self, name: &str, state: &State, found: Found<'a>) {
        let accept = self.timer(found, self.accept(state), |task| asks(task, name, "accept"));
        let deadline = self.timer(found, self.deadline(state), |task| asks(task, name, "work"));
        let right = found.is("Parallel") && accept.is_some() && deadline.is_some() && accept != deadline;
        self.miss(right, || format!("the time limits of `{name}`"));
        let takes_the_work = found.value.pointer("/ResultSelector/work.$").is_some_and(|path| path == "$[1]");
        let second = found.list("Branches").get(1).and_then(Found::only_task);
        let takes_the_work = takes_the_work && second.is_some_and(|task| asks(task, name, "work"));
        self.miss(takes_the_work, || format!("the reply to `{name}`"));
        self.miss(second.is_some_and(|task| tells(task, state)), || {
            format!("what the owner of `{name}` is told")
        });
    }

    fn call(&mut self, name: &str, state: &State, call: &Call, found: Found<'a>) {
        let count = found.list("Branches").len();
        self.miss(found.is("Parallel") && count == call.runs.len(), || format!("the runs of `{name}`"));
        for (at, run) in call.runs.iter().enumerate() {
            let task = found.list("Branches").get(at).and_then(Found::only_task);
            let input = task.and_then(|task| task.value.pointer("/Parameters/Input"));
            let says = |member: &str| input.and_then(|input| input.get(member)).and_then(Value::as_str);
            let begins = says("intake") == Some(&run.intake) && says("caller.$") == Some("$$.Task.Token");
            let begins = begins && says("item.$").is_some_and(|item| item.contains(&format!("/{}'", run.id)));
            let awaited = task
                .and_then(|task| task.text("Resource"))
                .is_some_and(|to| to.ends_with("waitForTaskToken"));
            let error = self
                .timer(found, self.deadline(state), |other| task.is_some_and(|task| task.name == other.name));
            let right = awaited && error.is_some() && begins;
            let given = run.gives.as_ref().is_none_or(|field| {
                let selected = found.value.get("ResultSelector").and_then(|selected| selected.get("made"));
                selected
                    .and_then(|made| made.get(format!("{field}.$")))
                    .is_some_and(|path| *path == format!("$[{at}]"))
            });
            self.miss(right && given, || format!("the run `{}` of `{name}`", run.id));
        }
    }

    /// Every way out of a state.
    fn exits(&mut self, name: &str, state: &State, found: Found<'a>) {
        let decide = self.decision(state, found);
        let mut rules = decide.map_or([].as_slice(), |decide| decide.list("Choices")).iter();
        for (cause, hops) in state.routes() {
            let from = match cause {
                Cause::Wait(_) => found.value.get("Next"),
                Cause::Failure => found.catch("States.ALL"),
                Cause::Deadline(_) => {
                    self.error_of(name, state, found, "work").and_then(|error| found.catch(error))
                }
                Cause::Accept(_) => {
                    self.error_of(name, state, found, "accept").and_then(|error| found.catch(error))
                }
                Cause::Handoff(handoff) => rules
                    .next()
                    .filter(|rule| self.asks_all(rule, &handoff.when, state))
                    .and_then(|rule| rule.get("Next")),
            };
            self.leads(from, hops);
        }
        let gap = decide.and_then(|decide| self.at(decide.value.get("Default")));
        let right =
            state.handoffs.is_empty() || (gap.is_some_and(|gap| gap.is("Fail")) && rules.next().is_none());
        self.miss(right, || format!("the decision of `{name}`"));
    }

    /// The error that a state's timer raises.
    fn error_of(&self, name: &str, state: &State, found: Found<'a>, kind: &str) -> Option<&'a str> {
        if found.is("Task") {
            return Some("States.Timeout");
        }
        let is_call = matches!(state.kind, Kind::Call(_));
        let seconds = if kind == "accept" { self.accept(state) } else { self.deadline(state) };
        self.timer(found, seconds, |task| is_call || asks(task, name, kind))
    }

    /// The `Choice` of a state's handoffs, behind the one that looks at the receipt.
    fn decision(&mut self, state: &State, found: Found<'a>) -> Option<Found<'a>> {
        let fits = self.at(found.value.get("Next"))?;
        if fits.is("Pass") && state.makes.is_empty() {
            return self.at(fits.value.get("Next"));
        }
        match fits.list("Choices") {
            [rule] if fits.is("Choice") && !state.handoffs.is_empty() => {
                self.leads(fits.value.get("Default"), &state.failure);
                self.at(rule.get("Next"))
            }
            _ => None,
        }
    }

    /// Whether a rule tests against just those constants that its guard has.
    fn asks_all(&self, rule: &Value, when: &When, state: &State) -> bool {
        let mut wanted = Vec::new();
        match when {
            When::Guard(guard) => constants(guard, &self.flow.thresholds, &mut wanted),
            When::Otherwise => {
                for handoff in &state.handoffs {
                    if let When::Guard(guard) = &handoff.when {
                        constants(guard, &self.flow.thresholds, &mut wanted);
                    }
                }
            }
        }
        let mut tested = Vec::new();
        tests(rule, &mut tested);
        wanted.sort_unstable();
        tested.sort_unstable();
        wanted == tested
    }

    /// Follows a route from where it begins: each counted hop has its counter, each hop arrives.
    fn leads(&mut self, from: Option<&'a Value>, hops: &[Hop]) {
        let mut from = from;
        for hop in hops {
            let Some(limit) = hop.at_most else {
                let arrives = self.travels(from, hop);
                return self.miss(arrives, || format!("the arrow `{}` to `{}`", hop.id, hop.to));
            };
            let counted = self.at(from).and_then(|bound| self.counted(bound, hop, limit));
            self.miss(counted.is_some(), || format!("the bound of `{}` to `{}`", hop.id, hop.to));
            from = counted;
        }
    }

    /// The way on when the bound is used up, if the `Choice` at `bound` counts this arrow.
    fn counted(&mut self, bound: Found<'a>, hop: &Hop, limit: u64) -> Option<&'a Value> {
        let counter = self.counter_of(hop)?;
        let rule = |operator: &str| {
            let holds = |rule: &&Value| {
                rule.get("Variable").and_then(Value::as_str) == Some(counter)
                    && rule.get(operator).and_then(Value::as_u64) == Some(limit)
            };
            bound.list("Choices").iter().find(holds)
        };
        let again = self.at(rule("NumericLessThan")?.get("Next"))?;
        let counts = self.is_named(again, &format!("{} count", hop.id)) && again.is("Pass");
        let arrives = counts && self.travels(again.value.get("Next"), hop);
        let gap = self.at(bound.value.get("Default")).is_some_and(|gap| gap.is("Fail"));
        let its_own = self.counters.insert(counter, hop.id.clone()).is_none_or(|other| other == hop.id);
        let on = rule("NumericGreaterThanEquals")?.get("Next");
        if arrives && gap && its_own { on } else { None }
    }

    /// Whether the arrow says what it is, carries everything on as it is, and arrives.
    fn travels(&self, from: Option<&'a Value>, hop: &Hop) -> bool {
        let Some(arrow) = self.at(from).filter(|arrow| arrow.is("Pass")) else { return false };
        let said = |pointer: &str| arrow.value.pointer(pointer).and_then(Value::as_str);
        let carried = ["item", "counters", "visits"].into_iter().chain(self.answers.then_some("caller"));
        let kept = carried
            .into_iter()
            .all(|name| said(&format!("/Parameters/{name}.$")) == Some(&format!("$.{name}")));
        let context = arrow.value.pointer("/Parameters/context").and_then(Value::as_object);
        let whole = |context: &States| {
            let travel: FxHashSet<_> = hop.envelope.context.iter().collect();
            let mut fields = self.flow.context.keys().map(|name| (name.as_str(), travel.contains(name)));
            fields.all(|(name, travels)| {
                context.contains_key(&if travels { format!("{name}.$") } else { name.into() })
            })
        };
        let replaced = arrow.value.get("ResultPath").is_none();
        let itself = said("/Parameters/handoff/by") == Some(hop.id.as_str());
        kept && replaced
            && itself
            && context.is_some_and(whole)
            && self.arrives(arrow.value.get("Next"), &hop.to)
    }

    /// Whether this is the state, or the count of its visits before it.
    fn arrives(&self, next: Option<&'a Value>, to: &str) -> bool {
        let Some(first) = self.at(next) else { return false };
        let counts_visits = || {
            let next = self.at(first.value.get("Next"));
            first.is("Pass")
                && first.value.get("ResultPath").is_some()
                && next.is_some_and(|next| self.is_named(next, to))
        };
        self.is_named(first, to) || counts_visits()
    }

    fn end(&mut self, name: &str, end: &End) {
        let reached = self.find(name).map(|first| self.reachable(first)).unwrap_or_default();
        let last = |state: &&Found<'a>| state.value.get("End").is_some() || state.is("Fail");
        let mut last = reached.iter().filter(last);
        let said = match &end.outcome {
            Outcome::Success { receipt } => {
                last.any(|state| state.is("Pass"))
                    && reached.iter().any(|state| self.delivers(*state, name, receipt))
            }
            Outcome::Failure { reason } => {
                last.any(|state| gives_up(state.text("Error"), state.text("Cause"), name, reason))
            }
        };
        let told = |state: &Found<'a>| self.tells_caller(*state, name, end);
        let told = !self.answers
            || (reached.iter().any(told) && reached.iter().any(|state| asks_for_caller(*state)));
        self.miss(said && told, || format!("the end `{name}`"));
    }

    /// Whether it says the end, and has the receipt.
    fn delivers(&self, state: Found<'a>, name: &str, receipt: &str) -> bool {
        let Some(parameters) = state.value.get("Parameters") else { return false };
        let said = parameters.get("result").unwrap_or(parameters);
        let caller = parameters.get("caller.$").is_some_and(|caller| caller == "$.caller");
        let field = said.get("receipt.$").and_then(Value::as_str);
        let ends = said.get("end").is_some_and(|end| end == name);
        ends && field.is_some_and(|field| field.contains(receipt)) && (caller || !self.answers)
    }

    /// Whether it tells a caller how the work has ended, and ends it too where the caller no longer waits.
    fn tells_caller(&self, state: Found<'a>, name: &str, end: &End) -> bool {
        let resource = state.text("Resource").unwrap_or_default();
        let parameter =
            |name: &str| state.value.pointer(&format!("/Parameters/{name}")).and_then(Value::as_str);
        let said = match &end.outcome {
            Outcome::Success { .. } => {
                resource.ends_with("sendTaskSuccess")
                    && parameter("Output.$") == Some("States.JsonToString($.result)")
            }
            Outcome::Failure { reason } => {
                let (error, cause) = (parameter("Error"), parameter("Cause"));
                resource.ends_with("sendTaskFailure") && gives_up(error, cause, name, reason)
            }
        };
        let goes_on =
            state.catch("States.ALL").is_some() && state.catch("States.ALL") == state.value.get("Next");
        said && parameter("TaskToken.$") == Some("$.caller") && goes_on
    }

    /// The states of an end: from its first along every way. An end has few.
    fn reachable(&self, first: Found<'a>) -> Vec<Found<'a>> {
        let mut reached = vec![first];
        let mut next = 0;
        while let Some(&state) = reached.get(next).filter(|_| next < 8) {
            let ways = [state.value.get("Next")]
                .into_iter()
                .chain(state.list("Choices").iter().map(|rule| rule.get("Next")));
            let found: Vec<_> = ways.filter_map(|way| self.at(way)).collect();
            let new = found.into_iter().filter(|found| reached.iter().all(|state| state.name != found.name));
            reached.extend(new.collect::<Vec<_>>());
            next += 1;
        }
        reached
    }
}

/// Its result is put beside what the item carries, not in its place.
fn keeps_the_rest(state: &Value) -> bool {
    state.get("ResultPath").and_then(Value::as_str).is_some_and(|path| path.starts_with("$."))
}

/// Whether it is the failure of this end, with its reason.
fn gives_up(error: Option<&str>, cause: Option<&str>, name: &str, reason: &str) -> bool {
    let cause = cause.and_then(|cause| parsed(cause).ok());
    error == Some(name) && cause.is_some_and(|cause| cause.get("reason").is_some_and(|said| said == reason))
}

/// Both ways: with a caller, and without.
fn asks_for_caller(state: Found<'_>) -> bool {
    let asks = |null: bool| {
        let mut rules = state.list("Choices").iter();
        rules.any(|rule| {
            rule.get("Variable").is_some_and(|path| path == "$.caller")
                && rule.get("IsNull") == Some(&Value::Bool(null))
        })
    };
    asks(true) && asks(false)
}

/// Whether a task sends this kind of message for this state.
fn asks(task: Found<'_>, state: &str, kind: &str) -> bool {
    let body = task.value.pointer("/Parameters/MessageBody");
    let says = |member: &str, text: &str| body.and_then(|body| body.get(member)?.as_str()) == Some(text);
    let visit = body.and_then(|body| body.get("visit.$")?.as_str());
    let visits = visit.is_some_and(|visit| visit.contains(&format!("/{state}#")));
    let token = body.is_some_and(|body| body.get("token.$").is_some_and(|token| token == "$$.Task.Token"));
    let execution =
        body.is_some_and(|body| body.get("execution.$").is_some_and(|id| id == "$$.Execution.Id"));
    let waits = task.text("Resource").is_some_and(|resource| resource.ends_with("waitForTaskToken"));
    says("kind", kind) && visits && token && execution && waits
}

/// Whether a task tells the owner the item, the goal, the asset and who owns it, with all that the owner reads.
fn tells(task: Found<'_>, state: &State) -> bool {
    let body = task.value.pointer("/Parameters/MessageBody");
    let says = |member: &str, text: &str| body.and_then(|body| body.get(member)?.as_str()) == Some(text);
    let shows = match &state.kind {
        Kind::Approval(approval) => approval.shows.as_slice(),
        _ => &[],
    };
    let read = state.needs.iter().map(|need| &need.path).chain(shows).filter_map(|path| path.names.first());
    let context = body.and_then(|body| body.get("context"));
    let given = |field: &str| context.is_some_and(|context| context.get(format!("{field}.$")).is_some());
    let all_given = read.chain([&state.asset]).all(|field| given(field));
    let who = says("owner", &state.owner) && says("threshold.$", "$.handoff.threshold");
    all_given && who && says("item.$", "$.item") && says("asset", &state.asset) && says("goal", &state.goal)
}

/// The constants of a guard, its thresholds spelled out, as JSON. As deep as the guard.
fn constants(guard: &Guard, thresholds: &crate::plan::Named<Threshold>, found: &mut Vec<String>) {
    let text = |constant: &Constant| match constant {
        Constant::Number(number) => number.to_string(),
        Constant::Text(text) => Value::from(text.as_str()).to_string(),
        Constant::Bool(truth) => truth.to_string(),
    };
    match guard {
        Guard::And(parts) | Guard::Or(parts) => {
            parts.iter().for_each(|part| constants(part, thresholds, found))
        }
        Guard::Not(inner) => constants(inner, thresholds, found),
        Guard::Compare { value, .. } => found.push(text(value)),
        Guard::Range { low, high, .. } => found.extend([text(low), text(high)]),
        Guard::Set { values, .. } => found.extend(values.iter().map(text)),
        Guard::True(_) => found.push("true".into()),
        Guard::Threshold(name) => {
            if let Some(threshold) = thresholds.get(name) {
                constants(&threshold.guard, thresholds, found);
            }
        }
        Guard::Present { .. } | Guard::Delivered => {}
    }
}

/// The constants that a rule compares with, as JSON.
fn tests(rule: &Value, found: &mut Vec<String>) {
    let Value::Object(members) = rule else { return };
    for (key, value) in members {
        match (key.as_str(), value) {
            ("And" | "Or", Value::Array(parts)) => parts.iter().for_each(|part| tests(part, found)),
            ("Not", inner) => tests(inner, found),
            ("Variable" | "Next" | "Comment" | "IsPresent" | "IsNull", _) => {}
            (_, constant) => found.push(constant.to_string()),
        }
    }
}
