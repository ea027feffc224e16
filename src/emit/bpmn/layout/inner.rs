//! What stands inside of a sub-process: rows and columns of its own.
//!
//! Must not know: what stands around it.

use super::{BELOW, EVENT, Parts, Path, ROW, Rect, Sizes};
use crate::emit::bpmn::graph::{At, Edge, Graph, Kind, Place};

/// Around what is inside, and between its columns.
const PAD: i64 = 30;
const GAP: i64 = 50;

/// The size of a sub-process.
pub(super) fn size(graph: &Graph, parts: &Parts, sizes: &Sizes, sub: At) -> (i64, i64) {
    let widths = widths(graph, parts, sizes, sub);
    let gaps = i64::try_from(widths.len()).unwrap_or_default() - 1;
    let width = widths.iter().sum::<i64>() + gaps.max(0) * GAP + 2 * PAD;
    let rows = inside(graph, parts, sub).map(|(_, row, _)| row + 1).max().unwrap_or(1);
    (width, i64::try_from(rows).unwrap_or_default() * (ROW + BELOW) + PAD)
}

/// Where a node inside stands.
pub(super) fn place(
    graph: &Graph,
    parts: &Parts,
    sizes: &Sizes,
    (sub, row, column): (At, usize, usize),
    at: At,
    nodes: &[Rect],
) -> Rect {
    let around = nodes.get(sub).copied().unwrap_or_default();
    let columns = columns(graph, parts, sub);
    let before = columns.iter().position(|other| *other == column).unwrap_or_default();
    let widths = widths(graph, parts, sizes, sub);
    let left: i64 = widths.iter().take(before).map(|width| width + GAP).sum();
    let width = widths.get(before).copied().unwrap_or_default();
    let row = i64::try_from(row).unwrap_or_default();
    let middle = (around.x + PAD + left + width / 2, around.y + PAD + ROW / 2 + row * (ROW + BELOW));
    Rect::around(middle, sizes.node(at))
}

fn inside<'g>(graph: &'g Graph, parts: &'g Parts, sub: At) -> impl Iterator<Item = (At, usize, usize)> + 'g {
    let inside = parts.inside.get(sub).into_iter().flatten();
    inside.filter_map(|at| match graph.nodes.get(*at)?.place {
        Place::In(_, row, column) => Some((*at, row, column)),
        _ => None,
    })
}

/// The columns that hold something.
fn columns(graph: &Graph, parts: &Parts, sub: At) -> Vec<usize> {
    let columns: std::collections::BTreeSet<_> =
        inside(graph, parts, sub).map(|(_, _, column)| column).collect();
    columns.into_iter().collect()
}

fn widths(graph: &Graph, parts: &Parts, sizes: &Sizes, sub: At) -> Vec<i64> {
    let width = |wanted: usize| {
        let held = inside(graph, parts, sub).filter(|(_, _, column)| *column == wanted);
        held.map(|(at, ..)| sizes.cell(at)).max().unwrap_or_default()
    };
    columns(graph, parts, sub).into_iter().map(width).collect()
}

/// A line inside of a sub-process.
pub(super) fn path(graph: &Graph, edge: &Edge, from: Rect, to: Rect) -> Path {
    let ((_, y), (_, target)) = (from.middle(), to.middle());
    if y == target {
        return Path { points: vec![(from.right(), y), (to.x, y)], label: None };
    }
    let meets = graph.nodes.get(edge.to).is_some_and(|node| matches!(node.kind, Kind::Meet));
    let bend = if meets { to.x - EVENT / 2 } else { from.right() + EVENT / 2 };
    Path { points: vec![(from.right(), y), (bend, y), (bend, target), (to.x, target)], label: None }
}
