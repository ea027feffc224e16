//! Who works in a state: that the owner's queue gets the whole message, that the runs begin, and each timer.
//!
//! Must not know: where the work goes then.

use serde_json::{Map, Value, json};

use super::Reading;
use super::found::Found;
use super::paths::{path, same};
use crate::emit::schema;
use crate::plan::{Call, Kind, Run, State};

const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const START: &str = "arn:aws:states:::states:startExecution.waitForTaskToken";

impl<'a> Reading<'a> {
    /// A task whose own time is the deadline.
    pub(super) fn one_timer(&mut self, name: &str, state: &State, found: Found<'a>) {
        let members = ["Resource", "Parameters", "TimeoutSeconds", "ResultPath", "Catch", "Next"];
        let right = found.has("Task", &members) && found.seconds("TimeoutSeconds") == self.deadline(state);
        self.miss(right, || format!("the deadline of `{name}`"));
        let told = self.tells(found, name, state, "work");
        self.miss(told, || format!("what the owner of `{name}` is told"));
        self.miss(found.says("ResultPath", "$.reply"), || format!("the reply to `{name}`"));
        self.visits(name);
    }

    /// Two tasks side by side, one for the acknowledgement and one for the work.
    pub(super) fn two_timers(&mut self, name: &str, state: &State, found: Found<'a>) {
        let accept = self.timer(found, self.accept(state), |task| is_about(task, "accept"));
        let deadline = self.timer(found, self.deadline(state), |task| is_about(task, "work"));
        let two = is_parallel(found) && found.list("Branches").len() == 2;
        let right = two && accept.is_some() && deadline.is_some() && accept != deadline;
        self.miss(right, || format!("the time limits of `{name}`"));
        let task = |at| found.list("Branches").get(at).and_then(Found::only_task);
        let tells = |at, kind| task(at).is_some_and(|task| self.tells(task, name, state, kind));
        let told = tells(0, "accept") && tells(1, "work");
        self.miss(told, || format!("what the owner of `{name}` is told"));
        let selects = found.value.get("ResultSelector") == Some(&json!({ "work.$": "$[1]" }));
        self.miss(selects, || format!("the reply to `{name}`"));
        self.visits(name);
    }

