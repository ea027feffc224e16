//! The situations into which a work item can come, and how one follows from another.
//!
//! Must not know: which runs are wanted.
//!
//! A situation is a state, the counts of the arrows that can still be taken, and for each path that a guard may still
//! ask for the cell of its value. What matters to nobody any more is left out, so that situations meet. The search is
//! breadth first and bounded; within the bound it is exact, since no guard tells two values of one cell apart.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::Step;
use super::answers::{Sparse, Variables};
use crate::analysis::guards::{self, Guards};
use crate::analysis::sets::{Set, Sets};
use crate::analysis::spread::backward;
use crate::analysis::uses::handoff_of;
use crate::graph::Graph;
use crate::model::{ArrowId, ArrowKind, Flow, HandoffId, Intake, Kind, PathId, Root, StateId};

/// So many situations are looked at.
const MAX_SITUATIONS: usize = 100_000;

/// Where a work item may be, as far as it matters for what can happen to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Situation {
    state: StateId,
    /// How often each counted arrow was taken.
    taken: Sparse<u64>,
    /// The cell of each variable that matters.
    cells: Sparse<u32>,
}

/// How a situation was first come to.
#[derive(Clone)]
pub(super) struct Came {
    /// The situation before it, by its place; none at the door.
    before: Option<usize>,
    /// So many situations are before it.
    pub(super) depth: usize,
    step: Step,
}

/// How an arrow was first taken.
pub(super) struct FirstTime {
    pub(super) came: Came,
    /// The situation behind it.
    behind: Situation,
}

/// What a search has met.
pub(super) struct Met {
    /// How each arrow was first taken.
    pub(super) first: FxHashMap<ArrowId, FirstTime>,
    /// How each situation was first come to, in the order of the search.
    pub(super) situations: Vec<Came>,
    /// Nothing was left out.
    pub(super) complete: bool,
}

/// A search in progress.
#[derive(Default)]
struct Search {
    seen: IndexSet<Situation, FxBuildHasher>,
    came: Vec<Came>,
    first: FxHashMap<ArrowId, FirstTime>,
    /// There are more situations.
    full: bool,
}

impl Search {
    /// A step leads from the situation at that place to another one.
    fn note(&mut self, before: Option<usize>, step: Step, at: Situation) {
        let depth = before.and_then(|before| self.came.get(before)).map_or(0, |came| came.depth + 1);
        let came = Came { before, depth, step };
        self.first
            .entry(came.step.arrow)
            .or_insert_with(|| FirstTime { came: came.clone(), behind: at.clone() });
        if self.seen.len() >= MAX_SITUATIONS {
            self.full |= !self.seen.contains(&at);
        } else if self.seen.insert(at) {
            self.came.push(came);
        }
    }
}

/// The steps of a run, and where it has come to.
pub(super) struct Begun {
    steps: Vec<Step>,
    at: Situation,
}

impl FirstTime {
    /// The run that ends with the arrow.
    pub(super) fn steps(&self, situations: &[Came]) -> Begun {
        let run = std::iter::successors(Some(&self.came), |came| situations.get(came.before?));
        let mut steps: Vec<Step> = run.map(|came| came.step.clone()).collect();
        steps.reverse();
        Begun { steps, at: self.behind.clone() }
    }
}

/// What an owner brings, and the handoff that takes it.
struct Answer {
    handoff: HandoffId,
    /// The variables as they are then.
    cells: Sparse<u32>,
    /// Those that were made, as far as they matter.
    made: Vec<(usize, u32)>,
}

type Answers = Rc<Vec<Answer>>;
/// The next step to an end, and where it leads; none where there is no way of that kind.
type Ways = RefCell<FxHashMap<Situation, Option<(Step, Situation)>>>;

/// Follows work through one flow.
pub(super) struct Explorer<'m> {
    graph: &'m Graph<'m>,
    guards: &'m Guards<'m>,
    variables: Variables<'m>,
    /// The counted arrows, each with its place among them.
    counted: FxHashMap<ArrowId, usize>,
    /// The variables that guards may still ask for on arrival.
    asked: Sets,
    /// The counted arrows that may still be taken.
    ahead: Sets,
    known: RefCell<FxHashMap<(StateId, Sparse<u32>), Answers>>,
    /// What was found of ways to an end: by handoffs to a success, by handoffs, any.
    ways: [Ways; 3],
    whole: Cell<bool>,
}

