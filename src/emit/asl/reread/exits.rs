//! The ways out of a state: what decides, which bounds are counted, what travels, where they arrive.
//!
//! Must not know: who works in the state.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::found::Found;
use super::owners::is_about;
use super::paths::{path, same};
use super::rules::{self, Asked};
use super::{Reading, ends::GAP};
use crate::plan::{Cause, Hop, Kind, Outcome, State};

impl<'a> Reading<'a> {
    /// Every way out of a state.
    pub(super) fn exits(&mut self, name: &str, state: &State, found: Found<'a>) {
        let asked = self.asked(state);
        let decide = self.decision(state, found, &asked);
        let mut rules = decide.map_or([].as_slice(), |decide| decide.list("Choices")).iter();
        let problem = Value::from("$.problem");
        for (cause, hops) in state.routes() {
            let from = match cause {
                Cause::Wait(_) => found.value.get("Next"),
                Cause::Failure => found.catch("States.ALL", &problem),
                Cause::Deadline(_) => {
                    self.error_of(state, found, "work").and_then(|error| found.catch(error, &problem))
                }
                Cause::Accept(_) => {
                    self.error_of(state, found, "accept").and_then(|error| found.catch(error, &problem))
                }
                Cause::Handoff(handoff) => {
                    let wanted = asked.of(&handoff.when, &state.handoffs);
                    let rule =
                        rules.next().filter(|rule| rules::read(rule).is_some_and(|rule| rule == wanted));
                    rule.and_then(|rule| rule.get("Next"))
                }
            };
            let made = if matches!(cause, Cause::Handoff(_)) { Some(&asked) } else { None };
            self.leads(from, hops, made);
        }
        let timers = [&state.accept, &state.deadline].into_iter().flatten().count();
        let caught = matches!(state.kind, Kind::Wait { .. }) || found.catches(timers + 1);
        let gap = decide.is_some_and(|decide| self.fails(decide.value.get("Default"), GAP));
        let right = caught && (state.handoffs.is_empty() || (gap && rules.next().is_none()));
        self.miss(right, || format!("the decision of `{name}`"));
    }