    /// The branch of a `Parallel` whose task `is_it`, with its time, and the error that says that it has passed.
    pub(super) fn timer(
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

    pub(super) fn call(&mut self, name: &str, state: &State, call: &Call, found: Found<'a>) {
        let count = found.list("Branches").len();
        self.miss(is_parallel(found) && count == call.runs.len(), || format!("the runs of `{name}`"));
        let deadline = self.timer(found, self.deadline(state), |_| true);
        for (run, branch) in call.runs.iter().zip(found.list("Branches")) {
            let task = Found::only_task(branch).filter(|task| self.begins_run(*task, name, run));
            let timed = task.filter(|task| task.seconds("TimeoutSeconds") == self.deadline(state));
            let error = timed.and_then(|task| Found::error_after_timeout(branch, task));
            self.miss(error.is_some() && error == deadline, || format!("the run `{}` of `{name}`", run.id));
        }
        let gives = call.runs.iter().enumerate().filter_map(|(at, run)| Some((run.gives.as_ref()?, at)));
        let made: Map<_, _> =
            gives.map(|(field, at)| (format!("{field}.$"), format!("$[{at}]").into())).collect();
        let selects = found.value.get("ResultSelector") == Some(&json!({ "made": made }));
        self.miss(selects, || format!("what the runs of `{name}` give"));
        self.visits(name);
    }

    fn begins_run(&self, task: Found<'a>, name: &str, run: &Run) -> bool {
        let Some(visit) = self.visit(name) else { return false };
        let item = visit.replacen("#{}'", &format!("#{{}}/{}'", run.id), 1);
        let steps = run.argument.names.iter().map(|name| name.as_str());
        let argument = path(["context"].into_iter().chain(steps));
        let parameters = json!({
            "StateMachineArn": format!("${{{}}}", self.expected.ids.machine(&run.flow)),
            "Name.$": format!("States.Hash({item}, 'SHA-256')"),
            "Input": {
                "item.$": item,
                "intake": run.intake,
                "record.$": argument,
                "caller.$": "$$.Task.Token",
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
            },
        });
        let told = task.value.get("Parameters").is_some_and(|found| same(found, &parameters));
        let members = ["Resource", "Parameters", "TimeoutSeconds", "OutputPath", "Catch", "End"];
        told && task.has("Task", &members)
            && task.says("Resource", START)
            && task.says("OutputPath", "$.receipt")
    }

    /// Whether a task puts this whole message for this state into the queue of its owner, and waits for the token.
    pub(super) fn tells(&self, task: Found<'a>, name: &str, state: &State, kind: &str) -> bool {
        let Some(body) = self.message(name, state, kind) else { return false };
        let owner = self.expected.plan.actors.get(&state.owner).map_or(&state.owner, |actor| &actor.owner);
        let queue = format!("${{{}}}", self.expected.ids.queue(owner));
        let parameters = json!({ "QueueUrl": queue, "MessageBody": body });
        task.is("Task")
            && task.says("Resource", SEND)
            && task.value.get("Parameters").is_some_and(|found| same(found, &parameters))
    }

    fn message(&self, name: &str, state: &State, kind: &str) -> Option<Value> {
        let mut body = json!({
            "v": 1,
            "kind": kind,
            "visit.$": self.visit(name)?,
            "token.$": "$$.Task.Token",
            "execution.$": "$$.Execution.Id",
        });
        let members = body.as_object_mut()?;
        if kind == "work" {
            members.extend(self.work(name, state));
        }
        if let (Kind::Approval(approval), "work") = (&state.kind, kind) {
            let shows: Vec<_> = approval.shows.iter().map(|path| &path.text).collect();
            members.insert("question".into(), json!(approval.question));
            members.insert("shows".into(), json!(shows));
            members.insert("options".into(), json!(approval.options));
        }
        Some(body)
    }

    fn work(&self, name: &str, state: &State) -> [(String, Value); 15] {
        let plan = self.expected.plan;
        let reach = plan.actors.get(&state.owner).map_or(
            json!({}),
            |actor| json!({ "owner": actor.owner, "kind": actor.kind.word(), "binding": actor.binding.text }),
        );
        let retry = state.retry.map_or((0, 0), |retry| (retry.times, self.seconds(retry.every)));
        let members = [
            ("flow", json!(self.name)),
            ("plan", json!(plan.hash)),
            ("item.$", json!("$.item")),
            ("state", json!(name)),
            ("asset", json!(state.asset)),
            ("goal", json!(state.goal)),
            ("threshold.$", json!("$.handoff.threshold")),
            ("owner", json!(state.owner)),
            ("reach", reach),
            ("context", read_context(state)),
            ("makes", schema::makes(plan, self.flow, state)),
            ("retry", json!({ "times": retry.0, "every": retry.1 })),
            ("arrived.$", json!("$$.State.EnteredTime")),
            ("deadline", json!(self.deadline(state))),
            ("accept", json!(self.accept(state))),
        ];
        members.map(|(key, value)| (key.to_owned(), value))
    }

    /// How a visit is known, if its number is counted.
    fn visit(&self, name: &str) -> Option<String> {
        let (_, counter) = self.visits_of(name)?;
        Some(format!("States.Format('{{}}/{name}#{{}}', $.item, {counter})"))
    }

    fn visits(&mut self, name: &str) {
        let counted = self.visits_of(name).is_some_and(|(_, counter)| self.its_own(counter, name));
        self.miss(counted, || format!("the count of the visits of `{name}`"));
    }
}

/// Whether a task sends that kind of message.
pub(super) fn is_about(task: Found<'_>, kind: &str) -> bool {
    task.value.pointer("/Parameters/MessageBody/kind").is_some_and(|found| found == kind)
}

fn is_parallel(found: Found<'_>) -> bool {
    found.has("Parallel", &["Branches", "ResultSelector", "ResultPath", "Catch", "Next"])
        && found.says("ResultPath", "$.reply")
}

/// The context fields that the owner reads, whole.
fn read_context(state: &State) -> Value {
    let shows = match &state.kind {
        Kind::Approval(approval) => approval.shows.as_slice(),
        _ => &[],
    };
    let read = state.needs.iter().map(|need| &need.path).chain(shows).filter_map(|path| path.names.first());
    let fields = read.chain([&state.asset]);
    fields.map(|field| (format!("{field}.$"), path(["context", field]).into())).collect::<Map<_, _>>().into()
}
