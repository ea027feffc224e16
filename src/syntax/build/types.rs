//! Types and fields.

use super::{Builder, Pair, Rule, part, parts};
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::outline::{MAX_DEPTH, too_deep};
use crate::syntax::recover;
use crate::syntax::tree::{FieldItem, Literal, Name, TypeExpr, TypeKind};

impl Builder<'_> {
    /// The fields among `pairs`, and whether some could not be read at all.
    pub(super) fn fields<'p>(&mut self, pairs: impl Iterator<Item = Pair<'p>>) -> (Vec<FieldItem>, bool) {
        let mut fields = Vec::new();
        let mut faulty = false;
        for pair in pairs {
            match pair.as_rule() {
                Rule::field => fields.extend(self.field(pair)),
                Rule::field_junk => {
                    faulty = true;
                    fields.extend(self.junk_field(&pair));
                }
                _ => {}
            }
        }
        (fields, faulty)
    }

    fn field(&mut self, pair: Pair) -> Option<FieldItem> {
        let span = self.span(&pair);
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        let ty = parts.next().and_then(|pair| self.type_expr(pair));
        Some(FieldItem { span, doc: self.doc(span), name, ty })
    }

    /// A field whose name can be read, although the rest can't.
    fn junk_field(&mut self, pair: &Pair) -> Option<FieldItem> {
        self.explain(Rule::one_field, pair);
        let word = recover::first_word(pair.as_str());
        if word.is_empty() {
            return None;
        }
        let span = self.span(pair);
        let start = pair.as_span().start();
        let name = Name { text: word.into(), span: self.at(start, start + word.len()) };
        Some(FieldItem { span, doc: self.doc(span), name, ty: None })
    }

    fn type_expr(&mut self, pair: Pair) -> Option<TypeExpr> {
        let span = self.span(&pair);
        let optional = part(&pair, Rule::optional).map(|mark| self.span(&mark));
        let mut lists = Vec::new();
        let mut base = None;
        for inner in parts(pair) {
            match inner.as_rule() {
                Rule::list_of => lists.push((self.span(&inner).start, self.max(&inner))),
                Rule::optional => {}
                _ => base = Some(inner),
            }
        }
        if lists.len() > MAX_DEPTH {
            self.found.push(too_deep(span));
            return None;
        }
        let base = base?;
        let mut ty = TypeExpr { span: self.span(&base), kind: self.base_type(base)?, optional: None };
        for (start, max) in lists.into_iter().rev() {
            let span = crate::source::Span { start, ..ty.span };
            ty = TypeExpr { span, kind: TypeKind::List { max, of: Box::new(ty) }, optional: None };
        }
        Some(TypeExpr { span, optional, ..ty })
    }

    fn base_type(&mut self, pair: Pair) -> Option<TypeKind> {
        Some(match pair.as_rule() {
            Rule::text_type => TypeKind::Text { max: self.max(&pair) },
            Rule::int_type => TypeKind::Int(part(&pair, Rule::range).and_then(|range| self.range(range))),
            Rule::number_type => {
                TypeKind::Number(part(&pair, Rule::range).and_then(|range| self.range(range)))
            }
            Rule::money_type => TypeKind::Money(self.name(&part(&pair, Rule::name)?)),
            Rule::named_type => return self.named_type(pair),
            _ => match pair.as_str() {
                "url" => TypeKind::Url,
                "bool" => TypeKind::Bool,
                "percent" => TypeKind::Percent,
                "duration" => TypeKind::Duration,
                _ => TypeKind::Date,
            },
        })
    }

    fn named_type(&mut self, pair: Pair) -> Option<TypeKind> {
        let mut parts = parts(pair);
        let name = self.name(&parts.next()?);
        if let Some(form) = incomplete(&name.text) {
            let message = format!("`{}` is not complete", name.text);
            self.report(Code::Syntax, name.span, message, format!("the form is `{form}`"));
            return None;
        }
        let Some(bound) = parts.next() else { return Some(TypeKind::Named(name)) };
        let (bounded, message, form) = match bound.as_rule() {
            Rule::max => (
                ["text", "list"],
                format!("`{}` takes no `max`", name.text),
                "`text max 70`, `list max 20 of …`",
            ),
            _ => (["int", "number"], format!("`{}` takes no range", name.text), "`int 1..5`, `number 0..1`"),
        };
        let found = Diagnostic::new(Code::Syntax, name.span, message);
        let meant =
            bounded.iter().find(|word| strsim::damerau_levenshtein(word, &name.text) * 3 <= word.len());
        self.found.push(match meant {
            Some(meant) => found.help(format!("did you mean `{meant}`?")).fix(
                format!("change to `{meant}`"),
                name.span,
                *meant,
            ),
            None => found.help(format!("remove it; only built-in types take one: {form}")),
        });
        None
    }

    fn max(&mut self, pair: &Pair) -> Option<Literal> {
        let max = part(pair, Rule::max)?;
        let number = part(&max, Rule::number)?;
        Some(self.literal(number))
    }
}

/// How a type is written that never stands by its word alone.
fn incomplete(word: &str) -> Option<&'static str> {
    match word {
        "money" => Some("money USD"),
        "list" => Some("list max 20 of text max 80"),
        _ => None,
    }
}
