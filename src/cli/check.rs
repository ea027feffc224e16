//! `baton check`: reports, and says what was proved where nothing is wrong.
//!
//! Must not know: how findings are found or laid out.

use std::io::Write;

use clap::Args;

use super::checked::{Checked, FormatChoice};
use super::input::InputArguments;
use super::output::Output;
use super::worst::limits;
use super::{Failure, Outcome};
use crate::diagnostics::render::counted;
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
    let outcome = checked.outcome(arguments.deny_warnings);
    std::mem::forget(checked); // the process ends: to take a million states apart would be lost time
    Ok(outcome)
}

/// What holds of each flow of the files that were asked for, a line a flow.
fn proved(checked: &Checked, out: &mut Output) -> std::io::Result<()> {
    let mut flows = checked.flows().peekable();
    if flows.peek().is_none() {
        writeln!(out, "nothing is wrong, and there is no flow of which anything could be proved")?;
    }
    flows.try_for_each(|(id, flow)| {
        let limits = limits(&checked.compilation.worst, id).map(|limits| format!("; {limits}"));
        writeln!(out, "{}: {}{}", flow.name.text, sentence(flow), limits.unwrap_or_default())
    })
}

/// `6 states, 14 handoffs, 3 ends; all owned, one handoff for every value, no dead end, nothing read that is not made`
fn sentence(flow: &Flow) -> String {
    let ends = flow.states.iter().filter(|state| matches!(state.kind, Kind::End(_))).count();
    let states = counted(flow.states.len() - ends, "state");
    let handoffs = counted(flow.handoffs.len(), "handoff");
    let ends = counted(ends, "end");
    format!(
        "{states}, {handoffs}, {ends}; all owned, one handoff for every value, no dead end, nothing read that is not made"
    )
}
