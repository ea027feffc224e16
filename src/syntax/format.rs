//! The one look of a `.flow` file: two spaces, a clause a line in a fixed column and order, comments where they were.
//!
//! Tokens are copied from the text and only spaced anew; the tree says which belong together. So literals keep the
//! author's spelling, guards their parentheses, and the tree of the result is the tree of the text, but for spans and
//! the order of clauses. Must not know: what names mean.

mod line;
mod node;
mod table;
mod token;

use std::ops::Range;

use crate::syntax::tree::Tree;
use line::{Line, Unit, plain};
use node::{Body, Node, Sort, Style};
use table::{Row, Table, end_line, pad};
use token::Tokens;

/// How far what stands in braces is moved in.
const INDENT: usize = 2;

/// Formats the text of which `tree` was parsed without a syntax error; what could not be read may be lost.
///
/// - A thing in braces opens over several lines. `enum`, `asset`, `actor` and `end` stay on one line where the author
///   wrote no line end after `{`, nothing in them is a comment, and the line fits into 120 columns.
/// - Neighbouring lines of one sort share their columns; a blank line ends the neighbourhood.
/// - Lines of more than 100 columns break before `when`, `otherwise`, `at most` and `carry`, then after commas and before `and` and `or`.
/// - At most one blank line is kept. One stands between members, except where neighbours of one sort (`enum`, `asset`,
///   `actor`, `threshold`, `use`, `default`, `intake`, `end`, `prove`) have none.
/// - Comments go with what they precede or stand behind. What stands under an `allow` keeps its lines, so that the
///   comment silences what it silenced.
///
/// Takes time linear in the text. Line ends are those of the first line.
#[must_use]
pub fn format(text: &str, tree: &Tree) -> String {
    let mut printer = Printer { text, out: String::with_capacity(text.len() + text.len() / 8) };
    let items = tree.items.iter().map(Node::Item).collect();
    let (_, entries, rest) = printer.entries(items, 0..text.len(), false);
    printer.print(entries, &rest, Style::Open, 0);
    let first_line = text.split_inclusive('\n').next().unwrap_or("");
    if first_line.ends_with("\r\n") { printer.out.replace('\n', "\r\n") } else { printer.out }
}

/// A thing with the comments and blank lines around it.
struct Entry<'t> {
    node: Node<'t>,
    /// From its first token, documentation excluded, to its end.
    range: Range<usize>,
    gap: Gap<'t>,
    /// The comment that stands behind it on its last line; empty for none.
    after: &'t str,
}

/// What stands between two things.
#[derive(Default)]
struct Gap<'t> {
    /// Comments on lines of their own, each with whether a blank line stands before it.
    comments: Vec<(&'t str, bool)>,
    /// A blank line stands before what follows.
    blank: bool,
}

impl Gap<'_> {
    /// Whether a blank line stands before the first thing in or after the gap.
    fn opens_blank(&self) -> bool {
        self.comments.first().map_or(self.blank, |&(_, blank)| blank)
    }

    /// Whether one of the comments silences warnings of the line that follows.
    fn allows(&self) -> bool {
        self.comments.iter().any(|(comment, _)| is_allow(comment))
    }
}

/// How a thing is printed.
enum Shape<'t> {
    /// As a line of the table that it forms with its neighbours.
    Line(Line),
    /// Over several lines.
    Open(Body<'t>),
}

struct Printer<'t> {
    text: &'t str,
    out: String,
}

