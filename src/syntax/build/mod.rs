//! From pest's pairs to the tree, one file a construct.
//!
//! Must not know: how pieces were cut, nor what names mean. Spans become our own at once.

mod declaration;
mod flow;
mod guard;
mod literal;
mod scenario;
mod state;
mod types;

use pest::iterators::{Pair as PestPair, Pairs};
use smol_str::SmolStr;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::grammar::Rule;
use super::recover;
use super::tree::{Comment, CommentKind, Item, Keyword, Member, Name, StateHead, Text};
use super::words;

pub use literal::figure;

pub(super) type Pair<'p> = PestPair<'p, Rule>;

/// Builds the nodes of one piece.
pub(super) struct Builder<'t> {
    /// The piece's place in the file; spans never leave it.
    pub(super) piece: Span,
    /// The whole file.
    pub(super) file_text: &'t str,
    /// The whole file's comments.
    pub(super) comments: &'t [Comment],
    /// What was found.
    pub(super) found: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    fn file(&self) -> FileId {
        self.piece.file
    }

    fn span(&self, pair: &Pair) -> Span {
        let span = pair.as_span();
        self.at(span.start(), span.end())
    }

    /// The span of those bytes of the piece; braces that were only thought of lie at its end.
    fn at(&self, start: usize, end: usize) -> Span {
        let place = |byte: usize| (self.piece.start as usize + byte).min(self.piece.end as usize);
        Span::new(self.file(), place(start), place(end))
    }

    /// The keyword with which `pair` begins.
    fn keyword_span(&self, pair: &Pair) -> Span {
        let length = pair.as_str().bytes().take_while(u8::is_ascii_alphabetic).count();
        let start = pair.as_span().start();
        self.at(start, start + length)
    }

    fn name(&self, pair: &Pair) -> Name {
        Name { text: SmolStr::new(pair.as_str()), span: self.span(pair) }
    }

    fn names<'p>(&self, pairs: impl Iterator<Item = Pair<'p>>) -> Vec<Name> {
        pairs.filter(|pair| pair.as_rule() == Rule::name).map(|pair| self.name(&pair)).collect()
    }

    fn text(&mut self, pair: &Pair) -> Text {
        let span = self.span(pair);
        Text { value: literal::unescape(self, pair.as_str(), span), span }
    }

    /// The `///` lines right above `span`.
    fn doc(&self, span: Span) -> Option<Box<str>> {
        let before = self.comments.partition_point(|comment| comment.span.start < span.start);
        let mut below = span.start;
        let mut lines = Vec::new();
        for comment in self.comments.get(..before)?.iter().rev() {
            let between = self.file_text.get(comment.span.end as usize..below as usize)?;
            if comment.kind != CommentKind::Doc || !comment.own_line || !between.trim().is_empty() {
                break;
            }
            below = comment.span.start;
            let line = self.file_text.get(comment.span.range())?;
            lines.push(line.trim_start_matches('/').trim());
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n").into())
    }

    /// Reports what can't be read in `pair`, read again on its own with `rule`.
    fn explain(&mut self, rule: Rule, pair: &Pair) {
        let text = pair.as_str();
        let start = self.span(pair).start as usize;
        self.found.push(recover::explain(rule, text, self.file(), start));
    }
}

/// The parts of a pair.
fn parts(pair: Pair<'_>) -> Pairs<'_, Rule> {
    pair.into_inner()
}

/// The first part of that rule.
fn part<'p>(pair: &Pair<'p>, rule: Rule) -> Option<Pair<'p>> {
    pair.clone().into_inner().find(|part| part.as_rule() == rule)
}

impl Builder<'_> {
    /// A declaration other than a flow.
    pub(super) fn item(&mut self, pair: Pair) -> Option<Item<StateHead>> {
        match pair.as_rule() {
            Rule::use_ => self.use_item(&pair).map(Item::Use),
            Rule::enum_ => self.enum_item(pair).map(Item::Enum),
            Rule::asset => self.asset_item(pair).map(Item::Asset),
            Rule::actor => self.actor_item(pair).map(Item::Actor),
            Rule::threshold => self.threshold_item(pair).map(Item::Threshold),
            _ => None,
        }
    }

    /// A member of a flow but a state.
    pub(super) fn member(&mut self, pair: Pair) -> Option<Member<StateHead>> {
        match pair.as_rule() {
            Rule::context => Some(Member::Context(Box::new(self.context(pair)))),
            Rule::default => self.default(pair).map(Box::new).map(Member::Default),
            Rule::intake => self.intake(pair).map(Box::new).map(Member::Intake),
            Rule::end => self.end(pair).map(Box::new).map(Member::End),
            Rule::prove => self.prove(pair).map(Box::new).map(Member::Prove),
            Rule::scenario => self.scenario(pair).map(Box::new).map(Member::Scenario),
            _ => None,
        }
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Diagnostic::new(code, span, message).help(help));
    }
}

/// The keyword that a junk clause was meant to begin with.
fn junk_keyword(text: &str, place: words::Place) -> Option<Keyword> {
    words::intended(recover::first_word(text), place)
}
