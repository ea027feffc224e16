//! Enums, assets and the types of fields.
//!
//! Must not know: flows.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::Lowering;
use super::cycles::Edges;
use super::names::{Decl, Found};
use super::report::listed;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{AssetId, Bounds, Currency, EnumId, Field, FieldType, Name, Type};
use crate::syntax::tree::{FieldItem, LiteralValue, RangeExpr, TypeExpr, TypeKind};

/// The words that are types by themselves.
const BUILTIN: [&str; 10] =
    ["text", "url", "bool", "int", "number", "percent", "duration", "money", "date", "list"];

impl Lowering<'_> {
    /// Fills in the members of enums and the fields of assets.
    pub(super) fn lower_types(&mut self) {
        for at in 0..self.items.enums.len() {
            self.lower_enum(EnumId::new(at));
        }
        for at in 0..self.items.assets.len() {
            self.lower_asset(AssetId::new(at));
        }
        self.cut_asset_circles();
    }

    fn lower_enum(&mut self, id: EnumId) {
        let Some(&item) = self.items.enums.get(id.index()) else { return };
        for member in &item.members {
            self.refuse_reserved(member, "a member of an enum");
        }
        self.model[id].members = self.unique(&item.members, "the member");
        self.model[id].unknown = item.faulty;
        if item.faulty {
            self.unreadable(item.span);
        } else if item.members.is_empty() {
            self.model[id].unknown = true;
            self.report_empty(&item.name, "enum", "members", "low, high");
        }
    }

    fn lower_asset(&mut self, id: AssetId) {
        let Some(&item) = self.items.assets.get(id.index()) else { return };
        self.model[id].fields = self.fields(item.fields.iter());
        self.model[id].unknown = item.faulty;
        if item.faulty {
            self.unreadable(item.span);
        } else if item.fields.is_empty() {
            self.model[id].unknown = true;
            self.report_empty(&item.name, "asset", "fields", "title: text max 70");
        }
    }

    fn report_empty(&mut self, name: &Name, what: &str, part: &str, example: &str) {
        let message = format!("{what} `{}` has no {part}", name.text);
        let help = format!("write {part} between its braces, such as `{example}`");
        self.reports.add(Diagnostic::new(Code::EmptyRange, name.span, message).help(help));
    }

    /// The names without repetitions, which are reported.
    pub(super) fn unique<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>, what: &str) -> Vec<Name> {
        let mut seen = FxHashMap::default();
        let mut unique = Vec::new();
        for name in names {
            match seen.get(&name.text) {
                Some(&first) => self.reports.duplicate(name, first, what),
                None => {
                    seen.insert(&name.text, name.span);
                    unique.push(name.clone());
                }
            }
        }
        unique
    }

    /// The fields of an asset or a context, without repetitions.
    pub(super) fn fields<'f>(&mut self, items: impl IntoIterator<Item = &'f FieldItem>) -> Vec<Field> {
        let mut seen = FxHashMap::default();
        let mut fields = Vec::new();
        for item in items {
            self.refuse_reserved(&item.name, "a field");
            let field = self.field(item);
            match seen.get(&item.name.text) {
                // Of what can't be read the name may be no name.
                Some(_) if item.ty.is_none() => {}
                Some(&first) => self.reports.duplicate(&item.name, first, "the field"),
                None => {
                    seen.insert(&item.name.text, item.name.span);
                    fields.push(field);
                }
            }
        }
        fields
    }

    fn field(&mut self, item: &FieldItem) -> Field {
        let (ty, ty_span) = match &item.ty {
            Some(expr) => (FieldType { ty: self.ty(expr), optional: expr.optional.is_some() }, expr.span),
            None => {
                self.unreadable(item.span);
                (FieldType { ty: Type::Unknown, optional: false }, item.span)
            }
        };
        Field { name: item.name.clone(), doc: item.doc.clone(), ty, ty_span }
    }

    fn ty(&mut self, expr: &TypeExpr) -> Type {
        match &expr.kind {
            TypeKind::Text { max } => match max {
                None => Type::Text { max: None },
                Some(max) => {
                    self.count(max, 1, "`max`").map_or(Type::Unknown, |max| Type::Text { max: Some(max) })
                }
            },
            TypeKind::Url => Type::Url,
            TypeKind::Bool => Type::Bool,
            TypeKind::Int(range) => self.bounds(range.as_ref(), true).map_or(Type::Unknown, Type::Int),
            TypeKind::Number(range) => self.bounds(range.as_ref(), false).map_or(Type::Unknown, Type::Number),
            TypeKind::Percent => Type::Percent,
            TypeKind::Duration => Type::Duration,
            TypeKind::Money(code) => self.currency(code).map_or(Type::Unknown, Type::Money),
            TypeKind::Date => Type::Date,
            TypeKind::List { max, of } => {
                let of = Box::new(self.ty(of));
                match max {
                    None => Type::List { max: None, of },
                    Some(max) => match self.count(max, 1, "`max`") {
                        Some(max) => Type::List { max: Some(max), of },
                        None => Type::Unknown,
                    },
                }
            }
            TypeKind::Named(name) => self.named(name),
        }
    }

    fn named(&mut self, name: &Name) -> Type {
        match self.find(name) {
            Found::Decl(Decl::Enum(id)) => Type::Enum(id),
            Found::Decl(Decl::Asset(id)) => Type::Asset(id),
            Found::Nothing => {
                self.report_unknown_type(name);
                Type::Unknown
            }
            found => {
                self.misnamed(name, "type", found, None, is_type);
                Type::Unknown
            }
        }
    }

    fn report_unknown_type(&mut self, name: &Name) {
        let builtin = BUILTIN.map(smol_str::SmolStr::new_static);
        if self.reports.nearest(&name.text, builtin.iter()).is_some() {
            self.reports.misnamed(name, None, "type", builtin.iter());
        } else {
            self.misnamed(name, "type", Found::Nothing, None, is_type);
        }
    }

    fn currency(&mut self, code: &Name) -> Option<Currency> {
        let text = code.text.as_str();
        let currency = Currency::from_code(text);
        if currency.is_none() {
            let message = format!("`{text}` is no currency");
            let diagnostic = Diagnostic::new(Code::UnknownName, code.span, message);
            let upper = text.to_ascii_uppercase();
            self.reports.add(match Currency::from_code(&upper) {
                Some(_) => diagnostic.help(format!("write `{upper}`")).fix(
                    format!("change to `{upper}`"),
                    code.span,
                    upper.clone(),
                ),
                None => diagnostic.help("write the ISO 4217 code of one, such as `USD`"),
            });
        }
        currency
    }

    /// `None` if it can't be relied on, which has been reported.
    fn bounds(&mut self, range: Option<&RangeExpr>, whole: bool) -> Option<Bounds> {
        let Some(range) = range else { return Some(Bounds::default()) };
        let low = self.bound(&range.low, whole);
        let high = self.bound(&range.high, whole);
        let (low, high) = (low?, high?);
        if !self.is_proper_range(range, low, high) {
            return None;
        }
        Some(Bounds { low: Some(low), high: Some(high), open: range.open })
    }

    fn bound(&mut self, literal: &crate::syntax::tree::Literal, whole: bool) -> Option<Decimal> {
        match literal.value {
            LiteralValue::Number(number) if !whole || number.is_integer() => Some(number),
            LiteralValue::Faulty => None,
            _ => {
                let kind = if whole {
                    "an `int` ranges over whole numbers"
                } else {
                    "a `number` ranges over numbers"
                };
                let message = format!("{kind}, and this is {}", super::values::describe_literal(literal));
                let help = if whole {
                    "write a whole number, such as `1..5`"
                } else {
                    "write a number, such as `0..1`"
                };
                self.reports.add(Diagnostic::new(Code::TypeMismatch, literal.span, message).help(help));
                None
            }
        }
    }

    /// B024 unless something lies between the two.
    pub(super) fn is_proper_range(&mut self, range: &RangeExpr, low: Decimal, high: Decimal) -> bool {
        let empty = low > high || (range.open && low == high);
        if empty {
            let (low_text, high_text) = (low.normalize(), high.normalize());
            let why = if low > high {
                "its lower end is the higher one"
            } else {
                "`..<` leaves out its only value"
            };
            self.reports.add(
                Diagnostic::new(Code::EmptyRange, range.span, format!("nothing lies in this range: {why}"))
                    .label(format!("from {low_text} up to {high_text}"))
                    .help("write the smaller value first and the larger one after `..`"),
            );
        }
        !empty
    }

    /// B016 for assets that contain themselves; the field that closes the circle becomes unknown.
    fn cut_asset_circles(&mut self) {
        let mut edges = Vec::new();
        let mut fields = Vec::new();
        for (from, asset) in self.model.assets.iter().enumerate() {
            for (at, field) in asset.fields.iter().enumerate() {
                if let FieldType { ty: Type::Asset(to), optional: false } = field.ty {
                    edges.push((from, to.index()));
                    fields.push((AssetId::new(from), at));
                }
            }
        }
        for circle in Edges::new(self.model.assets.len(), &edges).walk().circles {
            let steps: Vec<_> = circle.iter().filter_map(|&edge| fields.get(edge).copied()).collect();
            self.cut_asset_circle(&steps);
        }
    }

    fn cut_asset_circle(&mut self, steps: &[(AssetId, usize)]) {
        let Some((&(owner, at), earlier)) = steps.split_last() else { return };
        let Some(field) = self.model[owner].fields.get(at) else { return };
        let first = steps.first().map_or(owner, |step| step.0);
        let message = format!(
            "asset `{}` contains itself, so no value of it could ever be complete",
            self.model[first].name.text
        );
        let mut diagnostic = Diagnostic::new(Code::RecursiveType, field.ty_span, message)
            .label(format!("`{}` closes the circle", field.name.text))
            .help("write `?` after the type, so that it may be absent, or make it a `list of`")
            .fix("make the field optional", field.ty_span.end_point(), "?");
        for &(asset, at) in earlier {
            if let Some(field) = self.model[asset].fields.get(at) {
                let contains = listed([self.model[asset].name.text.as_str()]);
                diagnostic = diagnostic.also(field.ty_span, format!("contained in {contains}"));
            }
        }
        self.reports.add(diagnostic);
        if let Some(field) = self.model[owner].fields.get_mut(at) {
            field.ty.ty = Type::Unknown;
        }
    }
}

fn is_type(decl: Decl) -> bool {
    matches!(decl, Decl::Enum(_) | Decl::Asset(_))
}
