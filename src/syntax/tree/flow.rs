//! Flows and their members but states and scenarios.
//!
//! Must not know: what names mean.

use super::{
    FieldItem, GuardExpr, Junk, Keyword, Literal, Name, PathExpr, Route, ScenarioItem, StateHead, StateItem,
    Text,
};
use crate::source::Span;

/// `flow refresh { … }`
#[derive(Clone, Debug)]
pub struct FlowItem<S = StateItem> {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its members in the order of the text.
    pub members: Vec<Member<S>>,
}

/// A member of a flow.
#[derive(Clone, Debug)]
pub enum Member<S = StateItem> {
    /// `context { … }`
    Context(Box<ContextItem>),
    /// `default deadline …`, `default failure …`
    Default(Box<DefaultItem>),
    /// `intake page from "x" -> s { … }`
    Intake(Box<IntakeItem>),
    /// `state`, `approval`, `wait`, `call`
    State(S),
    /// `end done: success { … }`
    End(Box<EndItem>),
    /// `prove …`
    Prove(Box<ProveItem>),
    /// `scenario "…" { … }`
    Scenario(Box<ScenarioItem>),
    /// A member that could not be read; the diagnostic has been given.
    Junk(Junk),
}

impl FlowItem<StateHead> {
    /// The flow with its states read, which come in the order of their heads.
    #[must_use]
    pub fn with(self, states: &mut impl Iterator<Item = Result<StateItem, Junk>>) -> FlowItem {
        let FlowItem { span, doc, name, members } = self;
        let members = members.into_iter().filter_map(|member| member.with(states)).collect();
        FlowItem { span, doc, name, members }
    }
}

impl Member<StateHead> {
    fn with(self, states: &mut impl Iterator<Item = Result<StateItem, Junk>>) -> Option<Member> {
        Some(match self {
            Member::State(_) => states.next()?.map_or_else(Member::Junk, Member::State),
            Member::Context(item) => Member::Context(item),
            Member::Default(item) => Member::Default(item),
            Member::Intake(item) => Member::Intake(item),
            Member::End(item) => Member::End(item),
            Member::Prove(item) => Member::Prove(item),
            Member::Scenario(item) => Member::Scenario(item),
            Member::Junk(junk) => Member::Junk(junk),
        })
    }
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
