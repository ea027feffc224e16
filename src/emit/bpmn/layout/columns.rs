//! The column and the row of each node that stands by itself.
//!
//! Must not know: pixels.
//!
//! A column is the longest way from the door (Kahn's algorithm on what is left without the arrows that lead back, which a
//! depth-first search finds). A row is that of what leads there, or the next free one of the lane.

use rustc_hash::FxHashMap;

use crate::emit::bpmn::graph::{At, Graph, Place};

/// Where nodes stand.
pub(super) struct Grid {
    /// From 1; 0 for what does not stand by itself.
    pub(super) columns: Vec<usize>,
    /// Of all rows of all lanes, from 0.
    pub(super) rows: Vec<usize>,
    /// The first row of each lane, and the number of all rows.
    pub(super) lanes: Vec<usize>,
}

/// The node in or on which a node stands, that stands by itself.
pub(super) fn root(graph: &Graph, at: At) -> At {
    let mut root = at;
    while let Some(node) = graph.nodes.get(root) {
        root = match node.place {
            Place::Free => break,
            Place::On(host) | Place::Below(host) | Place::In(host, ..) => host,
        };
    }
    root
}

/// What leads to what, among the nodes that stand by themselves.
struct Ways {
    /// For each node, where its ways lead, and whether each is firm.
    out: Vec<Vec<(At, bool)>>,
}

impl Ways {
    fn of(graph: &Graph) -> Ways {
        let mut out = vec![Vec::new(); graph.nodes.len()];
        for edge in &graph.edges {
            let (from, to) = (root(graph, edge.from), root(graph, edge.to));
            let free = graph.nodes.get(edge.to).is_some_and(|node| node.place == Place::Free);
            if let Some(out) = out.get_mut(from).filter(|_| free && from != to) {
                out.push((to, edge.firm));
            }
        }
        Ways { out }
    }

    fn out(&self, at: At) -> &[(At, bool)] {
        self.out.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// Each node before all to which it leads by firm arrows that do not lead back.
    fn order(&self) -> Vec<At> {
        let mut seen = vec![false; self.out.len()];
        let mut done = Vec::with_capacity(self.out.len());
        for begin in 0..self.out.len() {
            let new = seen.get_mut(begin).is_some_and(|seen| !std::mem::replace(seen, true));
            let mut open = if new { vec![(begin, 0)] } else { Vec::new() };
            while let Some((at, next)) = open.last_mut() {
                let at = *at;
                let Some(&(to, firm)) = self.out(at).get(*next) else {
                    done.push(at);
                    open.pop();
                    continue;
                };
                *next += 1;
                if let Some(new) = seen.get_mut(to).filter(|seen| firm && !**seen) {
                    *new = true;
                    open.push((to, 0));
                }
            }
        }
        done.reverse();
        done
    }
}

pub(super) fn grid(graph: &Graph) -> Grid {
    let ways = Ways::of(graph);
    let order = ways.order();
    let mut place = vec![0; order.len()];
    for (index, at) in order.iter().enumerate() {
        set(&mut place, *at, index);
    }
    let mut columns = vec![1; order.len()];
    let mut leads = vec![None; order.len()];
    for &at in &order {
        for &(to, _) in ways.out(at) {
            if get(&place, at) < get(&place, to) {
                let column = get(&columns, to).max(get(&columns, at) + 1);
                set(&mut columns, to, column);
                if let Some(lead @ None) = leads.get_mut(to) {
                    *lead = Some(at);
                }
            }
        }
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        if node.place != Place::Free {
            set(&mut columns, at, 0);
        }
    }
    rows(graph, &order, columns, &leads)
}

fn rows(graph: &Graph, order: &[At], columns: Vec<usize>, leads: &[Option<At>]) -> Grid {
    let mut by_column: Vec<_> = order.iter().copied().filter(|at| get(&columns, *at) > 0).collect();
    by_column.sort_by_key(|at| get(&columns, *at));
    let mut rows = vec![0; columns.len()];
    let mut next = FxHashMap::<(usize, usize), usize>::default();
    let mut heights = vec![1; graph.lanes.len()];
    let lane = |at: At| graph.nodes.get(at).map_or(0, |node| node.lane);
    for at in by_column {
        let lead = leads.get(at).copied().flatten().filter(|lead| lane(*lead) == lane(at));
        let wanted = lead.map_or(0, |lead| get(&rows, lead));
        let free = next.entry((lane(at), get(&columns, at))).or_default();
        let row = wanted.max(*free);
        *free = row + 1;
        set(&mut rows, at, row);
        let height = get(&heights, lane(at)).max(row + 1);
        set(&mut heights, lane(at), height);
    }
    let mut lanes = vec![0];
    for height in heights {
        lanes.push(lanes.last().copied().unwrap_or_default() + height);
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        let row = get(&rows, at) + get(&lanes, node.lane);
        set(&mut rows, at, row);
    }
    Grid { columns, rows, lanes }
}

pub(super) fn get(list: &[usize], at: usize) -> usize {
    list.get(at).copied().unwrap_or_default()
}

fn set(list: &mut [usize], at: usize, value: usize) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}
