//! The tree of one file: what stands in the text, with a span on everything.
//!
//! Must not know: what names mean, and pest. It is for spans and formatting; checks read the model. What could not
//! be read stands as `Junk`, `Faulty` or `None`, so that later stages know what is unknown.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::source::{FileId, Span};

pub use iso_currency::Currency;

/// One parsed file.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Which file.
    pub file: FileId,
    /// Declarations in the order of the text.
    pub items: Vec<Item>,
    /// All comments in the order of the text, those inside junk included.
    pub comments: Vec<Comment>,
}

/// A comment, `//` included, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// Which sort.
    pub kind: CommentKind,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// The three sorts of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Plain,
    /// `/// …`, documentation of the declaration that follows
    Doc,
    /// `//! …`, documentation of the file
    File,
}

/// An identifier where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its letters.
    pub text: SmolStr,
    /// Its place.
    pub span: Span,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// A text literal, its escapes resolved.
pub type Text = Spanned<Box<str>>;

/// A top-level declaration.
#[derive(Clone, Debug)]
pub enum Item {
    /// `use "team.flow"`
    Use(Use),
    /// `enum Risk { low, high }`
    Enum(EnumItem),
    /// `asset Draft { … }`
    Asset(AssetItem),
    /// `actor writer: model { … }`
    Actor(ActorItem),
    /// `threshold publishable: …`
    Threshold(ThresholdItem),
    /// `flow refresh { … }`
    Flow(FlowItem),
    /// A declaration that could not be read; the diagnostic has been given.
    Junk(Junk),
}

/// What a declaration or flow member that could not be read was meant to be.
#[derive(Clone, Debug)]
pub struct Junk {
    /// All of it.
    pub span: Span,
    /// The keyword it began with, or nearly.
    pub keyword: Option<Keyword>,
    /// The name it declares, which counts as declared.
    pub name: Option<Name>,
}

/// The words that begin a declaration, a member or a clause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // each is its word
pub enum Keyword {
    Use,
    Enum,
    Asset,
    Actor,
    Threshold,
    Flow,
    Context,
    Intake,
    Default,
    State,
    Approval,
    Wait,
    Call,
    End,
    Prove,
    Scenario,
    Owner,
    Goal,
    Needs,
    Makes,
    Accept,
    Deadline,
    Failure,
    Retry,
    Handoff,
    Asks,
    Shows,
    Options,
    For,
    Runs,
    Join,
    Receipt,
    Reason,
    Map,
    Start,
    At,
    Expect,
    Uses,
    Calls,
    Contact,
    Named,
    Responds,
    Costs,
}

/// `use "team.flow"`
#[derive(Clone, Debug)]
pub struct Use {
    /// The whole declaration.
    pub span: Span,
    /// The path, relative to this file.
    pub path: Text,
}

/// `enum Risk { low, medium, high }`
#[derive(Clone, Debug)]
pub struct EnumItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines, joined by line ends.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its members.
    pub members: Vec<Name>,
    /// Part of the list could not be read.
    pub faulty: bool,
}

/// `asset Draft { title: text, … }`
#[derive(Clone, Debug)]
pub struct AssetItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<FieldItem>,
    /// Part of the list could not be read.
    pub faulty: bool,
}

/// `title: text max 70`, in an asset or a context
#[derive(Clone, Debug)]
pub struct FieldItem {
    /// All of it.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its type; `None` if it could not be read.
    pub ty: Option<TypeExpr>,
}

/// A type as written; `?` belongs to the whole.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// All of it, `?` included.
    pub span: Span,
    /// What it says without the `?`.
    pub kind: TypeKind,
    /// Where `?` stands.
    pub optional: Option<Span>,
}

/// The forms of a type.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `text`, `text max 70`
    Text {
        /// At most so many Unicode scalars.
        max: Option<Literal>,
    },
    /// `url`
    Url,
    /// `bool`
    Bool,
    /// `int`, `int 1..5`
    Int(Option<RangeExpr>),
    /// `number`, `number 0..1`
    Number(Option<RangeExpr>),
    /// `percent`
    Percent,
    /// `duration`
    Duration,
    /// `money USD`; the name may be no currency
    Money(Name),
    /// `date`
    Date,
    /// `list of T`, `list max 20 of T`
    List {
        /// At most so many elements.
        max: Option<Literal>,
        /// The type of the elements; never optional.
        of: Box<TypeExpr>,
    },
    /// An enum or an asset by name.
    Named(Name),
}

/// `200..299`, `0.3..<0.6`
#[derive(Clone, Debug)]
pub struct RangeExpr {
    /// All of it.
    pub span: Span,
    /// The lower end, which belongs to it.
    pub low: Literal,
    /// The upper end.
    pub high: Literal,
    /// `..<`: the upper end does not belong to it.
    pub open: bool,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub value: LiteralValue,
}

