//! From text to tree. Never fails: whatever the text is, a tree comes back, with diagnostics.
//!
//! Must not know: what names mean. pest types do not leave this folder.

mod build;
mod format;
mod grammar;
mod outline;
mod piece;
mod recover;
mod scan;
mod states;
#[cfg(test)]
mod tests;
pub mod tree;
mod words;

use rayon::prelude::*;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};
pub use build::figure;
pub use format::format;
use outline::{Outline, Piece, outline};
use piece::{Parsed, read};
pub use states::{StateRead, states};
use tree::{Comment, FlowItem, Item, Junk, Member, StateHead, Tree};
pub use words::RESERVED;

/// A file may hold so many bytes.
pub const MAX_BYTES: usize = 512 * 1024 * 1024;
/// So many pieces are read before they are put in place; fewer than that are not worth a second thread.
const BATCH: usize = 4_096;

/// Parses the text of one file.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = skim(file, text);
    let states = states(std::slice::from_ref(&tree), |_| text, Iterator::collect::<Vec<_>>);
    let tree = tree.with(states.into_iter().map(|read| {
        diagnostics.extend(read.found);
        read.state
    }));
    (tree, diagnostics)
}

/// Parses the text of one file but for what stands in its states, which [`states`] reads: so the tree of a million
/// states need never be there at once.
#[must_use]
pub fn skim(file: FileId, text: &str) -> (Tree<StateHead>, Vec<Diagnostic>) {
    if let Some(unreadable) = too_large(file, text).or_else(|| foreign(file, text)) {
        return (Tree { file, items: Vec::new(), comments: Vec::new() }, vec![unreadable]);
    }
    let Outline { pieces, comments, mut diagnostics } = outline(file, text);
    diagnostics.extend(lone_return(file, text));
    let mut items = Vec::new();
    let mut flow = None;
    for batch in pieces.chunks(BATCH) {
        for ((parsed, found), piece) in read_batch(batch, text, &comments).into_iter().zip(batch) {
            diagnostics.extend(found);
            place(parsed, piece.span, &mut flow, &mut items);
        }
    }
    items.extend(flow.map(Item::Flow));
    (Tree { file, items, comments }, diagnostics)
}

/// Puts a piece where it belongs: into the open flow, or among the declarations.
fn place(
    parsed: Parsed,
    span: Span,
    flow: &mut Option<FlowItem<StateHead>>,
    items: &mut Vec<Item<StateHead>>,
) {
    match parsed {
        Parsed::Item(item) => items.push(item),
        Parsed::FlowHead(head) => items.extend(flow.replace(head).map(Item::Flow)),
        Parsed::Member(member) => match flow {
            Some(flow) => flow.members.push(member),
            None => items.push(Item::Junk(headless(&member, span))),
        },
        Parsed::FlowEnd => {
            if let Some(mut flow) = flow.take() {
                flow.span = flow.span.to(span);
                items.push(Item::Flow(flow));
            }
        }
        Parsed::Nothing => {}
    }
}

/// A member without a flow; what it says is not checked.
fn headless(member: &Member<StateHead>, span: Span) -> Junk {
    match member {
        Member::Junk(junk) => junk.clone(),
        _ => Junk { span, keyword: None, name: None },
    }
}

fn read_batch(pieces: &[Piece], text: &str, comments: &[Comment]) -> Vec<(Parsed, Vec<Diagnostic>)> {
    let read = |piece: &Piece| read(*piece, text, comments);
    if pieces.len() < BATCH {
        pieces.iter().map(read).collect()
    } else {
        pieces.par_iter().map(read).collect()
    }
}

fn too_large(file: FileId, text: &str) -> Option<Diagnostic> {
    let found = Diagnostic::new(Code::Io, Span::new(file, 0, 0), "the file is larger than 512 MiB");
    (text.len() > MAX_BYTES).then(|| found.help("split it into several files"))
}

/// A line that ends as on old machines, with a carriage return alone: whether it ends there is not for us to guess.
fn lone_return(file: FileId, text: &str) -> Option<Diagnostic> {
    let ends_a_line = |&(at, _): &(usize, &str)| text.as_bytes().get(at + 1) == Some(&b'\n');
    let (at, _) = text.match_indices('\r').find(|found| !ends_a_line(found))?;
    let found = Diagnostic::new(
        Code::Syntax,
        Span::new(file, at, at + 1),
        "a line ends with a carriage return alone",
    );
    Some(found.help("save the file with line ends LF, or CR LF"))
}

/// Another product keeps JSON in `.flow` files.
fn foreign(file: FileId, text: &str) -> Option<Diagnostic> {
    let start = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    let found = text.get(start..)?.starts_with('{');
    found.then(|| {
        let span = Span::new(file, start, start + 1);
        Diagnostic::new(
            Code::ForeignFile,
            span,
            "this is a JSON file of another product that also uses `.flow`, not a pipeline",
        )
        .help("leave it out of the check, or name the pipelines to check")
    })
}
