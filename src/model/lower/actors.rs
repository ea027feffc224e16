//! Actors: their kinds and clauses.
//!
//! Must not know: who uses them. An actor that can't be reached is left to `checks`.

use smol_str::SmolStr;

use super::Lowering;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Actor, ActorId, ActorKind, Name, Spanned};
use crate::source::Span;
use crate::syntax::tree::{ActorClause, ActorClauseKind, Keyword};

/// The kinds by their words, each with the clause that says how to reach an actor of it.
const KINDS: [(&str, ActorKind, Keyword, &str); 5] = [
    ("model", ActorKind::Model, Keyword::Uses, "uses"),
    ("script", ActorKind::Script, Keyword::Runs, "runs"),
    ("action", ActorKind::Action, Keyword::Calls, "calls"),
    ("human", ActorKind::Human, Keyword::Contact, "contact"),
    ("queue", ActorKind::Queue, Keyword::Named, "name"),
];

impl Actor {
    /// An actor of which only the name is known.
    pub(super) fn new(name: Name, doc: Option<Box<str>>) -> Actor {
        Actor {
            name,
            doc,
            kind: None,
            binding: None,
            misfit: None,
            responds: None,
            costs: None,
            unknown: false,
            used: false,
        }
    }
}

impl Lowering<'_> {
    /// Fills in all actors.
    pub(super) fn lower_actors(&mut self) {
        for at in 0..self.items.actors.len() {
            self.lower_actor(ActorId::new(at));
        }
    }

    fn lower_actor(&mut self, id: ActorId) {
        let Some(&item) = self.items.actors.get(id.index()) else { return };
        self.model[id].kind = item.kind.as_ref().and_then(|kind| self.actor_kind(kind));
        self.bindings(id, &item.clauses);
        let (mut responds, mut costs) = (None, None);
        for clause in &item.clauses {
            match &clause.kind {
                ActorClauseKind::Binding(..) => {}
                ActorClauseKind::Responds(literal) => {
                    if self.first_time(&mut responds, clause, "responds within", &item.name) {
                        let seconds = self.time(literal, "`responds within`");
                        self.model[id].unknown |= seconds.is_none();
                        self.model[id].responds = seconds.map(|value| Spanned { value, span: literal.span });
                    }
                }
                ActorClauseKind::Costs(literal) => {
                    if self.first_time(&mut costs, clause, "costs", &item.name) {
                        let money = self.money(literal, "`costs`");
                        self.model[id].unknown |= money.is_none();
                        self.model[id].costs = money.map(|value| Spanned { value, span: literal.span });
                    }
                }
                ActorClauseKind::Junk(_) => {
                    self.unreadable(clause.span);
                    self.model[id].unknown = true;
                }
            }
        }
    }

    fn actor_kind(&mut self, kind: &Name) -> Option<ActorKind> {
        let found = KINDS.iter().find(|row| row.0 == kind.text).map(|row| row.1);
        if found.is_none() {
            let words = KINDS.map(|row| SmolStr::new_static(row.0));
            let message = format!("`{}` is no kind of actor", kind.text);
            let diagnostic = Diagnostic::new(Code::UnknownName, kind.span, message);
            let diagnostic = self.reports.with_nearest(diagnostic, kind, "kind of actor", words.iter());
            self.reports.add(diagnostic);
        }
        found
    }

    /// The binding that fits the kind is taken; what else binds the actor is reported.
    fn bindings(&mut self, id: ActorId, clauses: &[ActorClause]) {
        let row = KINDS.iter().find(|row| Some(row.1) == self.model[id].kind);
        let mut taken: Option<Span> = None;
        let bindings = || {
            clauses.iter().filter_map(|clause| match &clause.kind {
                ActorClauseKind::Binding(keyword, text) => Some((clause, *keyword, text)),
                _ => None,
            })
        };
        let fits = |keyword| row.is_none_or(|row| row.2 == keyword);
        for (clause, _, text) in bindings().filter(|binding| fits(binding.1)) {
            match taken {
                None => {
                    taken = Some(clause.keyword);
                    self.model[id].binding = Some(text.clone());
                }
                Some(first) => self.second_binding(id, clause, first),
            }
        }
        for (clause, ..) in bindings().filter(|binding| !fits(binding.1)) {
            match (taken, row) {
                (Some(first), _) => self.second_binding(id, clause, first),
                (None, Some(&(kind, _, _, word))) => {
                    taken = Some(clause.keyword);
                    self.model[id].misfit = Some(clause.keyword);
                    self.wrong_binding(id, clause, kind, word);
                }
                (None, None) => {}
            }
        }
    }

    fn second_binding(&mut self, id: ActorId, clause: &ActorClause, first: Span) {
        let message = format!("actor `{}` is bound a second time", self.model[id].name.text);
        self.reports.add(
            Diagnostic::new(Code::RepeatedClause, clause.keyword, message)
                .also(first, "the first one")
                .help("keep the one that says how to reach it")
                .fix("delete this one", clause.span, ""),
        );
    }

    fn wrong_binding(&mut self, id: ActorId, clause: &ActorClause, kind: &str, word: &str) {
        let name = &self.model[id].name.text;
        let message = format!("`{name}` is a {kind}, which is not reached this way");
        self.reports.add(
            Diagnostic::new(Code::RepeatedClause, clause.keyword, message)
                .help(format!("write `{word} \"…\"`, or change what kind of actor it is"))
                .fix(format!("change to `{word}`"), clause.keyword, word),
        );
    }

    /// False, with B014, where the clause has stood before.
    fn first_time(
        &mut self,
        seen: &mut Option<Span>,
        clause: &ActorClause,
        word: &str,
        actor: &Name,
    ) -> bool {
        if let Some(first) = *seen {
            self.repeated(clause.keyword, clause.span, first, word, &actor.text);
            return false;
        }
        *seen = Some(clause.keyword);
        true
    }

    /// B014 for a clause that stands twice.
    pub(super) fn repeated(&mut self, keyword: Span, clause: Span, first: Span, word: &str, owner: &str) {
        self.reports.add(
            Diagnostic::new(Code::RepeatedClause, keyword, format!("`{word}` stands twice in `{owner}`"))
                .label("the second one")
                .also(first, "the first one")
                .help(format!("keep one `{word}`"))
                .fix(format!("delete this `{word}`"), clause, ""),
        );
    }
}
