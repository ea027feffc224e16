//! A readable piece of a set: the values of few paths, as wide as they can be, and some that may really come.
//!
//! Must not know: words; what the set is a witness of.

use super::cells::{Cell, CellSet, Cells};
use super::decision::Decision;
use super::diagram::{ALL, Diagram, NONE, Set, SetList, TooComplex};
use crate::model::PathId;

/// All values that lie in these cells, path by path; other paths may have any value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The cells of each path that matters, none of which could be widened or left out.
    pub cells: Vec<(PathId, CellSet)>,
    /// Of each of these paths, cells of values that may really come together.
    pub example: Vec<(PathId, CellSet)>,
}

impl Decision<'_> {
    /// A widest region of `inside`, or of what no record can be, around something of `start`, which is not empty. If
    /// the work goes past its bound the region is narrower than it might be.
    pub(super) fn region(&mut self, inside: Set, start: Set) -> Result<Region, TooComplex> {
        let outside = self.diagram.without(self.sound, inside)?;
        let way = self.diagram.example(start).into_iter();
        let mut region: Vec<(u32, CellSet)> =
            way.map(|(variable, run)| (variable, CellSet::new([run]))).collect();
        let narrow = region.clone();
        if self.widen(&mut region, outside).is_err() {
            region = narrow;
        }
        let example = self.example(&region, start)?;
        let named = |cells: Vec<(u32, CellSet)>| {
            cells.into_iter().map(|(variable, cells)| (PathId(variable), cells)).collect()
        };
        Ok(Region { cells: named(region), example: named(example) })
    }

    /// Leaves out what need not be said, first of what no guard tests, then of what is tested last; then takes in all
    /// cells that may be.
    fn widen(&mut self, region: &mut Vec<(u32, CellSet)>, outside: Set) -> Result<(), TooComplex> {
        for tested in [false, true] {
            for index in (0..region.len()).rev() {
                let is_due = |&(variable, _): &(u32, CellSet)| self.tests(PathId(variable)) == tested;
                if !region.get(index).is_some_and(is_due) {
                    continue;
                }
                let rest = self.all_but(region, index)?;
                if self.diagram.and(outside, rest)? == NONE {
                    region.remove(index);
                }
            }
        }
        for index in 0..region.len() {
            let rest = self.all_but(region, index)?;
            let bad = self.diagram.and(outside, rest)?;
            let bad = self.shadows_in(bad);
            let Some((variable, cells)) = region.get_mut(index) else { continue };
            let all = self.space.cells(PathId(*variable)).count();
            let bad = bad.iter().find(|(other, _)| other == variable);
            if let Some((_, bad)) = bad {
                let space = self.space;
                *cells = like(space.cells(PathId(*variable)), cells, &bad.complement(all));
            }
        }
        Ok(())
    }

    fn all_but(&mut self, region: &[(u32, CellSet)], left_out: usize) -> Result<Set, TooComplex> {
        let mut sets = SetList::new();
        for (_, (variable, cells)) in region.iter().enumerate().filter(|&(index, _)| index != left_out) {
            sets.push(self.diagram.test(*variable, cells, self.space.cells(PathId(*variable)).count())?);
        }
        self.diagram.fold(sets, ALL, Diagram::and)
    }

    /// Cells of the region's paths whose values may all come together.
    fn example(&mut self, region: &[(u32, CellSet)], start: Set) -> Result<Vec<(u32, CellSet)>, TooComplex> {
        let inside = self.all_but(region, usize::MAX)?;
        let inside = self.diagram.and(inside, start)?;
        let each = self.cut(region, self.shadows_in(inside));
        let all = self.all_but(&each, usize::MAX)?;
        let all = self.diagram.and(all, self.possible)?;
        if self.sound == ALL && self.diagram.without(all, inside)? == NONE {
            return Ok(each);
        }
        let way = self.diagram.example(inside).into_iter();
        Ok(self.cut(region, way.map(|(variable, run)| (variable, CellSet::new([run]))).collect()))
    }

    /// For each path that a set narrows, its cells in it.
    fn shadows_in(&self, set: Set) -> Vec<(u32, CellSet)> {
        let shadows = self.diagram.shadows(set, &self.variables);
        self.variables.iter().zip(shadows).filter_map(|(&variable, cells)| Some((variable, cells?))).collect()
    }

    /// The region's cells that are also among those.
    fn cut(&self, region: &[(u32, CellSet)], among: Vec<(u32, CellSet)>) -> Vec<(u32, CellSet)> {
        let mut cut = region.to_vec();
        for (variable, cells) in &mut cut {
            if let Ok(index) = among.binary_search_by_key(variable, |(other, _)| *other) {
                *cells =
                    among.get(index).map_or_else(|| cells.clone(), |(_, among)| cells.intersection(among));
            }
        }
        cut
    }
}

/// Of the wide cells, those that belong together with the narrow ones: of numbers, the stretch around them.
fn like(cells: &Cells, narrow: &CellSet, wide: &CellSet) -> CellSet {
    let first = narrow
        .iter()
        .next()
        .filter(|&first| matches!(cells.get(first), Some(Cell::Point(_) | Cell::Between(..))));
    let numbers = wide.intersection(&cells.present());
    let around = first.and_then(|first| numbers.runs().iter().find(|run| run.0 <= first && first < run.1));
    around.map_or_else(|| wide.clone(), |&run| CellSet::new([run]))
}
