//! Which optional values are known to be present: forward from the intakes.
//!
//! Must not know: how a guard shows it (see `guards`).

use rustc_hash::FxHashMap;

use super::guards::{Guards, Known, optional_depths};
use super::sets::{Meet, Set, Sets};
use super::spread::forward;
use super::uses::{Reading, by_guards, handoff_of, may_write_more, readings, writings};
use crate::graph::{Graph, Runs};
use crate::model::{ArrowId, FieldId, Flow, Model, PathId, Root, Start, StateId};

/// A value that may be absent: the field of optional type, by the steps to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Optional {
    field: FieldId,
    steps: Vec<u32>,
}

/// The optional values that something reads as if they were there.
#[derive(Debug)]
struct Optionals {
    all: Vec<Optional>,
    numbers: FxHashMap<Optional, usize>,
    /// Those of each field of the context.
    of_field: Vec<Vec<usize>>,
    /// Those through which each path leads: if it is present, so are they.
    through: Vec<Vec<usize>>,
    /// Those that each state reads as present.
    reads: Sets,
}

/// The optional values that are present when work arrives at a state.
#[derive(Debug)]
pub struct Present {
    optionals: Optionals,
    /// On every path. What a state reads as present counts as present from there on: that it may not be is said there.
    everywhere: Sets,
    /// What each arrow brings.
    brings: Sets,
}

impl Present {
    /// `told`: as for [`super::assigned::Assigned::new`].
    #[must_use]
    pub fn new(graph: &Graph<'_>, guards: &Guards<'_>, told: &dyn Fn(ArrowId) -> Vec<FieldId>) -> Present {
        let flow = graph.flow;
        let optionals = Optionals::new(guards.space.model(), graph);
        let items = optionals.all.len();
        let mut brings = optionals.shown(graph, guards);
        let on = |shown: &Sets, arrow: ArrowId, set: &mut Set| {
            optionals.on(flow, arrow, set, &told(arrow));
            shown.items(arrow.index()).for_each(|number| set.insert(number));
        };
        let everywhere = forward(graph, items, Meet::All, |arrow, set| on(&brings, arrow, set));
        let mut set = brings.empty();
        for arrow in (0..flow.arrows.len()).map(ArrowId::new).filter(|_| items > 0) {
            match flow[arrow].from {
                Start::State(from) => everywhere.copy_to(from.index(), &mut set),
                Start::Intake(_) => set.fill(false),
            }
            on(&brings, arrow, &mut set);
            brings.meet(arrow.index(), &set, Meet::Any);
        }
        Present { optionals, everywhere, brings }
    }

    /// The readings of a state that need a value which some path leaves absent, with that value's number.
    pub fn lacking(&self, model: &Model, flow: &Flow, at: StateId) -> impl Iterator<Item = (Reading, usize)> {
        let lacks = move |reading: Reading| {
            let mut needed = optionals_of(model, flow, &reading).into_iter();
            let number = needed.find_map(|optional| {
                let number = *self.optionals.numbers.get(&optional)?;
                (!self.everywhere.contains(at.index(), number)).then_some(number)
            });
            Some((reading, number?))
        };
        readings(flow, at).filter(|reading| reading.by.wants_a_value()).filter_map(lacks)
    }

    /// Runs on which a value may be absent.
    #[must_use]
    pub fn runs_without(&self, graph: &Graph<'_>, number: usize) -> Absences {
        let runs = graph.runs(|_| true);
        let absent = |arrow: ArrowId| !self.brings.contains(arrow.index(), number);
        let begins = |&arrow: &ArrowId| {
            let there = |from: StateId| self.everywhere.contains(from.index(), number);
            absent(arrow) && graph.flow[arrow].start().is_none_or(|from| there(from) && runs.reach(from))
        };
        let starts: Vec<ArrowId> = (0..graph.flow.arrows.len()).map(ArrowId::new).filter(begins).collect();
        let rest = graph.runs_from(starts, absent);
        Absences { before: runs, rest }
    }
}

/// Runs on which a value may be absent at the end.
#[derive(Debug)]
pub struct Absences {
    /// To where it may have been left absent.
    before: Runs,
    /// From there on.
    rest: Runs,
}

impl Absences {
    /// The run to a state.
    #[must_use]
    pub fn to(&self, flow: &Flow, at: StateId) -> Vec<ArrowId> {
        let rest = self.rest.to(at);
        let before = rest.first().and_then(|&first| flow[first].start()).map(|from| self.before.to(from));
        before.unwrap_or_default().into_iter().chain(rest).collect()
    }
}

