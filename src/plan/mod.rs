//! The plan: the resolved, ordered, target-neutral pipeline. The only thing that emitters and the runner read.
//!
//! Must not know: the tree, and any engine.
//!
//! Every name that something refers to is a key of the table that declares it, and the tables keep the order of the
//! text. Times are whole seconds, numbers are exact decimals, a percent is a fraction. Places in the source are for
//! diagnostics alone: they never reach the JSON.

mod build;
mod exact;
mod hash;

pub use build::{Incomplete, build};
pub use exact::{Constant, Exact};

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHasher;
use schemars::JsonSchema;
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use crate::source::Span;

/// The version of the format.
pub const VERSION: u32 = 1;

/// A table by name, in the order of the text.
pub type Named<T> = IndexMap<SmolStr, T, BuildHasherDefault<FxHasher>>;

/// Pipelines with everything that they use.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// The version of this format: 1.
    #[schemars(extend("const" = VERSION))]
    pub version: u32,
    /// `sha256:` and 64 hexadecimal digits: what the plan says, whatever the spelling, comments and paths of its
    /// sources. Running items keep the plan with which they started, and know it by this.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub hash: SmolStr,
    /// The closed sets.
    pub enums: Named<Enum>,
    /// The records.
    pub assets: Named<Asset>,
    /// Who owns work.
    pub actors: Named<Actor>,
    /// The pipelines.
    pub flows: Named<Flow>,
}

/// A closed set of words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Enum {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its members.
    pub members: Vec<SmolStr>,
}

/// A record.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Asset {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its fields.
    pub fields: Named<Field>,
}

/// A field of an asset or a context.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Field {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// It may be absent; absent travels as `null`.
    pub optional: bool,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Unicode text.
    Text {
        /// At most so many Unicode scalars.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
    },
    /// A URL of at most 2,048 characters.
    Url,
    /// true or false.
    Bool,
    /// A whole number.
    Int(Bounds),
    /// A decimal number.
    Number(Bounds),
    /// A fraction from 0 to 1.
    Percent,
    /// Seconds, from 0 up.
    Duration,
    /// An amount from 0 up, in the currency of this ISO 4217 code; it travels as a number.
    Money(SmolStr),
    /// A day, `2026-11-22`.
    Date,
    /// A member of that enum.
    Enum(SmolStr),
    /// That record.
    Asset(SmolStr),
    /// Any number of values of one type.
    List {
        /// At most so many.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
        /// What each is.
        of: Box<Type>,
    },
}

/// The ends of a range; an end that is absent is unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bounds {
    /// The lower end, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Exact>,
    /// The upper end, included unless `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Exact>,
    /// The upper end does not belong to the range.
    #[serde(skip_serializing_if = "is_false")]
    pub open: bool,
}

/// Somebody or something that can own work.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Actor {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// Who that is: the first actor of the same kind with the same binding. Actors with one `owner` are one owner.
    pub owner: SmolStr,
    /// What it is.
    pub kind: ActorKind,
    /// How it is reached.
    pub binding: Binding,
    /// It usually answers within so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responds: Option<u64>,
    /// What one attempt costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Money>,
}

/// The kinds of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A model route.
    Model,
    /// A command.
    Script,
    /// An HTTP call.
    Action,
    /// A person or team.
    Human,
    /// A queue that somebody else works off.
    Queue,
}

impl ActorKind {
    /// `model`, `script`, `action`, `human` or `queue`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ActorKind::Model => "model",
            ActorKind::Script => "script",
            ActorKind::Action => "action",
            ActorKind::Human => "human",
            ActorKind::Queue => "queue",
        }
    }
}

/// How an actor is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Binding {
    /// The clause: `uses`, `runs`, `calls`, `contact` or `name`.
    pub clause: SmolStr,
    /// What it says: the model's route, the command, the method and URL, the address, the queue's name.
    pub text: SmolStr,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Money {
    /// How much.
    pub amount: Exact,
    /// ISO 4217 code.
    pub currency: SmolStr,
}

/// One pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Flow {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// What a work item may hold.
    pub context: Named<Field>,
    /// The named guards that this flow uses.
    pub thresholds: Named<Threshold>,
    /// Where work comes in, by id: `intake-1` is the first in the text.
    pub intakes: Named<Intake>,
    /// Where work is owned.
    pub states: Named<State>,
    /// Where work ends. No state has the name of an end.
    pub ends: Named<End>,
    /// Where its name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// A named guard.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Threshold {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// What it asks, as a person writes it.
    pub text: SmolStr,
    /// What it asks. It never leads back to this threshold.
    pub guard: Guard,
}

