//! The bookkeeping of clauses: which may stand in which sort of state, and how often.
//!
//! Must not know: what clauses mean.

use super::Lowering;
use super::flow::FlowLowering;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::Name;
use crate::source::Span;
use crate::syntax::tree::{Clause, ClauseKind, Keyword, StateItem, StateKind};

/// What a clause says, if it is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written<T> {
    Here(T),
    Missing,
    /// It is there, or may be, but it could not be read.
    Unreadable,
}

/// The first clause for which `pick` has something.
pub(super) fn first<'t, T>(
    item: &'t StateItem,
    keyword: Keyword,
    pick: impl Fn(&'t ClauseKind) -> Option<T>,
) -> Written<T> {
    if let Some(found) = item.clauses.iter().find_map(|clause| pick(&clause.kind)) {
        return Written::Here(found);
    }
    if may_be_junk(item, keyword) { Written::Unreadable } else { Written::Missing }
}

/// Whether a clause of that keyword, or of nobody knows which, could not be read.
pub(super) fn may_be_junk(item: &StateItem, keyword: Keyword) -> bool {
    item.clauses.iter().any(|clause| match clause.kind {
        ClauseKind::Junk(known) => known.is_none_or(|known| known == keyword),
        _ => false,
    })
}

/// The keyword of a clause.
fn keyword(kind: &ClauseKind) -> Option<Keyword> {
    Some(match kind {
        ClauseKind::Owner(_) => Keyword::Owner,
        ClauseKind::Asset(_) => Keyword::Asset,
        ClauseKind::Goal(_) => Keyword::Goal,
        ClauseKind::Needs(_) => Keyword::Needs,
        ClauseKind::Makes(_) => Keyword::Makes,
        ClauseKind::Accept { .. } => Keyword::Accept,
        ClauseKind::Deadline { .. } => Keyword::Deadline,
        ClauseKind::Failure(_) => Keyword::Failure,
        ClauseKind::Retry { .. } => Keyword::Retry,
        ClauseKind::Handoff(_) => Keyword::Handoff,
        ClauseKind::Asks(_) => Keyword::Asks,
        ClauseKind::Shows(_) => Keyword::Shows,
        ClauseKind::Options(_) => Keyword::Options,
        ClauseKind::For { .. } => Keyword::For,
        ClauseKind::Runs(_) => Keyword::Runs,
        ClauseKind::Join(_) => Keyword::Join,
        ClauseKind::Junk(keyword) => return *keyword,
    })
}

/// The clauses that have a meaning in a sort of state, in the order in which they are written.
fn meant(kind: StateKind) -> &'static [(Keyword, &'static str)] {
    match kind {
        StateKind::State => &[
            (Keyword::Owner, "owner"),
            (Keyword::Asset, "asset"),
            (Keyword::Goal, "goal"),
            (Keyword::Needs, "needs"),
            (Keyword::Makes, "makes"),
            (Keyword::Accept, "accept"),
            (Keyword::Deadline, "deadline"),
            (Keyword::Failure, "failure"),
            (Keyword::Retry, "retry"),
            (Keyword::Handoff, "handoff"),
        ],
        StateKind::Approval => &[
            (Keyword::Owner, "owner"),
            (Keyword::Asset, "asset"),
            (Keyword::Goal, "goal"),
            (Keyword::Needs, "needs"),
            (Keyword::Asks, "asks"),
            (Keyword::Shows, "shows"),
            (Keyword::Options, "options"),
            (Keyword::Makes, "makes"),
            (Keyword::Accept, "accept"),
            (Keyword::Deadline, "deadline"),
            (Keyword::Failure, "failure"),
            (Keyword::Handoff, "handoff"),
        ],
        StateKind::Wait => &[
            (Keyword::Owner, "owner"),
            (Keyword::Asset, "asset"),
            (Keyword::Goal, "goal"),
            (Keyword::For, "for"),
        ],
        StateKind::Call => &[
            (Keyword::Owner, "owner"),
            (Keyword::Asset, "asset"),
            (Keyword::Goal, "goal"),
            (Keyword::Needs, "needs"),
            (Keyword::Runs, "runs"),
            (Keyword::Join, "join"),
            (Keyword::Deadline, "deadline"),
            (Keyword::Failure, "failure"),
            (Keyword::Handoff, "handoff"),
        ],
    }
}

/// The word of a clause, as written.
fn word(sought: Keyword) -> &'static str {
    let all = [StateKind::State, StateKind::Approval, StateKind::Wait, StateKind::Call];
    let found = all.iter().find_map(|&kind| meant(kind).iter().find(|row| row.0 == sought));
    found.map_or("clause", |row| row.1)
}

/// `a state`, `an approval` …
pub(super) fn sort(kind: StateKind) -> &'static str {
    match kind {
        StateKind::State => "a state",
        StateKind::Approval => "an approval",
        StateKind::Wait => "a wait",
        StateKind::Call => "a call",
    }
}

/// Whether the clause has arrows, so that without it states may seem unreachable.
fn has_arrows(kind: &ClauseKind) -> bool {
    match kind {
        ClauseKind::Deadline { route, .. } => route.is_some(),
        ClauseKind::Accept { .. }
        | ClauseKind::Failure(_)
        | ClauseKind::Handoff(_)
        | ClauseKind::For { .. } => true,
        _ => false,
    }
}

impl FlowLowering<'_, '_> {
    /// B014 for clauses that stand twice or have no meaning in their sort of state.
    pub(super) fn check_clauses(&mut self, item: &StateItem) {
        let mut seen: Vec<(Keyword, Span)> = Vec::new();
        for clause in &item.clauses {
            if let ClauseKind::Junk(_) = clause.kind {
                self.all.unreadable(clause.span);
                self.flow.unknown = true;
                continue;
            }
            let Some(keyword) = keyword(&clause.kind) else { continue };
            let first = seen.iter().find(|entry| entry.0 == keyword).map(|entry| entry.1);
            if !meant(item.kind).iter().any(|row| row.0 == keyword) {
                self.misplaced(item, clause, keyword);
            } else if let Some(first) = first {
                self.all.repeated(clause.keyword, clause.span, first, word(keyword), &item.name.text);
            } else {
                if !matches!(keyword, Keyword::Handoff | Keyword::Runs) {
                    seen.push((keyword, clause.keyword));
                }
                continue;
            }
            self.all.unreadable(clause.span); // what only it uses is used
            self.flow.unknown |= has_arrows(&clause.kind);
        }
    }

    fn misplaced(&mut self, item: &StateItem, clause: &Clause, keyword: Keyword) {
        let (word, sort) = (word(keyword), sort(item.kind));
        let words: Vec<String> = meant(item.kind).iter().map(|row| format!("`{}`", row.1)).collect();
        let message = format!("`{word}` has no meaning in `{}`, which is {sort}", item.name.text);
        self.all.reports.add(
            Diagnostic::new(Code::RepeatedClause, clause.keyword, message)
                .help(format!("delete it; {sort} takes {}", words.join(", ")))
                .fix(format!("delete this `{word}`"), clause.span, ""),
        );
    }
}

impl Lowering<'_> {
    /// B013: a state or end lacks a clause that no other code names.
    pub(super) fn missing_clause(&mut self, name: &Name, word: &str, example: &str) {
        let message = format!("`{}` has no `{word}`", name.text);
        self.reports
            .add(Diagnostic::new(Code::MissingClause, name.span, message).help(format!("write `{example}`")));
    }
}
