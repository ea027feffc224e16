//! The one look of a `.flow` file: two spaces, a clause a line in a fixed column and order, comments where they were.
//!
//! Tokens are copied from the text and only spaced anew; the tree says which belong together. So literals keep the
//! author's spelling, guards their parentheses, and the tree of the result is the tree of the text, but for spans and
//! the order of clauses. Must not know: what names mean.

mod entry;
mod line;
mod node;
mod table;
mod token;

use std::ops::Range;

use crate::syntax::tree::Tree;
use entry::{Entry, Listing, is_allow};
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
    printer.print(Listing::new(text, items, 0..text.len(), false), Style::Open, 0);
    let first_line = text.split_inclusive('\n').next().unwrap_or("");
    if first_line.ends_with("\r\n") { printer.out.replace('\n', "\r\n") } else { printer.out }
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
    /// Prints the things of a list, each beginning in column `indent`.
    fn print(&mut self, listing: Listing<'t>, style: Style, indent: usize) {
        let last = listing.entries.len().saturating_sub(1);
        let mut table = Table::default();
        let mut above: Option<Sort> = None;
        for (index, entry) in listing.entries.into_iter().enumerate() {
            let sort = entry.node.sort();
            let blank = above.is_some_and(|above| above.parted(sort, entry.gap.opens_blank()));
            if blank || above != Some(sort) {
                table.flush(indent, &mut self.out);
            }
            let separator = if index < last { style.separator() } else { "" };
            let before = entry.gap.above(blank, indent);
            match self.shape(&entry, indent) {
                Shape::Line(line) => {
                    table.push(Row { before, line, width: sort.width(), separator, after: entry.after });
                }
                Shape::Open(body) => {
                    table.flush(indent, &mut self.out);
                    self.open(&entry, body, before, indent);
                }
            }
            above = Some(sort);
        }
        table.flush(indent, &mut self.out);
        listing.rest.print(above.is_some() && listing.rest.opens_blank(), indent, &mut self.out);
    }

    /// Prints a thing over several lines, from its first word to its closing brace.
    fn open(&mut self, entry: &Entry<'t>, body: Body<'t>, before: String, indent: usize) {
        let inside = self.inside(&entry.range);
        let header = self.unit(entry.node, entry.range.start..inside.start, false);
        let listing = Listing::new(self.text, body.nodes, inside, true);
        let mut line = header.layout(indent);
        if listing.is_empty() {
            line.text.push('}');
            return self.alone(Row { before, line, width: 0, separator: "", after: entry.after }, indent);
        }
        self.alone(Row { before, line, width: 0, separator: "", after: listing.opening }, indent);
        self.print(listing, body.style, indent + INDENT);
        pad(indent, &mut self.out);
        self.out.push('}');
        end_line(entry.after, &mut self.out);
    }

    /// Prints a line that has no neighbours.
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
