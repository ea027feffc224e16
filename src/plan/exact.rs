//! Constants that keep every digit from the source to the JSON.
//!
//! Must not know: binary floating point.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// A decimal that serializes as a JSON number with exactly its digits, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(pub Decimal);

impl Exact {
    /// As a JSON number.
    #[must_use]
    pub fn number(self) -> serde_json::Number {
        serde_json::Number::from_str(&self.to_string()).unwrap_or_else(|_| 0.into())
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?.to_string();
        let exact = Decimal::from_str_exact(&number).or_else(|_| Decimal::from_scientific(&number));
        exact.map(Exact).map_err(|_| serde::de::Error::custom(format!("`{number}` has too many digits")))
    }
}

impl JsonSchema for Exact {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Exact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

/// A constant: a number (a percent is a fraction, a duration is in seconds, money is its amount), a text (also a
/// member of an enum, or an option), or a bool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Constant {
    /// An `int`, `number`, `percent`, `duration` or `money` value.
    Number(Exact),
    /// A text, a member or an option.
    Text(SmolStr),
    /// true or false.
    Bool(bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, printed: &str) {
        let value = Exact(Decimal::from_str(written).unwrap());
        assert_eq!(serde_json::to_string(&value).unwrap(), printed);
    }

    #[test]
    fn every_digit_survives() {
        check("0.85", "0.85");
        check("0.60", "0.6");
        check("-3", "-3");
        check("100", "100");
        check("0.1234567890123456789012345678", "0.1234567890123456789012345678");
    }
}
