//! States, approvals, waits, calls and ends: their clauses, first to last.
//!
//! Must not know: how long, where to and with which guard (see [`super::timers`], [`super::routes`],
//! [`super::guards`]).

use super::clauses::{Written, first, may_be_junk};
use super::flow::FlowLowering;
use super::proves::StateRole;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    ActorId, Approval, ArrowKind, Call, Carry, End, FieldId, FieldUse, Flow, Guard, Handoff, HandoffId, Join,
    Kind, Name, Slot, Spanned, Start, State, StateId, Text, When,
};
use crate::source::Span;
use crate::syntax::tree::{
    self, ClauseKind, EndClause, EndClauseKind, EndItem, HandoffClause, Junk, Keyword, StateItem, StateKind,
};

impl Flow {
    /// A flow of which only the name is known.
    pub(super) fn new(name: Name, doc: Option<Box<str>>, span: Span) -> Flow {
        Flow {
            name,
            doc,
            span,
            context: Vec::new(),
            context_unknown: false,
            states: Vec::new(),
            intakes: Vec::new(),
            handoffs: Vec::new(),
            arrows: Vec::new(),
            paths: Vec::new(),
            default_deadline: None,
            default_failure: None,
            proves: Vec::new(),
            scenarios: Vec::new(),
            unknown: false,
            called: false,
        }
    }
}

impl State {
    /// A state in which nothing is written.
    pub(super) fn new(name: Name, doc: Option<Box<str>>, span: Span, kind: Kind) -> State {
        State {
            name,
            doc,
            span,
            kind,
            owner: Slot::Missing,
            asset: Slot::Missing,
            goal: Slot::Missing,
            goal_span: None,
            needs: Vec::new(),
            makes: Vec::new(),
            accept: Slot::Missing,
            deadline: Slot::Missing,
            deadline_without_target: None,
            failure: Slot::Missing,
            retry: Slot::Missing,
            handoffs: 0..0,
            arrows: 0..0,
            unknown: false,
        }
    }

    /// The declaration could not be read: anything may stand in it.
    pub(super) fn make_unknown(&mut self, junk: &Junk) {
        self.span = junk.span;
        self.kind = unknown_kind(junk.keyword);
        self.unknown = true;
        (self.owner, self.asset, self.goal) = (Slot::Unknown, Slot::Unknown, Slot::Unknown);
        (self.accept, self.deadline) = (Slot::Unknown, Slot::Unknown);
        (self.failure, self.retry) = (Slot::Unknown, Slot::Unknown);
    }
}

fn unknown_kind(keyword: Option<Keyword>) -> Kind {
    match keyword {
        Some(Keyword::Approval) => Kind::Approval(Box::new(Approval {
            asks: Slot::Unknown,
            asks_span: None,
            options: Vec::new(),
            options_unknown: true,
            shows: Vec::new(),
            shows_unknown: true,
        })),
        Some(Keyword::Wait) => Kind::Wait { time: Slot::Unknown },
        Some(Keyword::Call) => {
            Kind::Call(Box::new(Call { runs: Vec::new(), join: Join::All, join_span: None, unknown: true }))
        }
        Some(Keyword::End) => {
            Kind::End(Box::new(End { success: None, receipt: Slot::Unknown, reason: Slot::Unknown }))
        }
        _ => Kind::State,
    }
}

impl FlowLowering<'_, '_> {
    pub(super) fn lower_state(&mut self, id: StateId, item: &StateItem) {
        self.flow[id].doc = item.doc.clone();
        self.flow[id].kind = self.all.kind(item);
        self.check_clauses(item);
        self.no_arrows(id);
        self.lower_common(id, item);
        match item.kind {
            StateKind::State => {
                let makes = self.makes(item);
                self.flow[id].makes = makes;
                self.flow[id].retry = self.retry(item);
                self.lower_timers(id, item);
            }
            StateKind::Approval => {
                let makes = self.makes(item);
                self.flow[id].makes = makes;
                self.lower_approval(id, item);
                self.lower_timers(id, item);
            }
            StateKind::Wait => self.lower_wait(id, item),
            StateKind::Call => {
                self.lower_call(id, item);
                self.lower_timers(id, item);
            }
        }
        if item.kind != StateKind::Wait {
            self.lower_handoffs(id, item);
        }
        self.flow[id].arrows.end = self.next_arrow();
        let repeating = [Keyword::Handoff, Keyword::Runs, Keyword::Needs, Keyword::Makes];
        self.flow[id].unknown = repeating.iter().any(|&keyword| may_be_junk(item, keyword));
    }

