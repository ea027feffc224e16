//! Reads the states of trees one after the other, when their turn comes.
//!
//! Must not know: what they are read for. A few dozen are read ahead, side by side, so that two cores are busy and yet
//! few of them are in memory.

use rayon::prelude::*;

use super::piece::read_state;
use super::tree::{Junk, StateHead, StateItem, Tree};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

/// So many states are read ahead; fewer than that are not worth a second thread.
const AHEAD: usize = 64;

/// What became of a state.
#[derive(Debug)]
pub struct StateRead {
    /// The whole declaration, as in its head.
    pub span: Span,
    /// The state, or what it declares although it could not be read.
    pub state: Result<StateItem, Junk>,
    /// What was found in it.
    pub found: Vec<Diagnostic>,
}

/// Reads all states of `trees`, in the order of their heads; `text` says what stands in a file.
pub fn states<'t>(
    trees: &'t [Tree<StateHead>],
    text: impl Fn(FileId) -> &'t str + Sync + 't,
) -> impl Iterator<Item = StateRead> + 't {
    let mut heads = trees.iter().flat_map(|tree| tree.heads().map(move |head| (tree, head)));
    let read = move |&(tree, head): &(&Tree<StateHead>, &StateHead)| {
        let (state, found) = read_state(head, text(tree.file), &tree.comments);
        StateRead { span: head.span, state, found }
    };
    let batches = std::iter::from_fn(move || {
        let batch: Vec<_> = heads.by_ref().take(AHEAD).collect();
        match batch.len() {
            0 => None,
            AHEAD => Some(batch.par_iter().map(&read).collect::<Vec<_>>()),
            _ => Some(batch.iter().map(&read).collect()),
        }
    });
    batches.flatten()
}
