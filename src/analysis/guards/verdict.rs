//! What a state's guards leave open, take twice, or never take.
//!
//! Must not know: words; which of these findings is worth saying beside others.

use std::collections::BTreeMap;

use super::cells::CellSet;
use super::decision::{Decision, each_atom};
use super::diagram::{ALL, Diagram, NONE, Set, SetList, TooComplex};
use super::known::{Known, made};
use super::region::Region;
use super::space::Space;
use crate::model::walk::StateRef;
use crate::model::{Guard, Handoff, Kind, PathId, Root, When};

/// So many pieces of a gap are told apart.
const MAX_PIECES: usize = 3;

/// What is wrong with the guards of a state. Handoffs are given by their place in the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Values that no handoff takes; options that none takes aside.
    pub gap: Option<Gap>,
    /// Options that no handoff takes, by position.
    pub unhandled: Vec<u32>,
    /// Handoffs that take what an earlier one takes, each once.
    pub overlaps: Vec<Overlap>,
    /// Handoffs that nothing takes.
    pub never: Vec<Never>,
    /// The options that an `otherwise` takes, if they are two or more, by position; with the handoff.
    pub swallowed: Option<(usize, Vec<u32>)>,
}

/// Values that no handoff takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Pieces of it.
    pub pieces: Vec<Region>,
    /// The pieces are all of it.
    pub whole: bool,
}

/// Values that two handoffs take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The first that takes them.
    pub earlier: usize,
    /// The one that takes them too.
    pub later: usize,
    /// Such values.
    pub region: Region,
}

/// A handoff that nothing takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Never {
    /// Which.
    pub handoff: usize,
    /// The paths whose values on arrival shut it off; empty if its own tests do, or its siblings.
    pub known: Vec<PathId>,
}

/// Looks at the guards of a state to which something that could not be read may lead: whatever may come is not known, and
/// what comes for certain is `known`; `None`: nothing does, so only what holds whatever comes is said.
pub(super) fn doubtful_verdict(
    space: &Space<'_>,
    state: StateRef<'_>,
    known: Option<&Known>,
) -> Result<Verdict, TooComplex> {
    let anything = Known::default();
    let never = Decision::new(space, Some(state), &anything, None)?.never(state, &anything)?;
    let mut decision = Decision::new(space, Some(state), known.unwrap_or(&anything), None)?;
    if known.is_none() && decision.depends_on_arrival(state) {
        return Ok(Verdict { never, ..Verdict::default() });
    }
    let verdict = decision.verdict(state, &anything)?;
    Ok(Verdict { never, ..verdict })
}

