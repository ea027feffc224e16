//! The ways of lines: out of a shape to the right, up or down in the channel between two columns, along the gutter between
//! two rows, and into the next shape from the left. And the pixels of columns and rows, which follow from that.
//!
//! Must not know: what nodes mean.

use std::collections::BTreeSet;

use super::columns::{Grid, get, root};
use super::tracks::{Span, tracks};
use super::{LABEL, Parts, Path, ROW, Rect, Sizes, TITLE, inner, label_height};
use crate::emit::bpmn::graph::{At, Edge, Graph, Kind, Place};

/// Between two tracks, and beside the first and the last.
const TRACK: i64 = 10;
const MARGIN: i64 = 14;
/// From the middle of a shape to where a line that turns leaves it.
const BESIDE: i64 = 10;

/// How a line runs.
#[derive(Clone, Copy)]
enum Way {
    /// Right below its beginning, or inside of a sub-process.
    Here,
    Straight,
    /// Up or down in one channel: the place of its track.
    Near(usize),
    /// Out by a channel, unless it begins on a border; along a gutter; in by a channel: the places of the tracks.
    Far(Option<usize>, usize, usize),
}

/// All vertical or all horizontal pieces: where each lies, and from where to where.
#[derive(Default)]
struct Pieces {
    lies: Vec<usize>,
    spans: Vec<Span>,
    tracks: Vec<usize>,
    /// How many tracks each channel or gutter has.
    counts: Vec<usize>,
}

impl Pieces {
    fn add(&mut self, lies: usize, from: usize, to: usize) -> usize {
        self.lies.push(lies);
        self.spans.push((from.min(to), from.max(to)));
        self.lies.len() - 1
    }

    /// Gives each piece a track where it lies.
    fn settle(&mut self, places: usize) {
        let mut there: Vec<Vec<usize>> = vec![Vec::new(); places];
        for (piece, lies) in self.lies.iter().enumerate() {
            if let Some(there) = there.get_mut(*lies) {
                there.push(piece);
            }
        }
        self.tracks = vec![0; self.lies.len()];
        for pieces in there {
            let spans: Vec<_> = pieces.iter().filter_map(|piece| self.spans.get(*piece).copied()).collect();
            let (found, count) = tracks(&spans);
            for (piece, track) in pieces.into_iter().zip(found) {
                if let Some(place) = self.tracks.get_mut(piece) {
                    *place = track;
                }
            }
            self.counts.push(count);
        }
    }

    /// How far into its channel or gutter a piece lies.
    fn depth(&self, piece: usize) -> i64 {
        MARGIN + pixels(get(&self.tracks, piece)) * TRACK
    }
}

/// The ways of all lines.
pub(super) struct Lines {
    ways: Vec<Way>,
    /// In channels: channel n is right of column n.
    upright: Pieces,
    /// In gutters: gutter n is above row n.
    level: Pieces,
    /// The channels at whose right end something is written.
    written: BTreeSet<usize>,
}

