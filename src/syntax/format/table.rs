//! Neighbouring lines of one sort, their columns one under the other.
//!
//! Must not know: what the lines say.

use super::line::{Line, width};

/// One cell wider than this does not widen its column, two do: what follows a lone one stands where it ends.
const WIDE: usize = 40;

/// Lines that wait to be printed until all their neighbours are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Table<'t> {
    rows: Vec<Row<'t>>,
}

/// A line with what is printed around it.
#[derive(Clone, Debug)]
pub(super) struct Row<'t> {
    /// A blank line and comments, each with its line end.
    pub(super) before: String,
    /// What stands on it.
    pub(super) line: Line,
    /// It is not padded beyond this column.
    pub(super) width: usize,
    /// Ends the line.
    pub(super) separator: &'static str,
    /// The comment behind it; empty for none.
    pub(super) after: &'t str,
}

impl<'t> Table<'t> {
    /// Adds a line at the bottom.
    pub(super) fn push(&mut self, row: Row<'t>) {
        self.rows.push(row);
    }

    /// Prints all lines, which begin in column `indent`, and forgets them.
    pub(super) fn flush(&mut self, indent: usize, out: &mut String) {
        let columns = self.columns();
        for row in self.rows.drain(..) {
            out.push_str(&row.before);
            pad(indent, out);
            write(&row.line, &columns, row.width.saturating_sub(indent), out);
            out.push_str(row.separator);
            end_line(row.after, out);
        }
    }

    /// How wide each column but a row's last is.
    fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<Widest> = Vec::new();
        for row in &self.rows {
            for (index, cell) in cells(&row.line).enumerate().take(row.line.columns.len()) {
                if index >= columns.len() {
                    columns.push(Widest::default());
                }
                if let Some(column) = columns.get_mut(index) {
                    column.add(width(cell));
                }
            }
        }
        columns.iter().map(Widest::width).collect()
    }
}

/// The widest cells of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Widest {
    usual: usize,
    wide: usize,
    wide_cells: usize,
}

impl Widest {
    fn add(&mut self, cell: usize) {
        if cell > WIDE {
            self.wide = self.wide.max(cell);
            self.wide_cells += 1;
        } else {
            self.usual = self.usual.max(cell);
        }
    }

    fn width(&self) -> usize {
        if self.wide_cells > 1 { self.wide } else { self.usual }
    }
}

/// A comment behind what stands on the line, and the line's end.
pub(super) fn end_line(comment: &str, out: &mut String) {
    if !comment.is_empty() {
        out.push_str("  ");
        out.push_str(comment);
    }
    out.push('\n');
}

/// So many spaces.
pub(super) fn pad(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn cells(line: &Line) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(line.columns.iter().map(|column| column.at));
    let ends = line.columns.iter().map(|column| column.at).chain(std::iter::once(line.text.len()));
    starts.zip(ends).map(|(start, end)| line.text.get(start..end).unwrap_or(""))
}

/// Cells are padded from the left as long as the line stays within `room`.
fn write(line: &Line, columns: &[usize], room: usize, out: &mut String) {
    let mut spare = room.saturating_sub(line.width());
    let gaps = line.columns.iter().map(|column| column.gap).chain(std::iter::once(0));
    let wanted = columns.iter().copied().chain(std::iter::repeat(0));
    for ((cell, gap), column) in cells(line).zip(gaps).zip(wanted) {
        out.push_str(cell);
        let padding = if gap > 0 { column.saturating_sub(width(cell)) } else { 0 };
        if padding <= spare {
            pad(padding, out);
            spare -= padding;
        } else {
            spare = 0;
        }
        pad(gap, out);
    }
}
