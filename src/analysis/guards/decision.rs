//! The guards of one state over what may come there: one diagram, asked for gaps, overlaps and ways that nothing takes.
//!
//! Must not know: other states; where what is known on arrival comes from.
//!
//! A guard that could not be read whole stands between two: what it takes for certain, and what it may take. Verdicts
//! are given only where both say the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::cells::CellSet;
use super::diagram::{ALL, Diagram, NONE, Set, SetList, TooComplex};
use super::known::Known;
use super::space::Space;
use crate::model::walk::StateRef;
use crate::model::{Atom, FieldId, Guard, PathId, Root, When};

/// So many nodes may a state's diagram have, and for each test that its guards make so many more.
const NODES: usize = 200_000;
const NODES_PER_TEST: usize = 16;
/// Of so many paths may the guards of one state speak, so that recursion over them is bounded.
const MAX_PATHS: usize = 1024;

/// Some paths of a flow, mostly few.
type Paths = SmallVec<[PathId; 16]>;

/// The guards of a state, read.
#[derive(Debug)]
pub(super) struct Decision<'s> {
    pub(super) space: &'s Space<'s>,
    pub(super) diagram: Diagram,
    /// The paths that matter here, ascending: those that are tested, and those whose presence depends on theirs.
    pub(super) variables: Vec<u32>,
    /// The paths that the guards test, ascending.
    tested: Paths,
    /// No part is there without its whole: the combinations that records can have.
    pub(super) sound: Set,
    /// What may come here.
    pub(super) possible: Set,
    /// What each handoff takes, in the order of the text.
    pub(super) handoffs: Vec<Taken>,
    /// One more guard that was asked for.
    pub(super) asked: Taken,
}

/// What a guard takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    /// For certain.
    pub(super) surely: Set,
    /// If what could not be read says so.
    pub(super) maybe: Set,
}

impl<'s> Decision<'s> {
    /// Reads the guards of a state, and one more, over what `known` allows where they are looked at.
    pub(super) fn new(
        space: &'s Space<'s>,
        state: Option<StateRef<'_>>,
        known: &Known,
        asked: Option<&Guard>,
    ) -> Result<Decision<'s>, TooComplex> {
        let handoffs = state.into_iter().flat_map(StateRef::handoffs);
        let guards = handoffs.filter_map(|handoff| handoff.when.guard()).chain(asked);
        let Tested { paths: tested, tests } = tested(guards);
        let variables = variables(space, &tested)?;
        let mut diagram = Diagram::new(NODES.saturating_add(tests.saturating_mul(NODES_PER_TEST)));
        let sound = sound(space, &mut diagram, &variables)?;
        let possible = narrowed(space, &mut diagram, &variables, known, sound)?;
        let mut reader = Reader { space, diagram, thresholds: FxHashMap::default() };
        let handoffs = state.map_or(Ok(Vec::new()), |state| reader.handoffs(state))?;
        let asked = asked.map_or(Ok(Taken { surely: ALL, maybe: ALL }), |guard| reader.taken(guard))?;
        let diagram = reader.diagram;
        Ok(Decision { space, diagram, variables, tested, sound, possible, handoffs, asked })
    }

    /// What of `possible` and this set each path may have; paths of which nothing is said are left out.
    pub(super) fn shadows(&mut self, set: Set) -> Result<Option<Vec<(PathId, CellSet)>>, TooComplex> {
        let set = self.diagram.and(self.possible, set)?;
        if set == NONE {
            return Ok(None);
        }
        let shadows = self.diagram.shadows(set, &self.variables);
        let paths = self.variables.iter().map(|&variable| PathId(variable));
        Ok(Some(paths.zip(shadows).filter_map(|(path, cells)| Some((path, cells?))).collect()))
    }

    /// Whether nothing that comes here is in the set.
    pub(super) fn excludes(&mut self, set: Set) -> Result<bool, TooComplex> {
        Ok(self.diagram.and(self.possible, set)? == NONE)
    }

    /// Whether a guard tests the path.
    pub(super) fn tests(&self, path: PathId) -> bool {
        self.tested.binary_search(&path).is_ok()
    }

    /// The path of the decision, if a guard asks for it.
    pub(super) fn decision(&self) -> Option<PathId> {
        let is_decision = |path: &PathId| matches!(self.space.flow[*path].root, Root::Decision(_));
        self.variables.iter().map(|&variable| PathId(variable)).find(is_decision)
    }
}

