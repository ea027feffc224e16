//! Constants against the types of what they are compared with, or fill.
//!
//! Must not know: where a constant stands: in a guard, a map or a scenario.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::flow::FlowLowering;
use super::guards::Reader;
use super::positions::ListOf;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Bounds, CompareOp, EnumId, Kind, Model, Name, PathId, Spanned, StateId, Type, Value};
use crate::source::Span;
use crate::syntax::tree::{Literal, LiteralValue, Operand};

/// What a URL may be at most, in characters.
const URL_MAX: u64 = 2048;

/// What a constant is held against.
pub(super) struct Holder {
    /// As an author writes it.
    pub(super) text: SmolStr,
    /// Its type.
    pub(super) ty: Type,
    /// The constant is to fill it, rather than to be compared with it.
    pub(super) fills: bool,
}

impl Value {
    /// The number behind it, if it is one.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl FlowLowering<'_, '_> {
    /// The right side of a comparison.
    pub(super) fn comparison(
        &mut self,
        id: PathId,
        op: &Spanned<CompareOp>,
        value: &Operand,
        reader: &Reader,
    ) -> Option<Value> {
        let path = &self.flow[id];
        let holder = Holder { text: path.text.clone(), ty: path.ty.clone(), fills: false };
        if !matches!(op.value, CompareOp::Is | CompareOp::IsNot) && !self.is_ordered(&holder, op.span, reader)
        {
            return None;
        }
        self.value(value, &holder, reader)
    }

    /// Whether values of that type come in an order; B020 at `place` if not.
    pub(super) fn is_ordered(&mut self, holder: &Holder, place: Span, reader: &Reader) -> bool {
        let help = match holder.ty {
            Type::Int(_)
            | Type::Number(_)
            | Type::Percent
            | Type::Duration
            | Type::Money(_)
            | Type::Unknown => {
                return true;
            }
            Type::Enum(_) | Type::Options(_) => "compare it by `is`, `is not`, or `in {…}`",
            Type::Text { .. } | Type::Url => "compare it by `is`, `is not`, or `in {\"…\"}`",
            Type::Bool => "write it by itself, or after `not`",
            Type::Date | Type::List { .. } | Type::Asset(_) => "ask `is present` or `is absent`",
        };
        let is = describe(&self.all.model, &holder.ty);
        let message = format!("`{}` is {is}, which has no order", holder.text);
        self.report_in(reader, Diagnostic::new(Code::TypeMismatch, place, message).help(help));
        false
    }

    /// A constant as a value of the holder's type; reported if it is none.
    pub(super) fn value(&mut self, operand: &Operand, holder: &Holder, reader: &Reader) -> Option<Value> {
        match operand {
            Operand::Member(name) => self.member(name, holder, reader),
            Operand::Literal(literal) => self.literal(literal, holder, reader),
        }
    }

    fn member(&mut self, name: &Name, holder: &Holder, reader: &Reader) -> Option<Value> {
        match &holder.ty {
            Type::Enum(id) => self.enum_member(*id, name, reader),
            Type::Options(approval) => self.option(*approval, name, reader).map(Value::Option),
            Type::Unknown => None,
            ty => {
                let message = format!(
                    "`{}` is {}, and `{}` is a bare word",
                    holder.text,
                    describe(&self.all.model, ty),
                    name.text
                );
                let mut diagnostic =
                    Diagnostic::new(Code::TypeMismatch, name.span, message).help(self.help_for(holder));
                if matches!(ty, Type::Text { .. } | Type::Url) {
                    diagnostic =
                        diagnostic.fix("write it in quotes", name.span, format!("\"{}\"", name.text));
                }
                self.report_in(reader, diagnostic);
                None
            }
        }
    }

    fn enum_member(&mut self, id: EnumId, name: &Name, reader: &Reader) -> Option<Value> {
        let declared = &self.all.model[id];
        let names = declared.members.iter().map(|member| &member.text);
        if let Some(at) = self.all.positions.find(ListOf::Enum(id), names, &name.text) {
            return Some(Value::Member(id, u32::try_from(at).unwrap_or(u32::MAX)));
        }
        if !declared.unknown {
            let message = format!("enum `{}` has no member `{}`", declared.name.text, name.text);
            let diagnostic = Diagnostic::new(Code::BadOption, name.span, message)
                .also(declared.name.span, "declared here");
            let members = declared.members.iter().map(|member| &member.text);
            let diagnostic = self.all.reports.with_nearest(diagnostic, name, "member", members);
            self.report_in(reader, diagnostic);
        }
        None
    }