    fn asked<'s>(&self, state: &'s State) -> Asked<'s>
    where
        'a: 's,
    {
        let made = match &state.kind {
            Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_deref()).collect(),
            _ => state.makes.iter().map(|name| name.as_str()).collect(),
        };
        let reply = if state.accept.is_some() { vec!["reply", "work"] } else { vec!["reply"] };
        let reply = reply.into_iter().map(str::to_owned).collect();
        Asked { thresholds: &self.flow.thresholds, made, reply }
    }

    /// The error that a state's timer raises.
    fn error_of(&self, state: &State, found: Found<'a>, kind: &str) -> Option<&'a str> {
        if found.is("Task") {
            return Some("States.Timeout");
        }
        let is_call = matches!(state.kind, Kind::Call(_));
        let seconds = if kind == "accept" { self.accept(state) } else { self.deadline(state) };
        self.timer(found, seconds, |task| is_call || is_about(task, kind))
    }

    /// The `Choice` of a state's handoffs, behind the one that looks at what was made: at each field, and at the option.
    fn decision(&mut self, state: &State, found: Found<'a>, asked: &Asked<'_>) -> Option<Found<'a>> {
        let fits = self.at(found.value.get("Next"))?;
        let mut wanted: Vec<_> =
            asked.made.iter().map(|made| rules::exists(below(&asked.reply, &["made", made]))).collect();
        if let Kind::Approval(approval) = &state.kind {
            let decision = below(&asked.reply, &["decision"]);
            let options =
                approval.options.iter().map(|option| rules::is_text(decision.clone(), &option.name));
            wanted.extend([rules::exists(decision.clone()), rules::any(options.collect())]);
        }
        if fits.has("Pass", &["Next"]) && wanted.is_empty() {
            return self.choice(fits.value.get("Next"));
        }
        match fits.list("Choices") {
            [rule] if fits.has("Choice", &["Choices", "Default"]) && !state.handoffs.is_empty() => {
                self.leads(fits.value.get("Default"), &state.failure, None);
                let asks = rules::read(rule)?;
                let all = rules::all(wanted.into_iter().chain([asks.clone()]).collect());
                if all == asks { self.choice(rule.get("Next")) } else { None }
            }
            _ => None,
        }
    }

    fn choice(&self, target: Option<&'a Value>) -> Option<Found<'a>> {
        self.at(target).filter(|found| found.has("Choice", &["Choices", "Default"]))
    }

    /// Follows a route from where it begins: each counted hop has its counter, each hop arrives.
    fn leads(&mut self, from: Option<&'a Value>, hops: &[Hop], made: Option<&Asked<'_>>) {
        let mut from = from;
        for hop in hops {
            let Some(limit) = hop.at_most else {
                let arrives = self.travels(from, hop, made);
                return self.miss(arrives, || format!("the arrow `{}` to `{}`", hop.id, hop.to));
            };
            let counted = self.at(from).and_then(|bound| self.counted(bound, hop, limit, made));
            self.miss(counted.is_some(), || format!("the bound of `{}` to `{}`", hop.id, hop.to));
            from = counted;
        }
    }

    /// The way on when the bound is used up, if the `Choice` at `bound` counts this arrow.
    fn counted(
        &mut self,
        bound: Found<'a>,
        hop: &Hop,
        limit: u64,
        made: Option<&Asked<'_>>,
    ) -> Option<&'a Value> {
        let counter = self.counter_of(hop)?;
        let [below, above] = bound.list("Choices") else { return None };
        let asks = |rule: &Value, operator: &str| {
            same(rule, &json!({ "Variable": counter, operator: limit, "Next": rule.get("Next")? }))
                .then_some(())
        };
        asks(below, "NumericLessThan")?;
        asks(above, "NumericGreaterThanEquals")?;
        let again = self.at(below.get("Next"))?;
        let counts = self.is_named(again, &format!("{} count", hop.id));
        let arrives = counts && self.travels(again.value.get("Next"), hop, made);
        let gap = bound.has("Choice", &["Choices", "Default"]) && self.fails(bound.value.get("Default"), GAP);
        let its_own = self.its_own(counter, &hop.id);
        if arrives && gap && its_own { above.get("Next") } else { None }
    }

    /// The path that the counting state of an arrow adds to.
    pub(super) fn counter_of(&self, hop: &Hop) -> Option<&'a str> {
        let count = self.find(&format!("{} count", hop.id))?;
        self.adds_to(count, "$.counters.")
    }

    /// Whether a state adds one to a count below `base`; the count's path.
    pub(super) fn adds_to(&self, state: Found<'a>, base: &str) -> Option<&'a str> {
        let parameters = state.value.get("Parameters")?.as_object()?;
        let (leaf, sum) = parameters.iter().next().filter(|_| parameters.len() == 1)?;
        let counter = sum.as_str()?.strip_prefix("States.MathAdd(")?.strip_suffix(", 1)")?;
        let same = counter == format!("{}.{}", state.text("ResultPath")?, leaf.strip_suffix(".$")?);
        let counts =
            same && counter.starts_with(base) && state.has("Pass", &["Parameters", "ResultPath", "Next"]);
        counts.then_some(counter)
    }

    /// Whether the arrow says what it is, carries on what travels and nothing else, and arrives.
    fn travels(&self, from: Option<&'a Value>, hop: &Hop, made: Option<&Asked<'_>>) -> bool {
        let Some(arrow) = self.at(from).filter(|arrow| arrow.has("Pass", &["Parameters", "Next"])) else {
            return false;
        };
        let carried = ["item", "counters", "visits"].into_iter().chain(self.answers.then_some("caller"));
        let mut parameters: Map<_, _> =
            carried.map(|name| (format!("{name}.$"), path([name]).into())).collect();
        let travel: FxHashSet<_> = hop.envelope.context.iter().collect();
        let context = self.flow.context.keys().map(|name| match made {
            _ if !travel.contains(name) => (name.to_string(), Value::Null),
            Some(asked) if asked.made.contains(&name.as_str()) => {
                let place = below(&asked.reply, &["made", name]);
                (format!("{name}.$"), path(place.iter().map(String::as_str)).into())
            }
            _ => (format!("{name}.$"), path(["context", name]).into()),
        });
        parameters.insert("context".into(), context.collect::<Map<_, _>>().into());
        parameters.insert("handoff".into(), json!({ "by": hop.id, "threshold": hop.envelope.threshold }));
        arrow.value.get("Parameters").is_some_and(|found| same(found, &parameters.into()))
            && self.arrives(arrow.value.get("Next"), &hop.to)
    }

    /// Whether this is the state, behind the count of its visits; or the end, behind the look at its receipt.
    pub(super) fn arrives(&self, next: Option<&'a Value>, to: &str) -> bool {
        let Some(first) = self.at(next) else { return false };
        let leads_to = |next: Option<&'a Value>| self.at(next).is_some_and(|next| self.is_named(next, to));
        match (self.flow.states.get(to), self.flow.ends.get(to).map(|end| &end.outcome)) {
            (Some(State { kind: Kind::Wait { .. }, .. }), _) | (_, Some(Outcome::Failure { .. })) => {
                self.is_named(first, to)
            }
            (_, Some(Outcome::Success { receipt })) => {
                let [rule] = first.list("Choices") else { return false };
                let there = rules::present(vec!["context".into(), receipt.to_string()]);
                first.has("Choice", &["Choices", "Default"])
                    && rules::read(rule) == Some(there)
                    && leads_to(rule.get("Next"))
                    && self.fails(first.value.get("Default"), GAP)
            }
            _ => self.visits_of(to).is_some_and(|(arrive, _)| arrive.name == first.name),
        }
    }

    /// The state that counts the visits of another one, and the count's path.
    pub(super) fn visits_of(&self, name: &str) -> Option<(Found<'a>, &'a str)> {
        let arrive = self.find(&format!("{name}/arrive"))?;
        let counter = self.adds_to(arrive, "$.visits.")?;
        let next = self.at(arrive.value.get("Next"))?;
        self.is_named(next, name).then_some((arrive, counter))
    }
}

fn below(base: &[String], steps: &[&str]) -> Vec<String> {
    base.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect()
}
