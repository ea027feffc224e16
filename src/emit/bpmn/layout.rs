//! Where everything stands: columns from left to right by the longest way from the door, a lane for each owner, and lines
//! that run between the columns and between the rows, so that they never cross a shape.
//!
//! Must not know: XML, and what nodes mean beyond their size.

mod columns;
mod inner;
mod lines;
mod tracks;

use super::graph::{At, Graph, Kind, Place};
use lines::Lines;

/// A box, in pixels.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Rect {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// A sequence flow as it is drawn.
#[derive(Clone, Default)]
pub(super) struct Path {
    pub(super) points: Vec<(i64, i64)>,
    pub(super) label: Option<Rect>,
}

/// A graph with places.
pub(super) struct Layout {
    /// As [`Graph::nodes`].
    pub(super) nodes: Vec<Rect>,
    pub(super) labels: Vec<Option<Rect>>,
    /// As [`Graph::edges`].
    pub(super) edges: Vec<Path>,
    pub(super) lanes: Vec<Rect>,
    pub(super) pool: Rect,
}

/// The width of what is written along the left border of a pool, and of a lane.
const TITLE: i64 = 30;
/// From one border event to the next, and from one end below a gateway to the next.
const PITCH: i64 = 100;
/// From what leads to an end to that end right below it.
const DROP: i64 = 50;
/// Of an event.
const EVENT: i64 = 36;
/// Below an activity with border events, and below one with ends below it.
const BORDER: i64 = 56;
const BELOW: i64 = DROP + EVENT + 44 + EVENT / 2;
/// The least height of a row.
const ROW: i64 = 90;
/// A label takes so much room.
pub(super) const LABEL: i64 = 112;
const LETTERS: usize = 17;
const LINE: i64 = 14;

impl Rect {
    pub(super) fn right(self) -> i64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> i64 {
        self.y + self.height
    }

    pub(super) fn middle(self) -> (i64, i64) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    /// A box of that size around a point.
    fn around((x, y): (i64, i64), (width, height): (i64, i64)) -> Rect {
        Rect { x: x - width / 2, y: y - height / 2, width, height }
    }
}

/// How many lines a label has.
fn label_height(words: &str) -> i64 {
    let lines = words.chars().count().div_ceil(LETTERS).max(1);
    i64::try_from(lines).unwrap_or(i64::MAX).saturating_mul(LINE)
}

/// What stands on, below and in each node.
struct Parts {
    /// Border events, from left to right.
    on: Vec<Vec<At>>,
    /// Ends right below a gateway, or below a border event.
    below: Vec<Vec<At>>,
    inside: Vec<Vec<At>>,
}

impl Parts {
    fn of(graph: &Graph) -> Parts {
        let none = || vec![Vec::new(); graph.nodes.len()];
        let mut parts = Parts { on: none(), below: none(), inside: none() };
        for (at, node) in graph.nodes.iter().enumerate() {
            let (list, host) = match node.place {
                Place::Free => continue,
                Place::On(host) => (&mut parts.on, host),
                Place::Below(host) => (&mut parts.below, host),
                Place::In(host, ..) => (&mut parts.inside, host),
            };
            if let Some(list) = list.get_mut(host) {
                list.push(at);
            }
        }
        parts
    }

    fn count(list: &[Vec<At>], at: At) -> i64 {
        list.get(at).map_or(0, |list| i64::try_from(list.len()).unwrap_or(i64::MAX))
    }

    /// The room that must stay free below a node.
    fn below(&self, at: At) -> i64 {
        let on = self.on.get(at).map(Vec::as_slice).unwrap_or_default();
        let ends = |at: &At| Parts::count(&self.below, *at) > 0;
        if ends(&at) || on.iter().any(ends) {
            BELOW
        } else if on.is_empty() {
            0
        } else {
            BORDER
        }
    }
}

/// The size of each node, and the width that its column must have.
struct Sizes {
    nodes: Vec<(i64, i64)>,
    cells: Vec<i64>,
}

