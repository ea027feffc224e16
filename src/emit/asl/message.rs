//! What the machine puts into an owner's queue, by the runtime protocol; the worker makes the owner's message of it.
//!
//! Must not know: what the machine does with the answer.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::clock::Limits;
use super::ids::placeholder;
use super::machine::Machine;
use super::names;
use crate::emit::schema;
use crate::plan::{Approval, Kind, PROTOCOL, State};

impl Machine<'_> {
    /// The parameters of the task that hands the work to the owner of `state`.
    pub(super) fn work(&self, name: &str, state: &State, limits: Limits) -> Value {
        let mut body = self.head("work", name);
        let more = [
            ("flow", json!(self.name)),
            ("plan", json!(self.build.plan.hash)),
            ("item.$", json!("$.item")),
            ("state", json!(name)),
            ("asset", json!(state.asset)),
            ("goal", json!(state.goal)),
            ("threshold.$", json!("$.handoff.threshold")),
            ("owner", json!(state.owner)),
            ("reach", self.reach(state)),
            ("context", context(state)),
            ("makes", schema::makes(self.build.plan, self.flow, state)),
        ];
        body.extend(more.map(|(key, value)| (key.to_owned(), value)));
        if let Kind::Approval(approval) = &state.kind {
            body.extend(asked(approval));
        }
        let retry = state.retry.map_or(
            json!({ "times": 0, "every": 0 }),
            |retry| json!({ "times": retry.times, "every": self.build.clock.seconds(retry.every) }),
        );
        body.insert("retry".into(), retry);
        body.insert("arrived.$".into(), "$$.State.EnteredTime".into());
        body.insert("deadline".into(), limits.deadline.into());
        body.insert("accept".into(), limits.accept.into());
        self.message(state, body)
    }

    /// The parameters of the task that waits for the owner's acknowledgement.
    pub(super) fn acknowledgement(&self, name: &str, state: &State) -> Value {
        let body = self.head("accept", name);
        self.message(state, body)
    }

    /// How the visit is known: `ITEM/STATE#N`.
    pub(super) fn visit(&self, name: &str) -> String {
        format!("States.Format('{{}}/{name}#{{}}', $.item, {}.number)", self.visits(name))
    }

    fn head(&self, kind: &str, name: &str) -> Map<String, Value> {
        let head = [
            ("v", json!(PROTOCOL)),
            ("kind", json!(kind)),
            ("visit.$", json!(self.visit(name))),
            ("token.$", json!("$$.Task.Token")),
            ("execution.$", json!("$$.Execution.Id")),
        ];
        head.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn message(&self, state: &State, body: Map<String, Value>) -> Value {
        let owner = self.build.plan.actors.get(&state.owner).map_or(&state.owner, |actor| &actor.owner);
        json!({ "QueueUrl": placeholder(&self.build.ids.queue(owner)), "MessageBody": body })
    }

    /// How the worker reaches the owner.
    fn reach(&self, state: &State) -> Value {
        match self.build.plan.actors.get(&state.owner) {
            Some(actor) => json!({ "owner": actor.owner, "kind": actor.kind, "binding": actor.binding.text }),
            None => json!({}),
        }
    }
}

/// What the owner reads of the context.
fn context(state: &State) -> Value {
    state.reads().map(|field| (format!("{field}.$"), names::below("$.context", field))).collect()
}

/// What a reviewer is asked and shown, and where each option leads.
fn asked(approval: &Approval) -> [(String, Value); 3] {
    let shows: Vec<&SmolStr> = approval.shows.iter().map(|path| &path.text).collect();
    [
        ("question".into(), json!(approval.question)),
        ("shows".into(), json!(shows)),
        ("options".into(), json!(approval.options)),
    ]
}