impl Decision<'_> {
    /// What is wrong with the guards of the state, to which work comes as `known` says.
    pub(super) fn verdict(&mut self, state: StateRef<'_>, known: &Known) -> Result<Verdict, TooComplex> {
        let mut verdict = Verdict { never: self.never(state, known)?, ..Verdict::default() };
        verdict.overlaps = self.overlaps()?;
        self.leftovers(state, &mut verdict)?;
        Ok(verdict)
    }

    /// Some path that matters here is not made here.
    fn depends_on_arrival(&self, state: StateRef<'_>) -> bool {
        let made = made(self.space.flow, state.id);
        let is_new = |path: PathId| match self.space.flow[path].root {
            Root::Field(field) => made.has(field),
            Root::Decision(_) => true,
        };
        !self.variables.iter().all(|&variable| is_new(PathId(variable)))
    }

    /// Some path may have values that are not known.
    fn is_open(&self) -> bool {
        self.variables.iter().any(|&variable| self.space.cells(PathId(variable)).open)
    }

    fn never(&mut self, state: StateRef<'_>, known: &Known) -> Result<Vec<Never>, TooComplex> {
        let mut never = Vec::new();
        if self.is_open() {
            return Ok(never);
        }
        for (index, handoff) in state.handoffs().enumerate() {
            let Some(taken) = self.handoffs.get(index).copied() else { continue };
            if !self.excludes(taken.maybe)? {
                continue;
            }
            let by_itself = self.diagram.and(self.sound, taken.maybe)? == NONE;
            let known = match handoff.when.guard() {
                Some(guard) if !by_itself => tested_and_known(guard, known),
                _ => Vec::new(),
            };
            never.push(Never { handoff: index, known });
        }
        Ok(never)
    }

    /// Each handoff that takes what comes here and an earlier one takes, with the first such.
    fn overlaps(&mut self) -> Result<Vec<Overlap>, TooComplex> {
        let mut sets = SetList::new();
        for taken in self.handoffs.clone() {
            sets.push(self.diagram.and(self.possible, taken.surely)?);
        }
        let clashes = clashes(&mut self.diagram, &sets)?;
        let overlap = |(later, earlier): (usize, usize)| {
            let set = |at: usize| self.handoffs.get(at).map_or(NONE, |taken| taken.surely);
            let both = self.diagram.and(set(earlier), set(later))?;
            let start = self.diagram.and(self.possible, both)?;
            Ok(Overlap { earlier, later, region: self.region(both, start)? })
        };
        clashes.into_iter().map(overlap).collect()
    }

    /// What no handoff takes, and what an `otherwise` of an approval takes.
    fn leftovers(&mut self, state: StateRef<'_>, verdict: &mut Verdict) -> Result<(), TooComplex> {
        let options = match &state.get().kind {
            Kind::Approval(approval) => approval.options.len(),
            _ => 0,
        };
        if !state.get().unknown {
            let maybe = self.handoffs.iter().map(|taken| taken.maybe).collect();
            let taken = self.diagram.fold(maybe, NONE, Diagram::or)?;
            let mut free = self.diagram.without(ALL, taken)?;
            let left = self.diagram.and(self.possible, free)?;
            if let Some(decision) = self.decision().filter(|_| left != NONE) {
                let handled = self.diagram.and(self.possible, taken)?;
                let handled = self.cells_in(handled, decision);
                verdict.unhandled =
                    self.options(decision, &handled.complement(self.space.cells(decision).count()), options);
                let handled = self.diagram.test(decision.0, &handled, self.space.cells(decision).count())?;
                free = self.diagram.and(free, handled)?;
            }
            verdict.gap = self.gap(free)?;
        }
        if options > 0 && state.handoffs().nth(1).is_some() {
            verdict.swallowed = self.swallowed(state, options)?;
        }
        Ok(())
    }

    /// Pieces of what is free, as far as it may come. One that lies in a later one gives way to it, but for its example.
    fn gap(&mut self, free: Set) -> Result<Option<Gap>, TooComplex> {
        let mut left = self.diagram.and(self.possible, free)?;
        let mut pieces: Vec<(Region, Set)> = Vec::new();
        for _ in 0..MAX_PIECES {
            if left == NONE {
                break;
            }
            let region = self.region(free, left)?;
            let piece = self.piece(&region)?;
            left = self.diagram.without(left, piece)?;
            let inner = self.within(&pieces, piece)?;
            let place = inner.first().copied().unwrap_or(pieces.len());
            let first = inner.into_iter().rev().map(|inner| pieces.remove(inner)).last();
            let example = first.map_or(region.example, |(first, _)| first.example);
            pieces.insert(place, (Region { example, ..region }, piece));
        }
        let pieces: Vec<Region> = pieces.into_iter().map(|(region, _)| region).collect();
        Ok((!pieces.is_empty()).then_some(Gap { pieces, whole: left == NONE }))
    }

    /// The places of the pieces that lie in a set.
    fn within(&mut self, pieces: &[(Region, Set)], set: Set) -> Result<Vec<usize>, TooComplex> {
        let mut found = Vec::new();
        for (place, (_, piece)) in pieces.iter().enumerate() {
            if self.diagram.without(*piece, set)? == NONE {
                found.push(place);
            }
        }
        Ok(found)
    }

    fn piece(&mut self, region: &Region) -> Result<Set, TooComplex> {
        let mut sets = SetList::new();
        for (path, cells) in &region.cells {
            sets.push(self.diagram.test(path.0, cells, self.space.cells(*path).count())?);
        }
        self.diagram.fold(sets, ALL, Diagram::and)
    }

    fn swallowed(
        &mut self,
        state: StateRef<'_>,
        options: usize,
    ) -> Result<Option<(usize, Vec<u32>)>, TooComplex> {
        let is_rest = |handoff: &Handoff| matches!(handoff.when, When::Otherwise(_));
        let Some(rest) = state.handoffs().position(is_rest) else { return Ok(None) };
        let taken = self.options_of(rest, options)?;
        Ok((taken.len() > 1).then_some((rest, taken)))
    }

    /// The options with which a handoff is taken for certain, by position, of so many.
    pub(super) fn options_of(&mut self, handoff: usize, options: usize) -> Result<Vec<u32>, TooComplex> {
        let taken = self.handoffs.get(handoff).map_or(NONE, |taken| taken.surely);
        let taken = self.diagram.and(self.possible, taken)?;
        Ok(match self.decision() {
            _ if taken == NONE => Vec::new(),
            Some(decision) => {
                let cells = self.cells_in(taken, decision);
                self.options(decision, &cells, options)
            }
            None => (0..u32::try_from(options).unwrap_or(u32::MAX)).collect(),
        })
    }

    fn cells_in(&self, set: Set, path: PathId) -> CellSet {
        let shadows = self.diagram.shadows(set, &self.variables);
        let found = self.variables.iter().zip(shadows).find(|(variable, _)| **variable == path.0);
        found.and_then(|(_, cells)| cells).unwrap_or_else(|| self.space.cells(path).all())
    }

    /// Values that take a handoff, or just come here, although what was asked for does not hold.
    pub(super) fn unasked(&mut self, handoff: Option<usize>) -> Result<Option<Region>, TooComplex> {
        let taken = match handoff {
            Some(index) => self.handoffs.get(index).map_or(NONE, |taken| taken.surely),
            None => ALL,
        };
        let taken = self.diagram.and(self.possible, taken)?;
        let without = self.diagram.without(ALL, self.asked.surely)?;
        let start = self.diagram.and(taken, without)?;
        if start == NONE { Ok(None) } else { self.region(without, start).map(Some) }
    }

    /// The positions of the options in these cells.
    fn options(&self, decision: PathId, cells: &CellSet, options: usize) -> Vec<u32> {
        self.space.cells(decision).members(cells, u32::try_from(options).unwrap_or(u32::MAX))
    }
}

