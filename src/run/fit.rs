//! Whether a value fits its type. What is missing and may be absent is written as `null` on the way.
//!
//! Must not know: where values come from. Says the same as the schemas of [`crate::emit::schema`], of values as the
//! runtime protocol has them.

use jiff::civil::Date;
use serde_json::Value;

use super::number::{DIGITS, Number};
use super::{Misfit, Record};
use crate::plan::{Asset, Bounds, Exact, Field, Plan, Type};

/// The characters of the longest URL.
const LONGEST_URL: usize = 2048;

/// Values nest so deep at most: an item that holds them can be written as JSON and read by any parser.
pub(super) const DEEPEST: usize = 100;

/// The types of a plan.
#[derive(Clone, Copy)]
pub(super) struct Types<'p> {
    plan: &'p Plan,
    /// What is looked at may nest so much deeper.
    left: usize,
}

impl<'p> Types<'p> {
    pub(super) fn of(plan: &'p Plan) -> Types<'p> {
        Types { plan, left: DEEPEST }
    }

    /// For what a list or a record holds.
    fn within(self) -> Result<Types<'p>, Misfit> {
        let left = self.left.checked_sub(1).ok_or_else(|| Misfit::new("", "is nested too deep"))?;
        Ok(Types { left, ..self })
    }

    /// Whether a value fits a field.
    pub(super) fn fit_field(self, field: &Field, value: &mut Value) -> Result<(), Misfit> {
        match value {
            Value::Null if field.optional => Ok(()),
            Value::Null => Err(Misfit::new("", "is missing")),
            value => self.fit(&field.ty, value),
        }
    }

    /// Whether a value fits a type. Recurses no deeper than [`DEEPEST`].
    pub(super) fn fit(self, ty: &Type, value: &mut Value) -> Result<(), Misfit> {
        match ty {
            Type::Text { max } => {
                text(value).and_then(|text| at_most(text.chars().count(), *max, "characters"))
            }
            Type::Url => url(text(value)?),
            Type::Bool => value.as_bool().map(drop).ok_or_else(|| Misfit::new("", "expected true or false")),
            Type::Int(bounds) => match range(value, bounds)? {
                whole if whole.is_whole() => Ok(()),
                _ => Err(Misfit::new("", "expected a whole number")),
            },
            Type::Number(bounds) => range(value, bounds).map(drop),
            Type::Percent => range(value, &Bounds { high: Some(Exact(1.into())), ..from_zero() }).map(drop),
            Type::Duration | Type::Money(_) => range(value, &from_zero()).map(drop),
            Type::Date => day(text(value)?),
            Type::Enum(name) => self.member(name, text(value)?),
            Type::Asset(name) => match (self.plan.assets.get(name), value) {
                (Some(asset), Value::Object(record)) => self.record(asset, record),
                _ => Err(Misfit::new("", "expected an object")),
            },
            Type::List { max, of } => self.list(*max, of, value),
        }
    }

    /// All fields are there, and no others.
    fn record(self, asset: &Asset, record: &mut Record) -> Result<(), Misfit> {
        let within = self.within()?;
        for (name, field) in &asset.fields {
            let value = record.entry(name.as_str()).or_insert(Value::Null);
            within.fit_field(field, value).map_err(|misfit| misfit.below(name))?;
        }
        if record.len() == asset.fields.len() {
            return Ok(());
        }
        let other = record.keys().find(|name| !asset.fields.contains_key(name.as_str()));
        other.map_or(Ok(()), |other| Err(Misfit::unasked(other)))
    }

    fn list(self, max: Option<u64>, of: &Type, value: &mut Value) -> Result<(), Misfit> {
        let Value::Array(entries) = value else { return Err(Misfit::new("", "expected a list")) };
        at_most(entries.len(), max, "entries")?;
        let within = self.within()?;
        let mut numbered = entries.iter_mut().enumerate();
        numbered.try_for_each(|(index, entry)| {
            within.fit(of, entry).map_err(|misfit| misfit.below(&format!("[{index}]")))
        })
    }

    fn member(self, name: &str, text: &str) -> Result<(), Misfit> {
        let members = self.plan.enums.get(name).map(|closed| closed.members.as_slice()).unwrap_or_default();
        match members.iter().any(|member| member == text) {
            true => Ok(()),
            false => Err(Misfit::new("", format!("expected one of {}", members.join(", ")))),
        }
    }
}

fn from_zero() -> Bounds {
    Bounds { low: Some(Exact(0.into())), ..Bounds::default() }
}

fn range(value: &Value, bounds: &Bounds) -> Result<Number, Misfit> {
    let Value::Number(number) = value else { return Err(Misfit::new("", "expected a number")) };
    let number = Number::read(number.as_str()).ok_or_else(|| {
        Misfit::new(
            "",
            format!("has more than {DIGITS} significant digits, or is too large or small a number"),
        )
    })?;
    if let Some(low) = bounds.low.filter(|low| number < low.0.into()) {
        return Err(Misfit::new("", format!("is below {low}")));
    }
    match bounds.high {
        Some(high) if bounds.open && number >= high.0.into() => {
            Err(Misfit::new("", format!("is not below {high}")))
        }
        Some(high) if number > high.0.into() => Err(Misfit::new("", format!("is above {high}"))),
        _ => Ok(number),
    }
}

/// A text, without the control characters that do not travel.
fn text(value: &Value) -> Result<&str, Misfit> {
    let text = value.as_str().ok_or_else(|| Misfit::new("", "expected a text"))?;
    match text.bytes().any(|byte| byte < b' ' && !matches!(byte, 8 | b'\t' | b'\n' | 12 | b'\r')) {
        true => Err(Misfit::new("", "has control characters")),
        false => Ok(text),
    }
}

fn at_most(count: usize, max: Option<u64>, noun: &str) -> Result<(), Misfit> {
    match max.filter(|max| u64::try_from(count).is_ok_and(|count| count > *max)) {
        Some(max) => Err(Misfit::new("", format!("has {count} {noun}, more than {max}"))),
        None => Ok(()),
    }
}

/// A scheme, an authority, and none of the characters that RFC 3986 has no place for.
fn url(text: &str) -> Result<(), Misfit> {
    at_most(text.len(), Some(LONGEST_URL as u64), "characters")?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    let scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let whole = text.split_once("://").is_some_and(|(before, after)| {
        scheme(before) && !after.is_empty() && !after.starts_with(['/', '?', '#'])
    });
    if plain && whole {
        Ok(())
    } else {
        Err(Misfit::new("", "expected a URL, such as `https://example.com/`"))
    }
}

/// A day of ISO 8601 in the years 1 to 9999.
fn day(text: &str) -> Result<(), Misfit> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match shape && text.parse::<Date>().is_ok_and(|day| day.year() > 0) {
        true => Ok(()),
        false => Err(Misfit::new("", "expected a day, such as `2026-11-23`")),
    }
}
