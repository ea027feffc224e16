//! The findings as JSON, for programs; its schema is published as `schema/diagnostics.schema.json`.
//!
//! Must not know: other formats. Fields are only ever added; a change of meaning raises `version`.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::Findings;
use super::plain::brief;
use crate::diagnostics::{self as data, Severity};
use crate::source::{FileId, Sources, Span};

/// What `baton check --format json` writes. Lines and columns count from 1, columns in characters; offsets count
/// bytes from 0.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Baton diagnostics")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(schema_with = "version_one")]
    version: u32,
    /// The findings, ordered by file, place and code.
    diagnostics: Vec<Diagnostic<'a>>,
    /// How many there are.
    summary: Summary,
}

/// A finding at a place.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Diagnostic<'a> {
    /// The stable identifier of the rule, such as `B305`.
    #[schemars(regex(pattern = "^B[0-9]{3}$"))]
    code: &'static str,
    /// The stable name of the rule, such as `unbounded-loop`.
    slug: &'static str,
    /// How grave it is.
    severity: Grade,
    /// What is wrong.
    message: Cow<'a, str>,
    /// The file, as it was named.
    path: &'a str,
    /// The place whose change repairs it.
    range: Range,
    /// What is said at places; the first may be the place itself.
    labels: Vec<Label<'a>>,
    /// The run of a work item that shows it, step by step; empty where the reason is not a path.
    trace: Vec<Label<'a>>,
    /// So many steps of a long run are left out, after the first half of `trace`.
    left_out: usize,
    /// What to write.
    help: Option<Cow<'a, str>>,
    /// Mechanical repairs; each is complete by itself.
    fixes: Vec<Fix<'a>>,
    /// The documentation of the rule.
    url: String,
}

/// How grave a finding is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Grade {
    Error,
    Warning,
}

/// A half-open range of text.
#[derive(Serialize, JsonSchema)]
struct Range {
    /// Where it begins.
    start: Position,
    /// Where it ends, exclusive.
    end: Position,
}

/// A position in a text.
#[derive(Serialize, JsonSchema)]
struct Position {
    /// From 1.
    #[schemars(range(min = 1))]
    line: usize,
    /// In characters, from 1.
    #[schemars(range(min = 1))]
    column: usize,
    /// In bytes, from 0.
    offset: u32,
}

/// Words at a place.
#[derive(Serialize, JsonSchema)]
struct Label<'a> {
    /// The file, as it was named.
    path: &'a str,
    /// Where.
    range: Range,
    /// What stands there.
    message: Cow<'a, str>,
}

/// A repair: all its edits are made, or none.
#[derive(Serialize, JsonSchema)]
struct Fix<'a> {
    /// What it does.
    title: Cow<'a, str>,
    /// Replacements that do not overlap; ranges are those of the text before any of them.
    edits: Vec<Edit<'a>>,
}

/// A replacement.
#[derive(Serialize, JsonSchema)]
struct Edit<'a> {
    /// The file, as it was named.
    path: &'a str,
    /// What is replaced; empty for an insertion.
    range: Range,
    /// By what.
    text: &'a str,
}

/// How much was found in how much.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// The files that were checked.
    files: usize,
    /// Findings that are errors.
    errors: usize,
    /// Findings that are warnings.
    warnings: usize,
}

fn version_one(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "const": 1 })
}

/// The JSON Schema of the output, as published.
#[must_use]
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document<'static>>();
    format!("{:#}\n", schema.to_value())
}

/// The findings as they stand in the output.
pub(crate) fn diagnostics<'a>(sources: &'a Sources, found: &'a [data::Diagnostic]) -> Vec<Diagnostic<'a>> {
    found.iter().map(|diagnostic| Texts(sources).diagnostic(diagnostic)).collect()
}

pub(super) fn render(findings: Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: 1,
        diagnostics: diagnostics(findings.sources, findings.diagnostics),
        summary: Summary {
            files: findings.files,
            errors: findings.count(Severity::Error),
            warnings: findings.count(Severity::Warning),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

struct Texts<'a>(&'a Sources);

impl<'a> Texts<'a> {
    fn diagnostic(&self, diagnostic: &'a data::Diagnostic) -> Diagnostic<'a> {
        let data::Diagnostic { code, message, place, .. } = diagnostic;
        Diagnostic {
            code: code.id(),
            slug: code.slug(),
            severity: match code.severity() {
                Severity::Error => Grade::Error,
                Severity::Warning => Grade::Warning,
            },
            message: brief(message),
            path: self.path(place.file),
            range: self.range(*place),
            labels: self.labels(diagnostic),
            left_out: diagnostic.left_out,
            trace: diagnostic.trace.iter().map(|step| self.label(step.span, &step.message)).collect(),
            help: diagnostic.help.as_deref().map(brief),
            fixes: diagnostic.fixes.iter().map(|fix| self.fix(fix)).collect(),
            url: code.url(),
        }
    }

    /// The primary label, if it says anything, comes first.
    fn labels(&self, diagnostic: &'a data::Diagnostic) -> Vec<Label<'a>> {
        let primary = (diagnostic.place, diagnostic.label.as_str());
        let others = diagnostic.labels.iter().map(|label| (label.span, label.message.as_str()));
        let all = std::iter::once(primary).filter(|(_, message)| !message.is_empty()).chain(others);
        all.map(|(span, message)| self.label(span, message)).collect()
    }

    fn label(&self, span: Span, message: &'a str) -> Label<'a> {
        Label { path: self.path(span.file), range: self.range(span), message: brief(message) }
    }

    fn fix(&self, fix: &'a data::Fix) -> Fix<'a> {
        let edit = |edit: &'a data::Edit| Edit {
            path: self.path(edit.span.file),
            range: self.range(edit.span),
            text: &edit.text,
        };
        Fix { title: brief(&fix.title), edits: fix.edits.iter().map(edit).collect() }
    }

    fn path(&self, file: FileId) -> &'a str {
        self.0.file(file).path()
    }

    fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.file, span.start), end: self.position(span.file, span.end) }
    }

    fn position(&self, file: FileId, offset: u32) -> Position {
        let place = self.0.file(file).line_column(offset);
        Position { line: place.line, column: place.column, offset }
    }
}
