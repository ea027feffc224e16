//! Reads the states of trees one after the other, when their turn comes.
//!
//! Must not know: what they are read for. A few dozen are read ahead, side by side, so that two cores are busy and yet
//! few of them are in memory.

use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use super::piece::read_state;
use super::tree::{Junk, StateHead, StateItem, Tree};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

/// So many states are read side by side; fewer than that are not worth a second thread.
const AHEAD: usize = 64;
/// So often as many wait until they are taken.
const BATCHES: usize = 2;

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

/// Reads all states of `trees`, in the order of their heads, for `take`, which works on some while others are read;
/// `text` says what stands in a file.
pub fn states<'t, R>(
    trees: &'t [Tree<StateHead>],
    text: impl Fn(FileId) -> &'t str + Send + Sync + 't,
    take: impl FnOnce(Box<dyn Iterator<Item = StateRead> + 't>) -> R,
) -> R {
    let mut heads = trees.iter().flat_map(|tree| tree.heads().map(move |head| (tree, head)));
    let read = move |&(tree, head): &(&Tree<StateHead>, &StateHead)| {
        let (state, found) = read_state(head, text(tree.file), &tree.comments);
        StateRead { span: head.span, state, found }
    };
    let mut batch: Vec<_> = heads.by_ref().take(AHEAD).collect();
    if batch.len() < AHEAD {
        return take(Box::new(batch.into_iter().map(move |head| read(&head))));
    }
    let (send, receive) = sync_channel(BATCHES);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !batch.is_empty() && send.send(batch.par_iter().map(&read).collect::<Vec<_>>()).is_ok() {
                batch = heads.by_ref().take(AHEAD).collect();
            }
        });
        take(Box::new(receive.into_iter().flatten()))
    })
}
