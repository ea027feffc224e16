//! The output formats, one file a format.
//!
//! Must not know: how diagnostics were found, where the output goes, or whether a terminal is there: that comes in
//! as a [`Look`].

mod excerpt;
mod json;
mod plain;
mod rich;
mod short;

use std::io::{self, Write};

pub use json::schema as json_schema;
pub(crate) use json::{Diagnostic as JsonDiagnostic, diagnostics as json_diagnostics};
pub(crate) use plain::one_line;
pub use rich::Report;

use super::{Diagnostic, Severity};
use crate::source::Sources;

/// What there is to say about a set of files.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// In the order in which they are shown.
    pub diagnostics: &'a [Diagnostic],
    /// How many files were checked.
    pub files: usize,
}

/// Which output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people: excerpts, help, colours.
    Rich,
    /// A line each, for `grep` and problem matchers.
    Short,
    /// For programs.
    Json,
}

/// What the reader's screen can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// ANSI colours are shown.
    pub colour: bool,
    /// Codes become hyperlinks (OSC 8).
    pub links: bool,
    /// Columns.
    pub width: usize,
}

impl Look {
    /// No colours, no links, 100 columns.
    #[must_use]
    pub fn plain() -> Look {
        Look { colour: false, links: false, width: 100 }
    }
}

/// Writes all findings.
///
/// # Errors
/// Those of `out`.
pub fn render(findings: Findings<'_>, format: Format, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Rich => rich::render(findings, look, out),
        Format::Short => short::render(findings, look, out),
        Format::Json => json::render(findings, out),
    }
}

impl Findings<'_> {
    /// How many findings are as grave as that.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
    }
}

/// `text` on one line, without anything that a terminal would obey.
pub(crate) fn harmless_line(text: &str) -> String {
    plain::one_line(text).into_owned()
}

/// `1 file`, `2 files`
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
