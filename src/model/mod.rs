//! The model: names and types resolved, arrows spelled out. All that follows reads only this.
//!
//! Must not know: the spelling of the text (the tree's business), nor any rule of `checks`. What could not be
//! resolved is said to be unknown (`Type::Unknown`, `Guard::Unknown`, `Arrow::to == None`, the `unknown` flags), so
//! that verdicts which it could change are withheld.
//!
//! Data lives in arenas of plain vectors, addressed by typed ids; [`walk`] has Copy walkers over them.

mod lower;
pub mod walk;

pub use lower::lower;

use std::sync::Arc;

use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::source::{FileId, Span};
pub use crate::syntax::tree::{Comment, CompareOp, Currency, Name, StateKind, Text};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its arena.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of that position.
            #[must_use]
            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// In [`Model::enums`].
    EnumId,
    /// In [`Model::assets`].
    AssetId,
    /// In [`Model::actors`].
    ActorId,
    /// In [`Model::thresholds`].
    ThresholdId,
    /// In [`Model::flows`].
    FlowId,
    /// In [`Flow::context`].
    FieldId,
    /// In [`Flow::states`]: a state, approval, wait, call or end.
    StateId,
    /// In [`Flow::intakes`].
    IntakeId,
    /// In [`Flow::handoffs`].
    HandoffId,
    /// In [`Flow::arrows`].
    ArrowId,
    /// In [`Flow::paths`].
    PathId,
}

/// Lets an arena's owner be asked by id: `flow[state]`. Panics only with an id of another owner.
macro_rules! arenas {
    ($($owner:ident.$arena:ident: $id:ident => $item:ident),* $(,)?) => {$(
        impl std::ops::Index<$id> for $owner {
            type Output = $item;

            #[allow(clippy::indexing_slicing)] // ids are only made for items that stand in the arena
            fn index(&self, id: $id) -> &$item {
                &self.$arena[id.index()]
            }
        }

        impl std::ops::IndexMut<$id> for $owner {
            #[allow(clippy::indexing_slicing)] // as above
            fn index_mut(&mut self, id: $id) -> &mut $item {
                &mut self.$arena[id.index()]
            }
        }
    )*};
}

arenas! {
    Model.enums: EnumId => Enum,
    Model.assets: AssetId => Asset,
    Model.actors: ActorId => Actor,
    Model.thresholds: ThresholdId => Threshold,
    Model.flows: FlowId => Flow,
    Flow.context: FieldId => Field,
    Flow.states: StateId => State,
    Flow.intakes: IntakeId => Intake,
    Flow.handoffs: HandoffId => Handoff,
    Flow.arrows: ArrowId => Arrow,
    Flow.paths: PathId => Path,
}

/// Everything that the checked files and what they use declare.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The files, in the order in which they were loaded.
    pub files: Vec<ModelFile>,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Assets.
    pub assets: Vec<Asset>,
    /// Actors.
    pub actors: Vec<Actor>,
    /// Thresholds.
    pub thresholds: Vec<Threshold>,
    /// Flows.
    pub flows: Vec<Flow>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// Which.
    pub file: FileId,
    /// Its comments.
    pub comments: Vec<Comment>,
    /// It was asked for, not only used by another: its warnings are shown too.
    pub checked: bool,
    /// It has syntax errors or unreadable declarations: a name might be used there.
    pub faulty: bool,
    /// Its `use` declarations.
    pub uses: Vec<ModelUse>,
}

/// `use "team.flow"`, resolved
#[derive(Clone, Debug)]
pub struct ModelUse {
    /// The declaration.
    pub span: Span,
    /// The file it brings in, if it could be read.
    pub file: Option<FileId>,
    /// Some name of that file is used here.
    pub used: bool,
}

/// `enum Risk { … }`
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name; the file is that of its span.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its members, without repetitions.
    pub members: Vec<Name>,
    /// Part of it could not be read: it may have more members.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// `asset Draft { … }`
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its fields, without repetitions.
    pub fields: Vec<Field>,
    /// Part of it could not be read: it may have more fields.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// A field of an asset or a context.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its type.
    pub ty: FieldType,
    /// The type as written.
    pub ty_span: Span,
}

/// `T` or `T?`
#[derive(Clone, Debug, PartialEq)]
pub struct FieldType {
    /// T.
    pub ty: Type,
    /// It may be absent.
    pub optional: bool,
}

