//! `baton fmt`: gives files the one look, or says which do not have it.
//!
//! Must not know: the look. A file with a syntax error stays as it is.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::Args;
use similar::{ChangeTag, TextDiff};

use super::checked::aside;
use super::input::{Input, InputArguments};
use super::output::{Output, write_file};
use super::{Failure, Outcome};
use crate::diagnostics::render::{Findings, counted};
use crate::diagnostics::{Diagnostic, Severity, sort};
use crate::source::{FileId, SourceFile};
use crate::syntax;

/// After so long a diff is still right, but no longer the shortest.
const DIFF_TIME: Duration = Duration::from_secs(2);
/// Of a larger text nobody reads the difference, and it takes minutes to find.
const DIFF_BYTES: usize = 8 << 20;

#[derive(Args, Debug)]
pub(super) struct FmtArguments {
    #[command(flatten)]
    input: InputArguments,
    /// Change nothing: show what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &FmtArguments, out: &mut Output) -> Result<Outcome, Failure> {
    if arguments.input.paths.len() > 1 && arguments.input.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(
            Failure::new("`-` can't be mixed with other paths").help("format standard input by itself")
        );
    }
    let mut input = Input::read(&arguments.input)?;
    let mut tally = Tally::default();
    for ((file, source), origin) in input.sources.iter().zip(&input.origins) {
        match formatted(file, source)? {
            Ok(text) => tally.add(source, &text, origin.as_deref(), arguments.check, out)?,
            Err(found) => tally.refused.extend(found),
        }
    }
    let unreadable = input.unreadable.iter().map(|file| file.diagnose(&mut input.sources));
    tally.refused.extend(unreadable);
    tally.say(arguments.check, input.origins != [None], out)?;
    sort(&mut tally.refused);
    aside(
        Findings { sources: &input.sources, diagnostics: &tally.refused, files: input.sources.len() },
        out,
    )?;
    Ok(match () {
        () if !input.unreadable.is_empty() => Outcome::Unreadable,
        () if !tally.refused.is_empty() || arguments.check && tally.changed > 0 => Outcome::Problems,
        () => Outcome::Clean,
    })
}

/// The text in the one look, or the errors for which it is refused.
///
/// # Errors
/// If the result would not be the same pipeline: a bug, which must not reach the user's file.
fn formatted(file: FileId, source: &SourceFile) -> Result<Result<String, Vec<Diagnostic>>, Failure> {
    let (tree, mut found) = syntax::parse(file, source.text());
    found.retain(|diagnostic| diagnostic.severity() == Severity::Error);
    if !found.is_empty() {
        return Ok(Err(found));
    }
    let text = syntax::format(source.text(), &tree);
    let (again, broken) = syntax::parse(file, &text);
    let same = again.items.len() == tree.items.len() && again.comments.len() == tree.comments.len();
    if same && !broken.iter().any(|diagnostic| diagnostic.severity() == Severity::Error) {
        return Ok(Ok(text));
    }
    Err(Failure::new(format!("formatting would damage `{}`, so it stays as it is", source.path()))
        .help("this is a bug in baton; please report it with the file"))
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    changed: usize,
    kept: usize,
    refused: Vec<Diagnostic>,
}

impl Tally {
    /// Deals with a file that could be read: shows the difference, writes it back, or, without an `origin`, passes it on.
    fn add(
        &mut self,
        source: &SourceFile,
        text: &str,
        origin: Option<&Path>,
        check: bool,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let changed = text != &**source.text();
        self.changed += usize::from(changed);
        self.kept += usize::from(!changed);
        match origin {
            _ if check && changed => difference(source, text, out)?,
            _ if check => {}
            None => out.write_all(text.as_bytes())?,
            Some(path) if changed => {
                write_file(path, text.as_bytes())?;
                writeln!(out, "formatted {}", source.path())?;
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// `2 files formatted, 3 left as they were`; nothing where standard output holds a text.
    fn say(&self, check: bool, files: bool, out: &mut Output) -> Result<(), Failure> {
        let changed = counted(self.changed, "file");
        let kept = counted(self.kept, "file");
        match (check, self.changed, self.kept) {
            (false, ..) if !files => {}
            (_, 0, 0) => {}
            (_, 0, _) => writeln!(out, "{kept} formatted already")?,
            (true, _, 0) => writeln!(out, "{changed} would change")?,
            (true, ..) => writeln!(out, "{changed} would change, {} formatted already", self.kept)?,
            (false, _, 0) => writeln!(out, "{changed} formatted")?,
            (false, ..) => writeln!(out, "{changed} formatted, {} formatted already", self.kept)?,
        }
        Ok(())
    }
}

/// Writes what would change, as `diff -u` does.
fn difference(source: &SourceFile, text: &str, out: &mut Output) -> Result<(), Failure> {
    if text.len() > DIFF_BYTES {
        return Ok(writeln!(out, "{} would change, and is too large to show how", source.path())?);
    }
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(&**source.text(), text);
    writeln!(out, "--- {}", source.path())?;
    writeln!(out, "+++ {} (formatted)", source.path())?;
    for hunk in diff.unified_diff().iter_hunks() {
        writeln!(out, "{}", hunk.header())?;
        for change in hunk.iter_changes() {
            let colour = match change.tag() {
                ChangeTag::Delete => Some(AnsiColor::Red.into()),
                ChangeTag::Insert => Some(AnsiColor::Green.into()),
                ChangeTag::Equal => None,
            };
            let style = Style::new().fg_color(colour.filter(|_| out.colour()));
            let line = change.value().trim_end_matches(['\r', '\n']);
            writeln!(out, "{style}{}{line}{style:#}", change.tag())?;
        }
    }
    Ok(())
}
