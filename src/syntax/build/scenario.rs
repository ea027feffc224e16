//! Scenarios.

use super::{Builder, Pair, Rule, junk_keyword, part, parts};
use crate::syntax::tree::{Assignment, EventExpr, ScenarioItem, ScenarioLine, ScenarioLineKind};
use crate::syntax::words::Place;

impl Builder<'_> {
    pub(super) fn scenario(&mut self, pair: Pair) -> Option<ScenarioItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let title = self.text(&parts.next()?);
        let lines = parts.filter_map(|pair| self.line(pair)).collect();
        Some(ScenarioItem { span, title, lines })
    }

    fn line(&mut self, pair: Pair) -> Option<ScenarioLine> {
        let span = self.span(&pair);
        let keyword = self.keyword_span(&pair);
        let kind = match pair.as_rule() {
            Rule::start => self.start(&pair)?,
            Rule::at => self.visit(&pair)?,
            Rule::expect => self.expect(parts(pair).next()?)?,
            _ => {
                self.explain(Rule::one_line, &pair);
                ScenarioLineKind::Junk(junk_keyword(pair.as_str(), Place::Scenario))
            }
        };
        Some(ScenarioLine { span, keyword, kind })
    }

    fn start(&mut self, pair: &Pair) -> Option<ScenarioLineKind> {
        let field = self.name(&part(pair, Rule::name)?);
        let source = part(pair, Rule::source).and_then(|source| part(&source, Rule::text));
        let from = source.map(|text| self.text(&text));
        Some(ScenarioLineKind::Start { field, from, values: self.values(pair) })
    }

    fn visit(&mut self, pair: &Pair) -> Option<ScenarioLineKind> {
        let state = self.name(&part(pair, Rule::name)?);
        let event = match part(pair, Rule::event) {
            Some(event) => self.event(event)?,
            None => EventExpr::Delivers,
        };
        Some(ScenarioLineKind::At { state, event, values: self.values(pair) })
    }

    fn event(&mut self, pair: Pair) -> Option<EventExpr> {
        let inner = parts(pair).next()?;
        Some(match inner.as_rule() {
            Rule::fails => EventExpr::Fails,
            Rule::silent => EventExpr::Silent,
            Rule::unaccepted => EventExpr::Unaccepted,
            _ => EventExpr::Decides(self.name(&inner)),
        })
    }

    fn values(&mut self, pair: &Pair) -> Vec<Assignment> {
        let Some(values) = part(pair, Rule::values) else { return Vec::new() };
        parts(values).filter_map(|value| self.value(value)).collect()
    }

    fn value(&mut self, pair: Pair) -> Option<Assignment> {
        let mut parts = parts(pair);
        let path = self.path(&parts.next()?)?;
        let value = self.operand(parts.next()?);
        Some(Assignment { path, value })
    }

    fn expect(&mut self, pair: Pair) -> Option<ScenarioLineKind> {
        let name = part(&pair, Rule::name).map(|name| self.name(&name));
        Some(match pair.as_rule() {
            Rule::expect_path => ScenarioLineKind::ExpectPath(self.names(parts(pair))),
            Rule::expect_visits => {
                ScenarioLineKind::ExpectVisits(self.literal(part(&pair, Rule::number)?), name?)
            }
            Rule::expect_within => ScenarioLineKind::ExpectWithin(self.literal(part(&pair, Rule::duration)?)),
            Rule::expect_costs => ScenarioLineKind::ExpectCosts(self.literal(part(&pair, Rule::money)?)),
            _ => ScenarioLineKind::ExpectEnd(name?),
        })
    }
}