/// What guards test.
struct Tested {
    /// Ascending.
    paths: Paths,
    /// How many tests there are.
    tests: usize,
}

fn tested<'g>(guards: impl Iterator<Item = &'g Guard>) -> Tested {
    let mut paths = Paths::new();
    each_atom(guards, |atom| paths.push(atom.path));
    let tests = paths.len();
    paths.sort_unstable();
    paths.dedup();
    Tested { paths, tests }
}

/// The paths with those whose presence depends on theirs, ascending.
fn variables(space: &Space<'_>, tested: &[PathId]) -> Result<Vec<u32>, TooComplex> {
    let companions = tested.iter().flat_map(|&path| space.companions(path));
    let mut variables: Vec<u32> = tested.iter().chain(companions).map(|&PathId(path)| path).collect();
    variables.sort_unstable();
    variables.dedup();
    if variables.len() > MAX_PATHS { Err(TooComplex) } else { Ok(variables) }
}

/// The atoms of guards; those of a threshold once.
pub(super) fn each_atom<'g>(guards: impl Iterator<Item = &'g Guard>, mut visit: impl FnMut(&'g Atom)) {
    let seen: RefCell<FxHashSet<*const Guard>> = RefCell::default();
    let is_new = |guard: &Guard| match guard {
        Guard::Threshold { guard, .. } => seen.borrow_mut().insert(Arc::as_ptr(guard)),
        _ => true,
    };
    for part in guards.flat_map(|guard| guard.parts(is_new)) {
        if let Guard::Atom(atom) = part {
            visit(atom);
        }
    }
}

/// The combinations in which no part is there without its whole. Paths that are absent together follow each other in
/// a ring; one of them brings those of the nearest optional field above.
fn sound(space: &Space<'_>, diagram: &mut Diagram, variables: &[u32]) -> Result<Set, TooComplex> {
    let mut rings: BTreeMap<(FieldId, &[u32]), Vec<PathId>> = BTreeMap::new();
    for path in variables.iter().map(|&variable| PathId(variable)) {
        if let (Root::Field(field), Some(steps)) = (space.flow[path].root, space.absent_with(path)) {
            rings.entry((field, steps)).or_default().push(path);
        }
    }
    let mut rules = SetList::new();
    for (&(field, steps), ring) in &rings {
        for (&one, &next) in ring.iter().zip(ring.iter().cycle().skip(1)).filter(|(one, next)| one != next) {
            rules.push(brings(space, diagram, one, next)?);
        }
        let above = (0..steps.len()).rev().filter_map(|depth| rings.get(&(field, steps.get(..depth)?)));
        if let Some((&one, &whole)) = ring.first().zip(above.flatten().next()) {
            rules.push(brings(space, diagram, one, whole)?);
        }
    }
    diagram.fold(rules, ALL, Diagram::and)
}

/// Where the one is present, the other is.
fn brings(space: &Space<'_>, diagram: &mut Diagram, one: PathId, other: PathId) -> Result<Set, TooComplex> {
    let cells = space.cells(one);
    let absent = diagram.test(one.0, &cells.absent(), cells.count())?;
    let cells = space.cells(other);
    let present = diagram.test(other.0, &cells.present(), cells.count())?;
    diagram.or(absent, present)
}

