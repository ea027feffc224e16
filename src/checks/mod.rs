//! From facts to diagnostics: one file a family, wording beside the rule.
//!
//! Must not know: the tree, pest, output formats.

use crate::diagnostics::Diagnostic;
use crate::model::Model;

/// Runs every check over the model.
#[must_use]
pub fn run(model: &Model) -> Vec<Diagnostic> {
    let _ = model;
    Vec::new()
}
