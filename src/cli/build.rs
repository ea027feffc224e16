//! `baton build`: turns checked files into what an engine runs, and puts it in place.
//!
//! Must not know: any target but by its name.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use rust_decimal::Decimal;

use super::checked::{Checked, FormatChoice};
use super::input::InputArguments;
use super::output::Output;
use super::place::{Delivery, Place, place};
use super::{Failure, Outcome};
use crate::diagnostics::render::counted;
use crate::diagnostics::{Diagnostic, sort};
use crate::emit::{self, Target};
use crate::plan::Plan;

/// The only target whose waits can be shortened.
const TIMED: &str = "asl";

/// So many paths are listed.
const FEW: usize = 20;

#[derive(Args, Debug)]
pub(super) struct BuildArguments {
    #[command(flatten)]
    input: InputArguments,
    /// What to build; several with commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "TARGET", value_parser = targets())]
    target: Vec<String>,
    /// The folder to write to, or, for several targets, to write a folder each to [default: build/TARGET]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace files even where they were not written by a build, or were changed since
    #[arg(long)]
    force: bool,
    /// For tests only: multiply every wait by this (target `asl`)
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    time_scale: Option<Decimal>,
}

fn targets() -> PossibleValuesParser {
    PossibleValuesParser::new(emit::ALL.iter().map(|target| target.name))
}

fn factor(text: &str) -> Result<Decimal, String> {
    let factor = text.parse().ok().filter(|factor: &Decimal| *factor > Decimal::ZERO);
    factor.ok_or_else(|| "it is no number above 0, such as `0.001`".to_owned())
}

pub(super) fn run(arguments: &BuildArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let targets: Vec<_> =
        emit::ALL.iter().copied().filter(|target| is_asked_for(target, arguments)).collect();
    if arguments.time_scale.is_some() && targets.iter().any(|target| target.name != TIMED) {
        return Err(Failure::new(format!("`--time-scale` is for the target `{TIMED}` alone"))
            .help("leave it out, or build the other targets by themselves"));
    }
    let mut checked = Checked::read(&arguments.input)?;
    checked.report(FormatChoice::Rich, out)?;
    let outcome = checked.outcome(false);
    if outcome != Outcome::Clean {
        return Ok(outcome);
    }
    match deliveries(&targets, &checked.plan()?, arguments) {
        Ok(deliveries) => {
            let places = place(&deliveries, arguments.force)?;
            deliveries.iter().zip(&places).try_for_each(|(delivery, place)| say(delivery, place, out))?;
            Ok(Outcome::Clean)
        }
        Err(mut found) => {
            sort(&mut found);
            checked.compilation.diagnostics = found;
            checked.report(FormatChoice::Rich, out)?;
            Ok(Outcome::Problems)
        }
    }
}

fn is_asked_for(target: &Target, arguments: &BuildArguments) -> bool {
    arguments.target.iter().any(|name| name == target.name)
}

/// What each target makes of the plan, or all that some target can't express.
fn deliveries(
    targets: &[&'static Target],
    plan: &Plan,
    arguments: &BuildArguments,
) -> Result<Vec<Delivery>, Vec<Diagnostic>> {
    let options = emit::Options { time_scale: arguments.time_scale };
    let mut deliveries = Vec::new();
    let mut found = Vec::new();
    for target in targets {
        let folder = match &arguments.out {
            Some(out) if targets.len() == 1 => out.clone(),
            Some(out) => out.join(target.name),
            None => Path::new("build").join(target.name),
        };
        match (target.emit)(plan, &options) {
            Ok(files) => deliveries.push(Delivery { target: target.name, folder, files }),
            Err(inexpressible) => found.extend(inexpressible),
        }
    }
    if found.is_empty() { Ok(deliveries) } else { Err(found) }
}

/// A line a file that is new or different, where they are few, and one for the target.
fn say(delivery: &Delivery, place: &Place, out: &mut Output) -> std::io::Result<()> {
    for path in place.written.iter().filter(|_| place.written.len() <= FEW) {
        writeln!(out, "wrote {}", path.display())?;
    }
    let Delivery { target, folder, files } = delivery;
    let changed = match place.written.len() {
        0 => "as before".to_owned(),
        count if count == files.len() => "all new or changed".to_owned(),
        count => format!("{count} new or changed"),
    };
    writeln!(out, "{target}: {} in {}, {changed}", counted(files.len(), "file"), folder.display())?;
    if !place.earlier.is_empty() {
        let earlier = counted(place.earlier.len(), "file");
        let names: Vec<_> = place.earlier.iter().take(FEW).map(String::as_str).collect();
        let more = if place.earlier.len() > FEW { ", …" } else { "" };
        writeln!(out, "{target}: {earlier} of earlier builds still there: {}{more}", names.join(", "))?;
    }
    Ok(())
}
