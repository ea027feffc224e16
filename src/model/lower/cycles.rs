//! Circles in a graph of declarations, found without recursion.
//!
//! Must not know: what the nodes and edges stand for.

/// What a depth-first walk tells.
pub(super) struct Walk {
    /// For each edge that closes a circle: the edges of that circle in order, itself the last. Without these edges
    /// the graph has no circle. Of a long circle only the beginning is told.
    pub(super) circles: Vec<Vec<usize>>,
    /// The nodes, each after all that it leads to (closing edges left out).
    pub(super) finished: Vec<usize>,
}

/// Edges told of one circle, before the one that closes it.
const TOLD: usize = 7;

/// A graph of `nodes` nodes and edges `(from, to)`, sorted by `from`.
pub(super) struct Edges<'e> {
    edges: &'e [(usize, usize)],
    starts: Vec<usize>,
}

impl<'e> Edges<'e> {
    /// Edges must be sorted by `from`; both ends are below `nodes`.
    pub(super) fn new(nodes: usize, edges: &'e [(usize, usize)]) -> Edges<'e> {
        let mut starts = Vec::with_capacity(nodes + 1);
        for node in 0..=nodes {
            let from = starts.last().copied().unwrap_or(0);
            let passed = edges.iter().skip(from).take_while(|&&(start, _)| start < node).count();
            starts.push(from + passed);
        }
        Edges { edges, starts }
    }

    /// The edges that leave a node, by position.
    pub(super) fn of(&self, node: usize) -> std::ops::Range<usize> {
        let at = |index: usize| self.starts.get(index).copied().unwrap_or(self.edges.len());
        at(node)..at(node + 1)
    }

    /// Walks the whole graph, nodes and edges in their order.
    pub(super) fn walk(&self) -> Walk {
        let nodes = self.starts.len().saturating_sub(1);
        let mut walker = Walker { graph: self, state: vec![State::New; nodes], stack: Vec::new() };
        let mut walk = Walk { circles: Vec::new(), finished: Vec::with_capacity(nodes) };
        for node in 0..nodes {
            walker.from(node, &mut walk);
        }
        walk
    }
}

#[derive(Clone, Copy)]
enum State {
    New,
    /// On the stack, at that depth.
    Open(usize),
    Done,
}

struct Frame {
    node: usize,
    edges: std::ops::Range<usize>,
    /// The edge by which the walk came here.
    by: Option<usize>,
}

struct Walker<'w, 'e> {
    graph: &'w Edges<'e>,
    state: Vec<State>,
    stack: Vec<Frame>,
}

impl Walker<'_, '_> {
    fn from(&mut self, node: usize, walk: &mut Walk) {
        self.enter(node, None);
        while let Some(frame) = self.stack.last_mut() {
            let Some(edge) = frame.edges.next() else {
                let node = frame.node;
                self.stack.pop();
                self.set(node, State::Done);
                walk.finished.push(node);
                continue;
            };
            let Some(&(_, to)) = self.graph.edges.get(edge) else { continue };
            match self.state.get(to) {
                Some(State::Open(depth)) => walk.circles.push(self.circle(*depth, edge)),
                _ => self.enter(to, Some(edge)),
            }
        }
    }

    fn enter(&mut self, node: usize, by: Option<usize>) {
        if matches!(self.state.get(node), Some(State::New)) {
            self.set(node, State::Open(self.stack.len()));
            self.stack.push(Frame { node, edges: self.graph.of(node), by });
        }
    }

    fn set(&mut self, node: usize, state: State) {
        if let Some(slot) = self.state.get_mut(node) {
            *slot = state;
        }
    }

    /// The circle that `closing` closes on the node at that depth of the stack.
    fn circle(&self, depth: usize, closing: usize) -> Vec<usize> {
        let inner = self.stack.iter().skip(depth + 1).filter_map(|frame| frame.by);
        inner.take(TOLD).chain([closing]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_closing_edge_is_told_with_its_circle() {
        let edges = [(0, 1), (0, 3), (1, 2), (2, 0), (3, 3)];
        let walk = Edges::new(4, &edges).walk();
        assert_eq!(walk.circles, [vec![0, 2, 3], vec![4]]);
        assert_eq!(walk.finished, [2, 1, 3, 0]);
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let nodes = 1_000_000;
        let mut edges: Vec<_> = (1..nodes).map(|node| (node - 1, node)).collect();
        edges.push((nodes - 1, 0));
        let walk = Edges::new(nodes, &edges).walk();
        assert_eq!(walk.circles.len(), 1);
        assert_eq!(walk.finished.len(), nodes);
    }
}