/// What a literal says; all numbers are exact.
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralValue {
    /// `"…"`
    Text(Box<str>),
    /// `0.85`, `-3`, `1_000`
    Number(Decimal),
    /// `70%`, as the fraction 0.70
    Percent(Decimal),
    /// `1d12h`, in seconds
    Duration(u64),
    /// `0.15 USD`
    Money(Decimal, Currency),
    /// `true`, `false`
    Bool(bool),
    /// Malformed or out of its domain; B002 has been given.
    Faulty,
}

/// `actor writer: model { uses "writer-large"  costs 0.15 USD }`
#[derive(Clone, Debug)]
pub struct ActorItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// `model`, `script`, `action`, `human`, `queue`, or a word that is none of them.
    pub kind: Option<Name>,
    /// Its clauses in the order of the text.
    pub clauses: Vec<ActorClause>,
}

/// A clause of an actor.
#[derive(Clone, Debug)]
pub struct ActorClause {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: ActorClauseKind,
}

/// The clauses of an actor.
#[derive(Clone, Debug)]
pub enum ActorClauseKind {
    /// `uses`, `runs`, `calls`, `contact` or `name`, with its text
    Binding(Keyword, Text),
    /// `responds within 5m`
    Responds(Literal),
    /// `costs 0.15 USD`
    Costs(Literal),
    /// Could not be read; the keyword, where it is known.
    Junk(Option<Keyword>),
}

/// `threshold publishable: quality >= 0.85`
#[derive(Clone, Debug)]
pub struct ThresholdItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// What it asks.
    pub guard: GuardExpr,
}

/// `flow refresh { … }`
#[derive(Clone, Debug)]
pub struct FlowItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its members in the order of the text.
    pub members: Vec<Member>,
}

/// A member of a flow.
#[derive(Clone, Debug)]
pub enum Member {
    /// `context { … }`
    Context(ContextItem),
    /// `default deadline …`, `default failure …`
    Default(DefaultItem),
    /// `intake page from "x" -> s { … }`
    Intake(IntakeItem),
    /// `state`, `approval`, `wait`, `call`
    State(StateItem),
    /// `end done: success { … }`
    End(EndItem),
    /// `prove …`
    Prove(ProveItem),
    /// `scenario "…" { … }`
    Scenario(ScenarioItem),
    /// A member that could not be read; the diagnostic has been given.
    Junk(Junk),
}

/// `context { … }`
#[derive(Clone, Debug)]
pub struct ContextItem {
    /// All of it.
    pub span: Span,
    /// The word `context`.
    pub keyword: Span,
    /// Its fields.
    pub fields: Vec<FieldItem>,
    /// Part of the list could not be read.
    pub faulty: bool,
}

/// `default deadline 1h else -> stuck`
#[derive(Clone, Debug)]
pub struct DefaultItem {
    /// All of it.
    pub span: Span,
    /// What it fills in.
    pub kind: DefaultKind,
}

/// What a default fills in.
#[derive(Clone, Debug)]
pub enum DefaultKind {
    /// `default deadline [D] [else -> S]`, at least one of the two
    Deadline {
        /// The duration.
        within: Option<Literal>,
        /// Where silence leads.
        route: Option<Route>,
    },
    /// `default failure -> S`
    Failure(Route),
}

/// `intake opportunity from "rank-tracker" -> briefing { map … }`
#[derive(Clone, Debug)]
pub struct IntakeItem {
    /// All of it.
    pub span: Span,
    /// The context field that arriving work fills.
    pub field: Name,
    /// Where it comes from; without it, from calls only.
    pub from: Option<Text>,
    /// Where it goes: one hop, never counted.
    pub route: Route,
    /// The maps; `None` without braces.
    pub maps: Option<Vec<MapItem>>,
    /// Part of the braces could not be read.
    pub faulty: bool,
}

/// `map page = raw.url`
#[derive(Clone, Debug)]
pub struct MapItem {
    /// All of it.
    pub span: Span,
    /// The asset's field, perhaps nested.
    pub field: PathExpr,
    /// What fills it.
    pub value: MapValue,
}

/// What a map takes.
#[derive(Clone, Debug)]
pub enum MapValue {
    /// `raw.url`, `raw["search volume"].x`
    Raw {
        /// All of it.
        span: Span,
        /// The keys below `raw`.
        keys: Vec<Text>,
    },
    /// A literal.
    Literal(Literal),
    /// An enum's member.
    Member(Name),
}

/// Which sort of state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StateKind {
    /// `state`: an owner works.
    State,
    /// `approval`: a human decides.
    Approval,
    /// `wait`: a fixed time passes.
    Wait,
    /// `call`: other flows run.
    Call,
}

