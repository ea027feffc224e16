//! The members of a flow but its states and scenarios.

use super::{Builder, Pair, Rule, junk_keyword, part, parts};
use crate::diagnostics::Code;
use crate::syntax::tree::{
    ContextItem, DefaultItem, DefaultKind, EndClause, EndClauseKind, EndItem, FlowItem, GateExpr, Hop,
    IntakeItem, MapItem, MapValue, ProveItem, ProveKind, Route, StateHead,
};
use crate::syntax::words::Place;

impl Builder<'_> {
    /// The head of a flow; its members follow.
    pub(in crate::syntax) fn flow_head(&mut self, pair: Pair) -> Option<FlowItem<StateHead>> {
        let span = self.span(&pair);
        let name = self.name(&parts(pair).next()?);
        Some(FlowItem { span, doc: self.doc(span), name, members: Vec::new() })
    }

    pub(super) fn context(&mut self, pair: Pair) -> ContextItem {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        let (fields, faulty) = self.fields(parts(pair));
        ContextItem { span, keyword, fields, faulty }
    }

    pub(super) fn default(&mut self, pair: Pair) -> Option<DefaultItem> {
        let span = self.span(&pair);
        let inner = parts(pair).next()?;
        let kind = match inner.as_rule() {
            Rule::default_failure => DefaultKind::Failure(self.route(part(&inner, Rule::route)?)),
            _ => DefaultKind::Deadline {
                within: part(&inner, Rule::duration).map(|pair| self.literal(pair)),
                route: part(&inner, Rule::route).map(|pair| self.route(pair)),
            },
        };
        Some(DefaultItem { span, kind })
    }

    pub(super) fn route(&mut self, pair: Pair) -> Route {
        let span = self.span(&pair);
        Route { span, hops: self.hops(parts(pair)) }
    }

    /// The hops among `pairs`, each with the bound that follows it.
    fn hops<'p>(&mut self, pairs: impl Iterator<Item = Pair<'p>>) -> Vec<Hop> {
        let mut hops: Vec<Hop> = Vec::new();
        pairs.for_each(|pair| self.hop_or_bound(pair, &mut hops));
        hops
    }

    /// Adds a hop, or its bound to the hop before it.
    pub(super) fn hop_or_bound(&mut self, pair: Pair, hops: &mut Vec<Hop>) {
        match pair.as_rule() {
            Rule::hop => hops.push(self.hop(pair)),
            Rule::bound => {
                let bound = self.count(&pair, Rule::times, "times");
                if let Some(hop) = hops.last_mut() {
                    hop.bound = bound;
                }
            }
            _ => {}
        }
    }

    fn hop(&mut self, pair: Pair) -> Hop {
        let start = pair.as_span().start();
        let target = parts(pair).next().map(|name| self.name(&name));
        Hop { arrow: self.at(start, start + "->".len()), target, bound: None }
    }

    pub(super) fn intake(&mut self, pair: Pair) -> Option<IntakeItem> {
        let span = self.span(&pair);
        let field = self.name(&part(&pair, Rule::name)?);
        let from = part(&pair, Rule::source)
            .and_then(|source| part(&source, Rule::text))
            .map(|text| self.text(&text));
        let route = self.uncounted(part(&pair, Rule::route)?);
        let mut faulty = false;
        let maps = part(&pair, Rule::maps).map(|maps| {
            let maps: Vec<Option<MapItem>> = parts(maps).map(|map| self.map(map)).collect();
            faulty = maps.iter().any(Option::is_none);
            maps.into_iter().flatten().collect()
        });
        Some(IntakeItem { span, field, from, route, maps, faulty })
    }

    /// The route of an intake: work comes in once, so there is nothing to count.
    fn uncounted(&mut self, pair: Pair) -> Route {
        let bound = part(&pair, Rule::bound).map(|bound| self.span(&bound));
        let mut route = self.route(pair);
        if let Some(bound) = bound {
            let message = "the arrow of an intake can't be counted, since work comes in once";
            self.report(
                Code::Syntax,
                bound,
                message,
                "end the intake after its state, and count the arrow that leads back",
            );
            route.hops.truncate(1);
            route.hops.iter_mut().for_each(|hop| hop.bound = None);
        }
        route
    }

    fn map(&mut self, pair: Pair) -> Option<MapItem> {
        if pair.as_rule() == Rule::map_junk {
            self.explain(Rule::one_map, &pair);
            return None;
        }
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let field = self.path(&parts.next()?)?;
        let value = self.map_value(parts.next()?);
        Some(MapItem { span, field, value })
    }

    fn map_value(&mut self, pair: Pair) -> MapValue {
        use crate::syntax::tree::{Operand, Text};
        if pair.as_rule() != Rule::raw {
            return match self.operand(pair) {
                Operand::Literal(literal) => MapValue::Literal(literal),
                Operand::Member(name) => MapValue::Member(name),
            };
        }
        let span = self.span(&pair);
        let mut keys: Vec<Text> = Vec::new();
        for key in parts(pair) {
            let text = match key.as_rule() {
                Rule::text => self.text(&key),
                _ => Text { value: key.as_str().into(), span: self.span(&key) },
            };
            keys.push(text);
        }
        MapValue::Raw { span, keys }
    }

    pub(super) fn end(&mut self, pair: Pair) -> Option<EndItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        let outcome = parts.next()?;
        let success = match outcome.as_str() {
            "success" => Some(true),
            "failure" => Some(false),
            other => {
                let span = self.span(&outcome);
                let message = format!("expected `success` or `failure`, found `{other}`");
                self.report(
                    Code::Syntax,
                    span,
                    message,
                    format!("write `end {}: success {{ … }}` or `end {0}: failure {{ … }}`", name.text),
                );
                None
            }
        };
        let clauses = parts.filter_map(|pair| self.end_clause(pair)).collect();
        Some(EndItem { span, doc: self.doc(span), name, success, clauses })
    }

    fn end_clause(&mut self, pair: Pair) -> Option<EndClause> {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        let kind = match pair.as_rule() {
            Rule::owner => EndClauseKind::Owner(self.name(&part(&pair, Rule::name)?)),
            Rule::receipt => EndClauseKind::Receipt(self.name(&part(&pair, Rule::name)?)),
            Rule::reason => EndClauseKind::Reason(self.text(&part(&pair, Rule::text)?)),
            _ => {
                self.explain(Rule::one_end_clause, &pair);
                EndClauseKind::Junk(junk_keyword(pair.as_str(), Place::End))
            }
        };
        Some(EndClause { span, keyword, kind })
    }

    pub(super) fn prove(&mut self, pair: Pair) -> Option<ProveItem> {
        let span = self.span(&pair);
        let kind = self.prove_kind(parts(pair).next()?)?;
        Some(ProveItem { span, kind })
    }

    fn prove_kind(&mut self, pair: Pair) -> Option<ProveKind> {
        let mut name = part(&pair, Rule::name).map(|name| self.name(&name));
        Some(match pair.as_rule() {
            Rule::ends_within => ProveKind::EndsWithin(self.literal(part(&pair, Rule::duration)?)),
            Rule::costs_most => ProveKind::CostsAtMost(self.literal(part(&pair, Rule::money)?)),
            Rule::visits => ProveKind::Visits(self.count(&pair, Rule::visit_word, "visits")?, name.take()?),
            Rule::passes => ProveKind::Passes {
                state: name.take()?,
                gates: parts(pair)
                    .filter(|part| part.as_rule() == Rule::gate)
                    .filter_map(|gate| self.gate(gate))
                    .collect(),
            },
            Rule::only_if => ProveKind::OnlyIf(name.take()?, self.guard(part(&pair, Rule::guard)?)),
            _ => {
                let mut names = self.names(parts(pair)).into_iter();
                ProveKind::DecidedBy { approval: names.next()?, others: names.collect() }
            }
        })
    }

    fn gate(&mut self, pair: Pair) -> Option<GateExpr> {
        let mut names = self.names(parts(pair)).into_iter();
        Some(GateExpr { state: names.next()?, with: names.next() })
    }
}
