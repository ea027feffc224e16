//! The states of a flow: who works, waits or runs, by when, and where each outcome leads.
//!
//! Must not know: what is in a message, nor what an arrow carries.
//!
//! A visit goes through `S/arrive` (counts the visit), `S` (the owner, or the time), `S/fits` (presence and type of
//! what was made) and `S/decide` (the guards); every way out is an arrow.

use serde_json::{Map, Value, json};

use super::clock::Limits;
use super::guards::{Scope, all, any, equals};
use super::ids::placeholder;
use super::machine::{GAP, Machine};
use super::names;
use super::receipt;
use crate::plan::{Approval, Call, Constant, Flow, Kind, Run, State, Timer};

const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const START: &str = "arn:aws:states:::states:startExecution.waitForTaskToken";

/// The errors that stand for a timer in a `Parallel`, whose branches can only fail.
const OVERDUE: &str = "Baton.Overdue";
const UNACCEPTED: &str = "Baton.Unaccepted";

impl Machine<'_> {
    pub(super) fn state(&mut self, name: &str, state: &State) {
        if !matches!(state.kind, Kind::Wait { .. }) {
            self.arrive(name);
        }
        match &state.kind {
            Kind::Wait { time } => self.wait(name, state, time),
            Kind::Call(call) => self.call(name, state, call),
            Kind::State | Kind::Approval(_) if state.accept.is_some() => self.accepted_task(name, state),
            Kind::State | Kind::Approval(_) => self.task(name, state),
        }
        let scope = scope(self.flow, state);
        if !state.handoffs.is_empty() {
            self.fits(name, state, &scope);
            self.decide(name, state, &scope);
        }
        let timers = [&state.accept, &state.deadline].into_iter().flatten();
        for route in timers.map(|timer| &timer.route).chain([&state.failure]) {
            self.route(route, None);
        }
        for handoff in &state.handoffs {
            self.route(&handoff.route, Some(&scope));
        }
    }

    fn arrive(&mut self, name: &str) {
        let visits = self.visits(name);
        self.add(
            &format!("{name}/arrive"),
            json!({
                "Type": "Pass",
                "Parameters": { "number.$": format!("States.MathAdd({visits}.number, 1)") },
                "ResultPath": visits,
                "Next": names::state(name),
            }),
        );
    }

    fn wait(&mut self, name: &str, state: &State, time: &Timer) {
        let seconds = self.build.clock.seconds(time.seconds);
        let next = self.entry(&time.route);
        self.add(
            name,
            json!({ "Type": "Wait", "Comment": comment(state), "Seconds": seconds, "Next": next }),
        );
        self.route(&time.route, None);
    }

    fn task(&mut self, name: &str, state: &State) {
        let limits = self.build.clock.limits(state);
        let value = json!({
            "Type": "Task",
            "Comment": comment(state),
            "Resource": SEND,
            "Parameters": self.work(name, state, limits),
            "TimeoutSeconds": limits.deadline,
            "ResultPath": "$.reply",
            "Catch": self.catches(state, &[("States.Timeout", &state.deadline)]),
            "Next": names::state(&format!("{name}/fits")),
        });
        self.add(name, value);
    }

    /// Two tokens side by side, one for the acknowledgement and one for the work: each has a timer that runs from
    /// arrival, and the first that runs out takes the other one with it.
    fn accepted_task(&mut self, name: &str, state: &State) {
        let limits = self.build.clock.limits(state);
        let accept = timed(SEND, self.acknowledgement(name, state), limits.accept.unwrap_or(limits.deadline));
        let work = timed(SEND, self.work(name, state, limits), limits.deadline);
        let branches = [
            self.branch(&format!("{name}/acknowledge"), UNACCEPTED, accept),
            self.branch(&format!("{name}/work"), OVERDUE, work),
        ];
        let timers = [(UNACCEPTED, &state.accept), (OVERDUE, &state.deadline)];
        let value = json!({
            "Type": "Parallel",
            "Comment": comment(state),
            "Branches": branches,
            "ResultSelector": { "work.$": "$[1]" },
            "ResultPath": "$.reply",
            "Catch": self.catches(state, &timers),
            "Next": names::state(&format!("{name}/fits")),
        });
        self.add(name, value);
    }

    /// The runs are child items, each with the call's deadline. The first that fails decides the join.
    fn call(&mut self, name: &str, state: &State, call: &Call) {
        let limits = self.build.clock.limits(state);
        let branches: Vec<_> = call.runs.iter().map(|run| self.run(name, run, limits)).collect();
        let gives = call.runs.iter().enumerate().filter_map(|(at, run)| Some((run.gives.as_ref()?, at)));
        let made: Map<_, _> =
            gives.map(|(field, at)| (format!("{field}.$"), format!("$[{at}]").into())).collect();
        let value = json!({
            "Type": "Parallel",
            "Comment": comment(state),
            "Branches": branches,
            "ResultSelector": { "made": made },
            "ResultPath": "$.reply",
            "Catch": self.catches(state, &[(OVERDUE, &state.deadline)]),
            "Next": names::state(&format!("{name}/fits")),
        });
        self.add(name, value);
    }

    fn run(&mut self, name: &str, run: &Run, limits: Limits) -> Value {
        let item = self.visit(name).replacen("#{}'", &format!("#{{}}/{}'", run.id), 1);
        let argument = names::along("$.context", run.argument.names.iter().map(|name| name.as_str()));
        let parameters = json!({
            "StateMachineArn": placeholder(&self.build.ids.machine(&run.flow)),
            "Name.$": format!("States.Hash({item}, 'SHA-256')"),
            "Input": {
                "item.$": item,
                "intake": run.intake,
                "record.$": argument,
                "caller.$": "$$.Task.Token",
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
            },
        });
        let mut task = timed(START, parameters, limits.deadline);
        insert(&mut task, "OutputPath", "$.receipt".into());
        self.branch(&format!("{name}/run {}", run.id), OVERDUE, task)
    }

    /// A branch of one task whose timer fails with an error of its own.
    fn branch(&mut self, name: &str, error: &str, mut task: Value) -> Value {
        let late = format!("{name} late");
        self.note(name);
        self.note(&late);
        insert(
            &mut task,
            "Catch",
            json!([{ "ErrorEquals": ["States.Timeout"], "Next": names::state(&late) }]),
        );
        insert(&mut task, "End", true.into());
        let mut states = Map::new();
        states.insert(names::state(name).into_owned(), task);
        states.insert(names::state(&late).into_owned(), json!({ "Type": "Fail", "Error": error }));
        json!({ "StartAt": names::state(name), "States": states })
    }

    /// Only the timers take the timers' arrows; every other error is `failure`.
    fn catches(&self, state: &State, timers: &[(&str, &Option<Timer>)]) -> Vec<Value> {
        let timers = timers.iter().filter_map(|(error, timer)| Some((*error, &timer.as_ref()?.route)));
        let all = timers.chain([("States.ALL", &state.failure)]);
        let catch = |error, route: &Vec<_>| json!({ "ErrorEquals": [error], "ResultPath": "$.problem", "Next": self.entry(route) });
        all.map(|(error, route)| catch(error, route)).collect()
    }

    /// What does not fit is a failure: the worker has used up the retries by now.
    fn fits(&mut self, name: &str, state: &State, scope: &Scope<'_>) {
        let next = names::state(&format!("{name}/decide")).into_owned();
        let fields = scope.made.iter().filter_map(|made| self.flow.context.get_key_value(*made));
        let mut rules: Vec<_> = fields
            .map(|(made, field)| receipt::fits(self.build.plan, &self.read, made, field, &scope.field(made)))
            .collect();
        if let Kind::Approval(approval) = &state.kind {
            rules.push(decided(approval, scope));
        }
        let choice = if rules.is_empty() {
            json!({ "Type": "Pass", "Next": next })
        } else {
            let mut rule = all(rules);
            insert(&mut rule, "Next", next.into());
            let comment = "Is what was made there, and of its type?";
            json!({ "Type": "Choice", "Comment": comment, "Choices": [rule], "Default": self.entry(&state.failure) })
        };
        self.add(&format!("{name}/fits"), choice);
    }

    fn decide(&mut self, name: &str, state: &State, scope: &Scope<'_>) {
        let rules = state.handoffs.iter().map(|handoff| {
            let mut rule = scope.rule(handoff, &state.handoffs);
            insert(&mut rule, "Next", self.entry(&handoff.route).into());
            insert(&mut rule, "Comment", handoff.threshold.as_str().into());
            rule
        });
        let rules: Vec<_> = rules.collect();
        let comment = "Exactly one of these holds: that is proved";
        self.add(
            &format!("{name}/decide"),
            json!({ "Type": "Choice", "Comment": comment, "Choices": rules, "Default": GAP }),
        );
    }
}

fn scope<'a>(flow: &'a Flow, state: &'a State) -> Scope<'a> {
    let made = match &state.kind {
        Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_deref()).collect(),
        _ => state.makes.iter().map(|name| name.as_str()).collect(),
    };
    let reply = if state.accept.is_some() { "$.reply.work" } else { "$.reply" };
    Scope { flow, made, reply }
}

fn decided(approval: &Approval, scope: &Scope<'_>) -> Value {
    let at = format!("{}.decision", scope.reply);
    let options = approval.options.iter().map(|option| equals(&at, &Constant::Text(option.name.clone())));
    all(vec![json!({ "Variable": at, "IsPresent": true }), any(options.collect())])
}

/// A task that waits for its token no longer than `seconds`.
fn timed(resource: &str, parameters: Value, seconds: u64) -> Value {
    json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "TimeoutSeconds": seconds })
}

fn comment(state: &State) -> String {
    format!("Owner: {}. Goal: {}", state.owner, state.goal)
}

/// Adds a member to an object.
pub(super) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}
