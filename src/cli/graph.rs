//! `baton graph`: draws flows on standard output.
//!
//! Must not know: how a picture is drawn; that is a target.

use std::io::Write;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::checked::Checked;
use super::input::InputArguments;
use super::output::Output;
use super::{Failure, Outcome};
use crate::emit::{self, File};

/// `--format`
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Picture {
    /// For Graphviz
    Dot,
    /// For Markdown pages that render Mermaid; several flows come as Markdown with a diagram each
    Mermaid,
}

#[derive(Args, Debug)]
pub(super) struct GraphArguments {
    #[command(flatten)]
    input: InputArguments,
    /// The language of the picture
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Picture,
    /// Draw this flow alone
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
}

pub(super) fn run(arguments: &GraphArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let checked = Checked::read(&arguments.input)?;
    checked.report_aside(out)?;
    let outcome = checked.outcome(false);
    if outcome != Outcome::Clean {
        return Ok(outcome);
    }
    let pictures = pictures(&checked, arguments.format)?;
    match &arguments.flow {
        Some(name) => out.write_all(chosen(&pictures, name)?.text.as_bytes())?,
        None => show(&pictures, arguments.format, out)?,
    }
    Ok(Outcome::Clean)
}

/// A file for each flow, called after it.
fn pictures(checked: &Checked, picture: Picture) -> Result<Vec<File>, Failure> {
    let name = if picture == Picture::Dot { "dot" } else { "mermaid" };
    let plan = checked.plan()?;
    let files = emit::target(name).and_then(|target| (target.emit)(&plan, &emit::Options::default()).ok());
    files.ok_or_else(|| Failure::new("this can't be drawn").help("this is a bug in baton; please report it"))
}

fn flow(picture: &File) -> String {
    Path::new(&picture.path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn chosen<'p>(pictures: &'p [File], name: &str) -> Result<&'p File, Failure> {
    pictures.iter().find(|picture| flow(picture) == name).ok_or_else(|| {
        let names: Vec<_> = pictures.iter().map(|picture| format!("`{}`", flow(picture))).collect();
        Failure::new(format!("there is no flow `{name}`")).help(format!("the flows are {}", names.join(", ")))
    })
}

/// One picture as it is; of several, Graphviz takes one after the other, Mermaid one a diagram.
fn show(pictures: &[File], format: Picture, out: &mut Output) -> Result<(), Failure> {
    for (index, picture) in pictures.iter().enumerate() {
        let parting = if index > 0 { "\n" } else { "" };
        if format == Picture::Mermaid && pictures.len() > 1 {
            writeln!(out, "{parting}## {}\n\n```mermaid\n{}```", flow(picture), picture.text)?;
        } else {
            write!(out, "{parting}{}", picture.text)?;
        }
    }
    Ok(())
}
