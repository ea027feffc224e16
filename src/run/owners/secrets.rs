//! Values that must not be shown, wherever they turn up.
//!
//! Must not know: where they come from.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::{Config, Template};

/// What stands in the place of a secret.
const HIDDEN: &str = "[secret]";

/// The values that must not be shown.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// These values; an empty one is none.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let values: BTreeSet<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        let mut values: Vec<String> = values.into_iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len())); // one may be a piece of another
        Secrets(values)
    }

    /// All that a `baton.toml` calls secret and the environment holds.
    #[must_use]
    pub fn of(config: &Config, environment: &dyn Fn(&str) -> Option<String>) -> Secrets {
        let of_actors = config.actors.values().flat_map(|actor| {
            let of_headers = actor.headers.values().flat_map(Template::variables);
            of_headers.chain(actor.secrets.iter().map(String::as_str))
        });
        Secrets::new(of_actors.chain([config.models.key.as_str()]).filter_map(environment))
    }

    /// The text without them.
    #[must_use]
    pub fn hidden(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// Takes them out of all texts of a value, the names of its members included. Values nest as deep as they are read.
    pub fn hide(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.hidden(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide(value)),
            Value::Object(members) => {
                let hidden = std::mem::take(members).into_iter().map(|(name, mut value)| {
                    self.hide(&mut value);
                    (self.hidden(&name), value)
                });
                *members = hidden.collect();
            }
            Value::Number(number) if self.0.contains(&number.to_string()) => *value = HIDDEN.into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A count of them: their values are for nobody's eyes.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}