    /// The position of an option of an approval; reported if it has no such option.
    pub(super) fn option(&mut self, approval: StateId, name: &Name, reader: &Reader) -> Option<u32> {
        let state = &self.flow[approval];
        let Kind::Approval(declared) = &state.kind else { return None };
        let names = declared.options.iter().map(|option| &option.text);
        if let Some(at) = self.all.positions.find(ListOf::Approval(self.id, approval), names, &name.text) {
            return u32::try_from(at).ok();
        }
        if !declared.options_unknown {
            let message = format!("`{}` has no option `{}`", state.name.text, name.text);
            let diagnostic = Diagnostic::new(Code::BadOption, name.span, message);
            let options = declared.options.iter().map(|option| &option.text);
            let diagnostic = self.all.reports.with_nearest(diagnostic, name, "option", options);
            self.report_in(reader, diagnostic);
        }
        None
    }

    fn literal(&mut self, literal: &Literal, holder: &Holder, reader: &Reader) -> Option<Value> {
        let value = match (&holder.ty, &literal.value) {
            (_, LiteralValue::Faulty) | (Type::Unknown, _) => return None,
            (Type::Int(bounds), LiteralValue::Number(number)) if number.is_integer() => {
                return self.within(*number, bounds, literal, holder, reader);
            }
            (Type::Number(bounds), LiteralValue::Number(number)) => {
                return self.within(*number, bounds, literal, holder, reader);
            }
            (Type::Text { max }, LiteralValue::Text(text)) => {
                return self.text(text, *max, literal, holder, reader);
            }
            (Type::Url, LiteralValue::Text(text)) => {
                return self.text(text, Some(URL_MAX), literal, holder, reader);
            }
            (Type::Percent, LiteralValue::Percent(fraction)) => Value::Number(*fraction),
            (Type::Duration, LiteralValue::Duration(seconds)) => Value::Number(Decimal::from(*seconds)),
            (Type::Money(currency), LiteralValue::Money(amount, given)) if given == currency => {
                let bounds = Bounds { low: Some(Decimal::ZERO), high: None, open: false };
                return self.within(*amount, &bounds, literal, holder, reader);
            }
            (Type::Bool, LiteralValue::Bool(value)) => Value::Bool(*value),
            (Type::Enum(_) | Type::Options(_), LiteralValue::Text(text)) => {
                return self.quoted_member(text, literal, holder, reader);
            }
            _ => {
                self.misfit(literal, holder, reader);
                return None;
            }
        };
        Some(value)
    }

    /// A member in quotes: the repair is to take them away.
    fn quoted_member(
        &mut self,
        text: &str,
        literal: &Literal,
        holder: &Holder,
        reader: &Reader,
    ) -> Option<Value> {
        let known = match &holder.ty {
            Type::Enum(id) => self.all.model[*id].members.iter().any(|member| member.text == text),
            Type::Options(approval) => match &self.flow[*approval].kind {
                Kind::Approval(approval) => approval.options.iter().any(|option| option.text == text),
                _ => false,
            },
            _ => false,
        };
        if !known {
            self.misfit(literal, holder, reader);
            return None;
        }
        let is = describe(&self.all.model, &holder.ty);
        let message = format!("`{}` is {is}, and this is a text", holder.text);
        let diagnostic = Diagnostic::new(Code::TypeMismatch, literal.span, message)
            .help(format!("write `{text}` without quotes"))
            .fix("take the quotes away", literal.span, text);
        self.report_in(reader, diagnostic);
        None
    }

    fn within(
        &mut self,
        number: Decimal,
        bounds: &Bounds,
        literal: &Literal,
        holder: &Holder,
        reader: &Reader,
    ) -> Option<Value> {
        if bounds.contains(number) {
            return Some(Value::Number(number));
        }
        let is = describe(&self.all.model, &holder.ty);
        let message = format!("`{}` is {is} and can never be {}", holder.text, number.normalize());
        let help = format!("write a value that it can take, or widen its type ({is})");
        self.report_in(reader, Diagnostic::new(Code::OutOfRange, literal.span, message).help(help));
        None
    }

    fn text(
        &mut self,
        text: &str,
        max: Option<u64>,
        literal: &Literal,
        holder: &Holder,
        reader: &Reader,
    ) -> Option<Value> {
        let length = text.chars().count() as u64;
        if max.is_none_or(|max| length <= max) {
            return Some(Value::Text(text.into()));
        }
        let max = max.unwrap_or(length);
        let message = format!("this text has {length} characters, and `{}` holds at most {max}", holder.text);
        let help = format!("write a text of at most {max} characters, or raise the `max` of its type");
        self.report_in(reader, Diagnostic::new(Code::OutOfRange, literal.span, message).help(help));
        None
    }

