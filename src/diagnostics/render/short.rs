//! One line a finding: `path:line:col: error[B305]: message`.
//!
//! Must not know: other formats.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use codespan_reporting::term::{Config, DisplayStyle, emit_to_write_style};

use super::plain::{one_line, words};
use super::{Findings, Look};
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{FileId, SourceFile, Sources};

pub(super) fn render(findings: Findings<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let config = Config { display_style: DisplayStyle::Short, ..Config::default() };
    let texts = Texts(findings.sources);
    for diagnostic in findings.diagnostics {
        let line = line(diagnostic);
        let written = if look.colour {
            emit_to_write_style(&mut Ansi::new(&mut *out), &config, &texts, &line)
        } else {
            emit_to_write_style(&mut NoColor::new(&mut *out), &config, &texts, &line)
        };
        written.map_err(as_io)?;
    }
    Ok(())
}

fn line(diagnostic: &Diagnostic) -> codespan::Diagnostic<FileId> {
    let severity = match diagnostic.severity() {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code.id())
        .with_message(one_line(&words(&diagnostic.message)))
        .with_label(codespan::Label::primary(diagnostic.place.file, diagnostic.place.range()))
}

fn as_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// [`Sources`] as codespan wants to see them.
struct Texts<'a>(&'a Sources);

impl<'a> Texts<'a> {
    fn file(&self, id: FileId) -> &'a SourceFile {
        self.0.file(id)
    }
}

impl<'a> Files<'a> for Texts<'a> {
    type FileId = FileId;
    type Name = Cow<'a, str>;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<Cow<'a, str>, Error> {
        Ok(one_line(self.file(id).path()))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.file(id).text())
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id).line_column(u32::try_from(byte).unwrap_or(u32::MAX)).line - 1)
    }

    fn column_number(&'a self, id: FileId, _line: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id).line_column(u32::try_from(byte).unwrap_or(u32::MAX)).column)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let file = self.file(id);
        let start = |line: usize| file.line_starts().get(line).map_or(file.text().len(), |&at| at as usize);
        Ok(start(line)..start(line + 1))
    }
}