impl Optionals {
    fn new(model: &Model, graph: &Graph<'_>) -> Optionals {
        let flow = graph.flow;
        let (mut all, mut numbers) = (Vec::new(), FxHashMap::default());
        let read = |state| readings(flow, state).filter(|reading| reading.by.wants_a_value());
        for optional in graph.states().flat_map(read).flat_map(|reading| optionals_of(model, flow, &reading))
        {
            numbers.entry(optional).or_insert_with_key(|optional| {
                all.push(optional.clone());
                all.len() - 1
            });
        }
        let mut of_field = vec![Vec::new(); flow.context.len()];
        for (number, optional) in all.iter().enumerate() {
            let Optional { field, .. } = optional;
            of_field.get_mut(field.index()).into_iter().for_each(|of: &mut Vec<usize>| of.push(number));
        }
        let through =
            |path| optionals(model, flow, path).iter().filter_map(|on| numbers.get(on).copied()).collect();
        let through = (0..flow.paths.len()).map(PathId::new).map(through).collect();
        let mut reads = Sets::neutral(flow.states.len(), all.len(), Meet::Any);
        let mut set = reads.empty();
        for state in graph.states().filter(|_| !all.is_empty()) {
            set.fill(false);
            let needed = read(state).flat_map(|reading| optionals_of(model, flow, &reading));
            needed.filter_map(|optional| numbers.get(&optional)).for_each(|&number| set.insert(number));
            reads.meet(state.index(), &set, Meet::Any);
        }
        Optionals { all, numbers, of_field, through, reads }
    }

    /// What each arrow shows to be present, by guards, by the constants of maps, and by what is known where it starts.
    fn shown(&self, graph: &Graph<'_>, guards: &Guards<'_>) -> Sets {
        let flow = graph.flow;
        let mut shown = Sets::neutral(flow.arrows.len(), self.all.len(), Meet::Any);
        if self.all.is_empty() {
            return shown;
        }
        let mut set = shown.empty();
        for intake in &flow.intakes {
            self.known(guards, Some(&guards.known_at_the_door(intake)), &mut set);
            shown.meet(intake.arrow.index(), &set, Meet::Any);
        }
        for state in graph.states() {
            let known = guards.known(state);
            let behind = if self.is_tested(flow, state) { guards.known_behind(state) } else { Vec::new() };
            for (arrow, _) in graph.leaving(state) {
                let tested = handoff_of(&flow[arrow]).and_then(|handoff| behind.get(flow.place_of(handoff)));
                self.known(guards, tested.map_or(known, Option::as_ref), &mut set);
                if tested.is_none() {
                    self.forget_writings(flow, state, &mut set);
                }
                shown.meet(arrow.index(), &set, Meet::Any);
            }
        }
        shown
    }

    /// A guard of the state asks for a path below a field that may be absent.
    fn is_tested(&self, flow: &Flow, state: StateId) -> bool {
        by_guards(flow, state).any(|reading| !self.of_field(reading.field).is_empty())
    }

    /// What is present by what is known; everything, where nothing is known for certain.
    fn known(&self, guards: &Guards<'_>, known: Option<&Known>, set: &mut Set) {
        set.fill(known.is_none());
        let Some(known) = known else { return };
        let through = guards.shown(known).filter_map(|path| self.through.get(path.index()));
        through.flatten().for_each(|&number| set.insert(number));
    }

    /// What is present after an arrow, where `set` was present before, whatever the arrow shows.
    fn on(&self, flow: &Flow, arrow: ArrowId, set: &mut Set, told: &[FieldId]) {
        match flow[arrow].from {
            Start::Intake(id) => {
                let intake = flow.intakes.get(id.index());
                let field = intake.filter(|intake| !intake.unknown).and_then(|intake| intake.field);
                set.fill(field.is_none());
                let itself = field.and_then(|field| self.numbers.get(&Optional { field, steps: Vec::new() }));
                itself.into_iter().for_each(|&number| set.insert(number)); // work comes in, so it is there
            }
            Start::State(from) => {
                self.reads.items(from.index()).for_each(|number| set.insert(number));
                self.forget_writings(flow, from, set);
                if handoff_of(&flow[arrow]).is_some() && may_write_more(flow, from) {
                    set.fill(true);
                }
            }
        }
        told.iter().flat_map(|&field| self.of_field(field)).for_each(|&number| set.insert(number));
    }

    fn forget_writings(&self, flow: &Flow, state: StateId, set: &mut Set) {
        let written = writings(flow, state).flat_map(|(field, _)| self.of_field(field));
        written.for_each(|&number| set.remove(number));
    }

    fn of_field(&self, field: FieldId) -> &[usize] {
        self.of_field.get(field.index()).map_or(&[], Vec::as_slice)
    }
}

/// The optional values that a reading relies on, the outermost first.
fn optionals_of(model: &Model, flow: &Flow, reading: &Reading) -> Vec<Optional> {
    match reading.path {
        Some(path) => optionals(model, flow, path),
        None if flow[reading.field].ty.optional => {
            vec![Optional { field: reading.field, steps: Vec::new() }]
        }
        None => Vec::new(),
    }
}

/// The optional values through which a path leads, the outermost first.
fn optionals(model: &Model, flow: &Flow, path: PathId) -> Vec<Optional> {
    let Root::Field(field) = flow[path].root else { return Vec::new() };
    let depths = optional_depths(model, flow, &flow[path]).into_iter();
    let steps = |depth| flow[path].steps.get(..depth).map(<[u32]>::to_vec);
    depths.filter_map(|depth| Some(Optional { field, steps: steps(depth)? })).collect()
}