    /// B020 for a literal of another type, with the repair where there is one.
    fn misfit(&mut self, literal: &Literal, holder: &Holder, reader: &Reader) {
        let is = describe(&self.all.model, &holder.ty);
        let can = if holder.fills { "can't take" } else { "can't be compared with" };
        let what = match literal.value {
            LiteralValue::Number(number) if !matches!(holder.ty, Type::Int(_)) => {
                format!("the number {}", number.normalize())
            }
            _ => describe_literal(literal),
        };
        let message = format!("`{}` is {is} and {can} {what}", holder.text);
        let mut diagnostic =
            Diagnostic::new(Code::TypeMismatch, literal.span, message).help(self.help_for(holder));
        if let Some(text) = rewritten(literal, &holder.ty) {
            diagnostic = diagnostic.help(format!("write `{text}`")).fix(
                format!("change to `{text}`"),
                literal.span,
                text,
            );
        }
        self.report_in(reader, diagnostic);
    }

    fn help_for(&self, holder: &Holder) -> String {
        match &holder.ty {
            Type::Date | Type::List { .. } | Type::Asset(_) if holder.fills => {
                "no constant has this type: take the value from `raw`, or leave it out".to_owned()
            }
            Type::Text { .. } | Type::Url => "write a text in quotes".to_owned(),
            Type::Bool => "write `true` or `false`".to_owned(),
            Type::Int(_) => "write a whole number".to_owned(),
            Type::Number(_) => "write a number, such as `0.85`".to_owned(),
            Type::Percent => "write a percentage, such as `80%`".to_owned(),
            Type::Duration => "write a duration, such as `15m`".to_owned(),
            Type::Money(currency) => format!("write an amount, such as `3 {}`", currency.code()),
            Type::Enum(id) => {
                let members = self.all.model[*id].members.iter().take(6).map(|member| member.text.as_str());
                format!("write one of its members, such as {}", super::report::listed(members))
            }
            Type::Options(_) => "write one of the options".to_owned(),
            Type::Date | Type::List { .. } => {
                "only `is present` and `is absent` can be asked of it".to_owned()
            }
            Type::Asset(_) => "name one of its fields after a `.`".to_owned(),
            Type::Unknown => String::new(),
        }
    }
}

/// The same value as a literal of another type.
fn rewritten(literal: &Literal, ty: &Type) -> Option<String> {
    match (ty, &literal.value) {
        (Type::Percent, LiteralValue::Number(number)) => {
            let is_fraction = *number >= Decimal::ZERO && *number <= Decimal::ONE;
            is_fraction.then(|| format!("{}%", (*number * Decimal::ONE_HUNDRED).normalize()))
        }
        (Type::Number(_), LiteralValue::Percent(fraction)) => Some(fraction.normalize().to_string()),
        (Type::Money(currency), LiteralValue::Number(number)) if *number >= Decimal::ZERO => {
            Some(format!("{number} {}", currency.code()))
        }
        _ => None,
    }
}

impl Bounds {
    /// Whether a number lies in it.
    #[must_use]
    pub fn contains(&self, number: Decimal) -> bool {
        self.low.is_none_or(|low| low <= number)
            && self.high.is_none_or(|high| if self.open { number < high } else { number <= high })
    }

    fn words(&self) -> String {
        let end = |end: Option<Decimal>| end.map(|end| end.normalize().to_string()).unwrap_or_default();
        match (self.low, self.high) {
            (None, None) => String::new(),
            (low, high) => format!(" {}..{}{}", end(low), if self.open { "<" } else { "" }, end(high)),
        }
    }
}

/// A type in an author's words: `a number 0..1`.
pub(super) fn describe(model: &Model, ty: &Type) -> String {
    match ty {
        Type::Text { max: None } => "a text".to_owned(),
        Type::Text { max: Some(max) } => format!("a text of at most {max} characters"),
        Type::Url => "a url".to_owned(),
        Type::Bool => "a bool".to_owned(),
        Type::Int(bounds) => format!("an int{}", bounds.words()),
        Type::Number(bounds) => format!("a number{}", bounds.words()),
        Type::Percent => "a percent".to_owned(),
        Type::Duration => "a duration".to_owned(),
        Type::Money(currency) => format!("money in {}", currency.code()),
        Type::Date => "a date".to_owned(),
        Type::Enum(id) => format!("one of `{}`", model[*id].name.text),
        Type::Asset(id) => format!("a `{}`", model[*id].name.text),
        Type::List { .. } => "a list".to_owned(),
        Type::Options(_) => "one of the options".to_owned(),
        Type::Unknown => "of an unknown type".to_owned(),
    }
}

/// A literal in an author's words: `a percentage`.
pub(super) fn describe_literal(literal: &Literal) -> String {
    let words = match &literal.value {
        LiteralValue::Text(_) => "a text",
        LiteralValue::Number(number) if !number.is_integer() => "a number with a fraction",
        LiteralValue::Number(_) => "a bare number",
        LiteralValue::Percent(_) => "a percentage",
        LiteralValue::Duration(_) => "a duration",
        LiteralValue::Money(_, currency) => return format!("an amount in {}", currency.code()),
        LiteralValue::Bool(_) => "true or false",
        LiteralValue::Faulty => "nothing that can be read",
    };
    words.to_owned()
}