impl<'m> Explorer<'m> {
    pub(super) fn new(graph: &'m Graph<'m>, guards: &'m Guards<'m>) -> Explorer<'m> {
        let flow = graph.flow;
        let variables = Variables::new(&guards.space);
        let counted = (0..flow.arrows.len()).map(ArrowId::new).filter(|&arrow| flow[arrow].bound.is_some());
        let counted: FxHashMap<_, _> = counted.zip(0..).collect();
        let asked = asked(graph, &variables);
        let ahead = ahead(graph, &counted);
        let (known, ways, whole) = (RefCell::default(), Default::default(), Cell::new(true));
        Explorer { graph, guards, variables, counted, asked, ahead, known, ways, whole }
    }

    /// Looks at all situations, up to the bound.
    pub(super) fn explore(&self) -> Met {
        let mut search = Search::default();
        for intake in &self.flow().intakes {
            self.entries(intake).into_iter().for_each(|(step, at)| search.note(None, step, at));
        }
        let mut next = 0;
        while let Some(at) = search.seen.get_index(next).cloned() {
            self.following(&at).into_iter().for_each(|(step, to)| search.note(Some(next), step, to));
            next += 1;
        }
        let complete = !search.full && self.whole.get();
        Met { first: search.first, situations: search.came, complete }
    }

    /// A run with a short way to an end behind it: by handoffs to a success, else by handoffs, else any.
    pub(super) fn finish(&self, Begun { mut steps, at }: Begun) -> Option<Vec<Step>> {
        let flow = self.flow();
        let by_hand = |step: &Step| matches!(flow[step.arrow].kind, ArrowKind::Handoff(_) | ArrowKind::Wait);
        let succeeds =
            |state: StateId| matches!(&flow[state].kind, Kind::End(end) if end.success == Some(true));
        let is_end = |state: StateId| matches!(flow[state].kind, Kind::End(_));
        let [happy, handed, any] = &self.ways;
        let way = self.way(happy, &at, by_hand, succeeds).or_else(|| self.way(handed, &at, by_hand, is_end));
        steps.extend(way.or_else(|| self.way(any, &at, |_| true, is_end))?);
        Some(steps)
    }

    /// A way on to where `arrives` is true. What was found of a situation before is not searched for again.
    fn way(
        &self,
        known: &Ways,
        at: &Situation,
        takes: impl Fn(&Step) -> bool,
        arrives: impl Fn(StateId) -> bool,
    ) -> Option<Vec<Step>> {
        let mut known = known.borrow_mut();
        let mut all: IndexSet<Situation, FxBuildHasher> = IndexSet::from_iter([at.clone()]);
        let mut came: Vec<Option<(usize, Step)>> = vec![None];
        let mut next = 0;
        while let Some(at) = all.get_index(next).cloned() {
            match known.get(&at) {
                Some(None) => {}
                None if !arrives(at.state) => {
                    for (step, to) in self.following(&at).into_iter().filter(|(step, _)| takes(step)) {
                        if all.len() < MAX_SITUATIONS && all.insert(to) {
                            came.push(Some((next, step)));
                        }
                    }
                }
                _ => break,
            }
            next += 1;
        }
        if next == all.len() {
            known.extend(all.into_iter().map(|at| (at, None)));
            return None;
        }
        let mut place = next;
        while let Some(Some((before, step))) = came.get(place) {
            let (from, to) = (all.get_index(*before)?.clone(), all.get_index(place)?.clone());
            known.insert(from, Some((step.clone(), to)));
            place = *before;
        }
        let next = |at: &Situation| known.get(at).cloned().flatten();
        let way = std::iter::successors(next(at), |(_, to)| next(to));
        Some(way.map(|(step, _)| step).collect())
    }

    fn flow(&self) -> &'m Flow {
        self.graph.flow
    }

    /// What can come in by an intake.
    fn entries(&self, intake: &Intake) -> Vec<(Step, Situation)> {
        let Some(to) = self.flow()[intake.arrow].to else { return Vec::new() };
        let known = self.guards.known_at_the_door(intake);
        let filled = intake.field.map_or(&[][..], |field| self.variables.below(Root::Field(field)));
        let cells = |variable: usize| {
            let path = self.variables.paths.get(variable).copied();
            let set = path
                .map(|path| known.get(path).cloned().unwrap_or_else(|| self.guards.space.cells(path).all()));
            set.map_or(Vec::new(), |set| self.inside_first(variable, set.iter()))
        };
        let mut empty = Sparse::default();
        for variable in self.asked.items(to.index()) {
            empty.set(variable, self.variables.absent(variable));
        }
        let combinations = self.variables.combinations(filled, cells);
        self.whole.set(self.whole.get() && !combinations.more);
        let mut seen = FxHashSet::default();
        let entry = |combination: Vec<(usize, u32)>| {
            let mut at = Situation { state: to, taken: Sparse::default(), cells: empty.clone() };
            set(&mut at.cells, &combination);
            let values = combination.into_iter().filter(|&(variable, _)| self.is_asked(to, variable));
            let step = Step { arrow: intake.arrow, values: self.named(values) };
            self.forget(&mut at);
            seen.insert(at.clone()).then_some((step, at))
        };
        combinations.all.into_iter().filter_map(entry).collect()
    }

    /// What can happen next, and where that leads.
    fn following(&self, at: &Situation) -> Vec<(Step, Situation)> {
        let mut found = Vec::new();
        for route in self.exits(at.state) {
            found.extend(self.along(at, route, at.cells.clone(), Vec::new()));
        }
        for answer in self.answers(at).iter() {
            let route = self.flow()[answer.handoff].arrows.clone();
            found.extend(self.along(at, route, answer.cells.clone(), answer.made.clone()));
        }
        found
    }

    /// The ways out of a state that are no handoffs.
    fn exits(&self, state: StateId) -> impl Iterator<Item = Range<u32>> + '_ {
        let flow = self.flow();
        let arrows = flow[state].arrows.clone();
        let starts = arrows.clone().filter(move |&id| {
            let arrow = &flow[ArrowId(id)];
            arrow.hop == 0 && !matches!(arrow.kind, ArrowKind::Handoff(_))
        });
        starts.map(move |start| {
            let kind = flow[ArrowId(start)].kind;
            let same = (start..arrows.end).take_while(|&id| flow[ArrowId(id)].kind == kind);
            let chained = same.enumerate().take_while(|&(hop, id)| flow[ArrowId(id)].hop as usize == hop);
            start..start + u32::try_from(chained.count()).unwrap_or(0)
        })
    }

    /// Along the first arrow of a route whose bound is not used up.
    fn along(
        &self,
        at: &Situation,
        mut route: Range<u32>,
        cells: Sparse<u32>,
        made: Vec<(usize, u32)>,
    ) -> Option<(Step, Situation)> {
        let flow = self.flow();
        let used =
            |arrow: ArrowId| self.counted.get(&arrow).and_then(|&place| at.taken.get(place)).unwrap_or(0);
        let arrow = route.find(|&id| flow[ArrowId(id)].bound.is_none_or(|bound| used(ArrowId(id)) < bound));
        let arrow = ArrowId(arrow?);
        let mut next = Situation { state: flow[arrow].to?, taken: at.taken.clone(), cells };
        if let Some(&place) = self.counted.get(&arrow) {
            next.taken.set(place, Some(used(arrow) + 1));
        }
        self.leave_behind(arrow, &mut next);
        self.forget(&mut next);
        Some((Step { arrow, values: self.named(made.into_iter()) }, next))
    }

    /// What an explicit `carry` leaves out is gone.
    fn leave_behind(&self, arrow: ArrowId, at: &mut Situation) {
        for variable in self.asked.items(at.state.index()) {
            if self.variables.is_left_behind(arrow, variable) {
                at.cells.set(variable, self.variables.absent(variable));
            }
        }
    }

    /// Leaves out what matters to nobody any more.
    fn forget(&self, at: &mut Situation) {
        let state = at.state.index();
        at.cells.retain(|variable| self.asked.contains(state, variable));
        at.taken.retain(|place| self.ahead.contains(state, place));
    }

    fn is_asked(&self, state: StateId, variable: usize) -> bool {
        self.asked.contains(state.index(), variable)
    }

    /// What the owner can bring: of what no guard, and nobody later, tells apart the first.
    fn answers(&self, at: &Situation) -> Answers {
        let key = (at.state, at.cells.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.find_answers(at));
        self.known.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    fn find_answers(&self, at: &Situation) -> Vec<Answer> {
        let flow = self.flow();
        if flow[at.state].handoffs.is_empty() {
            return Vec::new();
        }
        let made: Vec<usize> = self.variables.made_at(at.state).into_iter().collect();
        let cells = |variable: usize| {
            let path = self.variables.paths.get(variable).copied();
            path.map_or(Vec::new(), |path| {
                self.inside_first(variable, self.guards.space.cells(path).all().iter())
            })
        };
        let matters = self.mattering(at.state);
        let combinations = self.variables.combinations(&made, cells);
        self.whole.set(self.whole.get() && !combinations.more);
        let mut seen = FxHashSet::default();
        let answer = |combination: Vec<(usize, u32)>| {
            let mut cells = at.cells.clone();
            set(&mut cells, &combination);
            let handoff = self
                .variables
                .chosen(at.state, &cells)
                .filter(|_| self.variables.joins(at.state, &combination))?;
            let asked = |variable: usize| {
                flow.arrows_in(&flow[handoff].arrows)
                    .filter_map(|arrow| arrow.to)
                    .any(|to| self.is_asked(to, variable))
            };
            let kept: Vec<_> =
                combination.iter().filter(|&&(variable, _)| asked(variable)).copied().collect();
            let made = combination.into_iter().filter(|(variable, _)| matters.contains(variable)).collect();
            seen.insert((handoff, kept)).then_some(Answer { handoff, cells, made })
        };
        combinations.all.into_iter().filter_map(answer).collect()
    }

    /// The variables for which a guard of the state asks, or one of a state behind it.
    fn mattering(&self, state: StateId) -> FxHashSet<usize> {
        let flow = self.flow();
        let guards = flow[state].handoffs.clone().filter_map(|id| flow[HandoffId(id)].when.guard());
        let here = guards.flat_map(|guard| self.variables.read_by(guard));
        here.chain(self.graph.leaving(state).flat_map(|(_, to)| self.asked.items(to.index()))).collect()
    }

    /// The cells of a variable, stretches before their ends: a value inside is what people expect.
    fn inside_first(&self, variable: usize, cells: impl Iterator<Item = u32>) -> Vec<u32> {
        let path = self.variables.paths.get(variable).copied();
        let is_end = |cell: &u32| {
            path.is_some_and(|path| {
                matches!(self.guards.space.cells(path).get(*cell), Some(guards::Cell::Point(_)))
            })
        };
        let (ends, mut inside): (Vec<u32>, Vec<u32>) = cells.partition(is_end);
        inside.extend(ends);
        inside
    }

    fn named(&self, values: impl Iterator<Item = (usize, u32)>) -> Vec<(PathId, u32)> {
        values.filter_map(|(variable, cell)| Some((*self.variables.paths.get(variable)?, cell))).collect()
    }
}

