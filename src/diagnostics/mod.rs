//! What Baton says: one plain struct, whatever renders it later.
//!
//! Must not know: how a diagnostic was found, nor any output format (see [`render`]).

mod code;
mod page;
pub mod render;
mod suppress;

pub use code::{Code, Family, Severity};
pub use suppress::suppress;

use crate::source::Span;

/// A finding at a place, with what to do about it.
///
/// Style of the words: lower case, one sentence, no full stop, the user's text in backticks, no compiler's
/// terms; advice stands in `help`, the second place in a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule speaks.
    pub code: Code,
    /// What is wrong, naming the state or field.
    pub message: String,
    /// The smallest thing whose change repairs it.
    pub place: Span,
    /// What the primary label says; empty for a bare underline.
    pub label: String,
    /// Further places that matter.
    pub labels: Vec<Label>,
    /// The run that shows it, step by step, where the reason is a path.
    pub trace: Vec<Label>,
    /// So many steps after the first half of `trace` are left out.
    pub left_out: usize,
    /// What to write.
    pub help: Option<String>,
    /// Mechanical repairs.
    pub fixes: Vec<Fix>,
}

/// A further place with what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What stands there.
    pub message: String,
}

/// A repair that a tool can carry out. All its edits are made, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does: ``change to `drafting` ``.
    pub title: String,
    /// Replacements, in order, not overlapping.
    pub edits: Vec<Edit>,
}

/// Replace what `span` says with `text`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Diagnostic {
    /// A finding of `code` at `place`.
    #[must_use]
    pub fn new(code: Code, place: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            place,
            label: String::new(),
            labels: Vec::new(),
            trace: Vec::new(),
            left_out: 0,
            help: None,
            fixes: Vec::new(),
        }
    }

    /// With words at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Diagnostic {
        self.label = message.into();
        self
    }

    /// With a second place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// With the run that shows it, of which so many steps after the first half of these are left out.
    #[must_use]
    pub fn trace(mut self, steps: Vec<Label>, left_out: usize) -> Diagnostic {
        self.trace = steps;
        self.left_out = left_out;
        self
    }

    /// With what to write.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// With a repair of one edit.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fixes.push(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// How grave it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Puts findings into their one order: file, place, code, words. Exact repetitions go.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.place, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
