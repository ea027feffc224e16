//! What an owner can bring, as far as the guards of the flow tell values apart: one value for each combination of cells.
//!
//! Must not know: where work goes with it, nor what came before.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::analysis::guards::{Space, optional_depths};
use crate::analysis::uses::{handoff_of, writings};
use crate::model::{ArrowId, FieldId, Flow, Guard, HandoffId, Join, Kind, PathId, Root, StateId, When};

/// So many combinations are tried for one visit.
const MAX_COMBINATIONS: usize = 20_000;

/// A few numbers with what belongs to each, ascending; of the others nothing matters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Sparse<T>(Vec<(usize, T)>);

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse(Vec::new())
    }
}

impl<T: Copy> Sparse<T> {
    pub(super) fn get(&self, number: usize) -> Option<T> {
        let place = self.0.binary_search_by_key(&number, |entry| entry.0).ok()?;
        self.0.get(place).map(|entry| entry.1)
    }

    pub(super) fn set(&mut self, number: usize, value: Option<T>) {
        match (self.0.binary_search_by_key(&number, |entry| entry.0), value) {
            (Ok(place), None) => drop(self.0.remove(place)),
            (Ok(place), Some(value)) => self.0.get_mut(place).into_iter().for_each(|entry| entry.1 = value),
            (Err(place), Some(value)) => self.0.insert(place, (number, value)),
            (Err(_), None) => {}
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        self.0.retain(|entry| keep(entry.0));
    }
}

/// The paths whose values guards ask for, with what it takes to combine their cells.
pub(super) struct Variables<'m> {
    pub(super) space: &'m Space<'m>,
    /// Ascending.
    pub(super) paths: Vec<PathId>,
    by_root: FxHashMap<Root, Vec<usize>>,
    /// For each, how many steps below its root its optional fields stand.
    optional: Vec<Vec<usize>>,
}

/// The combinations of cells of some variables, each as `(variable, cell)`.
pub(super) struct Combinations {
    pub(super) all: Vec<Vec<(usize, u32)>>,
    /// There are more.
    pub(super) more: bool,
}

