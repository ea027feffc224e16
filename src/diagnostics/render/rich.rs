//! For people: what is wrong, the lines that matter, what to write. Drawn by miette.
//!
//! Must not know: other formats.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::excerpt::Excerpts;
use super::plain::{one_line, words};
use super::{Findings, Look, counted};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::source::{Sources, Span};

/// More places than that are counted, not shown.
const MOST_PLACES: usize = 12;
/// Of a longer run, its middle is not shown.
const MOST_STEPS: usize = 10;

/// A [`Diagnostic`] that owns the lines it is about, as a [`miette::Diagnostic`] for callers of the library.
#[derive(Clone, Debug)]
pub struct Report {
    code: Code,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    excerpts: Excerpts,
}

impl Report {
    /// The report of a finding. Only the lines around its places are copied, so that a report of a huge file is
    /// small.
    #[must_use]
    pub fn new(sources: &Sources, diagnostic: &Diagnostic) -> Report {
        let places = places(diagnostic);
        let spans: Vec<Span> = places.iter().map(|&(span, _)| span).collect();
        let (excerpts, ranges) = Excerpts::new(sources, &spans);
        let label = |(index, (range, (_, message))): (usize, (std::ops::Range<usize>, &(Span, String)))| {
            let message = (!message.is_empty()).then(|| one_line(&words(message)).into_owned());
            match index {
                0 => LabeledSpan::new_primary_with_span(message, range),
                _ => LabeledSpan::new_with_span(message, range),
            }
        };
        let mut labels: Vec<LabeledSpan> = ranges.into_iter().zip(&places).enumerate().map(label).collect();
        labels.sort_by_key(LabeledSpan::offset);
        Report {
            code: diagnostic.code,
            message: words(&diagnostic.message),
            help: help(diagnostic),
            labels,
            excerpts,
        }
    }

    /// Which rule speaks.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }
}

/// The places that are shown with their words: the primary one first, then the others, then the run.
fn places(diagnostic: &Diagnostic) -> Vec<(Span, String)> {
    let primary = (diagnostic.place, diagnostic.label.clone());
    let others = diagnostic.labels.iter().map(|label| (label.span, label.message.clone()));
    std::iter::once(primary).chain(others).take(MOST_PLACES).chain(steps(diagnostic)).collect()
}

/// The steps of the run that are shown, numbered; of a long one both its ends.
fn steps(diagnostic: &Diagnostic) -> impl Iterator<Item = (Span, String)> {
    let (total, left_out) = (diagnostic.trace.len(), diagnostic.left_out);
    let cut = MOST_STEPS / 2..total.saturating_sub(MOST_STEPS / 2);
    let numbered = diagnostic.trace.iter().enumerate().filter(move |(index, _)| !cut.contains(index));
    let number = move |index: usize| index + 1 + if index < total / 2 { 0 } else { left_out };
    numbered.map(move |(index, step)| (step.span, format!("{}. {}", number(index), step.message)))
}

fn help(diagnostic: &Diagnostic) -> Option<String> {
    let hidden = |count: usize, what: &str| (count > 0).then(|| format!("{count} more {what} not shown"));
    let places = hidden((diagnostic.labels.len() + 1).saturating_sub(MOST_PLACES), "places are");
    let steps = diagnostic.trace.len().saturating_sub(MOST_STEPS) + diagnostic.left_out;
    let steps = hidden(steps, "steps in the middle of the run are");
    let help = diagnostic.help.as_deref().map(words);
    let lines: Vec<String> = help.into_iter().chain(places).chain(steps).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(format!("{} {}", self.code.id(), self.code.slug())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.code.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.code.url()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.excerpts.is_empty()).then_some(&self.excerpts as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

pub(super) fn render(findings: Findings<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let [error, warning] = [Severity::Error, Severity::Warning].map(|severity| Painter::new(severity, look));
    for diagnostic in findings.diagnostics {
        let painter = if diagnostic.severity() == Severity::Error { &error } else { &warning };
        painter.paint(findings.sources, diagnostic, out)?;
    }
    if findings.diagnostics.is_empty() { Ok(()) } else { summary(findings, look, out) }
}

/// Draws findings of one severity.
struct Painter {
    handler: GraphicalReportHandler,
    theme: GraphicalTheme,
    /// Of the primary place and of the others.
    colour: bool,
    severity: Severity,
}

impl Painter {
    fn new(severity: Severity, look: Look) -> Painter {
        let theme = if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme.clone())
            .with_links(look.links)
            .with_urls(look.links)
            .with_link_display_text("")
            .with_width(look.width)
            .with_break_words(false)
            .without_syntax_highlighting();
        Painter { handler, theme, colour: look.colour, severity }
    }

    fn paint(&self, sources: &Sources, diagnostic: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
        let report = Report::new(sources, diagnostic);
        let mut text = String::new();
        let handler = self.handler.clone().with_theme(self.theme_for(&report));
        handler.render_report(&mut text, &report).map_err(io::Error::other)?;
        for fix in &diagnostic.fixes {
            text.push_str(&format!(
                "   {}: {}\n",
                styled("fix", self.style(AnsiColor::Green)),
                one_line(&words(&fix.title))
            ));
        }
        writeln!(out, "{text}")
    }

    /// The primary place has the colour of the severity, the others that of advice. miette gives colours to labels
    /// in the order of their offsets.
    fn theme_for(&self, report: &Report) -> GraphicalTheme {
        let mut theme = self.theme.clone();
        if self.colour {
            let ThemeStyles { error, warning, advice, .. } = theme.styles;
            let primary = if self.severity == Severity::Error { error } else { warning };
            let style = |label: &LabeledSpan| if label.primary() { primary.bold() } else { advice };
            theme.styles.highlights = report.labels.iter().map(style).collect();
        }
        theme
    }

    fn style(&self, colour: AnsiColor) -> Style {
        if self.colour { Style::new().fg_color(Some(colour.into())) } else { Style::new() }
    }
}

fn styled(word: &str, style: Style) -> String {
    format!("{style}{word}{style:#}")
}

/// `2 errors and 1 warning in 3 files`
fn summary(findings: Findings<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let counts = [(Severity::Error, AnsiColor::Red), (Severity::Warning, AnsiColor::Yellow)];
    let words = counts.iter().filter_map(|&(severity, colour)| {
        let style =
            if look.colour { Style::new().fg_color(Some(colour.into())).bold() } else { Style::new() };
        let count = findings.count(severity);
        (count > 0).then(|| styled(&counted(count, severity.word()), style))
    });
    let words: Vec<String> = words.collect();
    writeln!(out, "{} in {}", words.join(" and "), counted(findings.files, "file"))
}
