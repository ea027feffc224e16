//! One flow's document, put together: the head, the door, the states, the ends.
//!
//! Must not know: what a task of a state does.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::jq::{self, Types, expression};
use super::names::{self, GAP, NAMESPACE, Names, REFUSED};
use crate::emit::clock::Clock;
use crate::plan::{End, Flow, Hop, Outcome, Plan};

/// The version of the language.
const DSL: &str = "1.0.0";
const UNPROVED: &str =
    "Nothing holds for what was delivered. Baton has proved that this can't be: please report it.";

/// A document under construction.
pub(super) struct Workflow<'a> {
    pub(super) plan: &'a Plan,
    pub(super) names: &'a Names,
    pub(super) clock: Clock,
    pub(super) name: &'a SmolStr,
    pub(super) flow: &'a Flow,
    tasks: Vec<Value>,
}

/// The document of one flow.
pub(super) fn document(plan: &Plan, names: &Names, clock: Clock, name: &SmolStr, flow: &Flow) -> Value {
    let mut workflow = Workflow { plan, names, clock, name, flow, tasks: Vec::new() };
    workflow.door();
    for (name, state) in &flow.states {
        workflow.state(name, state);
    }
    for (name, end) in &flow.ends {
        workflow.end(name, end);
    }
    workflow.raise(REFUSED, "refused", "The record does not fit the intake: it never became work");
    workflow.raise(GAP, "gap", UNPROVED);
    json!({ "document": workflow.head(), "do": workflow.tasks })
}

impl Workflow<'_> {
    fn head(&self) -> Value {
        let marking = self.clock.marking().unwrap_or_default();
        let summary = format!(
            "{marking}Emitted by Baton; do not edit. {}",
            self.flow.doc.as_deref().unwrap_or_default()
        );
        json!({
            "dsl": DSL,
            "namespace": NAMESPACE,
            "name": self.names.document(self.name),
            "version": self.names.version,
            "title": self.name,
            "summary": summary.trim(),
            "metadata": { "plan": self.plan.hash },
        })
    }

    /// Adds a task.
    pub(super) fn add(&mut self, name: &str, task: Value) {
        self.tasks.push(named(name, task));
    }

    /// Adds a task that fails with an error of this kind.
    fn raise(&mut self, name: &str, kind: &str, detail: &str) {
        self.add(name, error(kind, kind, detail));
    }

    /// Adds the tasks of a route: each counted arrow has a task before it that looks at its count. With a scope, what
    /// was made there takes effect on the way.
    pub(super) fn route(&mut self, route: &[Hop], scope: Option<&jq::Scope<'_>>) {
        let mut rest = route;
        while let Some((hop, after)) = rest.split_first() {
            if let Some(limit) = hop.at_most {
                let free = expression(format!("{} < {limit}", taken(hop)));
                let ways =
                    cases([("free", Some(free), hop.id.to_string()), ("used-up", None, names::entry(after))]);
                self.add(&names::bound(hop), ways);
            }
            self.arrow(hop, scope);
            rest = after;
        }
    }

    /// What travels, and what is counted. Whatever the arrow does not name is gone.
    fn arrow(&mut self, hop: &Hop, scope: Option<&jq::Scope<'_>>) {
        let fields = hop.envelope.context.iter().map(|name| {
            let from = scope.map_or_else(|| jq::along("$context.work", [name]), |scope| scope.field(name));
            format!("{}: {from}", jq::quoted(name))
        });
        let work = fields.collect::<Vec<_>>().join(", ");
        let counted = hop.at_most.map_or_else(
            || "$context.taken".to_owned(),
            |_| format!("($context.taken + {{{}: ({} + 1)}})", jq::quoted(&hop.id), taken(hop)),
        );
        let handoff = handoff(hop);
        let after = format!(
            "{{item: $context.item, work: {{{work}}}, taken: {counted}, visits: $context.visits, handoff: {handoff}}}"
        );
        self.add(
            &hop.id,
            json!({
                "set": { "by": hop.id },
                "export": { "as": expression(after) },
                "then": names::arrival(self.flow, &hop.to),
            }),
        );
    }

    /// The end's owner is told; then the workflow ends, one way or the other.
    fn end(&mut self, name: &str, end: &End) {
        let mut outcome = Map::from_iter([
            ("item".to_owned(), expression("$context.item")),
            ("end".to_owned(), name.into()),
            ("owner".to_owned(), end.owner.as_str().into()),
        ]);
        match &end.outcome {
            Outcome::Success { receipt } => {
                let receipt = expression(jq::along("$context.work", [receipt]));
                outcome.insert("receipt".to_owned(), receipt)
            }
            Outcome::Failure { reason } => outcome.insert("reason".to_owned(), jq::text(reason)),
        };
        let over = format!("{name}/over");
        let mut tell = self.event("ended", &end.owner, outcome.clone().into());
        insert(&mut tell, "then", over.as_str().into());
        self.add(&format!("{name}/tell"), tell);
        outcome.shift_remove("item");
        match &end.outcome {
            Outcome::Success { .. } => self.add(&over, json!({ "set": outcome, "then": "end" })),
            Outcome::Failure { reason } => self.add(&over, error("ended", name, reason)),
        }
    }

    /// An event for an actor.
    pub(super) fn event(&self, kind: &str, owner: &str, data: Value) -> Value {
        let subject = self.plan.actors.get(owner).map_or(owner, |actor| actor.owner.as_str());
        let source = format!("baton://{}", self.names.document(self.name));
        let with =
            json!({ "type": format!("baton.{kind}"), "source": source, "subject": subject, "data": data });
        json!({ "emit": { "event": { "with": with } } })
    }

    pub(super) fn types(&self) -> Types<'_> {
        Types::new(self.plan)
    }
}

/// By which arrow work has come, and what had to hold.
pub(super) fn handoff(hop: &Hop) -> String {
    format!("{{by: {}, threshold: {}}}", jq::quoted(&hop.id), jq::quoted(&hop.envelope.threshold))
}

/// How often an arrow was taken.
fn taken(hop: &Hop) -> String {
    format!("($context.taken[{}] // 0)", jq::quoted(&hop.id))
}

/// A task that fails.
pub(super) fn error(kind: &str, title: &str, detail: &str) -> Value {
    let error = json!({ "type": format!("baton://{kind}"), "status": 500, "title": jq::text(title), "detail": jq::text(detail) });
    json!({ "raise": { "error": error } })
}

/// A list entry of a task, a case or a branch.
pub(super) fn named(name: &str, what: Value) -> Value {
    Map::from_iter([(name.to_owned(), what)]).into()
}

/// A `switch`: each case with its condition and where it leads; the one without a condition is for all others.
pub(super) fn cases<'c>(cases: impl IntoIterator<Item = (&'c str, Option<Value>, String)>) -> Value {
    let case = |(name, when, then): (&str, Option<Value>, String)| match when {
        Some(when) => named(name, json!({ "when": when, "then": then })),
        None => named(name, json!({ "then": then })),
    };
    json!({ "switch": cases.into_iter().map(case).collect::<Vec<_>>() })
}

/// Adds a member to an object.
pub(super) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}