impl<'m> Variables<'m> {
    /// Those of the handoffs' guards.
    pub(super) fn new(space: &'m Space<'m>) -> Variables<'m> {
        let flow = space.flow();
        let guards = flow.handoffs.iter().filter_map(|handoff| handoff.when.guard());
        let atoms = guards.flat_map(|guard| guard.parts(|_| true)).filter_map(|part| match part {
            Guard::Atom(atom) => Some(atom.path),
            _ => None,
        });
        let mut paths: Vec<PathId> = atoms.collect();
        paths.sort_unstable();
        paths.dedup();
        let optional = paths.iter().map(|&path| optional_depths(space.model(), flow, &flow[path])).collect();
        let mut by_root: FxHashMap<Root, Vec<usize>> = FxHashMap::default();
        for (number, &path) in paths.iter().enumerate() {
            by_root.entry(flow[path].root).or_default().push(number);
        }
        Variables { space, paths, by_root, optional }
    }

    pub(super) fn flow(&self) -> &'m Flow {
        self.space.flow()
    }

    pub(super) fn number(&self, path: PathId) -> Option<usize> {
        self.paths.binary_search(&path).ok()
    }

    /// The variables that a guard reads.
    pub(super) fn read_by<'g>(&'g self, guard: &'g Guard) -> impl Iterator<Item = usize> + 'g {
        guard.parts(|_| true).filter_map(|part| match part {
            Guard::Atom(atom) => self.number(atom.path),
            _ => None,
        })
    }

    /// The variables below a field, or that of a decision.
    pub(super) fn below(&self, root: Root) -> &[usize] {
        self.by_root.get(&root).map_or(&[], Vec::as_slice)
    }

    /// The variables that are new behind a handoff of a state: what it makes, what runs give, the decision.
    pub(super) fn made_at(&self, state: StateId) -> BTreeSet<usize> {
        let fields = writings(self.flow(), state).map(|(field, _)| Root::Field(field));
        fields.chain([Root::Decision(state)]).flat_map(|root| self.below(root)).copied().collect()
    }

    /// Whether an explicit `carry` on the arrow leaves the variable out.
    pub(super) fn is_left_behind(&self, arrow: ArrowId, variable: usize) -> bool {
        let flow = self.flow();
        let carry = handoff_of(&flow[arrow]).and_then(|handoff| flow[handoff].carry.as_ref());
        let carried =
            |field| carry.is_none_or(|carry| carry.fields.iter().any(|used| used.field == Some(field)));
        matches!(self.root(variable), Some(Root::Field(field)) if !carried(field))
    }

    /// What the variables can be together if each is in one of `cells`; values inside a stretch come before its ends.
    pub(super) fn combinations(
        &self,
        variables: &[usize],
        cells: impl Fn(usize) -> Vec<u32>,
    ) -> Combinations {
        let choices: Vec<Vec<u32>> = variables.iter().map(|&variable| cells(variable)).collect();
        let total = choices.iter().try_fold(1_usize, |total, cells| total.checked_mul(cells.len()));
        let tried = total.unwrap_or(usize::MAX).min(MAX_COMBINATIONS);
        let combination = |number: usize| {
            let mut rest = number;
            let cell = |(&variable, cells): (&usize, &Vec<u32>)| {
                let cell = cells.get(rest % cells.len())?;
                rest /= cells.len();
                Some((variable, *cell))
            };
            variables.iter().zip(&choices).map(cell).collect::<Option<Vec<_>>>()
        };
        let all =
            (0..tried).filter_map(combination).filter(|combination| self.is_sound(combination)).collect();
        Combinations { all, more: total != Some(tried) }
    }

    /// No part is there without its whole, and nothing is absent for no reason: some optional field on its way is not
    /// shown to be there by another path.
    fn is_sound(&self, combination: &[(usize, u32)]) -> bool {
        let is_absent = |&&(variable, cell): &&(usize, u32)| self.absent(variable) == Some(cell);
        combination.iter().filter(is_absent).all(|&(variable, _)| {
            let shown = |depth: &usize| {
                let mut others = combination.iter().filter(|other| !is_absent(other));
                others.any(|&(other, _)| self.shares(variable, other, *depth))
            };
            !self.depths(variable).iter().all(shown)
        })
    }

    /// Whether an optional field of one variable, so deep, stands on the way of the other too.
    fn shares(&self, variable: usize, other: usize, depth: usize) -> bool {
        let path = |variable: usize| self.paths.get(variable).map(|&path| &self.flow()[path]);
        let (Some(one), Some(other)) = (path(variable), path(other)) else { return false };
        one.root == other.root && one.steps.get(..depth).is_some_and(|way| other.steps.starts_with(way))
    }

    fn root(&self, variable: usize) -> Option<Root> {
        self.paths.get(variable).map(|&path| self.flow()[path].root)
    }

    fn depths(&self, variable: usize) -> &[usize] {
        self.optional.get(variable).map_or(&[], Vec::as_slice)
    }

    /// The cell of a variable without a value.
    pub(super) fn absent(&self, variable: usize) -> Option<u32> {
        let cells = self.space.cells(*self.paths.get(variable)?).absent();
        cells.iter().next()
    }

    /// Whether a guard holds. Recursion follows the guard, whose nesting is bounded.
    pub(super) fn holds(&self, guard: &Guard, cells: &Sparse<u32>) -> bool {
        match guard {
            Guard::And(all) => all.iter().all(|part| self.holds(part, cells)),
            Guard::Or(some) => some.iter().any(|part| self.holds(part, cells)),
            Guard::Not(inner) => !self.holds(inner, cells),
            Guard::Threshold { guard, .. } => self.holds(guard, cells),
            Guard::Delivered(_) => true,
            Guard::Unknown => false,
            Guard::Atom(atom) => {
                let cell = self.number(atom.path).and_then(|number| cells.get(number));
                cell.is_some_and(|cell| self.space.cells(atom.path).passing(&atom.test).contains(cell))
            }
        }
    }

    /// The one handoff of a state that holds.
    pub(super) fn chosen(&self, state: StateId, cells: &Sparse<u32>) -> Option<HandoffId> {
        let flow = self.flow();
        let all = || flow[state].handoffs.clone().map(HandoffId);
        let holds = |id: &HandoffId| flow[*id].when.guard().is_some_and(|guard| self.holds(guard, cells));
        all().find(holds).or_else(|| all().find(|id| matches!(flow[*id].when, When::Otherwise(_))))
    }

    /// Just as many runs of a call as it waits for have ended in success if what they give is so: what is absent, its run
    /// has not given.
    pub(super) fn joins(&self, state: StateId, combination: &[(usize, u32)]) -> bool {
        let flow = self.flow();
        let Kind::Call(call) = &flow[state].kind else { return true };
        let of = |field: FieldId| {
            combination.iter().filter(move |&&(variable, _)| self.root(variable) == Some(Root::Field(field)))
        };
        let is_absent = |&&(variable, cell): &&(usize, u32)| self.absent(variable) == Some(cell);
        let is_missing =
            |field: &FieldId| of(*field).filter(is_absent).any(|&(variable, _)| self.depths(variable) == [0]);
        let is_there = |field: &FieldId| of(*field).any(|value| !is_absent(&value));
        let given = || call.runs.iter().filter_map(|run| run.gives.as_ref()?.field);
        let (missing, there) = (given().filter(is_missing).count(), given().filter(is_there).count());
        let wanted = match call.join {
            Join::All => call.runs.len(),
            Join::Any => 1,
            Join::Count(count) => count as usize,
        };
        there <= wanted && missing + wanted <= call.runs.len()
    }
}
