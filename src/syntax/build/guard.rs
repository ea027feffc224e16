//! Guards and paths.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{Builder, Pair, Rule, part, parts};
use crate::source::Span;
use crate::syntax::outline::{MAX_DEPTH, too_deep};
use crate::syntax::tree::{CompareOp, GuardExpr, GuardKind, Name, Operand, PathExpr, Spanned};

/// The signs of comparison, one that begins another behind it.
const SIGNS: [(&str, CompareOp); 6] = [
    ("<=", CompareOp::AtMost),
    (">=", CompareOp::AtLeast),
    ("<", CompareOp::Less),
    (">", CompareOp::Greater),
    ("==", CompareOp::Is),
    ("!=", CompareOp::IsNot),
];

impl Builder<'_> {
    /// What stands in a row: `and` binds tighter than `or`.
    pub(super) fn guard(&mut self, pair: Pair) -> GuardExpr {
        let span = self.span(&pair);
        let (mut some, mut all, mut nots) = (Row::new(), Row::new(), Vec::new());
        let mut row = span;
        for part in parts(pair) {
            match part.as_rule() {
                Rule::not_ => nots.push(self.span(&part).start),
                Rule::joint if part.as_str().starts_with("and") => {}
                Rule::joint => some.push(joined(std::mem::take(&mut all), row, GuardKind::And)),
                _ => {
                    let place = self.span(&part);
                    let whole = Span { start: nots.first().copied().unwrap_or(place.start), ..place };
                    row = if all.is_empty() { whole } else { row.to(whole) };
                    all.push(self.negated(part, whole, std::mem::take(&mut nots)));
                }
            }
        }
        some.push(joined(all, row, GuardKind::And));
        GuardExpr { span, ..joined(some, span, GuardKind::Or) }
    }

    /// A test, or a guard in parentheses, behind words `not` that begin at these places.
    fn negated(&mut self, pair: Pair, whole: Span, nots: Vec<u32>) -> GuardExpr {
        if nots.len() > MAX_DEPTH {
            let first = whole.start as usize;
            self.found.push(too_deep(Span::new(whole.file, first, first + "not".len())));
            return faulty(whole);
        }
        let guard = match pair.as_rule() {
            Rule::test => self.test(pair),
            _ => parts(pair).next().map_or_else(|| faulty(whole), |guard| self.guard(guard)),
        };
        let negate =
            |guard, start| GuardExpr { span: Span { start, ..whole }, kind: GuardKind::Not(Box::new(guard)) };
        nots.into_iter().rev().fold(guard, negate)
    }

    fn test(&mut self, pair: Pair) -> GuardExpr {
        let span = self.span(&pair);
        let kind = self.test_kind(pair).unwrap_or(GuardKind::Faulty);
        GuardExpr { span, kind }
    }

    fn test_kind(&mut self, pair: Pair) -> Option<GuardKind> {
        let mut parts = parts(pair);
        let path = self.path(&parts.next()?)?;
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
        let span = self.keyword_span(&pair);
        let mut parts = parts(pair).peekable();
        let negated = parts.next_if(|part| part.as_rule() == Rule::not_).is_some();
        let operand = parts.next()?;
        match operand.as_str() {
            "present" => return Some(GuardKind::Present(path, !negated)),
            "absent" => return Some(GuardKind::Present(path, negated)),
            _ => {}
        }
        let value = self.operand(operand);
        let op = if negated { CompareOp::IsNot } else { CompareOp::Is };
        Some(GuardKind::Compare { path, op: Spanned { value: op, span }, value })
    }

    fn in_test(&mut self, path: PathExpr, pair: Pair) -> Option<GuardKind> {
        if let Some(range) = part(&pair, Rule::range) {
            return Some(GuardKind::InRange(path, Box::new(self.range(range)?)));
        }
        let set = part(&pair, Rule::set)?;
        let operands: Vec<Operand> = parts(set).map(|operand| self.operand(operand)).collect();
        Some(GuardKind::InSet(path, operands))
    }

    fn compare(&mut self, path: PathExpr, pair: Pair) -> Option<GuardKind> {
        let (sign, op) = SIGNS.into_iter().find(|(sign, _)| pair.as_str().starts_with(sign))?;
        let start = pair.as_span().start();
        let op = Spanned { value: op, span: self.at(start, start + sign.len()) };
        let value = self.operand(parts(pair).next()?);
        Some(GuardKind::Compare { path, op, value })
    }

    pub(super) fn path(&mut self, pair: &Pair) -> Option<PathExpr> {
        let span = self.span(pair);
        let mut start = pair.as_span().start();
        let mut names = pair.as_str().split('.').map(|name| {
            let end = start + name.len();
            let span = self.at(std::mem::replace(&mut start, end + ".".len()), end);
            Name { text: SmolStr::new(name), span }
        });
        Some(PathExpr { span, root: names.next()?, rest: names.collect() })
    }
}

/// Parts of a guard that are joined by one word, mostly one part.
type Row = SmallVec<[GuardExpr; 1]>;

/// One stands for itself.
fn joined(mut row: Row, span: Span, join: fn(Vec<GuardExpr>) -> GuardKind) -> GuardExpr {
    match row.len() {
        0 | 1 => row.pop().unwrap_or_else(|| faulty(span)),
        _ => GuardExpr { span, kind: join(row.into_vec()) },
    }
}

fn faulty(span: Span) -> GuardExpr {
    GuardExpr { span, kind: GuardKind::Faulty }
}
