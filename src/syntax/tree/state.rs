//! States of every sort, their clauses and the routes out of them.
//!
//! Must not know: what names mean.

use super::{GuardExpr, Keyword, Literal, Name, PathExpr, Text};
use crate::source::Span;

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

impl StateKind {
    /// The sort of that keyword.
    pub(in crate::syntax) fn of(word: &str) -> Option<StateKind> {
        Some(match word {
            "state" => StateKind::State,
            "approval" => StateKind::Approval,
            "wait" => StateKind::Wait,
            "call" => StateKind::Call,
            _ => return None,
        })
    }
}

/// `state drafting {`: what others need to know of a state; see [`super::super::states`] for the rest.
#[derive(Clone, Debug)]
pub struct StateHead {
    /// The whole declaration.
    pub span: Span,
    /// Which sort.
    pub kind: StateKind,
    /// Its name.
    pub name: Name,
    /// So many braces were forgotten at its end.
    pub(in crate::syntax) missing_braces: u16,
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
