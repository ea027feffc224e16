//! A pipeline: where work comes in, who owns it where, which ways lead on, where it ends.
//!
//! Must not know: any engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Constant, Field, Guard, Hop, Money, Named, Path, When};
use crate::source::Span;

/// One pipeline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// What it can take and cost, whatever happens.
    pub worst: Worst,
    /// Where its name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// The worst case of a pipeline, the runs of those that it calls included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Worst {
    /// From arrival to an end it takes so many seconds at most. Without it, more than can be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// It costs so much at most. Without it, nobody's work has a price, some model's is not known, or it is more than
    /// can be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Work is handed on so often at most, from the door to an end, not counting what happens in runs. Without it, more
    /// often than can be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handovers: Option<u64>,
    /// Runs can be as bad as that in time and cost; otherwise these are bounds, never too low.
    pub exact: bool,
}

/// A named guard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Map {
    /// What is filled, from the intake's field down.
    pub path: Path,
    /// With what.
    pub value: MapValue,
}

/// What fills a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapValue {
    /// What the raw record has below these keys; without any, the whole record.
    Raw(Vec<SmolStr>),
    /// Always this.
    Constant(Constant),
}

/// A place where somebody owns the work.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure: Vec<Hop>,
    /// How attempts that fail are repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Where the work goes; exactly one of them holds for whatever the owner delivers. Empty for a wait only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handoffs: Vec<Handoff>,
    /// Where its name stands in the source.
    #[serde(skip)]
    pub span: Span,
}

/// The sorts of state.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// What the reviewer is asked.
    pub question: SmolStr,
    /// What the reviewer is shown besides the asset.
    pub shows: Vec<Path>,
    /// What the reviewer may decide.
    pub options: Vec<Choice>,
}

/// An option of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// The word.
    pub name: SmolStr,
    /// Where it leads: one state or end, or several where a bound or another value decides among them.
    pub to: Vec<SmolStr>,
}

/// What only a call has.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// What.
    pub path: Path,
    /// Absence is accepted. Otherwise it is there: that is proved.
    pub optional: bool,
}

/// A time with the arrows that are taken when it has passed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// So many attempts after the first.
    pub times: u64,
    /// Seconds before each.
    pub every: u64,
}

/// A way on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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

/// A place where work ends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

impl Call {
    /// Whether all its runs are waited for.
    pub(crate) fn is_for_all(&self) -> bool {
        usize::try_from(self.join) == Ok(self.runs.len())
    }
}

impl Flow {
    /// All arrows: the intakes' first, then state by state.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        let intakes = self.intakes.values().map(|intake| &intake.arrow);
        intakes.chain(self.states.values().flat_map(State::routes).flat_map(|(_, hops)| hops))
    }

    /// As [`Flow::hops`], to be changed.
    pub(super) fn hops_mut(&mut self) -> impl Iterator<Item = &mut Hop> {
        let intakes = self.intakes.values_mut().map(|intake| &mut intake.arrow);
        intakes.chain(self.states.values_mut().flat_map(State::hops_mut))
    }
}

impl State {
    /// In the order of [`State::routes`].
    fn hops_mut(&mut self) -> impl Iterator<Item = &mut Hop> {
        let State { kind, accept, deadline, failure, handoffs, .. } = self;
        let wait = match kind {
            Kind::Wait { time } => Some(time),
            _ => None,
        };
        let timers = accept.iter_mut().chain(deadline).map(|timer| &mut timer.route);
        let routes = timers.chain([failure]).chain(wait.map(|timer| &mut timer.route));
        routes.chain(handoffs.iter_mut().map(|handoff| &mut handoff.route)).flatten()
    }

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

    /// The context fields that the owner reads, whole: the asset, what it needs and what it is shown, each once.
    pub fn reads(&self) -> impl Iterator<Item = &SmolStr> {
        let needs = self.needs.iter().map(|need| &need.path);
        let shows = match &self.kind {
            Kind::Approval(approval) => approval.shows.as_slice(),
            _ => &[],
        };
        let roots = needs.chain(shows).filter_map(|path| path.names.first());
        let fields: indexmap::IndexSet<_> = std::iter::once(&self.asset).chain(roots).collect();
        fields.into_iter()
    }

    fn time(&self) -> Option<&Timer> {
        match &self.kind {
            Kind::Wait { time } => Some(time),
            _ => None,
        }
    }
}