fn set(cells: &mut Sparse<u32>, values: &[(usize, u32)]) {
    values.iter().for_each(|&(variable, cell)| cells.set(variable, Some(cell)));
}

/// The variables that guards may still ask for on arrival at each state.
fn asked(graph: &Graph<'_>, variables: &Variables<'_>) -> Sets {
    let flow = graph.flow;
    let forget_made = |state: StateId, set: &mut Set| {
        variables.made_at(state).into_iter().for_each(|variable| set.remove(variable));
    };
    let reads = |state: StateId, set: &mut Set| {
        let guards = flow[state].handoffs.clone().filter_map(|id| flow[HandoffId(id)].when.guard());
        guards.flat_map(|guard| variables.read_by(guard)).for_each(|variable| set.insert(variable));
        forget_made(state, set);
    };
    let along = |arrow: ArrowId, set: &mut Set| {
        let Some(handoff) = handoff_of(&flow[arrow]) else { return };
        if flow[handoff].carry.is_some() {
            let all = 0..variables.paths.len();
            all.filter(|&variable| variables.is_left_behind(arrow, variable))
                .for_each(|variable| set.remove(variable));
        }
        forget_made(flow[handoff].state, set);
    };
    backward(graph, variables.paths.len(), reads, along)
}

/// The counted arrows that may still be taken from each state on.
fn ahead(graph: &Graph<'_>, counted: &FxHashMap<ArrowId, usize>) -> Sets {
    let own = |state: StateId, set: &mut Set| {
        let leaving = graph.flow[state].arrows.clone().map(ArrowId);
        leaving.filter_map(|arrow| counted.get(&arrow)).for_each(|&place| set.insert(place));
    };
    backward(graph, counted.len(), own, |_, _| {})
}
