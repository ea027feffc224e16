//! Sets of value combinations as ordered multi-valued decision diagrams: every set has exactly one, however it was made.
//!
//! Must not know: what the variables and their cells mean.
//!
//! As in Srinivasan, Ham, Malik and Brayton, "Algorithms for discrete function manipulation" (ICCAD 1990), with the
//! edges of a node kept as runs of cells, so that a node is as large as the differences it makes and not as its domain.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::cells::{CellSet, Runs};

/// A set of combinations: a node, or one of the two constants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Set(u32);

/// Sets that are to be combined, mostly few.
pub(super) type SetList = SmallVec<[Set; 8]>;

/// No combination.
pub(super) const NONE: Set = Set(0);
/// Every combination.
pub(super) const ALL: Set = Set(1);
/// How many sets have no node.
const CONSTANTS: u32 = 2;
/// So many operations on pairs of nodes may be done for each node that there may be.
const OPERATIONS: usize = 20;
/// So much room is there from the start: the guards of most states need no more.
const ROOM: usize = 20;

/// The work on a diagram went past its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex;

/// A variable with what follows for each run of its cells. Neighbouring runs lead to different sets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Node {
    variable: u32,
    edges: Edges,
}

/// A test of one range has three at most.
type Edges = SmallVec<[Edge; 3]>;

/// The cells up to `end`, this one excluded, from where the edge before it ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Edge {
    end: u32,
    to: Set,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Operation {
    And,
    Or,
    Without,
}

/// A store of sets over variables that are ordered by their numbers.
#[derive(Debug)]
pub(super) struct Diagram {
    nodes: IndexSet<Node, FxBuildHasher>,
    memo: FxHashMap<(Operation, Set, Set), Set>,
    /// How many nodes there may be.
    most: usize,
    /// How many operations on pairs of nodes are still allowed.
    operations: usize,
}

impl Diagram {
    /// An empty store of at most so many nodes, and some operations for each of them.
    pub(super) fn new(most: usize) -> Diagram {
        let operations = most.saturating_mul(OPERATIONS);
        let nodes = IndexSet::with_capacity_and_hasher(ROOM, FxBuildHasher);
        let memo = FxHashMap::with_capacity_and_hasher(ROOM, FxBuildHasher);
        Diagram { nodes, memo, most, operations }
    }

    /// The combinations whose `variable` lies in `chosen`, of so many cells.
    pub(super) fn test(&mut self, variable: u32, chosen: &CellSet, cells: u32) -> Result<Set, TooComplex> {
        let mut edges = Edges::default();
        for &(start, end) in chosen.runs() {
            lead(&mut edges, start, NONE);
            lead(&mut edges, end, ALL);
        }
        lead(&mut edges, cells, NONE);
        self.node(variable, edges)
    }

    pub(super) fn and(&mut self, one: Set, other: Set) -> Result<Set, TooComplex> {
        match (one, other) {
            (NONE, _) | (_, NONE) => Ok(NONE),
            (ALL, set) | (set, ALL) => Ok(set),
            _ if one == other => Ok(one),
            _ => self.apply(Operation::And, one.min(other), one.max(other)),
        }
    }

    pub(super) fn or(&mut self, one: Set, other: Set) -> Result<Set, TooComplex> {
        match (one, other) {
            (ALL, _) | (_, ALL) => Ok(ALL),
            (NONE, set) | (set, NONE) => Ok(set),
            _ if one == other => Ok(one),
            _ => self.apply(Operation::Or, one.min(other), one.max(other)),
        }
    }

    /// What is in the one, but not in the other.
    pub(super) fn without(&mut self, one: Set, other: Set) -> Result<Set, TooComplex> {
        match (one, other) {
            (NONE, _) | (_, ALL) => Ok(NONE),
            (set, NONE) => Ok(set),
            _ if one == other => Ok(NONE),
            _ => self.apply(Operation::Without, one, other),
        }
    }

    /// The combination of many sets, two by two, so that large ones meet large ones only.
    pub(super) fn fold(
        &mut self,
        mut sets: SetList,
        empty: Set,
        combine: fn(&mut Diagram, Set, Set) -> Result<Set, TooComplex>,
    ) -> Result<Set, TooComplex> {
        while sets.len() > 1 {
            sets = self.halve(&sets, combine)?;
        }
        Ok(sets.first().copied().unwrap_or(empty))
    }

    /// Neighbours combined two by two; one that is left over stays.
    pub(super) fn halve(
        &mut self,
        sets: &[Set],
        combine: fn(&mut Diagram, Set, Set) -> Result<Set, TooComplex>,
    ) -> Result<SetList, TooComplex> {
        sets.chunks(2)
            .map(|pair| match pair {
                &[one, other] => combine(self, one, other),
                rest => Ok(rest.first().copied().unwrap_or(NONE)),
            })
            .collect()
    }