impl Lines {
    pub(super) fn of(graph: &Graph, grid: &Grid) -> Lines {
        let occupied: BTreeSet<(usize, usize)> = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.place == Place::Free)
            .map(|(at, _)| (get(&grid.rows, at), get(&grid.columns, at)))
            .collect();
        let mut lines = Lines {
            ways: Vec::new(),
            upright: Pieces::default(),
            level: Pieces::default(),
            written: BTreeSet::new(),
        };
        for edge in &graph.edges {
            let way = lines.way(graph, grid, &occupied, edge);
            lines.ways.push(way);
        }
        let columns = grid.columns.iter().max().copied().unwrap_or_default();
        lines.upright.settle(columns + 1);
        lines.level.settle(grid.lanes.last().copied().unwrap_or_default() + 1);
        lines
    }

    fn way(&mut self, graph: &Graph, grid: &Grid, occupied: &BTreeSet<(usize, usize)>, edge: &Edge) -> Way {
        let place = |at: At| graph.nodes.get(at).map_or(Place::Free, |node| node.place);
        if place(edge.to) != Place::Free {
            return Way::Here;
        }
        let on_border = place(edge.from) != Place::Free;
        let from = root(graph, edge.from);
        let (row, column) = (get(&grid.rows, from), get(&grid.columns, from));
        let (to_row, to_column) = (get(&grid.rows, edge.to), get(&grid.columns, edge.to));
        let before = to_column.saturating_sub(1);
        if !edge.name.is_empty() {
            self.written.insert(before);
        }
        // On a scale on which a row or a column counts two, and a gutter or a channel stands between.
        let (level, to_level) = (2 * row + 1, 2 * to_row + 1);
        if on_border {
            let gutter = row + 1;
            let along = self.level.add(gutter, 2 * column, 2 * before + 1);
            return Way::Far(None, along, self.upright.add(before, 2 * gutter, to_level));
        }
        let between = occupied.range((row, column + 1)..(row, to_column.max(column + 1))).next();
        if row == to_row && column < to_column && between.is_none() {
            return Way::Straight;
        }
        if before == column {
            return Way::Near(self.upright.add(column, level, to_level));
        }
        let gutter = if to_row < row { to_row + 1 } else { to_row };
        let out = self.upright.add(column, level, 2 * gutter);
        let along = self.level.add(gutter, 2 * column + 1, 2 * before + 1);
        Way::Far(Some(out), along, self.upright.add(before, 2 * gutter, to_level))
    }
}

/// The pixels of columns and rows.
pub(super) struct Frame {
    /// The left end and the width of each column.
    columns: Vec<(i64, i64)>,
    /// The upper end of each gutter, and the middle of the row below it.
    rows: Vec<(i64, i64)>,
    /// The first row of each lane.
    lanes: Vec<usize>,
    width: i64,
}

impl Frame {
    pub(super) fn of(graph: &Graph, grid: &Grid, lines: &Lines, sizes: &Sizes, parts: &Parts) -> Frame {
        let mut widths = vec![0; lines.upright.counts.len()];
        let count = grid.lanes.last().copied().unwrap_or_default();
        let mut heights = vec![(ROW, 0); count];
        for (at, _) in graph.nodes.iter().enumerate().filter(|(_, node)| node.place == Place::Free) {
            if let Some(width) = widths.get_mut(get(&grid.columns, at)) {
                *width = sizes.cell(at).max(*width);
            }
            if let Some((height, below)) = heights.get_mut(get(&grid.rows, at)) {
                *height = sizes.node(at).1.max(*height);
                *below = parts.below(at).max(*below);
            }
        }
        let (columns, width) = Frame::columns(lines, &widths);
        Frame { columns, rows: Frame::rows(lines, &heights), lanes: grid.lanes.clone(), width }
    }

    fn columns(lines: &Lines, widths: &[i64]) -> (Vec<(i64, i64)>, i64) {
        let mut x = 2 * TITLE;
        let mut columns = Vec::new();
        for (column, width) in widths.iter().enumerate() {
            columns.push((x, *width));
            let written = if lines.written.contains(&column) { LABEL } else { 0 };
            x += width + 2 * MARGIN + pixels(get(&lines.upright.counts, column)) * TRACK + written;
        }
        (columns, x)
    }

    fn rows(lines: &Lines, heights: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut y = 0;
        let mut rows = Vec::new();
        for (row, tracks) in lines.level.counts.iter().enumerate() {
            let gutter = 2 * MARGIN + pixels(*tracks) * TRACK;
            let (height, below) = heights.get(row).copied().unwrap_or_default();
            rows.push((y, y + gutter + height / 2));
            y += gutter + height + below;
        }
        rows.push((y, y));
        rows
    }

    /// The middle of a node that stands by itself.
    pub(super) fn middle(&self, grid: &Grid, at: At) -> (i64, i64) {
        let (x, width) = self.columns.get(get(&grid.columns, at)).copied().unwrap_or_default();
        (x + width / 2, self.row(get(&grid.rows, at)).1)
    }

    fn row(&self, row: usize) -> (i64, i64) {
        self.rows.get(row).copied().unwrap_or_default()
    }

    /// The end of everything, from top to bottom.
    fn height(&self) -> i64 {
        self.rows.last().map_or(0, |row| row.0)
    }