/// A type without its `?`.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Unicode text of at most `max` scalars.
    Text {
        /// The bound, if any.
        max: Option<u64>,
    },
    /// A URL, at most 2,048 characters.
    Url,
    /// true or false.
    Bool,
    /// A whole number.
    Int(Bounds),
    /// A decimal number.
    Number(Bounds),
    /// A fraction 0..1, written `70%`.
    Percent,
    /// Seconds, from 0 up.
    Duration,
    /// An amount from 0 up in one currency.
    Money(Currency),
    /// A day; it can only be asked for presence.
    Date,
    /// One of a closed set.
    Enum(EnumId),
    /// A record.
    Asset(AssetId),
    /// A list of at most `max` elements; it can only be asked for presence.
    List {
        /// The bound, if any.
        max: Option<u64>,
        /// The elements' type.
        of: Box<Type>,
    },
    /// One of the options of that approval: only `decision` has it, no field.
    Options(StateId),
    /// Could not be resolved.
    Unknown,
}

/// A closed range; `None` is unbounded on that side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Included.
    pub low: Option<Decimal>,
    /// Included, unless `open`.
    pub high: Option<Decimal>,
    /// The upper end does not belong to it.
    pub open: bool,
}

/// The kinds of actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ActorKind {
    /// A model route.
    Model,
    /// A command.
    Script,
    /// An HTTP call.
    Action,
    /// A person or team.
    Human,
    /// A queue.
    Queue,
}

/// `actor writer: model { … }`
#[derive(Clone, Debug)]
pub struct Actor {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its kind; `None` if it could not be read.
    pub kind: Option<ActorKind>,
    /// How it is reached: the text of the clause that fits its kind.
    pub binding: Option<Text>,
    /// The keyword of another kind's binding that stands in its place, if one does; it has been reported.
    pub misfit: Option<Span>,
    /// `responds within`, in seconds.
    pub responds: Option<Spanned<u64>>,
    /// `costs`, per attempt.
    pub costs: Option<Spanned<Money>>,
    /// A clause could not be read.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// A value with its place.
pub type Spanned<T> = crate::syntax::tree::Spanned<T>;

/// `threshold publishable: …`; resolved anew in each flow that uses it, since its paths are the flow's.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Something uses it.
    pub used: bool,
}

/// One pipeline.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// The whole declaration.
    pub span: Span,
    /// The context fields, without repetitions.
    pub context: Vec<Field>,
    /// The context could not be read whole: it may have more fields.
    pub context_unknown: bool,
    /// States, approvals, waits, calls and ends, in the order of the text.
    pub states: Vec<State>,
    /// Intakes, in the order of the text.
    pub intakes: Vec<Intake>,
    /// Handoffs, grouped by state, in the order of the text.
    pub handoffs: Vec<Handoff>,
    /// Every arrow, grouped by where it starts: the intakes' first, then state by state; in a state accept,
    /// deadline, failure, the wait's, then the handoffs'; the hops of one chain follow each other.
    pub arrows: Vec<Arrow>,
    /// The paths that anything in the flow reads, without repetitions.
    pub paths: Vec<Path>,
    /// `default deadline`.
    pub default_deadline: Option<DefaultDeadline>,
    /// `default failure`'s first target.
    pub default_failure: Option<DefaultFailure>,
    /// What is to be proved.
    pub proves: Vec<Prove>,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// A member could not be read (an unreadable state is in `states`, marked unknown): there may be more intakes,
    /// arrows and uses than these.
    pub unknown: bool,
    /// A call uses it.
    pub called: bool,
}

/// `default deadline D else -> S`
#[derive(Clone, Debug)]
pub struct DefaultDeadline {
    /// The member.
    pub span: Span,
    /// Seconds.
    pub within: Slot<u64>,
    /// Where it leads.
    pub route: Option<DefaultRoute>,
    /// It fills some state.
    pub used: bool,
}

/// `default failure -> S`
#[derive(Clone, Debug)]
pub struct DefaultFailure {
    /// The member.
    pub span: Span,
    /// Where it leads.
    pub route: DefaultRoute,
    /// It fills some state.
    pub used: bool,
}

/// The hops of a default, copied into every state that it fills.
#[derive(Clone, Debug)]
pub struct DefaultRoute {
    /// The hops, at least one.
    pub hops: Vec<DefaultHop>,
}

/// A hop of a default's chain.
#[derive(Clone, Copy, Debug)]
pub struct DefaultHop {
    /// Where to; `None` if unknown.
    pub to: Option<StateId>,
    /// At most so many times.
    pub bound: Option<u64>,
    /// Its bound could not be read.
    pub bound_unknown: bool,
    /// The target's name.
    pub span: Span,
}