fn narrowed(
    space: &Space<'_>,
    diagram: &mut Diagram,
    variables: &[u32],
    known: &Known,
    sound: Set,
) -> Result<Set, TooComplex> {
    let mut tests = SetList::from_elem(sound, 1);
    for &variable in variables {
        let path = PathId(variable);
        if let Some(cells) = known.get(path) {
            tests.push(diagram.test(variable, cells, space.cells(path).count())?);
        }
    }
    diagram.fold(tests, ALL, Diagram::and)
}

/// Makes sets of guards.
struct Reader<'s> {
    space: &'s Space<'s>,
    diagram: Diagram,
    /// Thresholds that were read, each as it is when what is unknown in it holds, and when not.
    thresholds: FxHashMap<(*const Guard, bool), Set>,
}

impl Reader<'_> {
    fn handoffs(&mut self, state: StateRef<'_>) -> Result<Vec<Taken>, TooComplex> {
        let mut taken = Vec::new();
        for handoff in state.handoffs() {
            taken.push(match &handoff.when {
                When::Guard(_, guard) => self.taken(guard)?,
                When::Missing => Taken { surely: NONE, maybe: ALL },
                When::Otherwise(_) => Taken { surely: NONE, maybe: NONE },
            });
        }
        if state.handoffs().any(|handoff| matches!(handoff.when, When::Otherwise(_))) {
            let rest = self.rest(&taken, state.get().unknown)?;
            for (handoff, taken) in state.handoffs().zip(&mut taken) {
                if let When::Otherwise(_) = handoff.when {
                    *taken = rest;
                }
            }
        }
        Ok(taken)
    }

    /// What the others leave; where there may be more of them, nothing for certain.
    fn rest(&mut self, others: &[Taken], more: bool) -> Result<Taken, TooComplex> {
        let surely = others.iter().map(|taken| taken.surely).collect();
        let surely = self.diagram.fold(surely, NONE, Diagram::or)?;
        let maybe = others.iter().map(|taken| taken.maybe).collect();
        let maybe = self.diagram.fold(maybe, NONE, Diagram::or)?;
        let left = if more { NONE } else { self.diagram.without(ALL, maybe)? };
        Ok(Taken { surely: left, maybe: self.diagram.without(ALL, surely)? })
    }

    fn taken(&mut self, guard: &Guard) -> Result<Taken, TooComplex> {
        let surely = self.read(guard, false)?;
        let maybe = if guard.is_unknown() { self.read(guard, true)? } else { surely };
        Ok(Taken { surely, maybe })
    }

    /// The combinations that pass, if what is unknown passes or not. Recursion follows the guard, whose nesting is
    /// bounded.
    fn read(&mut self, guard: &Guard, unknown: bool) -> Result<Set, TooComplex> {
        match guard {
            Guard::And(all) => self.read_all(all, unknown, ALL, Diagram::and),
            Guard::Or(some) => self.read_all(some, unknown, NONE, Diagram::or),
            Guard::Not(inner) => {
                let inner = self.read(inner, !unknown)?;
                self.diagram.without(ALL, inner)
            }
            Guard::Atom(atom) => {
                let cells = self.space.cells(atom.path);
                self.diagram.test(atom.path.0, &cells.passing(&atom.test), cells.count())
            }
            Guard::Delivered(_) => Ok(ALL),
            Guard::Threshold { guard, .. } => {
                let key = (Arc::as_ptr(guard), unknown);
                if let Some(&known) = self.thresholds.get(&key) {
                    return Ok(known);
                }
                let set = self.read(guard, unknown)?;
                self.thresholds.insert(key, set);
                Ok(set)
            }
            Guard::Unknown => Ok(if unknown { ALL } else { NONE }),
        }
    }

    fn read_all(
        &mut self,
        parts: &[Guard],
        unknown: bool,
        empty: Set,
        combine: fn(&mut Diagram, Set, Set) -> Result<Set, TooComplex>,
    ) -> Result<Set, TooComplex> {
        let sets = parts.iter().map(|part| self.read(part, unknown)).collect::<Result<SetList, _>>()?;
        self.diagram.fold(sets, empty, combine)
    }
}