impl Sizes {
    fn of(graph: &Graph, parts: &Parts) -> Sizes {
        let mut sizes = Sizes { nodes: Vec::new(), cells: Vec::new() };
        for (at, node) in graph.nodes.iter().enumerate() {
            let ends = Parts::count(&parts.below, at) * PITCH;
            let borders = Parts::count(&parts.on, at) * PITCH + 20;
            let (width, height) = match &node.kind {
                Kind::Start | Kind::End | Kind::Outcome(_) | Kind::Throw(_) => (EVENT, EVENT),
                Kind::Wait(_) | Kind::Timer(_) | Kind::Catch(_) => (EVENT, EVENT),
                Kind::Join | Kind::Split(_) | Kind::Fork | Kind::Meet => (50, 50),
                Kind::Script(_) => (110, 60),
                Kind::User { .. } | Kind::Service { .. } | Kind::Call { .. } => (borders.max(120), 80),
                Kind::Sub => (0, 0),
            };
            sizes.nodes.push((width, height));
            sizes.cells.push(width.max(ends).max(if node.name.is_empty() { 0 } else { 90.min(width + 54) }));
        }
        for (at, node) in graph.nodes.iter().enumerate() {
            if matches!(node.kind, Kind::Sub) {
                let (width, height) = inner::size(graph, parts, &sizes, at);
                let width = width.max(Parts::count(&parts.on, at) * PITCH + 20);
                sizes.set(at, (width, height));
            }
        }
        sizes
    }

    fn set(&mut self, at: At, size: (i64, i64)) {
        if let (Some(node), Some(cell)) = (self.nodes.get_mut(at), self.cells.get_mut(at)) {
            *node = size;
            *cell = size.0;
        }
    }

    fn node(&self, at: At) -> (i64, i64) {
        self.nodes.get(at).copied().unwrap_or_default()
    }

    fn cell(&self, at: At) -> i64 {
        self.cells.get(at).copied().unwrap_or_default()
    }
}

/// Places a graph.
pub(super) fn layout(graph: &Graph) -> Layout {
    let parts = Parts::of(graph);
    let sizes = Sizes::of(graph, &parts);
    let grid = columns::grid(graph);
    let lines = Lines::of(graph, &grid);
    let frame = lines::Frame::of(graph, &grid, &lines, &sizes, &parts);
    let mut nodes = vec![Rect::default(); graph.nodes.len()];
    for (at, node) in graph.nodes.iter().enumerate() {
        let place = match node.place {
            Place::Free => Rect::around(frame.middle(&grid, at), sizes.node(at)),
            Place::In(sub, row, column) => {
                inner::place(graph, &parts, &sizes, (sub, row, column), at, &nodes)
            }
            Place::On(host) => on(&parts, host, at, &nodes),
            Place::Below(leader) => below(&parts, leader, at, &nodes),
        };
        if let Some(rect) = nodes.get_mut(at) {
            *rect = place;
        }
    }
    let labels =
        graph.nodes.iter().zip(&nodes).map(|(node, rect)| label(&node.kind, &node.name, *rect)).collect();
    let edges = lines::paths(graph, &grid, &lines, &frame, &nodes);
    Layout { labels, edges, lanes: frame.lanes(), pool: frame.pool(), nodes }
}

/// On the lower border of its host.
fn on(parts: &Parts, host: At, at: At, nodes: &[Rect]) -> Rect {
    let rect = nodes.get(host).copied().unwrap_or_default();
    let place = place_in(&parts.on, host, at);
    let count = Parts::count(&parts.on, host);
    let x = rect.middle().0 + offset(place, count);
    Rect::around((x, rect.bottom()), (EVENT, EVENT))
}

/// An end below what leads to it; several stand side by side.
fn below(parts: &Parts, leader: At, at: At, nodes: &[Rect]) -> Rect {
    let rect = nodes.get(leader).copied().unwrap_or_default();
    let place = place_in(&parts.below, leader, at);
    let x = rect.middle().0 + offset(place, Parts::count(&parts.below, leader));
    Rect { x: x - EVENT / 2, y: rect.bottom() + DROP, width: EVENT, height: EVENT }
}

fn place_in(list: &[Vec<At>], host: At, at: At) -> i64 {
    let place = list.get(host).and_then(|list| list.iter().position(|other| *other == at));
    i64::try_from(place.unwrap_or_default()).unwrap_or_default()
}

/// How far the n-th of so many stands from the middle.
fn offset(place: i64, count: i64) -> i64 {
    (2 * place - (count - 1)) * PITCH / 2
}

/// Where the words of events and gateways stand; other shapes hold theirs.
fn label(kind: &Kind, name: &str, rect: Rect) -> Option<Rect> {
    let (x, _) = rect.middle();
    match kind {
        _ if name.is_empty() => None,
        Kind::Split(_) => Some(Rect { x: x - 50, y: rect.y - LINE - 4, width: 100, height: LINE }),
        Kind::Timer(_) | Kind::Catch(_) => {
            Some(Rect { x: x + 6, y: rect.bottom() + 2, width: 80, height: 2 * LINE })
        }
        Kind::Start | Kind::End | Kind::Outcome(_) | Kind::Throw(_) | Kind::Wait(_) => {
            Some(Rect { x: x - 45, y: rect.bottom() + 4, width: 90, height: 2 * LINE })
        }
        _ => None,
    }
}