/// A door for work.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Intake {
    /// The context field that arriving work fills.
    pub field: SmolStr,
    /// The source's name; without it, work comes from calls only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<SmolStr>,
    /// How a raw record becomes the asset; without it, the raw record has the asset's own shape. A record that does
    /// not fit is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maps: Option<Vec<Map>>,
    /// The first state.
    pub arrow: Hop,
    /// Where it stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// How one field of an asset is filled.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Map {
    /// What is filled, from the intake's field down.
    pub path: Path,
    /// With what.
    pub value: MapValue,
}

/// What fills a field.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapValue {
    /// What the raw record has below these keys; without any, the whole record.
    Raw(Vec<SmolStr>),
    /// Always this.
    Constant(Constant),
}

/// A place in the context.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Path {
    /// The context field and the fields below it; `["decision"]` is what the reviewer of an approval chose.
    pub names: Vec<SmolStr>,
    /// The same as a person writes it: `opportunity.intent`.
    pub text: SmolStr,
    /// What stands there; the decision is a text.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Something on the way may be absent.
    pub optional: bool,
}

impl Path {
    /// Whether it is the reviewer's decision, which is no field of the context.
    #[must_use]
    pub fn is_decision(&self) -> bool {
        self.names.first().is_some_and(|name| name == "decision")
    }
}

/// A place where somebody owns the work.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct State {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// The actor that owns work here.
    pub owner: SmolStr,
    /// The context field that is the object of the work here.
    pub asset: SmolStr,
    /// What "done" means here.
    pub goal: SmolStr,
    /// Which sort of state it is, with what only that sort has.
    #[serde(flatten)]
    pub kind: Kind,
    /// What the owner reads on arrival besides the asset.
    pub needs: Vec<Need>,
    /// The context fields that the owner writes. They take effect together, when a handoff is taken.
    pub makes: Vec<SmolStr>,
    /// The owner must acknowledge receipt within this time of arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Timer>,
    /// The owner must finish within this time of arrival. Every state but a wait has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timer>,
    /// Where work goes when the owner can't, retries included. Empty for a wait only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failure: Vec<Hop>,
    /// How attempts that fail are repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Where the work goes; exactly one of them holds for whatever the owner delivers. Empty for a wait only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handoffs: Vec<Handoff>,
    /// Where its name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// The sorts of state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// An owner works.
    State,
    /// A human decides.
    Approval(Approval),
    /// A fixed time passes.
    Wait {
        /// The time, and where work goes then.
        time: Timer,
    },
    /// Other flows run.
    Call(Call),
}

/// What only an approval has.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Approval {
    /// What the reviewer is asked.
    pub question: SmolStr,
    /// What the reviewer is shown besides the asset.
    pub shows: Vec<Path>,
    /// What the reviewer may decide.
    pub options: Vec<Choice>,
}

/// An option of an approval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Choice {
    /// The word.
    pub name: SmolStr,
    /// Where it leads: one state or end, or several where a bound or another value decides among them.
    pub to: Vec<SmolStr>,
}

/// What only a call has.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Call {
    /// The flows that it runs, each as an item of its own.
    pub runs: Vec<Run>,
    /// So many of the runs must end in success. As many as there are runs: `join all`; 1: `join any`.
    pub join: u64,
    /// Where the join, or else the call's name, stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// A run of another flow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Run {
    /// Its name among the runs of this call: the flow's, numbered where that is taken.
    pub id: SmolStr,
    /// The flow.
    pub flow: SmolStr,
    /// The intake of that flow by which the argument comes in.
    pub intake: SmolStr,
    /// What goes in.
    pub argument: Path,
    /// The context field of this flow that takes the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gives: Option<SmolStr>,
    /// Where it stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// Something that an owner reads.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Need {
    /// What.
    pub path: Path,
    /// Absence is accepted. Otherwise it is there: that is proved.
    pub optional: bool,
}

/// A time with the arrows that are taken when it has passed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Timer {
    /// Counted from arrival; it spans all attempts.
    pub seconds: u64,
    /// Where work goes then.
    pub route: Vec<Hop>,
    /// Where the duration stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// How failed attempts are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retry {
    /// So many attempts after the first.
    pub times: u64,
    /// Seconds before each.
    pub every: u64,
}

/// A way on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Handoff {
    /// On which condition.
    pub when: When,
    /// The condition as a person writes it.
    pub threshold: SmolStr,
    /// Where work goes: the first hop until its bound is used up, then the next one. Never empty.
    pub route: Vec<Hop>,
    /// Where the clause stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// The condition of a handoff.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// This holds.
    Guard(Guard),
    /// None of the other handoffs' guards holds.
    Otherwise,
}