    pub(super) fn lanes(&self) -> Vec<Rect> {
        let last = self.lanes.len().saturating_sub(1);
        let ends = self.lanes.iter().skip(1).enumerate();
        let mut lanes = Vec::new();
        for ((lane, end), start) in ends.zip(&self.lanes) {
            let y = self.row(*start).0;
            let bottom = if lane + 1 == last { self.height() } else { self.row(*end).0 };
            lanes.push(Rect { x: TITLE, y, width: self.width - TITLE, height: bottom - y });
        }
        lanes
    }

    pub(super) fn pool(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height() }
    }

    /// Where a vertical piece lies.
    fn upright(&self, lines: &Lines, piece: usize) -> i64 {
        let channel = get(&lines.upright.lies, piece);
        let (x, width) = self.columns.get(channel).copied().unwrap_or_default();
        x + width + lines.upright.depth(piece)
    }

    /// Where a horizontal piece lies.
    fn level(&self, lines: &Lines, piece: usize) -> i64 {
        self.row(get(&lines.level.lies, piece)).0 + lines.level.depth(piece)
    }
}

/// All lines as they are drawn.
pub(super) fn paths(graph: &Graph, grid: &Grid, lines: &Lines, frame: &Frame, nodes: &[Rect]) -> Vec<Path> {
    let rect = |at: At| nodes.get(at).copied().unwrap_or_default();
    let drawn = graph.edges.iter().zip(&lines.ways).map(|(edge, way)| {
        let (from, to) = (rect(edge.from), rect(edge.to));
        let (right, y) = (from.right(), from.middle().1);
        let (left, target) = (to.x, to.middle().1);
        let points = match *way {
            Way::Here => return here(graph, edge, from, to),
            Way::Straight => vec![(right, y), (left, target)],
            Way::Near(piece) => {
                let (x, out) = (frame.upright(lines, piece), exit(graph, edge.from, from, target));
                vec![out, (x, out.1), (x, target), (left, target)]
            }
            Way::Far(out, along, into) => {
                let (level, x) = (frame.level(lines, along), frame.upright(lines, into));
                let mut points = match out.map(|out| frame.upright(lines, out)) {
                    Some(first) => {
                        let out = exit(graph, edge.from, from, level);
                        vec![out, (first, out.1), (first, level)]
                    }
                    None => vec![(from.middle().0, from.bottom()), (from.middle().0, level)],
                };
                points.extend([(x, level), (x, target), (left, target)]);
                points
            }
        };
        let height = label_height(&edge.name);
        // A column may be wider than the node in it: the label stands where the channel ends.
        let (column, _) = frame.columns.get(get(&grid.columns, edge.to)).copied().unwrap_or_default();
        let label = Rect { x: column - LABEL - 2, y: target - height - 2, width: LABEL, height };
        Path { points, label: (!edge.name.is_empty()).then_some(label) }
    });
    drawn.collect()
}

/// Where a line that turns up or down leaves a shape: beside the middle, where lines arrive in the same row.
fn exit(graph: &Graph, at: At, rect: Rect, towards: i64) -> (i64, i64) {
    let (_, y) = rect.middle();
    let slanted = graph.nodes.get(at).is_some_and(|node| matches!(node.kind, Kind::Join | Kind::Split(_)));
    let x = if slanted { rect.right() - BESIDE } else { rect.right() };
    (x, if towards > y { y + BESIDE } else { y - BESIDE })
}

/// To an end right below, or inside of a sub-process.
fn here(graph: &Graph, edge: &Edge, from: Rect, to: Rect) -> Path {
    let below = graph.nodes.get(edge.to).is_some_and(|node| matches!(node.place, Place::Below(_)));
    if !below {
        return inner::path(graph, edge, from, to);
    }
    let ((x, _), (end, _)) = (from.middle(), to.middle());
    let bend = from.bottom() + MARGIN;
    let points = if x == end {
        vec![(x, from.bottom()), (end, to.y)]
    } else {
        vec![(x, from.bottom()), (x, bend), (end, bend), (end, to.y)]
    };
    let label = Rect { x: end + 4, y: bend + 4, width: 50, height: super::LINE };
    Path { points, label: (!edge.name.is_empty()).then_some(label) }
}

fn pixels(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX / 100)
}