    /// Recursion follows the variables, of which a state has a bounded number.
    fn apply(&mut self, operation: Operation, one: Set, other: Set) -> Result<Set, TooComplex> {
        let key = (operation, one, other);
        if let Some(&known) = self.memo.get(&key) {
            return Ok(known);
        }
        self.operations = self.operations.checked_sub(1).ok_or(TooComplex)?;
        let variable = self.variable(one).min(self.variable(other));
        let mut edges = Edges::default();
        let (mut at_one, mut at_other) = (0, 0);
        loop {
            let left = self.edge(one, variable, at_one);
            let right = self.edge(other, variable, at_other);
            let end = left.end.min(right.end);
            let to = match operation {
                Operation::And => self.and(left.to, right.to),
                Operation::Or => self.or(left.to, right.to),
                Operation::Without => self.without(left.to, right.to),
            }?;
            lead(&mut edges, end, to);
            at_one += usize::from(left.end == end);
            at_other += usize::from(right.end == end);
            if self.is_last(one, variable, at_one) && self.is_last(other, variable, at_other) {
                break;
            }
        }
        let set = self.node(variable, edges)?;
        self.memo.insert(key, set);
        Ok(set)
    }

    /// The `index`th edge of a set at a variable; a set that does not look at the variable has one edge, without end.
    fn edge(&self, set: Set, variable: u32, index: usize) -> Edge {
        let whole = Edge { end: u32::MAX, to: set };
        match self.get(set) {
            Some(node) if node.variable == variable => node.edges.get(index).copied().unwrap_or(whole),
            _ => whole,
        }
    }

    fn is_last(&self, set: Set, variable: u32, index: usize) -> bool {
        match self.get(set) {
            Some(node) if node.variable == variable => index >= node.edges.len(),
            _ => true,
        }
    }

    fn node(&mut self, variable: u32, edges: Edges) -> Result<Set, TooComplex> {
        if let [only] = edges.as_slice() {
            return Ok(only.to);
        }
        let (index, new) = self.nodes.insert_full(Node { variable, edges });
        if new && index >= self.most {
            return Err(TooComplex);
        }
        let index = u32::try_from(index).map_err(|_| TooComplex)?;
        Ok(Set(index.checked_add(CONSTANTS).ok_or(TooComplex)?))
    }

    fn get(&self, set: Set) -> Option<&Node> {
        self.nodes.get_index(set.0.checked_sub(CONSTANTS)? as usize)
    }

    /// The first variable at which a set looks; the constants look at none.
    fn variable(&self, set: Set) -> u32 {
        self.get(set).map_or(u32::MAX, |node| node.variable)
    }

    /// One way to a combination of the set: the variables at which it looks with a run of cells for each.
    pub(super) fn example(&self, set: Set) -> Vec<(u32, (u32, u32))> {
        let mut way = Vec::new();
        let mut at = set;
        while let Some(node) = self.get(at) {
            let starts = std::iter::once(0).chain(node.edges.iter().map(|edge| edge.end));
            let Some((start, edge)) = starts.zip(node.edges.iter()).find(|(_, edge)| edge.to != NONE) else {
                return way;
            };
            way.push((node.variable, (start, edge.end)));
            at = edge.to;
        }
        way
    }

    /// For each of these variables, ascending, the cells that it has in some combination of the set; `None`: all.
    pub(super) fn shadows(&self, set: Set, variables: &[u32]) -> Vec<Option<CellSet>> {
        let place = |variable: u32| variables.partition_point(|&other| other < variable);
        let mut free: SmallVec<[i64; 16]> = SmallVec::from_elem(0, variables.len() + 1);
        let mut runs: SmallVec<[Runs; 8]> = SmallVec::from_elem(Runs::new(), variables.len());
        let mut reached: SmallVec<[bool; 64]> = SmallVec::from_elem(false, set.0 as usize + 1);
        let mut visit = |from: usize, to: Set, reached: &mut [bool]| {
            let until = if to == ALL { variables.len() } else { place(self.variable(to)) };
            if let Some(first) = free.get_mut(from) {
                *first += 1;
            }
            if let Some(last) = free.get_mut(until) {
                *last -= 1;
            }
            if let Some(reached) = reached.get_mut(to.0 as usize) {
                *reached = true;
            }
        };
        if set != NONE {
            visit(0, set, &mut reached);
        }
        // What a node leads to was made before it.
        for at in (CONSTANTS..=set.0).rev() {
            let Some(node) = self.get(Set(at)).filter(|_| reached.get(at as usize) == Some(&true)) else {
                continue;
            };
            let at = place(node.variable);
            let mut start = 0;
            for edge in &node.edges {
                if edge.to != NONE {
                    if let Some(runs) = runs.get_mut(at) {
                        runs.push((start, edge.end));
                    }
                    visit(at + 1, edge.to, &mut reached);
                }
                start = edge.end;
            }
        }
        let mut skipped = 0;
        let of_variable = |(free, mut runs): (&i64, Runs)| {
            skipped += free;
            runs.sort_unstable();
            (skipped == 0).then(|| CellSet::new(runs))
        };
        free.iter().zip(runs).map(of_variable).collect()
    }
}