    /// Owner, asset, goal and needs.
    fn lower_common(&mut self, id: StateId, item: &StateItem) {
        let owner = first(item, Keyword::Owner, |kind| match kind {
            ClauseKind::Owner(name) => Some(name),
            _ => None,
        });
        self.flow[id].owner = self.owner_slot(owner);
        let asset = first(item, Keyword::Asset, |kind| match kind {
            ClauseKind::Asset(name) => Some(name),
            _ => None,
        });
        self.flow[id].asset = self.field_slot(asset);
        let goal = first(item, Keyword::Goal, |kind| match kind {
            ClauseKind::Goal(text) => Some(text),
            _ => None,
        });
        self.flow[id].goal_span = span_of(goal);
        self.flow[id].goal = text_slot(goal);
        let needs = self.needs(item);
        self.flow[id].needs = needs;
    }

    fn owner_slot(&mut self, owner: Written<&Name>) -> Slot<ActorId> {
        match owner {
            Written::Here(name) => {
                let elsewhere = self.elsewhere(name);
                match self.all.actor(name, elsewhere) {
                    Some(value) => Slot::Here(Spanned { value, span: name.span }),
                    None => Slot::Unknown,
                }
            }
            Written::Missing => Slot::Missing,
            Written::Unreadable => Slot::Unknown,
        }
    }

    fn field_slot(&mut self, field: Written<&Name>) -> Slot<FieldId> {
        match field {
            Written::Here(name) => match self.field(name) {
                Some(value) => Slot::Here(Spanned { value, span: name.span }),
                None => Slot::Unknown,
            },
            Written::Missing => Slot::Missing,
            Written::Unreadable => Slot::Unknown,
        }
    }

    fn lower_approval(&mut self, id: StateId, item: &StateItem) {
        let asks = first(item, Keyword::Asks, |kind| match kind {
            ClauseKind::Asks(text) => Some(text),
            _ => None,
        });
        let shows = self.shows(item);
        if let Kind::Approval(approval) = &mut self.flow[id].kind {
            approval.asks_span = span_of(asks);
            approval.asks = text_slot(asks);
            approval.shows = shows;
            approval.shows_unknown = may_be_junk(item, Keyword::Shows);
        }
    }