/// `state`, `approval`, `wait` or `call`
#[derive(Clone, Debug)]
pub struct StateItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Which sort.
    pub kind: StateKind,
    /// Its name.
    pub name: Name,
    /// Its clauses in the order of the text.
    pub clauses: Vec<Clause>,
}

/// A clause of a state.
#[derive(Clone, Debug)]
pub struct Clause {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: ClauseKind,
}

/// The clauses of states of every sort; whether one belongs to its state is checked later.
#[derive(Clone, Debug)]
pub enum ClauseKind {
    /// `owner writer`
    Owner(Name),
    /// `asset draft`
    Asset(Name),
    /// `goal "…"`
    Goal(Text),
    /// `needs brief, opportunity.intent, notes?`
    Needs(Vec<NeedExpr>),
    /// `makes draft, quality`
    Makes(Vec<Name>),
    /// `accept 4h else -> S`
    Accept {
        /// Counted from arrival.
        within: Literal,
        /// Where silence leads.
        route: Route,
    },
    /// `deadline [24h] [else -> S]`, at least one of the two
    Deadline {
        /// Counted from arrival.
        within: Option<Literal>,
        /// Where silence leads.
        route: Option<Route>,
    },
    /// `failure -> S`
    Failure(Route),
    /// `retry 2 times every 30s`
    Retry {
        /// Further attempts.
        times: Literal,
        /// The pause before each.
        every: Literal,
    },
    /// `handoff -> S when GUARD at most N times else -> T carry FIELDS`
    Handoff(Box<HandoffClause>),
    /// `asks "…"`
    Asks(Text),
    /// `shows risk, confidence`
    Shows(Vec<PathExpr>),
    /// `options approve, reject`
    Options(Vec<Name>),
    /// `for 14d -> measuring`
    For {
        /// How long.
        time: Literal,
        /// Where work goes then.
        route: Route,
    },
    /// `runs fact_check(draft) gives facts`
    Runs(Box<RunClause>),
    /// `join all`, `join any`, `join 2`
    Join(JoinExpr),
    /// Could not be read; the keyword, where it is known.
    Junk(Option<Keyword>),
}

/// `handoff -> drafting when quality < 0.6 at most 3 times else -> rejected carry draft`
#[derive(Clone, Debug)]
pub struct HandoffClause {
    /// Where work goes, with its bound.
    pub route: Route,
    /// On which condition.
    pub when: When,
    /// What goes on.
    pub carry: Option<Carry>,
}

/// `carry draft, quality`
#[derive(Clone, Debug)]
pub struct Carry {
    /// All of it.
    pub span: Span,
    /// The word `carry`.
    pub keyword: Span,
    /// Whole context fields.
    pub fields: Vec<Name>,
}

/// The condition of a handoff.
#[derive(Clone, Debug)]
pub enum When {
    /// `when GUARD`; the span is that of the word `when`
    Guard(Span, GuardExpr),
    /// `otherwise`
    Otherwise(Span),
    /// Neither.
    Missing,
}

/// `-> S [at most N times else -> T …]`: one hop or more; all but the last are counted.
#[derive(Clone, Debug)]
pub struct Route {
    /// From the first `->` to its end, a handoff's guard excluded.
    pub span: Span,
    /// The hops, at least one.
    pub hops: Vec<Hop>,
}

/// `-> S`, with its bound
#[derive(Clone, Debug)]
pub struct Hop {
    /// Where `->` stands.
    pub arrow: Span,
    /// The target; `None` if it is missing (the diagnostic has been given).
    pub target: Option<Name>,
    /// `at most N times`
    pub bound: Option<Literal>,
}

/// `needs notes?`
#[derive(Clone, Debug)]
pub struct NeedExpr {
    /// What is read.
    pub path: PathExpr,
    /// Where `?` stands: absence is accepted.
    pub optional: Option<Span>,
}

/// `fact_check(draft) gives facts`
#[derive(Clone, Debug)]
pub struct RunClause {
    /// The flow.
    pub flow: Name,
    /// Its argument.
    pub argument: PathExpr,
    /// The field that its receipt fills.
    pub gives: Option<Name>,
}

/// How many runs a call waits for.
#[derive(Clone, Debug)]
pub enum JoinExpr {
    /// `join all`
    All,
    /// `join any`
    Any,
    /// `join 2`
    Count(Literal),
}

/// `end published: success { … }`
#[derive(Clone, Debug)]
pub struct EndItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// `success` or `failure`; `None` if it could not be read.
    pub success: Option<bool>,
    /// Its clauses in the order of the text.
    pub clauses: Vec<EndClause>,
}

/// A clause of an end.
#[derive(Clone, Debug)]
pub struct EndClause {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: EndClauseKind,
}

