//! Files that have been read and compiled: what every command but `explain` and `init` begins with.
//!
//! Must not know: any rule, any format.

use anstream::ColorChoice;
use std::collections::BTreeSet;

use clap::ValueEnum;

use super::input::{Disk, Input, InputArguments};
use super::output::Output;
use super::{Failure, Outcome};
use crate::Compilation;
use crate::diagnostics::Severity;
use crate::diagnostics::render::{Findings, Format, Look, render};
use crate::model::{Flow, FlowId};
use crate::plan::{self, Plan};
use crate::source::Span;

/// `--format`
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum FormatChoice {
    /// Excerpts with help, for people
    Rich,
    /// `path:line:col: error[B305]: message`, for grep and problem matchers
    Short,
    /// For programs; the schema is schema/diagnostics.schema.json
    Json,
}

impl From<FormatChoice> for Format {
    fn from(choice: FormatChoice) -> Format {
        match choice {
            FormatChoice::Rich => Format::Rich,
            FormatChoice::Short => Format::Short,
            FormatChoice::Json => Format::Json,
        }
    }
}

/// Everything that is known of the files that were asked for.
pub(super) struct Checked {
    pub(super) compilation: Compilation,
    files: usize,
    unreadable: bool,
}

impl Checked {
    /// Reads the files, with those that they use, and checks them.
    ///
    /// # Errors
    /// If the arguments name no file at all. A file that can't be read is a finding.
    pub(super) fn read(arguments: &InputArguments) -> Result<Checked, Failure> {
        let input = Input::read(arguments)?;
        let files = input.sources.len() + input.unreadable.len();
        let disk = Disk::of(&input);
        let mut compilation = crate::compile(input.sources, &disk);
        for file in input.unreadable.iter().filter(|file| !disk.has_missed(file)) {
            compilation.diagnostics.push(file.diagnose(&mut compilation.sources));
        }
        Ok(Checked { compilation, files, unreadable: !input.unreadable.is_empty() })
    }

    /// Writes the findings.
    ///
    /// # Errors
    /// If the output can't be written.
    pub(super) fn report(&self, format: FormatChoice, out: &mut Output) -> Result<(), Failure> {
        let findings = self.findings();
        let look = Look { colour: out.colour(), links: out.links(), width: out.width() };
        Ok(render(findings, format.into(), look, out)?)
    }

    /// Writes the findings to standard error, for commands whose standard output holds something else.
    ///
    /// # Errors
    /// If the output can't be written.
    pub(super) fn report_aside(&self, out: &mut Output) -> Result<(), Failure> {
        aside(self.findings(), out)
    }

    /// The plan of the flows in the files that were asked for. Only for files without an error.
    ///
    /// # Errors
    /// If there is no flow, or if something is missing that no check has reported: a bug.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        let Compilation { model, worst, .. } = &self.compilation;
        let plan = plan::build(model, worst).map_err(|incomplete| self.unreported(incomplete.place))?;
        if plan.flows.is_empty() {
            return Err(Failure::new("there is no flow in these files").help("name a file that has one"));
        }
        Ok(plan)
    }

    /// The flows of the files that were asked for, in the order of their files.
    pub(super) fn flows(&self) -> impl Iterator<Item = (FlowId, &Flow)> {
        let model = &self.compilation.model;
        let files: BTreeSet<_> =
            model.files.iter().filter(|file| file.checked).map(|file| file.file).collect();
        let flows = model.flows.iter().enumerate().map(|(index, flow)| (FlowId::new(index), flow));
        flows.filter(move |(_, flow)| files.contains(&flow.name.span.file))
    }

    /// Something is missing that no check has reported: a bug.
    pub(super) fn unreported(&self, place: Span) -> Failure {
        let file = self.compilation.sources.file(place.file);
        let at = file.line_column(place.start);
        let place = format!("{}:{}:{}", file.path(), at.line, at.column);
        Failure::new(format!("something is missing at {place}, and no check has reported it"))
            .help("this is a bug in baton; please report it with the file")
    }

    /// Clean if there is no error, and with `deny_warnings` no warning either.
    pub(super) fn outcome(&self, deny_warnings: bool) -> Outcome {
        let findings = self.findings();
        match findings.count(Severity::Error) > 0 || (deny_warnings && !findings.diagnostics.is_empty()) {
            _ if self.unreadable => Outcome::Unreadable,
            true => Outcome::Problems,
            false => Outcome::Clean,
        }
    }

    fn findings(&self) -> Findings<'_> {
        let Compilation { sources, diagnostics, .. } = &self.compilation;
        Findings { sources, diagnostics, files: self.files }
    }
}

/// Writes findings to standard error, after what standard output holds so far; nothing if there are none.
///
/// # Errors
/// If the output can't be written.
pub(super) fn aside(findings: Findings<'_>, out: &mut Output) -> Result<(), Failure> {
    out.finish()?;
    let mut stderr = out.aside();
    let colour = stderr.current_choice() != ColorChoice::Never;
    let look = Look { colour, links: out.links(), width: out.width() };
    Ok(render(findings, Format::Rich, look, &mut stderr)?)
}