/// A state, approval, wait, call or end.
#[derive(Clone, Debug)]
pub struct State {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// The whole declaration.
    pub span: Span,
    /// Which sort, with what only that sort has.
    pub kind: Kind,
    /// Who owns the work here.
    pub owner: Slot<ActorId>,
    /// The object of the work.
    pub asset: Slot<FieldId>,
    /// What "done" means here; blank goals are `Missing` (B103 points at `goal_span` then).
    pub goal: Slot<Box<str>>,
    /// The `goal` clause's text, even if blank.
    pub goal_span: Option<Span>,
    /// Further context that the owner reads.
    pub needs: Vec<Need>,
    /// Fields that the owner writes, without repetitions.
    pub makes: Vec<FieldUse>,
    /// The time within which the owner must acknowledge, with its first arrow in `arrows`.
    pub accept: Slot<Timer>,
    /// The time within which the owner must finish; `Missing` if it has no duration or no target from any source.
    pub deadline: Slot<Timer>,
    /// A duration that is there, from whatever source, although the target is missing.
    pub deadline_without_target: Option<Span>,
    /// The failure exit.
    pub failure: Slot<Exit>,
    /// Further attempts.
    pub retry: Slot<Retry>,
    /// Its handoffs.
    pub handoffs: std::ops::Range<u32>,
    /// The arrows that start here.
    pub arrows: std::ops::Range<u32>,
    /// It could not be read whole: it may have more handoffs, runs, `needs` and `makes` than these. (What may stand
    /// once and might stand in what could not be read is `Unknown`, not `Missing`.)
    pub unknown: bool,
}

/// A clause that is there, missing, or unknown because it could not be read or resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot<T> {
    /// There, with the clause's value's place.
    Here(Spanned<T>),
    /// Not written, and nothing stands in for it.
    Missing,
    /// Written, but it could not be read or resolved.
    Unknown,
}

impl<T> Slot<T> {
    /// The value, if it is there.
    pub fn get(&self) -> Option<&T> {
        match self {
            Slot::Here(spanned) => Some(&spanned.value),
            _ => None,
        }
    }

    /// The value's place, if it is there.
    pub fn span(&self) -> Option<Span> {
        match self {
            Slot::Here(spanned) => Some(spanned.span),
            _ => None,
        }
    }

    /// Whether it is certain that it is not written.
    pub fn is_missing(&self) -> bool {
        matches!(self, Slot::Missing)
    }
}

/// What only one sort of state has.
#[derive(Clone, Debug)]
pub enum Kind {
    /// An owner works.
    State,
    /// A human decides.
    Approval(Approval),
    /// A fixed time passes.
    Wait {
        /// How long, in seconds, with its arrow.
        time: Slot<Timer>,
    },
    /// Other flows run.
    Call(Call),
    /// Work ends.
    End(End),
}

/// What only an approval has.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The question; blank ones are `Missing`.
    pub asks: Slot<Box<str>>,
    /// The `asks` clause's text, even if blank.
    pub asks_span: Option<Span>,
    /// The options, without repetitions.
    pub options: Vec<Name>,
    /// The options are missing or could not be read whole.
    pub options_unknown: bool,
    /// What the reviewer is shown.
    pub shows: Vec<PathUse>,
    /// `shows` could not be read whole.
    pub shows_unknown: bool,
}

/// What only a call has.
#[derive(Clone, Debug)]
pub struct Call {
    /// The flows it runs.
    pub runs: Vec<Run>,
    /// How many it waits for.
    pub join: Join,
    /// What the `join` says, where one is written.
    pub join_span: Option<Span>,
    /// A `runs` or the `join` could not be read or resolved.
    pub unknown: bool,
}

/// `runs fact_check(draft) gives facts`
#[derive(Clone, Debug)]
pub struct Run {
    /// The clause.
    pub span: Span,
    /// The flow's name.
    pub name: Name,
    /// The flow.
    pub flow: Option<FlowId>,
    /// Its intake that takes the argument.
    pub intake: Option<IntakeId>,
    /// The argument.
    pub argument: Option<PathUse>,
    /// The field that the receipt fills.
    pub gives: Option<FieldUse>,
}

/// How many runs a call waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// All.
    All,
    /// The first.
    Any,
    /// So many.
    Count(u32),
}

/// What only an end has.
#[derive(Clone, Debug)]
pub struct End {
    /// Success or failure; `None` if it could not be read.
    pub success: Option<bool>,
    /// The field that proves success.
    pub receipt: Slot<FieldId>,
    /// Why it failed.
    pub reason: Slot<Box<str>>,
}