impl<'t> Printer<'t> {
    /// Prints the things of a body whose text is `range`, each beginning in column `indent`.
    fn print(&mut self, entries: Vec<Entry<'t>>, rest: &Gap<'t>, style: Style, indent: usize) {
        let last = entries.len().saturating_sub(1);
        let mut table = Table::default();
        let mut above: Option<Sort> = None;
        for (index, entry) in entries.into_iter().enumerate() {
            let sort = entry.node.sort();
            let blank = above.is_some_and(|above| above.parted(sort, entry.gap.opens_blank()));
            if blank || above != Some(sort) {
                table.flush(indent, &mut self.out);
            }
            let separator = if index < last { style.separator() } else { "" };
            let before = before(&entry.gap, blank, indent);
            match self.shape(&entry, indent) {
                Shape::Line(line) => {
                    table.push(Row { before, line, width: sort.width(), separator, after: entry.after })
                }
                Shape::Open(body) => {
                    table.flush(indent, &mut self.out);
                    self.open(&entry, body, before, indent);
                }
            }
            above = Some(sort);
        }
        table.flush(indent, &mut self.out);
        comments(rest, above.is_some() && rest.opens_blank(), indent, &mut self.out);
    }

    /// Prints a thing over several lines, from its first word to its closing brace.
    fn open(&mut self, entry: &Entry<'t>, body: Body<'t>, before: String, indent: usize) {
        let inside = self.inside(&entry.range);
        let header = self.unit(entry.node, entry.range.start..inside.start, false);
        let (after, entries, rest) = self.entries(body.nodes, inside, true);
        let mut line = header.layout(indent);
        if entries.is_empty() && rest.comments.is_empty() && after.is_empty() {
            line.text.push('}');
            return self.alone(Row { before, line, width: 0, separator: "", after: entry.after }, indent);
        }
        self.alone(Row { before, line, width: 0, separator: "", after }, indent);
        self.print(entries, &rest, body.style, indent + INDENT);
        pad(indent, &mut self.out);
        self.out.push('}');
        end_line(entry.after, &mut self.out);
    }

    fn alone(&mut self, row: Row<'t>, indent: usize) {
        let mut table = Table::default();
        table.push(row);
        table.flush(indent, &mut self.out);
    }