/// A condition. A test of a path that is absent is false, whatever it asks, unless it asks for absence.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// All hold.
    And(Vec<Guard>),
    /// At least one holds.
    Or(Vec<Guard>),
    /// It does not hold.
    Not(Box<Guard>),
    /// The path compares so with the constant.
    Compare {
        /// What is tested.
        path: Path,
        /// How.
        op: Operator,
        /// Against what.
        value: Constant,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path lies in the range.
    Range {
        /// What is tested.
        path: Path,
        /// The lower end, included.
        low: Constant,
        /// The upper end, included unless `open`.
        high: Constant,
        /// The upper end does not belong to the range.
        open: bool,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path is one of these.
    Set {
        /// What is tested.
        path: Path,
        /// Against what.
        values: Vec<Constant>,
        /// Where the test stands in the source.
        #[serde(skip)]
        span: Span,
    },
    /// The path is present, or absent.
    Present {
        /// What is tested.
        path: Path,
        /// It must be there (true), or must not (false).
        present: bool,
    },
    /// The path, a bool, is true.
    True(Path),
    /// All that the state makes fits its types: this is so wherever guards are looked at.
    Delivered,
    /// The flow's threshold of that name holds.
    Threshold(SmolStr),
}

/// How a path compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Operator {
    /// `is`
    #[serde(rename = "is")]
    Is,
    /// `is not`
    #[serde(rename = "is not")]
    IsNot,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
}

/// One arrow to one state or end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hop {
    /// Its name in the flow: `drafting/handoff-2`, `drafting/deadline`; `#1` follows on the second of a chain.
    pub id: SmolStr,
    /// The state or end to which it leads.
    pub to: SmolStr,
    /// It may be taken so often by one work item; then the next hop of its route takes over. The count is never reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// What goes with the work.
    pub envelope: Envelope,
    /// Where the target's name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// What every handover of work says to the next owner.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Envelope {
    /// The context field that is the object of the next work; at an end, what was delivered or given up.
    pub asset: SmolStr,
    /// What "done" means at the next stage; at an end, what it means to have come there.
    pub goal: SmolStr,
    /// The next state or end.
    pub state: SmolStr,
    /// What had to hold for the work to go this way, as a person writes it.
    pub threshold: SmolStr,
    /// The next responsible actor.
    pub owner: SmolStr,
    /// The context fields that travel. What is not among them is gone.
    pub context: Arc<[SmolStr]>,
    /// By when the next owner acknowledges receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Limit>,
    /// By when the next owner finishes; absent at an end, and at a wait, which takes its own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Limit>,
    /// The work may come this way so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<u64>,
    /// How the receiver verifies receipt.
    pub verification: Verification,
}

/// A time limit, and what silence leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limit {
    /// Counted from arrival.
    pub seconds: u64,
    /// Where the work goes when nobody answers; where that is counted, the later ways follow.
    pub escalation: Vec<SmolStr>,
}

/// How a receiver verifies what it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// The JSON Schema that the envelope meets: a file of the target `jsonschema`.
    pub schema: SmolStr,
    /// The paths that are there on arrival, since the next owner reads them.
    pub present: Vec<SmolStr>,
}

/// A place where work ends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct End {
    /// Its documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<SmolStr>,
    /// The actor that is told.
    pub owner: SmolStr,
    /// How it ends.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where its name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// How work ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Well.
    Success {
        /// The context field that proves it.
        receipt: SmolStr,
    },
    /// Badly.
    Failure {
        /// Why.
        reason: SmolStr,
    },
}

/// What makes work leave a state.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// The owner did not acknowledge receipt in time.
    Accept(&'a Timer),
    /// The owner did not finish in time.
    Deadline(&'a Timer),
    /// The owner can't.
    Failure,
    /// The time of a wait has passed.
    Wait(&'a Timer),
    /// A handoff's condition holds.
    Handoff(&'a Handoff),
}

impl State {
    /// Every way out of it with its hops: accept, deadline, failure, wait, handoffs.
    pub fn routes(&self) -> impl Iterator<Item = (Cause<'_>, &[Hop])> {
        let accept = self.accept.iter().map(|timer| (Cause::Accept(timer), timer.route.as_slice()));
        let deadline = self.deadline.iter().map(|timer| (Cause::Deadline(timer), timer.route.as_slice()));
        let failure = std::iter::once((Cause::Failure, self.failure.as_slice()));
        let wait = self.time().into_iter().map(|timer| (Cause::Wait(timer), timer.route.as_slice()));
        let handoffs =
            self.handoffs.iter().map(|handoff| (Cause::Handoff(handoff), handoff.route.as_slice()));
        accept.chain(deadline).chain(failure).chain(wait).chain(handoffs).filter(|(_, hops)| !hops.is_empty())
    }

    fn time(&self) -> Option<&Timer> {
        match &self.kind {
            Kind::Wait { time } => Some(time),
            _ => None,
        }
    }
}

/// Where the target `jsonschema` puts the schema of that hop's envelope.
fn envelope_schema(flow: &str, hop: &str) -> SmolStr {
    format_smolstr!("envelopes/{flow}/{}.schema.json", hop.replace('#', "."))
}

fn is_false(value: &bool) -> bool {
    !value
}