/// Lets the cells up to `end` lead to `to`.
fn lead(edges: &mut Edges, end: u32, to: Set) {
    match edges.last_mut() {
        Some(last) if last.end >= end => {}
        Some(last) if last.to == to => last.end = end,
        None if end == 0 => {}
        _ => edges.push(Edge { end, to }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// So many variables, of so many cells each: 27 combinations, a bit each.
    const VARIABLES: u32 = 3;
    const CELLS: u32 = 3;

    /// A set, made up of tests.
    #[derive(Clone, Debug)]
    enum Made {
        Test(u32, [bool; CELLS as usize]),
        And(Box<Made>, Box<Made>),
        Or(Box<Made>, Box<Made>),
        Without(Box<Made>, Box<Made>),
    }

    fn made() -> impl Strategy<Value = Made> {
        let test =
            (0..VARIABLES, any::<[bool; CELLS as usize]>()).prop_map(|(at, cells)| Made::Test(at, cells));
        test.prop_recursive(4, 24, 2, |inner| {
            let pair = (inner.clone(), inner).prop_map(|(one, other)| (Box::new(one), Box::new(other)));
            prop_oneof![
                pair.clone().prop_map(|(one, other)| Made::And(one, other)),
                pair.clone().prop_map(|(one, other)| Made::Or(one, other)),
                pair.prop_map(|(one, other)| Made::Without(one, other)),
            ]
        })
    }

    fn cell(combination: u32, variable: u32) -> u32 {
        combination / CELLS.pow(variable) % CELLS
    }

    fn combinations() -> std::ops::Range<u32> {
        0..CELLS.pow(VARIABLES)
    }

    /// The set as a diagram and as the combinations in it.
    fn build(diagram: &mut Diagram, made: &Made) -> (Set, Vec<bool>) {
        let mut both = |one, other| (build(diagram, one), build(diagram, other));
        let zip = |one: Vec<bool>, other: Vec<bool>, with: fn(bool, bool) -> bool| {
            one.into_iter().zip(other).map(|(one, other)| with(one, other)).collect()
        };
        match made {
            Made::Test(variable, chosen) => {
                let runs = (0..CELLS).filter(|&cell| chosen[cell as usize]).map(|cell| (cell, cell + 1));
                let set = diagram.test(*variable, &CellSet::new(runs), CELLS).unwrap();
                (set, combinations().map(|at| chosen[cell(at, *variable) as usize]).collect())
            }
            Made::And(one, other) => {
                let ((one, these), (other, those)) = both(one, other);
                (diagram.and(one, other).unwrap(), zip(these, those, |one, other| one && other))
            }
            Made::Or(one, other) => {
                let ((one, these), (other, those)) = both(one, other);
                (diagram.or(one, other).unwrap(), zip(these, those, |one, other| one || other))
            }
            Made::Without(one, other) => {
                let ((one, these), (other, those)) = both(one, other);
                (diagram.without(one, other).unwrap(), zip(these, those, |one, other| one && !other))
            }
        }
    }

    proptest! {
        #[test]
        fn a_set_has_one_diagram(one in made(), other in made()) {
            let mut diagram = Diagram::new(100_000);
            let (one, these) = build(&mut diagram, &one);
            let (other, those) = build(&mut diagram, &other);
            prop_assert_eq!(one == other, these == those);
            prop_assert_eq!(one == NONE, these.iter().all(|inside| !inside));
            prop_assert_eq!(one == ALL, these.iter().all(|inside| *inside));
        }

        #[test]
        fn shadows_and_examples_are_of_the_set(made in made()) {
            let mut diagram = Diagram::new(100_000);
            let (set, inside) = build(&mut diagram, &made);
            let shadows = diagram.shadows(set, &[0, 1, 2]);
            for variable in 0..VARIABLES {
                for at in 0..CELLS {
                    let expected = combinations().any(|it| inside[it as usize] && cell(it, variable) == at);
                    let shadow = &shadows[variable as usize];
                    prop_assert_eq!(shadow.as_ref().is_none_or(|cells| cells.contains(at)), expected);
                }
            }
            let way = diagram.example(set);
            let fits = |it: u32| way.iter().all(|&(variable, (start, end))| (start..end).contains(&cell(it, variable)));
            if set != NONE {
                prop_assert!(combinations().any(fits));
                prop_assert!(combinations().filter(|&it| fits(it)).all(|it| inside[it as usize]));
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        let mut diagram = Diagram::new(1_000);
        let pair = |diagram: &mut Diagram, at: u32| {
            let cells = CellSet::new([(0, 1)]);
            let one = diagram.test(at, &cells, 2)?;
            let other = diagram.test(at + 20, &cells, 2)?;
            diagram.and(one, other)
        };
        let pairs: Result<SetList, _> = (0..20).map(|at| pair(&mut diagram, at)).collect();
        let all = pairs.and_then(|pairs| diagram.fold(pairs, NONE, Diagram::or));
        assert_eq!(all, Err(TooComplex));
    }
}