    fn lower_handoffs(&mut self, id: StateId, item: &StateItem) {
        let start = self.next_handoff();
        let silent_decision = item.kind != StateKind::Approval
            && item.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Options(_)));
        let mut otherwise = None;
        for clause in &item.clauses {
            let ClauseKind::Handoff(handoff) = &clause.kind else { continue };
            let when = self.when(id, handoff, &mut otherwise, silent_decision);
            let arrow = ArrowKind::Handoff(HandoffId(self.next_handoff()));
            let arrows = self.arrows(Start::State(id), arrow, &handoff.route);
            let carry = handoff.carry.as_ref().map(|carry| Box::new(self.carry(carry)));
            self.flow.handoffs.push(Handoff { span: clause.span, state: id, when, arrows, carry });
        }
        self.flow[id].handoffs = start..self.next_handoff();
    }

    fn next_handoff(&self) -> u32 {
        u32::try_from(self.flow.handoffs.len()).unwrap_or(u32::MAX)
    }

    /// A second `otherwise` is reported, and asks nobody knows what.
    fn when(
        &mut self,
        id: StateId,
        handoff: &HandoffClause,
        otherwise: &mut Option<Span>,
        silent_decision: bool,
    ) -> When {
        match &handoff.when {
            tree::When::Guard(_, guard) => {
                When::Guard(guard.span, self.guard(guard, Some(id), silent_decision))
            }
            tree::When::Missing => When::Missing,
            &tree::When::Otherwise(span) => {
                let Some(first) = *otherwise else {
                    *otherwise = Some(span);
                    return When::Otherwise(span);
                };
                let message = format!("`otherwise` stands twice in `{}`", self.flow[id].name.text);
                self.all.reports.add(
                    Diagnostic::new(Code::RepeatedClause, span, message)
                        .label("the second one")
                        .also(first, "the first one takes all that is left")
                        .help("write `when` and a guard on one of the two"),
                );
                When::Guard(span, Guard::Unknown)
            }
        }
    }

    fn carry(&mut self, carry: &tree::Carry) -> Carry {
        let fields: Vec<FieldUse> = self.field_list(carry.fields.iter(), "`carry`");
        Carry { keyword: carry.keyword, fields }
    }

    pub(super) fn lower_end(&mut self, id: StateId, item: &EndItem) {
        self.no_arrows(id);
        self.check_end_clauses(item);
        let owner = first_of(item, Keyword::Owner, |kind| match kind {
            EndClauseKind::Owner(name) => Some(name),
            _ => None,
        });
        let receipt = first_of(item, Keyword::Receipt, |kind| match kind {
            EndClauseKind::Receipt(name) => Some(name),
            _ => None,
        });
        let reason = first_of(item, Keyword::Reason, |kind| match kind {
            EndClauseKind::Reason(text) => Some(text),
            _ => None,
        });
        self.flow[id].owner = self.owner_slot(owner);
        if item.success == Some(false) && is_blank(reason) {
            let example = "reason \"What went wrong, for whoever reads the end\"";
            self.all.missing_clause(&item.name, "reason", example);
        }
        let receipt = if item.success == Some(false) { Slot::Missing } else { self.field_slot(receipt) };
        let end = End { success: item.success, receipt, reason: text_slot(reason) };
        self.flow[id].kind = Kind::End(Box::new(end));
    }

    /// B014 for clauses of an end that stand twice or have no meaning there.
    fn check_end_clauses(&mut self, item: &EndItem) {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in &item.clauses {
            let (word, on) = match &clause.kind {
                EndClauseKind::Owner(_) => ("owner", None),
                EndClauseKind::Receipt(_) => ("receipt", Some(true)),
                EndClauseKind::Reason(_) => ("reason", Some(false)),
                EndClauseKind::Junk(_) => {
                    self.all.unreadable(clause.span);
                    continue;
                }
            };
            if on.is_some() && item.success.is_some() && on != item.success {
                self.misplaced_in_end(item, clause, word);
            } else if let Some(&(_, first)) = seen.iter().find(|entry| entry.0 == word) {
                self.all.repeated(clause.keyword, clause.span, first, word, &item.name.text);
            } else {
                seen.push((word, clause.keyword));
            }
        }
    }

    fn misplaced_in_end(&mut self, item: &EndItem, clause: &EndClause, word: &str) {
        let (sort, help) = match item.success {
            Some(true) => ("a success", "delete it; a success is proved by a `receipt`"),
            _ => ("a failure", "delete it; a failure says its `reason`"),
        };
        let message = format!("`{word}` has no meaning in `{}`, which is {sort}", item.name.text);
        self.all.reports.add(Diagnostic::new(Code::RepeatedClause, clause.keyword, message).help(help).fix(
            format!("delete this `{word}`"),
            clause.span,
            "",
        ));
    }

    /// Whether that state may play a role in a `prove` or scenario; B012 at its name if not.
    pub(super) fn plays(&mut self, name: &Name, id: StateId, role: StateRole) -> bool {
        let plays = role.fits(&self.flow[id].kind);
        if !plays && !self.flow[id].unknown {
            let message = format!(
                "`{}` is {}, and {} is due here",
                name.text,
                kind_words(&self.flow[id].kind),
                role.words()
            );
            let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message)
                .also(self.flow[id].name.span, "declared here");
            let fitting = self.flow.states.iter().filter(|state| role.fits(&state.kind));
            let fitting = fitting.map(|state| &state.name.text);
            let diagnostic = self.all.reports.with_nearest(diagnostic, name, role.noun(), fitting);
            self.all.reports.add(diagnostic);
        }
        plays
    }
}

fn kind_words(kind: &Kind) -> &'static str {
    match kind {
        Kind::State => "a state",
        Kind::Approval(_) => "an approval",
        Kind::Wait { .. } => "a wait",
        Kind::Call(_) => "a call",
        Kind::End(_) => "an end",
    }
}

fn first_of<'t, T>(
    item: &'t EndItem,
    keyword: Keyword,
    pick: impl Fn(&'t EndClauseKind) -> Option<T>,
) -> Written<T> {
    if let Some(found) = item.clauses.iter().find_map(|clause| pick(&clause.kind)) {
        return Written::Here(found);
    }
    let junk = item.clauses.iter().any(|clause| match clause.kind {
        EndClauseKind::Junk(known) => known.is_none_or(|known| known == keyword),
        _ => false,
    });
    if junk { Written::Unreadable } else { Written::Missing }
}

fn is_blank(text: Written<&Text>) -> bool {
    match text {
        Written::Here(text) => text.value.trim().is_empty(),
        Written::Missing => true,
        Written::Unreadable => false,
    }
}

fn span_of(text: Written<&Text>) -> Option<Span> {
    match text {
        Written::Here(text) => Some(text.span),
        Written::Missing | Written::Unreadable => None,
    }
}

/// A text; a blank one counts as missing.
fn text_slot(text: Written<&Text>) -> Slot<Box<str>> {
    match text {
        Written::Here(text) if text.value.trim().is_empty() => Slot::Missing,
        Written::Here(text) => Slot::Here(text.clone()),
        Written::Missing => Slot::Missing,
        Written::Unreadable => Slot::Unknown,
    }
}
