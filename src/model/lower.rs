//! From trees to the model.

use super::Model;
use crate::diagnostics::Diagnostic;
use crate::syntax::tree::Tree;

/// Resolves the trees of all files.
#[must_use]
pub fn lower(trees: &[Tree]) -> (Model, Vec<Diagnostic>) {
    let _ = trees;
    (Model::default(), Vec::new())
}