/// The clauses of an end.
#[derive(Clone, Debug)]
pub enum EndClauseKind {
    /// `owner growth`
    Owner(Name),
    /// `receipt live`
    Receipt(Name),
    /// `reason "…"`
    Reason(Text),
    /// Could not be read; the keyword, where it is known.
    Junk(Option<Keyword>),
}

/// A dotted path: `opportunity.intent`, or `decision`
#[derive(Clone, Debug)]
pub struct PathExpr {
    /// All of it.
    pub span: Span,
    /// The context field, or `decision`.
    pub root: Name,
    /// The fields below, in order.
    pub rest: Vec<Name>,
}

/// A guard.
#[derive(Clone, Debug)]
pub struct GuardExpr {
    /// All of it.
    pub span: Span,
    /// What it asks.
    pub kind: GuardKind,
}

/// The forms of a guard. Parentheses leave no trace but the span of what they hold.
#[derive(Clone, Debug)]
pub enum GuardKind {
    /// `a and b and c`, two or more
    And(Vec<GuardExpr>),
    /// `a or b or c`, two or more
    Or(Vec<GuardExpr>),
    /// `not a`
    Not(Box<GuardExpr>),
    /// `path OP value`
    Compare {
        /// What is compared.
        path: PathExpr,
        /// How.
        op: Spanned<CompareOp>,
        /// With what.
        value: Operand,
    },
    /// `path in LOW..HIGH`
    InRange(PathExpr, Box<RangeExpr>),
    /// `path in {a, b}`
    InSet(PathExpr, Vec<Operand>),
    /// `path is present`; `false`: `path is absent`, `path is not present`
    Present(PathExpr, bool),
    /// A bool path by itself, or a threshold's name.
    Bare(PathExpr),
    /// `delivered`
    Delivered,
    /// Could not be read.
    Faulty,
}

/// How a path is compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// `is`, `==`
    Is,
    /// `is not`, `!=`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The right side of a comparison, or a scenario's value.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A literal.
    Literal(Literal),
    /// An enum's member, or an option.
    Member(Name),
}

/// `prove …`
#[derive(Clone, Debug)]
pub struct ProveItem {
    /// All of it.
    pub span: Span,
    /// What is asked.
    pub kind: ProveKind,
}

/// The forms of a `prove`.
#[derive(Clone, Debug)]
pub enum ProveKind {
    /// `prove ends within 6d`
    EndsWithin(Literal),
    /// `prove costs at most 3 USD`
    CostsAtMost(Literal),
    /// `prove at most 3 visits to drafting`
    Visits(Literal, Name),
    /// `prove every path to S passes T [with OPTION] [or U …]`
    Passes {
        /// S.
        state: Name,
        /// T, U, …
        gates: Vec<GateExpr>,
    },
    /// `prove S only if GUARD`
    OnlyIf(Name, GuardExpr),
    /// `prove S decided by other than T, U`
    DecidedBy {
        /// S.
        approval: Name,
        /// T, U, …
        others: Vec<Name>,
    },
}

/// `T with OPTION`
#[derive(Clone, Debug)]
pub struct GateExpr {
    /// T.
    pub state: Name,
    /// The option.
    pub with: Option<Name>,
}

/// `scenario "…" { … }`
#[derive(Clone, Debug)]
pub struct ScenarioItem {
    /// All of it.
    pub span: Span,
    /// Its title.
    pub title: Text,
    /// Its lines in the order of the text.
    pub lines: Vec<ScenarioLine>,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioLine {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: ScenarioLineKind,
}

/// The lines of a scenario.
#[derive(Clone, Debug)]
pub enum ScenarioLineKind {
    /// `start opportunity from "x" opportunity.priority = 3`
    Start {
        /// The intake's field.
        field: Name,
        /// Which intake, where several take the field.
        from: Option<Text>,
        /// Values.
        values: Vec<Assignment>,
    },
    /// `at drafting quality = 0.2`, `at drafting fails`
    At {
        /// The state that is visited.
        state: Name,
        /// What happens there.
        event: EventExpr,
        /// Values.
        values: Vec<Assignment>,
    },
    /// `expect rejected`
    ExpectEnd(Name),
    /// `expect path a -> b -> c`
    ExpectPath(Vec<Name>),
    /// `expect visits 2 to drafting`
    ExpectVisits(Literal, Name),
    /// `expect within 2d`
    ExpectWithin(Literal),
    /// `expect costs at most 1 USD`
    ExpectCosts(Literal),
    /// Could not be read.
    Junk(Option<Keyword>),
}

/// What happens at a visit.
#[derive(Clone, Debug)]
pub enum EventExpr {
    /// The owner delivers.
    Delivers,
    /// `decides approve`
    Decides(Name),
    /// `fails`
    Fails,
    /// `silent`
    Silent,
    /// `unaccepted`
    Unaccepted,
}

/// `path = value`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What.
    pub path: PathExpr,
    /// The value.
    pub value: Operand,
}
