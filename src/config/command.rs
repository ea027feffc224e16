//! A command line that is split as a shell splits it, and run without one.
//!
//! Must not know: who runs it, nor where.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A program with its arguments. Quotes and backslashes mean what they mean in a shell; nothing else does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CommandLine {
    /// The program.
    pub program: String,
    /// What it is given.
    pub arguments: Vec<String>,
}

impl TryFrom<String> for CommandLine {
    type Error = String;

    fn try_from(text: String) -> Result<CommandLine, String> {
        let words = shlex::split(&text).ok_or_else(|| format!("a quotation in `{text}` does not end"))?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        let program = program.ok_or_else(|| "there is no program to run".to_owned())?;
        Ok(CommandLine { program, arguments: words.collect() })
    }
}

impl JsonSchema for CommandLine {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "CommandLine".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}
