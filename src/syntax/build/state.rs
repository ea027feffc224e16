//! States of every sort, and their clauses.

use super::{Builder, Pair, Rule, junk_keyword, part, parts};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::piece::readable;
use crate::syntax::recover;
use crate::syntax::tree::{
    Carry, Clause, ClauseKind, HandoffClause, Hop, JoinExpr, NeedExpr, PathExpr, Route, RunClause, StateItem,
    StateKind, When,
};
use crate::syntax::words::{self, Place};

impl Builder<'_> {
    /// A state of whatever sort.
    pub(in crate::syntax) fn state(&mut self, pair: Pair) -> Option<StateItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let kind = StateKind::of(parts.next()?.as_str())?;
        let name = self.name(&parts.next()?);
        let mut clauses: Vec<Clause> = Vec::new();
        for pair in parts {
            match pair.as_rule() {
                Rule::junk => self.junk(&pair, &mut clauses),
                _ => clauses.extend(self.clause(pair)),
            }
        }
        Some(StateItem { span, doc: self.doc(span), kind, name, clauses })
    }

    /// What could not be read: the tail of the clause before it, or a clause of its own.
    fn junk(&mut self, pair: &Pair, clauses: &mut Vec<Clause>) {
        let span = self.span(pair);
        let keyword = junk_keyword(pair.as_str(), Place::State);
        let is_clause = words::is_clause(recover::first_word(pair.as_str()));
        let is_tail =
            |before: &&mut Clause| !is_clause && (keyword.is_none() || self.on_one_line(before.span, span));
        match clauses.last_mut().filter(is_tail) {
            Some(before) => {
                let lost = self.lost_in(before.span);
                self.junk_tail(span, before);
                clauses.extend(lost.map(|kind| Clause { span, keyword: span, kind }));
            }
            None => {
                self.explain(Rule::one_clause, pair);
                let start = pair.as_span().start();
                let word = self.at(start, start + recover::first_word(pair.as_str()).len());
                clauses.push(Clause { span, keyword: word, kind: ClauseKind::Junk(keyword) });
            }
        }
    }

    /// What follows a clause makes that unreadable.
    fn junk_tail(&mut self, span: Span, before: &mut Clause) {
        let whole = before.span.to(span);
        let text = readable(self.file_text.get(whole.range()).unwrap_or(""), 0);
        self.found.push(recover::explain(Rule::one_clause, &text, whole.file, whole.start as usize));
        before.span = whole;
        before.kind = ClauseKind::Junk(words::keyword(recover::first_word(&text)));
    }

    /// What a clause with an unreadable tail may have swallowed: the clause whose keyword is its last word, as after a
    /// comma too many, or any, where clauses share a line.
    fn lost_in(&self, clause: Span) -> Option<ClauseKind> {
        let before = self.file_text.get(..clause.start as usize)?;
        if !before.trim_end_matches([' ', '\t']).ends_with('\n') {
            return Some(ClauseKind::Junk(None));
        }
        let (_, last) = self.file_text.get(clause.range())?.rsplit_once(char::is_whitespace)?;
        words::is_clause(last).then(|| ClauseKind::Junk(words::keyword(last)))
    }

    fn on_one_line(&self, before: Span, after: Span) -> bool {
        let between = self.file_text.get(before.end as usize..after.start as usize);
        between.is_some_and(|text| !text.contains('\n'))
    }

    fn clause(&mut self, pair: Pair) -> Option<Clause> {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        let kind = self.clause_kind(pair)?;
        Some(Clause { span, keyword, kind })
    }

    fn clause_kind(&mut self, pair: Pair) -> Option<ClauseKind> {
        Some(match pair.as_rule() {
            Rule::owner => ClauseKind::Owner(self.name(&part(&pair, Rule::name)?)),
            Rule::asset_ => ClauseKind::Asset(self.name(&part(&pair, Rule::name)?)),
            Rule::goal => ClauseKind::Goal(self.text(&part(&pair, Rule::text)?)),
            Rule::asks => ClauseKind::Asks(self.text(&part(&pair, Rule::text)?)),
            Rule::needs => ClauseKind::Needs(parts(pair).filter_map(|need| self.need(&need)).collect()),
            Rule::makes => ClauseKind::Makes(self.names(parts(pair))),
            Rule::options => ClauseKind::Options(self.names(parts(pair))),
            Rule::shows => ClauseKind::Shows(self.paths(pair)),
            Rule::failure => ClauseKind::Failure(self.route(part(&pair, Rule::route)?)),
            Rule::handoff => ClauseKind::Handoff(Box::new(self.handoff(pair)?)),
            Rule::runs => ClauseKind::Runs(Box::new(self.run(pair)?)),
            Rule::join => ClauseKind::Join(self.join(&pair)?),
            _ => self.timed(&pair)?,
        })
    }

    /// The clauses that hold a duration.
    fn timed(&mut self, pair: &Pair) -> Option<ClauseKind> {
        let time = part(pair, Rule::duration).map(|pair| self.literal(pair));
        let route = part(pair, Rule::route).map(|pair| self.route(pair));
        Some(match pair.as_rule() {
            Rule::deadline => ClauseKind::Deadline { within: time, route },
            Rule::accept => ClauseKind::Accept { within: time?, route: route? },
            Rule::for_ => ClauseKind::For { time: time?, route: route? },
            Rule::retry => ClauseKind::Retry { times: self.count(pair, Rule::times, "times")?, every: time? },
            _ => return None,
        })
    }

    fn paths(&mut self, pair: Pair) -> Vec<PathExpr> {
        parts(pair).filter_map(|path| self.path(&path)).collect()
    }

    fn need(&mut self, pair: &Pair) -> Option<NeedExpr> {
        let optional = part(pair, Rule::optional).map(|mark| self.span(&mark));
        Some(NeedExpr { path: self.path(&part(pair, Rule::path)?)?, optional })
    }

    fn handoff(&mut self, pair: Pair) -> Option<HandoffClause> {
        let (mut hops, mut when, mut carry) = (Vec::new(), When::Missing, None);
        for part in parts(pair) {
            match part.as_rule() {
                Rule::target_missing => hops.push(self.missing_target(&part)),
                Rule::otherwise => when = When::Otherwise(self.span(&part)),
                Rule::when => when = self.when(part),
                Rule::carry => carry = Some(self.carry(part)),
                _ => self.hop_or_bound(part, &mut hops),
            }
        }
        let (first, last) = (hops.first()?.arrow, hops.last()?);
        let span = first.to(last.target.as_ref().map_or(last.arrow, |target| target.span));
        Some(HandoffClause { route: Route { span, hops }, when, carry })
    }

    fn missing_target(&mut self, pair: &Pair) -> Hop {
        let arrow = self.span(pair);
        self.report(
            Code::Syntax,
            arrow,
            "expected the name of a state or end after `->`",
            "say where work goes: `handoff -> drafting when …`",
        );
        Hop { arrow, target: None, bound: None }
    }

    fn when(&mut self, pair: Pair) -> When {
        let word = self.keyword_span(&pair);
        parts(pair).next().map_or(When::Missing, |guard| When::Guard(word, self.guard(guard)))
    }

    fn carry(&mut self, pair: Pair) -> Carry {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        Carry { span, keyword, fields: self.names(parts(pair)) }
    }

    fn run(&mut self, pair: Pair) -> Option<RunClause> {
        let argument = self.path(&part(&pair, Rule::path)?)?;
        let mut names = self.names(parts(pair)).into_iter();
        Some(RunClause { flow: names.next()?, argument, gives: names.next() })
    }

    fn join(&mut self, pair: &Pair) -> Option<JoinExpr> {
        let inner = parts(pair.clone()).next()?;
        Some(match inner.as_rule() {
            Rule::join_all => JoinExpr::All,
            Rule::join_any => JoinExpr::Any,
            _ => JoinExpr::Count(self.literal(inner)),
        })
    }
}
