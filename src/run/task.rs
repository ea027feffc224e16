//! What the owner of an open visit is told: the task of the runtime protocol.
//!
//! Must not know: how owners are reached.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::timers::after;
use super::{Item, Key, Record};
use crate::emit::schema;
use crate::plan::{Choice, Kind, PROTOCOL, Plan};

/// The message that an owner gets with every attempt: what the schema `task` describes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The version of the protocol.
    pub v: u32,
    /// The flow.
    pub flow: SmolStr,
    /// The hash of the plan with which the item started.
    pub plan: SmolStr,
    /// The item.
    pub item: SmolStr,
    /// The visit.
    pub visit: Key,
    /// The attempt: the key by which a repeated delivery is known.
    pub attempt: Key,
    /// The state.
    pub state: SmolStr,
    /// The context field that is the object of the work.
    pub asset: SmolStr,
    /// What "done" means here.
    pub goal: SmolStr,
    /// What had to hold for the work to come here.
    pub threshold: SmolStr,
    /// The actor that owns the work now.
    pub owner: SmolStr,
    /// The fields that the owner reads, whole; `null` for what is absent.
    pub context: Record,
    /// The JSON Schema of what is to be made.
    pub makes: Value,
    /// By when the owner must finish.
    pub due: Timestamp,
    /// By when the owner must acknowledge receipt, if that has a limit of its own.
    pub accept_due: Option<Timestamp>,
    /// What a reviewer is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<SmolStr>,
    /// The paths that a reviewer is shown besides the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<Vec<SmolStr>>,
    /// What a reviewer may decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<Choice>>,
}

/// What the owner of the item's open visit is told; none where nobody has anything to do: at a wait, a call, an end.
#[must_use]
pub fn task(plan: &Plan, item: &Item) -> Option<Task> {
    let visit = item.visit()?;
    let flow = plan.flows.get(&item.flow)?;
    let state = flow.states.get(&visit.state)?;
    let approval = match &state.kind {
        Kind::State => None,
        Kind::Approval(approval) => Some(approval),
        Kind::Wait { .. } | Kind::Call(_) => return None,
    };
    let read = |name: &SmolStr| item.context.get(name.as_str()).cloned().unwrap_or_default();
    Some(Task {
        v: PROTOCOL,
        flow: item.flow.clone(),
        plan: item.plan.clone(),
        item: item.id.clone(),
        visit: visit.key(&item.id),
        attempt: visit.attempt_key(&item.id),
        state: visit.state.clone(),
        asset: state.asset.clone(),
        goal: state.goal.clone(),
        threshold: visit.threshold.clone(),
        owner: state.owner.clone(),
        context: state.reads().map(|name| (name.to_string(), read(name))).collect(),
        makes: schema::makes(plan, flow, state),
        due: after(visit.since, state.deadline.as_ref()?.seconds),
        accept_due: state.accept.as_ref().map(|accept| after(visit.since, accept.seconds)),
        question: approval.map(|approval| approval.question.clone()),
        shows: approval.map(|approval| approval.shows.iter().map(|path| path.text.clone()).collect()),
        options: approval.map(|approval| approval.options.clone()),
    })
}