    fn shape(&self, entry: &Entry<'t>, indent: usize) -> Shape<'t> {
        let keep_lines = entry.gap.allows();
        let Some(body) = entry.node.body() else {
            return Shape::Line(self.unit(entry.node, entry.range.clone(), keep_lines).layout(indent));
        };
        match self.inline(entry, &body) {
            Some(line) if indent + line.width() <= entry.node.sort().width() => Shape::Line(line),
            Some(line)
                if keep_lines && !self.tokens(entry.range.clone()).skip(1).any(|token| token.fresh) =>
            {
                Shape::Line(line)
            }
            _ => Shape::Open(body),
        }
    }

    /// A thing in braces on one line, where its style and its author want that.
    fn inline(&self, entry: &Entry<'t>, body: &Body<'t>) -> Option<Line> {
        let inside = self.inside(&entry.range);
        let first = self.tokens(inside.start..entry.range.end).next()?;
        let opened = first.fresh && !body.nodes.is_empty();
        if body.style == Style::Open
            || opened
            || self.tokens(entry.range.clone()).any(|token| token.is_comment())
        {
            return None;
        }
        let mut line = self.unit(entry.node, entry.range.start..inside.start.saturating_sub(1), false).flat();
        line.cut(1);
        let mut nodes = body.nodes.clone();
        nodes.sort_by_key(|node| node.rank());
        line.text.push_str(if nodes.is_empty() { "{" } else { "{ " });
        for (index, node) in nodes.iter().enumerate() {
            match body.style {
                Style::Clauses if index > 0 => line.cut(2),
                Style::List { .. } if index > 0 => line.text.push_str(", "),
                _ => {}
            }
            line.text.push_str(&plain(self.tokens(node.span().range())));
        }
        line.text.push_str(if nodes.is_empty() { "}" } else { " }" });
        Some(line)
    }

    /// The comment behind the opening brace if the range follows one, the things with what stands between them, in
    /// the order in which they are printed, and what stands after the last.
    fn entries(
        &self,
        nodes: Vec<Node<'t>>,
        range: Range<usize>,
        braced: bool,
    ) -> (&'t str, Vec<Entry<'t>>, Gap<'t>) {
        let mut opening = "";
        let mut entries: Vec<Entry<'t>> = Vec::with_capacity(nodes.len());
        let mut at = range.start;
        for node in nodes {
            let place = self.place(node);
            let (after, gap) = self.gap(at..place.start, braced || !entries.is_empty());
            *entries.last_mut().map_or(&mut opening, |above| &mut above.after) = after;
            at = place.end;
            entries.push(Entry { node, range: place, gap, after: "" });
        }
        let (after, rest) = self.gap(at..range.end, braced || !entries.is_empty());
        *entries.last_mut().map_or(&mut opening, |above| &mut above.after) = after;
        entries.sort_by_key(|entry| entry.node.rank());
        (opening, entries, rest)
    }

    /// The comment behind what ends where the range starts, if `behind` says that something does, and the rest.
    /// An `allow` speaks of the next line, so it goes with that.
    fn gap(&self, range: Range<usize>, behind: bool) -> (&'t str, Gap<'t>) {
        let mut after = "";
        let mut gap = Gap::default();
        let mut end = range.start;
        for token in self.tokens(range.clone()) {
            let free = behind && after.is_empty() && gap.comments.is_empty();
            if token.is_comment() && free && !token.fresh && !is_allow(token.text) {
                after = token.text;
            } else if token.is_comment() {
                gap.comments.push((token.text, self.is_blank(end..token.start)));
            }
            end = token.end();
        }
        gap.blank = self.is_blank(end..range.end);
        (after, gap)
    }

    /// Whether an empty line stands in a stretch of white space.
    fn is_blank(&self, range: Range<usize>) -> bool {
        self.text.get(range).is_some_and(|space| space.bytes().filter(|&byte| byte == b'\n').count() > 1)
    }

    /// Where a thing stands without its documentation.
    fn place(&self, node: Node<'t>) -> Range<usize> {
        let range = node.span().range();
        let first = self.tokens(range.clone()).find(|token| !token.is_comment());
        first.map_or(range.start, |token| token.start)..range.end
    }

    /// What stands between the braces of a thing that stands in `range`.
    fn inside(&self, range: &Range<usize>) -> Range<usize> {
        let brace = self.tokens(range.clone()).find(|token| token.text == "{");
        brace.map_or(range.end, |brace| brace.end())..range.end.saturating_sub(1)
    }

    fn unit(&self, node: Node<'t>, range: Range<usize>, keep_lines: bool) -> Unit<'t> {
        let tokens: Vec<_> = self.tokens(range).collect();
        let keep_lines = keep_lines || tokens.iter().any(|token| is_allow(token.text));
        Unit { node, tokens, keep_lines }
    }

    fn tokens(&self, range: Range<usize>) -> Tokens<'t> {
        Tokens::new(self.text, range)
    }
}

/// `// allow(…): …`
fn is_allow(comment: &str) -> bool {
    let words = comment.strip_prefix("//").map(str::trim_start);
    words.and_then(|words| words.strip_prefix("allow")).is_some_and(|list| list.trim_start().starts_with('('))
}

/// What is printed above a thing.
fn before(gap: &Gap<'_>, blank: bool, indent: usize) -> String {
    let mut out = String::from(if blank && gap.comments.is_empty() { "\n" } else { "" });
    comments(gap, blank, indent, &mut out);
    let of_file = gap.comments.last().is_some_and(|(comment, _)| is_of_file(comment));
    if of_file || gap.blank && !gap.comments.is_empty() {
        out.push('\n');
    }
    out
}

/// The comments of a gap, each on a line; a blank line first if `blank`, and always after those of the file.
fn comments(gap: &Gap<'_>, blank: bool, indent: usize, out: &mut String) {
    let mut parted = blank;
    let mut of_file = false;
    for (index, &(comment, authored)) in gap.comments.iter().enumerate() {
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

/// `//! …`
fn is_of_file(comment: &str) -> bool {
    comment.starts_with("//!")
}