/// A timer.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    /// Seconds, counted from arrival; `None` if the literal was faulty.
    pub seconds: Option<u64>,
    /// Where the duration comes from.
    pub source: Provenance,
    /// Where the duration stands (in the state, the actor or the default).
    pub span: Span,
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// Where the target comes from.
    pub route_source: Provenance,
}

/// The failure exit.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// Where it comes from.
    pub source: Provenance,
}

/// Where a clause's value was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provenance {
    /// In the state itself.
    State,
    /// In its actor.
    Actor,
    /// In the flow's default.
    Default,
}

/// `retry 2 times every 30s`
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Further attempts.
    pub times: u64,
    /// Seconds before each.
    pub every: u64,
}

/// A use of a whole context field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldUse {
    /// Which; `None` if unknown.
    pub field: Option<FieldId>,
    /// Where.
    pub span: Span,
}

/// A use of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathUse {
    /// Which; `None` if unknown.
    pub path: Option<PathId>,
    /// Where.
    pub span: Span,
}

/// `needs notes?`
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// What is read.
    pub path: PathUse,
    /// Absence is accepted.
    pub optional: bool,
}

/// A resolved path of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub root: Root,
    /// The fields below, by position in their assets.
    pub steps: Vec<u32>,
    /// As an author writes it: `opportunity.intent`.
    pub text: SmolStr,
    /// What stands at its end.
    pub ty: Type,
    /// Some field on its way, the last included, is optional: it may be absent.
    pub optional: bool,
}

/// Where a path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Root {
    /// A context field.
    Field(FieldId),
    /// The decision of that approval.
    Decision(StateId),
}

/// An arrow: work moves along it.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Where it starts.
    pub from: Start,
    /// What makes work take it.
    pub kind: ArrowKind,
    /// Its place in its chain: 0 for the first.
    pub hop: u32,
    /// Where it leads; `None` if unknown.
    pub to: Option<StateId>,
    /// The target's name where it is written (in the default, if copied); the `->` if it is missing.
    pub span: Span,
    /// It may be taken so often by one work item; the next arrow of the chain takes over then.
    pub bound: Option<u64>,
    /// Its bound could not be read: whether it is counted is unknown.
    pub bound_unknown: bool,
    /// Copied from a default.
    pub inherited: bool,
}

/// Where an arrow starts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Start {
    /// At the door.
    Intake(IntakeId),
    /// In a state.
    State(StateId),
}

/// What makes work take an arrow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArrowKind {
    /// Work arrives.
    Intake,
    /// The owner did not accept in time.
    Accept,
    /// The owner did not finish in time.
    Deadline,
    /// The owner can't.
    Failure,
    /// The time has passed.
    Wait,
    /// The handoff's condition holds.
    Handoff(HandoffId),
}

/// `handoff -> S when GUARD …`
#[derive(Clone, Debug)]
pub struct Handoff {
    /// The clause.
    pub span: Span,
    /// Where it starts.
    pub state: StateId,
    /// On which condition.
    pub when: When,
    /// Its arrows in [`Flow::arrows`].
    pub arrows: std::ops::Range<u32>,
    /// What goes on; `None`: whatever is read later.
    pub carry: Option<Carry>,
}

/// `carry draft, quality`
#[derive(Clone, Debug)]
pub struct Carry {
    /// The word `carry`.
    pub keyword: Span,
    /// The fields.
    pub fields: Vec<FieldUse>,
}

/// The condition of a handoff.
#[derive(Clone, Debug)]
pub enum When {
    /// A guard, with its place.
    Guard(Span, Guard),
    /// The complement of the siblings; the word's place.
    Otherwise(Span),
    /// None written.
    Missing,
}

/// A resolved guard, thresholds resolved in place and shared.
#[derive(Clone, Debug)]
pub enum Guard {
    /// All hold.
    And(Vec<Guard>),
    /// One holds.
    Or(Vec<Guard>),
    /// It does not hold.
    Not(Box<Guard>),
    /// A test of one path.
    Atom(Atom),
    /// All of `makes` fits: always true where guards are looked at; the word's place.
    Delivered(Span),
    /// A threshold by its name.
    Threshold {
        /// Which.
        id: ThresholdId,
        /// Where it is named.
        span: Span,
        /// What it asks here.
        guard: Arc<Guard>,
    },
    /// Could not be read or resolved.
    Unknown,
}

