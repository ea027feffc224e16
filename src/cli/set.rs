//! What people make, as they write it: `--set field=value`, or a JSON file.
//!
//! Must not know: whether it fits; that is for the interpreter to say, which refuses it with the reason.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::Failure;
use super::input::text;
use crate::plan::{Exact, Field, Flow, Plan, State, Type};
use crate::run::Record;
use crate::syntax::figure;
use crate::syntax::tree::LiteralValue;

#[derive(Args, Debug)]
pub(super) struct MadeArguments {
    /// A field that the state makes, or one inside of it, with its value: `notes="Shorter"`, `score=70%`,
    /// `live.status=201`; lists and whole records as JSON
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// A file with everything that the state makes, as a JSON object; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    file: Option<PathBuf>,
}

impl MadeArguments {
    /// What was made, with the types of what the state makes.
    pub(super) fn made(&self, plan: &Plan, flow: &Flow, state: &State) -> Result<Record, Failure> {
        if let Some(path) = &self.file {
            return record(path);
        }
        let mut made = Record::new();
        for assignment in &self.set {
            assign(plan, flow, state, assignment, &mut made)
                .map_err(|why| Failure::new(format!("`--set {assignment}` can't be read: {why}")))?;
        }
        Ok(made)
    }
}

fn record(path: &Path) -> Result<Record, Failure> {
    serde_json::from_str(&text(path)?)
        .map_err(|error| Failure::new(format!("`{}` is no JSON object: {error}", path.display())))
}

/// Puts one value where it belongs.
fn assign(plan: &Plan, flow: &Flow, state: &State, text: &str, made: &mut Record) -> Result<(), String> {
    let (path, value) = text.split_once('=').ok_or("it is written `field=value`")?;
    let mut names = path.trim().split('.');
    let first = names.next().unwrap_or_default();
    let field = state.makes.iter().find(|name| *name == first).and_then(|name| flow.context.get(name));
    let mut field = field.ok_or_else(|| format!("`{first}` is not made there; {}", choices(&state.makes)))?;
    let mut place = made.entry(first).or_insert(Value::Null);
    for name in names {
        let fields = fields_of(plan, field).ok_or_else(|| format!("nothing is below `{path}`"))?;
        let below = fields.get(name);
        field = below.ok_or_else(|| {
            format!("there is no `{name}`; {}", choices(&fields.keys().cloned().collect::<Vec<_>>()))
        })?;
        if !place.is_object() {
            *place = Map::new().into();
        }
        let Value::Object(record) = place else { return Err("nothing can be put there".to_owned()) };
        place = record.entry(name).or_insert(Value::Null);
    }
    *place = self::value(&field.ty, value)?;
    Ok(())
}

fn fields_of<'p>(plan: &'p Plan, field: &Field) -> Option<&'p crate::plan::Named<Field>> {
    match &field.ty {
        Type::Asset(name) => plan.assets.get(name).map(|asset| &asset.fields),
        _ => None,
    }
}

fn choices(names: &[SmolStr]) -> String {
    match names {
        [] => "it makes nothing".to_owned(),
        names => format!("there are {}", names.join(", ")),
    }
}

/// A value of that type as people write it.
fn value(ty: &Type, text: &str) -> Result<Value, String> {
    match ty {
        Type::Text { .. } | Type::Url | Type::Date | Type::Enum(_) => Ok(text.into()),
        Type::Bool => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err("expected true or false".to_owned()),
        },
        Type::Int(_) | Type::Number(_) | Type::Percent | Type::Duration | Type::Money(_) => number(ty, text),
        Type::Asset(_) | Type::List { .. } => {
            serde_json::from_str(text).map_err(|error| format!("expected JSON: {error}"))
        }
    }
}

/// A figure with the unit of its type.
fn number(ty: &Type, text: &str) -> Result<Value, String> {
    let number = match (figure(text.trim())?, ty) {
        (LiteralValue::Number(number), Type::Int(_) | Type::Number(_)) => number,
        (LiteralValue::Percent(share), Type::Percent) => share,
        (LiteralValue::Duration(seconds), Type::Duration) => seconds.into(),
        (LiteralValue::Money(amount, currency), Type::Money(code)) if currency.code() == code => amount,
        (_, Type::Percent) => return Err("expected a percentage, such as `70%`".to_owned()),
        (_, Type::Duration) => return Err("expected a duration, such as `15m` or `1d12h`".to_owned()),
        (_, Type::Money(code)) => return Err(format!("expected an amount, such as `0.15 {code}`")),
        _ => return Err("expected a plain number, such as `0.85`".to_owned()),
    };
    Ok(Exact(number).number().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Bounds;

    #[test]
    fn values_are_read_by_their_type() {
        let number = Type::Number(Bounds::default());
        for (ty, text, read) in [
            (Type::Text { max: None }, "70%", json!("70%")),
            (number.clone(), "1_000.50", json!(1000.5)),
            (Type::Percent, "70%", json!(0.7)),
            (Type::Duration, "1h30m", json!(5400)),
            (Type::Money("USD".into()), "0.15 USD", json!(0.15)),
            (Type::Bool, "true", json!(true)),
            (Type::List { max: None, of: Box::new(number.clone()) }, "[1, 2]", json!([1, 2])),
        ] {
            assert_eq!(value(&ty, text).unwrap().to_string(), read.to_string(), "{text}");
        }
        for (ty, text) in [
            (Type::Percent, "0.7"),
            (Type::Percent, "170%"),
            (Type::Money("USD".into()), "1 EUR"),
            (Type::Duration, "90"),
            (number, "x"),
            (Type::Bool, "yes"),
            (Type::Asset("Draft".into()), "title"),
        ] {
            assert!(value(&ty, text).is_err(), "{text}");
        }
    }
}
