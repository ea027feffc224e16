//! `baton explain`: the page of a code.

use std::io::Write;

use clap::Args;

use super::output::Output;
use super::{Failure, Outcome};
use crate::diagnostics::Code;

#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    /// A code or its name: `B305`, `unbounded-loop`
    #[arg(value_name = "CODE")]
    code: String,
}

pub(super) fn run(arguments: &ExplainArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let Some(code) = Code::find(&arguments.code) else {
        let failure = Failure::new(format!("there is no code `{}`", arguments.code));
        return Err(match Code::nearest(&arguments.code) {
            Some(code) => failure.help(format!("did you mean `{}` ({})?", code.id(), code.slug())),
            None => failure.help("`baton check` prints the code of each finding, such as `B305`"),
        });
    };
    writeln!(out, "{} {}: {}", code.id(), code.slug(), code.summary())?;
    Ok(Outcome::Clean)
}
