//! Top-level declarations but flows.

use super::{Builder, Pair, Rule, junk_keyword, part, parts};
use crate::syntax::tree::{
    ActorClause, ActorClauseKind, ActorItem, AssetItem, EnumItem, Keyword, ThresholdItem, Use,
};
use crate::syntax::words::{self, Place};

impl Builder<'_> {
    pub(super) fn use_item(&mut self, pair: &Pair) -> Option<Use> {
        let path = part(pair, Rule::text)?;
        Some(Use { span: self.span(pair), path: self.text(&path) })
    }

    pub(super) fn enum_item(&mut self, pair: Pair) -> Option<EnumItem> {
        let span = self.span(&pair);
        let mut names = self.names(parts(pair)).into_iter();
        let name = names.next()?;
        Some(EnumItem { span, doc: self.doc(span), name, members: names.collect(), faulty: false })
    }

    pub(super) fn asset_item(&mut self, pair: Pair) -> Option<AssetItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        let (fields, faulty) = self.fields(parts);
        Some(AssetItem { span, doc: self.doc(span), name, fields, faulty })
    }

    pub(super) fn threshold_item(&mut self, pair: Pair) -> Option<ThresholdItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        let guard = self.guard(parts.next()?);
        Some(ThresholdItem { span, doc: self.doc(span), name, guard })
    }

    pub(super) fn actor_item(&mut self, pair: Pair) -> Option<ActorItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        let kind = parts.next().map(|pair| self.name(&pair));
        let clauses = parts.filter_map(|pair| self.actor_clause(pair)).collect();
        Some(ActorItem { span, doc: self.doc(span), name, kind, clauses })
    }

    fn actor_clause(&mut self, pair: Pair) -> Option<ActorClause> {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        let kind = match pair.as_rule() {
            Rule::binding => self.binding(&pair)?,
            Rule::responds => ActorClauseKind::Responds(self.literal(part(&pair, Rule::duration)?)),
            Rule::costs => ActorClauseKind::Costs(self.literal(part(&pair, Rule::money)?)),
            _ => {
                self.explain(Rule::one_actor_clause, &pair);
                ActorClauseKind::Junk(junk_keyword(pair.as_str(), Place::Actor))
            }
        };
        Some(ActorClause { span, keyword, kind })
    }

    fn binding(&mut self, pair: &Pair) -> Option<ActorClauseKind> {
        let text = part(pair, Rule::text)?;
        let word = pair.as_str().split(|c: char| !c.is_ascii_alphabetic()).next()?;
        let keyword: Keyword = words::keyword(word)?;
        Some(ActorClauseKind::Binding(keyword, self.text(&text)))
    }
}