/// A test of one path against constants. False on an absent path, whatever the test but [`Test::Present`]`(false)`.
#[derive(Clone, Debug)]
pub struct Atom {
    /// What is tested.
    pub path: PathId,
    /// How.
    pub test: Test,
    /// The whole atom, where it is written.
    pub span: Span,
    /// The path alone.
    pub path_span: Span,
}

/// The tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `is`, `is not`, `<` …, with a value of the path's type.
    Compare(CompareOp, Value),
    /// `in LOW..HIGH`
    Range {
        /// Included.
        low: Value,
        /// Included, unless `open`.
        high: Value,
        /// The upper end does not belong to it.
        open: bool,
    },
    /// `in {a, b}`
    Set(Vec<Value>),
    /// `is present` (true), `is absent` (false)
    Present(bool),
    /// A bool path by itself.
    True,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An `int`, `number`, `percent` (as a fraction), `duration` (in seconds) or `money` value.
    Number(Decimal),
    /// An amount; only where no path fixes the currency.
    Money(Money),
    /// A text.
    Text(Box<str>),
    /// A bool.
    Bool(bool),
    /// An enum's member by position.
    Member(EnumId, u32),
    /// An option by position in its approval.
    Option(u32),
}

/// `intake opportunity from "rank-tracker" -> briefing { … }`
#[derive(Clone, Debug)]
pub struct Intake {
    /// The member.
    pub span: Span,
    /// The field's name as written.
    pub name: Name,
    /// The field that arriving work fills.
    pub field: Option<FieldId>,
    /// Where it comes from; without it, from calls only.
    pub from: Option<Text>,
    /// The maps; `None`: the raw record has the asset's own shape.
    pub maps: Option<Vec<Map>>,
    /// Its arrow.
    pub arrow: ArrowId,
    /// A map could not be read.
    pub unknown: bool,
}

/// `map page = raw.url`
#[derive(Clone, Debug)]
pub struct Map {
    /// All of it.
    pub span: Span,
    /// What it fills, below the intake's field.
    pub path: PathUse,
    /// With what.
    pub value: MapValue,
}

/// What a map takes.
#[derive(Clone, Debug)]
pub enum MapValue {
    /// The keys below `raw`, in order; empty: the whole record.
    Raw(Vec<Text>),
    /// A constant.
    Constant(Value),
    /// Could not be read or resolved.
    Unknown,
}

/// `prove …`
#[derive(Clone, Debug)]
pub struct Prove {
    /// All of it.
    pub span: Span,
    /// What is to be proved; `None` if something in it is unknown.
    pub claim: Option<Claim>,
}

/// What is to be proved.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Within so many seconds.
    EndsWithin(u64),
    /// At most so much.
    CostsAtMost(Money),
    /// So many visits at most.
    Visits(u64, StateId),
    /// Every path passes one of the gates.
    Passes {
        /// Where to.
        state: StateId,
        /// The gates.
        gates: Vec<Gate>,
    },
    /// The guard holds on every entry.
    OnlyIf(StateId, Guard),
    /// The approval's owner owns none of the others.
    DecidedBy {
        /// The approval.
        approval: StateId,
        /// The others.
        others: Vec<StateId>,
    },
}

/// `T with OPTION`
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The state that must be left by one of its handoffs.
    pub state: StateId,
    /// By one that implies this option.
    pub with: Option<u32>,
}

/// `scenario "…" { … }`, its names and values resolved
#[derive(Clone, Debug)]
pub struct Scenario {
    /// All of it.
    pub span: Span,
    /// Its title.
    pub title: Text,
    /// Its lines; those that could not be resolved are left out.
    pub lines: Vec<ScenarioLine>,
    /// A line could not be read or resolved.
    pub unknown: bool,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub enum ScenarioLine {
    /// Work arrives.
    Start(IntakeId, Vec<Assignment>),
    /// A visit.
    At(StateId, Event, Vec<Assignment>),
    /// Where it ends.
    ExpectEnd(StateId),
    /// The states it passes, in order, from the first on.
    ExpectPath(Vec<StateId>),
    /// How often it comes there.
    ExpectVisits(u64, StateId),
    /// In at most so many seconds.
    ExpectWithin(u64),
    /// For at most so much.
    ExpectCosts(Money),
}

/// What happens at a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The owner delivers.
    Delivers,
    /// The reviewer decides, by the option's position.
    Decides(u32),
    /// The owner can't.
    Fails,
    /// The deadline passes.
    Silent,
    /// Nobody accepts in time.
    Unaccepted,
}

/// `path = value`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What; a path of the flow.
    pub path: PathId,
    /// The value.
    pub value: Value,
    /// All of it.
    pub span: Span,
}
