//! What came of scenarios, one file a format.
//!
//! Must not know: how they were played.

mod json;
mod junit;
mod play;
mod text;

use std::io::{self, Write};

pub use json::schema as json_schema;

use super::{Coverage, Tested};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::render::{self, Findings, Look};
use crate::source::Sources;

/// What there is to say.
#[derive(Clone, Copy, Debug)]
pub struct Results<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The scenarios, in the order of their files.
    pub tested: &'a [Tested],
    /// Which arrows they take, flow by flow.
    pub coverage: &'a [Coverage<'a>],
    /// People are told which arrows are not taken, and not only how many.
    pub lists_arrows: bool,
}

/// Which output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Rich,
    /// For programs.
    Json,
    /// For CI servers.
    Junit,
}

/// Writes all results.
///
/// # Errors
/// Those of `out`.
pub fn render(results: Results<'_>, format: Format, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Rich => text::render(results, look, out),
        Format::Json => json::render(results, out),
        Format::Junit => junit::render(results, out),
    }
}

impl<'a> Results<'a> {
    /// The findings as people are shown them, without their sum, which counts errors in files.
    fn shown(self, failures: &[Diagnostic], look: Look) -> io::Result<Vec<u8>> {
        let mut shown = Vec::new();
        let findings = Findings { sources: self.sources, diagnostics: failures, files: self.sources.len() };
        render::render(findings, render::Format::Rich, look, &mut shown)?;
        let sum = shown.iter().rev().skip(1).take_while(|byte| **byte != b'\n').count() + 1;
        shown.truncate(shown.len().saturating_sub(sum));
        Ok(shown)
    }

    /// What went wrong, in order.
    fn failures(self) -> Vec<Diagnostic> {
        self.tested.iter().filter_map(|tested| tested.failure.clone()).collect()
    }

    /// The scenarios flow by flow.
    fn by_flow(self) -> impl Iterator<Item = &'a [Tested]> {
        self.tested.chunk_by(|a, b| a.scenario.flow == b.scenario.flow)
    }
}
