//! `baton.toml`: what a project says about the machine that its pipelines run on: how owners are reached there, who
//! is told of what, and which values must never be shown.
//!
//! Must not know: where the file lies, nor what the environment holds.

mod command;
mod template;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::syntax::figure;
use crate::syntax::tree::LiteralValue;
pub use command::CommandLine;
pub use template::{HeaderName, Template};

/// The file's name.
pub const NAME: &str = "baton.toml";

/// What a `baton.toml` says. A key that is not known is an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "baton.toml")]
pub struct Config {
    /// The endpoint that answers for the models.
    pub models: Models,
    /// What is particular about an actor, by its name in the `.flow` files.
    pub actors: BTreeMap<String, Actor>,
}

/// An endpoint that speaks the chat protocol of OpenAI.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// Its address without `/chat/completions`; otherwise that in the environment variable `OPENAI_BASE_URL`.
    pub url: Option<String>,
    /// The environment variable that holds its key. The value is never shown.
    pub key: String,
    /// The endpoint's name for a model, by what stands behind `uses`; a model that is not among them is asked for as it
    /// is written there.
    pub routes: BTreeMap<String, String>,
}

impl Default for Models {
    fn default() -> Models {
        Models { url: None, key: "OPENAI_API_KEY".to_owned(), routes: BTreeMap::new() }
    }
}

/// What is particular about an actor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Actor {
    /// A command that does the work of a model or an action in its place. A relative path to it, like all in this file,
    /// begins at the folder of this file. It gets the task on standard input and writes the reply to standard output.
    pub command: Option<CommandLine>,
    /// The folder in which its commands run; otherwise that of the `.flow` file for `runs`, and that of this file for
    /// what stands here.
    pub folder: Option<PathBuf>,
    /// Headers of an action's request. `${NAME}` is the value of that environment variable, which is never shown.
    pub headers: BTreeMap<HeaderName, Template>,
    /// Environment variables whose values are never shown, whatever an owner says.
    pub secrets: Vec<String>,
    /// A command that is told when work waits for a person or a queue, and again before it is too late.
    pub notify: Option<CommandLine>,
    /// How long before the deadline the second notice comes, such as `2h`; otherwise an hour, and for shorter deadlines
    /// half of them.
    pub remind: Option<Remind>,
    /// So many attempts run at the same time; otherwise 4.
    pub at_once: Option<NonZeroU32>,
}

/// A time in seconds, written as in a `.flow` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Remind(pub u64);

impl TryFrom<String> for Remind {
    type Error = String;

    fn try_from(text: String) -> Result<Remind, String> {
        match figure(&text)? {
            LiteralValue::Duration(seconds) => Ok(Remind(seconds)),
            _ => Err(format!("`{text}` is not a duration such as `90s`, `15m` or `1d12h`")),
        }
    }
}

impl JsonSchema for Remind {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Remind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^([0-9_]+w)?([0-9_]+d)?([0-9_]+h)?([0-9_]+m)?([0-9_]+s)?$" })
    }
}

/// Why a text is no `baton.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes that are wrong.
    pub place: Range<usize>,
    /// What is wrong with them.
    pub message: String,
}

/// Reads the text of a `baton.toml`.
///
/// # Errors
/// At the first thing that is no TOML, is not known, or is of another type.
pub fn parse(text: &str) -> Result<Config, Fault> {
    toml::from_str(text).map_err(|error| Fault {
        place: error.span().unwrap_or(0..0),
        message: error.message().lines().map(str::trim).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests;
