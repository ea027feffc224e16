//! `baton check`: reports, and says what was proved where nothing is wrong.
//!
//! Must not know: how findings are found or laid out.

use std::io::Write;

use clap::Args;

use super::checked::{Checked, FormatChoice};
use super::input::InputArguments;
use super::output::Output;
use super::{Failure, Outcome};
use crate::model::{Flow, Kind};

#[derive(Args, Debug)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    input: InputArguments,
    /// How findings are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = FormatChoice::Rich)]
    format: FormatChoice,
    /// Warnings also make the exit code 1
    #[arg(long)]
    deny_warnings: bool,
}

pub(super) fn run(arguments: &CheckArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let checked = Checked::read(&arguments.input)?;
    checked.report(arguments.format, out)?;
    if arguments.format == FormatChoice::Rich && checked.compilation.diagnostics.is_empty() {
        proved(&checked, out)?;
    }
    Ok(checked.outcome(arguments.deny_warnings))
}

/// What holds of each flow, a line a flow; of files without a flow, that nothing was found.
fn proved(checked: &Checked, out: &mut Output) -> std::io::Result<()> {
    let flows = &checked.compilation.model.flows;
    for flow in flows {
        writeln!(out, "{}: {}", flow.name.text, sentence(flow))?;
    }
    if flows.is_empty() { writeln!(out, "nothing to report, and no flow to prove anything of") } else { Ok(()) }
}

/// `6 states, 14 handoffs, 3 ends: all owned, every handoff has a threshold, no dead end`
fn sentence(flow: &Flow) -> String {
    let ends = flow.states.iter().filter(|state| matches!(state.kind, Kind::End(_))).count();
    let states = counted(flow.states.len() - ends, "state");
    let handoffs = counted(flow.handoffs.len(), "handoff");
    let ends = counted(ends, "end");
    format!("{states}, {handoffs}, {ends}: all owned, every handoff has a threshold, no dead end")
}

/// `1 end`, `2 ends`
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
