//! `baton test`: plays the scenarios, and says which came out otherwise.
//!
//! Must not know: how scenarios are played, nor how results are laid out.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::checked::Checked;
use super::input::InputArguments;
use super::output::Output;
use super::{Failure, Outcome};
use crate::Compilation;
use crate::diagnostics::render::{Look, counted};
use crate::plan::{Plan, Scenario};
use crate::scenarios::{self, Coverage, Format, Generated, Results, Tested, render};

#[derive(Args, Debug)]
pub(super) struct TestArguments {
    #[command(flatten)]
    input: InputArguments,
    /// How results are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = FormatChoice::Rich)]
    format: FormatChoice,
    /// Play only the scenarios whose title, or the name of whose flow, holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// List the arrows that no scenario takes
    #[arg(long)]
    coverage: bool,
    /// Fail if scenarios take less than this share of the arrows of some flow
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Write scenarios that take the arrows that none takes yet, as `.flow` text
    #[arg(long, conflicts_with_all = ["format", "filter", "coverage", "min_coverage"])]
    generate: bool,
}

/// `--format`
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum FormatChoice {
    /// A line a scenario, and excerpts with the path taken where one fails
    Rich,
    /// For programs; the schema is schema/test.schema.json
    Json,
    /// For CI servers
    Junit,
}

impl From<FormatChoice> for Format {
    fn from(choice: FormatChoice) -> Format {
        match choice {
            FormatChoice::Rich => Format::Rich,
            FormatChoice::Json => Format::Json,
            FormatChoice::Junit => Format::Junit,
        }
    }
}

pub(super) fn run(arguments: &TestArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let checked = Checked::read(&arguments.input)?;
    let outcome = checked.outcome(false);
    if outcome != Outcome::Clean {
        checked.report_aside(out)?;
        return Ok(outcome);
    }
    let plan = checked.plan()?;
    let Compilation { model, sources, .. } = &checked.compilation;
    let tested = scenarios::test(model, &plan, |scenario| is_chosen(arguments, scenario));
    let tested = tested.map_err(|incomplete| checked.unreported(incomplete.place))?;
    if arguments.generate {
        return write_scenarios(&checked, &plan, &tested, out);
    }
    if let (true, Some(text)) = (tested.is_empty(), &arguments.filter) {
        return Err(Failure::new(format!("no scenario has `{text}` in its title"))
            .help("leave `--filter` out to see all"));
    }
    let coverage = scenarios::coverage(model, &plan, &tested);
    let results = Results { sources, tested: &tested, coverage: &coverage, lists_arrows: arguments.coverage };
    let look = Look { colour: out.colour(), links: out.links(), width: out.width() };
    render(results, arguments.format.into(), look, out)?;
    let is_covered = is_covered(arguments.min_coverage, &coverage, out)?;
    let passed = tested.iter().all(|tested| tested.failure.is_none());
    Ok(if passed && is_covered { Outcome::Clean } else { Outcome::Problems })
}

/// Writes what belongs into each flow, with a comment for each arrow that no scenario can take.
fn write_scenarios(
    checked: &Checked,
    plan: &Plan,
    tested: &[Tested],
    out: &mut Output,
) -> Result<Outcome, Failure> {
    let model = &checked.compilation.model;
    for (_, flow) in checked.flows() {
        let Generated { text, scenarios, untaken } =
            scenarios::generate(model, flow, &scenarios::taken(flow, plan, tested));
        let name = &flow.name.text;
        match scenarios {
            0 => writeln!(out, "  // {name}: its scenarios take every arrow that some run takes")?,
            _ => writeln!(out, "  // {name}: {}", counted(scenarios, "scenario"))?,
        }
        for arrow in &untaken {
            writeln!(out, "  // not taken: {}: {}", arrow.what, arrow.why)?;
        }
        writeln!(out, "{}{text}", if scenarios > 0 { "\n" } else { "" })?;
    }
    Ok(Outcome::Clean)
}

fn is_chosen(arguments: &TestArguments, scenario: &Scenario) -> bool {
    let holds = |text: &String| scenario.title.contains(text) || scenario.flow.contains(text);
    arguments.filter.as_ref().is_none_or(holds)
}

/// Whether enough arrows are taken of every flow; says of which not, beside the results.
fn is_covered(least: Option<u8>, coverage: &[Coverage<'_>], out: &mut Output) -> std::io::Result<bool> {
    let Some(least) = least else { return Ok(true) };
    let short: Vec<_> = coverage.iter().filter(|flow| flow.percent() < usize::from(least)).collect();
    out.finish()?;
    for flow in &short {
        writeln!(
            out.aside(),
            "{}: only {} % of its arrows are taken, not {least} %",
            flow.flow,
            flow.percent()
        )?;
    }
    Ok(short.is_empty())
}