/// The paths that a guard tests and of which something is known.
fn tested_and_known(guard: &Guard, known: &Known) -> Vec<PathId> {
    let mut paths = Vec::new();
    each_atom(std::iter::once(guard), |atom| {
        if known.get(atom.path).is_some() {
            paths.push(atom.path);
        }
    });
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Each set that shares something with an earlier one, with the first such one: `(later, earlier)`, by the later.
///
/// Halves are compared before their parts, so that sets that share nothing cost no more than their unions.
fn clashes(diagram: &mut Diagram, sets: &[Set]) -> Result<Vec<(usize, usize)>, TooComplex> {
    let mut levels = vec![SetList::from_slice(sets)];
    while let Some(last) = levels.last().filter(|level| level.len() > 1) {
        let next = diagram.halve(last, Diagram::or)?;
        levels.push(next);
    }
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for level in (0..levels.len().saturating_sub(1)).rev() {
        let pairs = levels.get(level).map_or(0, |level| level.len() / 2);
        for pair in 0..pairs {
            let (left, right) = (pair * 2, pair * 2 + 1);
            let halves = Halves { levels: &levels };
            for at in halves.meeting(diagram, (level, right), halves.set(level, left), usize::MAX)? {
                let first = halves.meeting(diagram, (level, left), halves.set(0, at), 1)?;
                if let Some(&first) = first.first() {
                    found.entry(at).and_modify(|known| *known = first.min(*known)).or_insert(first);
                }
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Sets with the unions of their halves, their quarters …
struct Halves<'l> {
    levels: &'l [SetList],
}

impl Halves<'_> {
    fn set(&self, level: usize, at: usize) -> Set {
        self.levels.get(level).and_then(|sets| sets.get(at)).copied().unwrap_or(NONE)
    }

    /// The first sets below a union that share something with `other`, in order.
    fn meeting(
        &self,
        diagram: &mut Diagram,
        union: (usize, usize),
        other: Set,
        limit: usize,
    ) -> Result<Vec<usize>, TooComplex> {
        let (mut found, mut open) = (Vec::new(), vec![union]);
        while let Some((level, at)) = open.pop().filter(|_| found.len() < limit) {
            if diagram.and(self.set(level, at), other)? == NONE {
                continue;
            }
            match level.checked_sub(1) {
                None => found.push(at),
                Some(below) => open.extend([(below, at * 2 + 1), (below, at * 2)]),
            }
        }
        Ok(found)
    }
}
