//! The things of a list with what stands between them: comments and blank lines, each with the thing it is about.
//!
//! Must not know: how a thing is laid out.

use std::ops::Range;

use super::node::Node;
use super::table::pad;
use super::token::Tokens;

/// All that stands between two braces, or in a file.
pub(super) struct Listing<'t> {
    /// The comment behind the opening brace; empty for none.
    pub(super) opening: &'t str,
    /// The things, in the order in which they are printed.
    pub(super) entries: Vec<Entry<'t>>,
    /// What stands after the last.
    pub(super) rest: Gap<'t>,
}

/// A thing with the comments and blank lines around it.
pub(super) struct Entry<'t> {
    pub(super) node: Node<'t>,
    /// From its first token, documentation excluded, to its end.
    pub(super) range: Range<usize>,
    /// What stands above it.
    pub(super) gap: Gap<'t>,
    /// The comment that stands behind it on its last line; empty for none.
    pub(super) after: &'t str,
}

/// What stands between two things.
#[derive(Default)]
pub(super) struct Gap<'t> {
    /// Comments on lines of their own, each with whether a blank line stands before it.
    comments: Vec<(&'t str, bool)>,
    /// A blank line stands before what follows.
    blank: bool,
}

impl<'t> Listing<'t> {
    /// Of the things that stand in `range`, which begins behind a brace if `braced`.
    pub(super) fn new(text: &'t str, nodes: Vec<Node<'t>>, range: Range<usize>, braced: bool) -> Listing<'t> {
        let mut opening = "";
        let mut entries: Vec<Entry<'t>> = Vec::with_capacity(nodes.len());
        let mut at = range.start;
        for node in nodes {
            let place = place(text, node);
            let (after, gap) = Gap::new(text, at..place.start, braced || !entries.is_empty());
            *entries.last_mut().map_or(&mut opening, |above| &mut above.after) = after;
            at = place.end;
            entries.push(Entry { node, range: place, gap, after: "" });
        }
        let (after, rest) = Gap::new(text, at..range.end, braced || !entries.is_empty());
        *entries.last_mut().map_or(&mut opening, |above| &mut above.after) = after;
        entries.sort_by_key(|entry| entry.node.rank());
        Listing { opening, entries, rest }
    }

    /// Whether there is neither a thing nor a comment.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rest.comments.is_empty() && self.opening.is_empty()
    }
}

/// Where a thing stands without its documentation.
fn place(text: &str, node: Node<'_>) -> Range<usize> {
    let range = node.span().range();
    let first = Tokens::new(text, range.clone()).find(|token| !token.is_comment());
    first.map_or(range.start, |token| token.start)..range.end
}

impl<'t> Gap<'t> {
    /// The comment behind what ends where the range starts, if `behind` says that something does, and the rest.
    /// An `allow` speaks of the next line, so it goes with that.
    fn new(text: &'t str, range: Range<usize>, behind: bool) -> (&'t str, Gap<'t>) {
        let mut after = "";
        let mut gap = Gap::default();
        let mut end = range.start;
        for token in Tokens::new(text, range.clone()) {
            let free = behind && after.is_empty() && gap.comments.is_empty();
            if token.is_comment() && free && !token.fresh && !is_allow(token.text) {
                after = token.text;
            } else if token.is_comment() {
                gap.comments.push((token.text, is_blank(text, end..token.start)));
            }
            end = token.end();
        }
        gap.blank = is_blank(text, end..range.end);
        (after, gap)
    }

    /// Whether a blank line stands before the first thing in or after the gap.
    pub(super) fn opens_blank(&self) -> bool {
        self.comments.first().map_or(self.blank, |&(_, blank)| blank)
    }

    /// Whether one of the comments silences warnings of the line that follows.
    pub(super) fn allows(&self) -> bool {
        self.comments.iter().any(|(comment, _)| is_allow(comment))
    }

    /// What is printed above a thing: a blank line if `blank`, and the comments.
    pub(super) fn above(&self, blank: bool, indent: usize) -> String {
        let mut out = String::from(if blank && self.comments.is_empty() { "\n" } else { "" });
        self.print(blank, indent, &mut out);
        let of_file = self.comments.last().is_some_and(|(comment, _)| is_of_file(comment));
        if of_file || self.blank && !self.comments.is_empty() {
            out.push('\n');
        }
        out
    }

    /// The comments, each on a line; a blank line first if `blank`, and always after those of the file.
    pub(super) fn print(&self, blank: bool, indent: usize, out: &mut String) {
        let mut parted = blank;
        let mut of_file = false;
        for (index, &(comment, authored)) in self.comments.iter().enumerate() {
            if index > 0 {
                parted = authored || of_file && !is_of_file(comment);
            }
            if parted {
                out.push('\n');
            }
            pad(indent, out);
            out.push_str(comment);
            out.push('\n');
            of_file = is_of_file(comment);
        }
    }
}

/// Whether an empty line stands in a stretch of white space.
fn is_blank(text: &str, range: Range<usize>) -> bool {
    text.get(range).is_some_and(|space| space.bytes().filter(|&byte| byte == b'\n').count() > 1)
}

/// `// allow(…): …`
pub(super) fn is_allow(comment: &str) -> bool {
    let words = comment.strip_prefix("//").map(str::trim_start);
    words.and_then(|words| words.strip_prefix("allow")).is_some_and(|list| list.trim_start().starts_with('('))
}

/// `//! …`
fn is_of_file(comment: &str) -> bool {
    comment.starts_with("//!")
}
