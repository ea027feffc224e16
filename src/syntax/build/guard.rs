//! Guards and paths.

use super::{Builder, Pair, Rule, part, parts};
use crate::source::Span;
use crate::syntax::outline::{MAX_DEPTH, too_deep};
use crate::syntax::tree::{CompareOp, GuardExpr, GuardKind, Operand, PathExpr, Spanned};

impl Builder<'_> {
    pub(super) fn guard(&mut self, pair: Pair) -> GuardExpr {
        let span = self.span(&pair);
        let kind = self.joined(pair, Rule::conjunction, Builder::conjunction, GuardKind::Or);
        GuardExpr { span, ..kind }
    }

    fn conjunction(&mut self, pair: Pair) -> GuardExpr {
        self.joined(pair, Rule::negation, Builder::negation, GuardKind::And)
    }

    /// One operand stands for itself, several are joined.
    fn joined(
        &mut self,
        pair: Pair,
        rule: Rule,
        build: fn(&mut Self, Pair) -> GuardExpr,
        join: fn(Vec<GuardExpr>) -> GuardKind,
    ) -> GuardExpr {
        let span = self.span(&pair);
        let mut operands =
            parts(pair).filter(|part| part.as_rule() == rule).map(|operand| build(self, operand));
        let Some(first) = operands.next() else { return GuardExpr { span, kind: GuardKind::Faulty } };
        let Some(second) = operands.next() else { return first };
        let mut all = vec![first, second];
        all.extend(operands);
        GuardExpr { span, kind: join(all) }
    }

    fn negation(&mut self, pair: Pair) -> GuardExpr {
        let whole = self.span(&pair);
        let mut nots = Vec::new();
        let mut guard = GuardExpr { span: whole, kind: GuardKind::Faulty };
        for inner in parts(pair) {
            match inner.as_rule() {
                Rule::not_ => nots.push(self.span(&inner).start),
                Rule::guard => guard = self.guard(inner),
                Rule::test => guard = self.test(inner),
                _ => {}
            }
        }
        if nots.len() > MAX_DEPTH {
            let first = whole.start as usize;
            self.found.push(too_deep(Span::new(whole.file, first, first + "not".len())));
            return GuardExpr { span: whole, kind: GuardKind::Faulty };
        }
        for start in nots.into_iter().rev() {
            guard = GuardExpr { span: Span { start, ..whole }, kind: GuardKind::Not(Box::new(guard)) };
        }
        guard
    }

    fn test(&mut self, pair: Pair) -> GuardExpr {
        let span = self.span(&pair);
        let kind = self.test_kind(pair).unwrap_or(GuardKind::Faulty);
        GuardExpr { span, kind }
    }

    fn test_kind(&mut self, pair: Pair) -> Option<GuardKind> {
        let mut parts = parts(pair);
        let path = self.path(parts.next()?)?;
        let Some(test) = parts.next() else {
            let delivered = path.rest.is_empty() && path.root.text == "delivered";
            return Some(if delivered { GuardKind::Delivered } else { GuardKind::Bare(path) });
        };
        match test.as_rule() {
            Rule::is_test => self.is_test(path, test),
            Rule::in_test => self.in_test(path, test),
            _ => self.compare(path, test),
        }
    }

    fn is_test(&mut self, path: PathExpr, pair: Pair) -> Option<GuardKind> {
        let negated = part(&pair, Rule::not_).is_some();
        let span = self.keyword_span(&pair);
        let operand = part(&pair, Rule::operand)?;
        match operand.as_str() {
            "present" => return Some(GuardKind::Present(path, !negated)),
            "absent" => return Some(GuardKind::Present(path, negated)),
            _ => {}
        }
        let value = self.operand(operand)?;
        let op = if negated { CompareOp::IsNot } else { CompareOp::Is };
        Some(GuardKind::Compare { path, op: Spanned { value: op, span }, value })
    }

    fn in_test(&mut self, path: PathExpr, pair: Pair) -> Option<GuardKind> {
        if let Some(range) = part(&pair, Rule::range) {
            return Some(GuardKind::InRange(path, Box::new(self.range(range)?)));
        }
        let set = part(&pair, Rule::set)?;
        let operands: Vec<Operand> = parts(set).filter_map(|operand| self.operand(operand)).collect();
        Some(GuardKind::InSet(path, operands))
    }

    fn compare(&mut self, path: PathExpr, pair: Pair) -> Option<GuardKind> {
        let op = part(&pair, Rule::compare_op)?;
        let value = match op.as_str() {
            "<" => CompareOp::Less,
            "<=" => CompareOp::AtMost,
            ">" => CompareOp::Greater,
            ">=" => CompareOp::AtLeast,
            "==" => CompareOp::Is,
            _ => CompareOp::IsNot,
        };
        let op = Spanned { value, span: self.span(&op) };
        let operand = self.operand(part(&pair, Rule::operand)?)?;
        Some(GuardKind::Compare { path, op, value: operand })
    }

    pub(super) fn path(&mut self, pair: Pair) -> Option<PathExpr> {
        let span = self.span(&pair);
        let mut names = parts(pair).map(|name| self.name(&name));
        Some(PathExpr { span, root: names.next()?, rest: names.collect() })
    }
}
