//! What is known of the work when it comes to a state: one set of cells per path, united over all ways in.
//!
//! Must not know: what follows from it.
//!
//! A forward analysis to its least fixed point. Guards, constants of maps, the absence at the start and what a
//! state reads as present are all that counts; what a state makes is forgotten when the work leaves it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::cells::CellSet;
use super::decision::{Decision, each_atom};
use super::diagram::TooComplex;
use super::space::{Space, optional_depths};
use super::verdict::Verdict;
use crate::analysis::uses::{readings, writings};
use crate::graph::{Components, Graph, StateSet};
use crate::model::walk::StateRef;
use crate::model::{
    Arrow, ArrowKind, Claim, FieldId, Flow, Handoff, Intake, Kind, MapValue, PathId, Root, Slot, Start,
    State, StateId,
};

/// So often may a state be looked at again before its knowledge counts as too complex.
const MAX_VISITS: u32 = 1000;

/// For each path the cells that its value may lie in. A path without an entry may have any value of its type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known(Vec<(PathId, CellSet)>);

impl Known {
    /// The cells in which the value of a path lies; `None`: any.
    #[must_use]
    pub fn get(&self, path: PathId) -> Option<&CellSet> {
        let index = self.0.binary_search_by_key(&path, |entry| entry.0).ok()?;
        self.0.get(index).map(|entry| &entry.1)
    }

    /// All paths of which something is known, with their cells.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(PathId, CellSet)> {
        self.0.iter()
    }

    /// Whether the other allows all that this one does.
    pub(super) fn is_within(&self, other: &Known) -> bool {
        let fits =
            |(path, cells): &(PathId, CellSet)| self.get(*path).is_some_and(|own| own.union(cells) == *cells);
        other.0.iter().all(fits)
    }

    /// What is known of paths that `keeps` chooses.
    fn only(&self, keeps: impl Fn(PathId) -> bool) -> Known {
        Known(self.0.iter().filter(|&&(path, _)| keeps(path)).cloned().collect())
    }

    /// Without what is known of paths that `forgets` chooses.
    fn without(mut self, forgets: impl Fn(PathId) -> bool) -> Known {
        self.0.retain(|&(path, _)| !forgets(path));
        self
    }

    /// With the cells of more paths, ascending; those of paths that it knows replace what it knows.
    fn with(&self, more: Vec<(PathId, CellSet)>) -> Known {
        let mut entries = Vec::with_capacity(self.0.len() + more.len());
        let mut old = self.0.iter().peekable();
        for entry in more {
            while let Some(before) = old.next_if(|before| before.0 < entry.0) {
                entries.push(before.clone());
            }
            old.next_if(|same| same.0 == entry.0);
            entries.push(entry);
        }
        entries.extend(old.cloned());
        Known(entries)
    }

    /// Takes in what another way brings; whether there is more than before.
    fn join(&mut self, other: &Known, space: &Space<'_>) -> bool {
        let mut grown = false;
        let mut others = other.0.iter().peekable();
        self.0.retain_mut(|(path, cells)| {
            while others.next_if(|(before, _)| before < path).is_some() {}
            let Some((_, more)) = others.next_if(|(same, _)| same == path) else {
                grown = true;
                return false;
            };
            let both = cells.union(more);
            if both != *cells {
                grown = true;
                *cells = both;
            }
            *cells != space.cells(*path).all()
        });
        grown
    }
}

/// What is known on arrival, state by state.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// `None`: no work comes there for certain.
    pub(super) known: Vec<Option<Known>>,
    /// Where something that could not be read, or decided, may bring more than that.
    pub(super) doubtful: StateSet,
    /// States with guards that could not be read: it is unsure by which handoffs work leaves them.
    unsure: Vec<StateId>,
    /// States whose guards, or knowledge, were too complex.
    pub(super) complex: Vec<StateId>,
    /// How often each state was looked at.
    pub(super) visits: Vec<u32>,
    /// What is wrong with the guards of states that were looked at once.
    pub(super) verdicts: FxHashMap<StateId, Verdict>,
}

/// Follows the work from the intakes until nothing new comes anywhere.
pub(super) fn arrivals(space: &Space<'_>) -> Arrivals {
    let flow = space.flow;
    let graph = Graph::new(flow, |_, _| true);
    let mut spread = Spread {
        space,
        order: order(space),
        asked: Asked::new(space, &graph),
        arrivals: Arrivals {
            known: vec![None; flow.states.len()],
            unsure: Vec::new(),
            doubtful: StateSet::new(0),
            complex: Vec::new(),
            visits: vec![0; flow.states.len()],
            verdicts: FxHashMap::default(),
        },
        demands: Demands::new(space),
        waiting: BinaryHeap::new(),
        queued: vec![false; flow.states.len()],
        at: (0, 0),
    };
    for intake in flow.intakes.iter().filter(|intake| !is_unsure(intake)) {
        if let Some(to) = flow[intake.arrow].to {
            spread.bring(to, &at_the_door(space, intake));
        }
    }
    spread.run();
    spread.arrivals.doubtful = doubtful(space, &graph, &spread.arrivals);
    spread.arrivals
}

struct Spread<'s> {
    space: &'s Space<'s>,
    /// The place of each state in an order in which work mostly comes to them.
    order: Vec<u32>,
    /// Who comes next: round by round, and in each in that order. What an arrow back brings waits for the next round.
    waiting: BinaryHeap<Reverse<(u32, u32, StateId)>>,
    queued: Vec<bool>,
    /// The round and the place of the state that is looked at.
    at: (u32, u32),
    asked: Asked,
    arrivals: Arrivals,
    demands: Demands,
}

#[allow(clippy::indexing_slicing)] // all vectors here have one entry for every state of the flow
impl Spread<'_> {
    fn run(&mut self) {
        while let Some(Reverse((round, place, state))) = self.waiting.pop() {
            self.at = (round, place);
            self.queued[state.index()] = false;
            self.arrivals.visits[state.index()] += 1;
            let tired = self.arrivals.visits[state.index()] > MAX_VISITS;
            if tired || self.visit(state).is_err() {
                self.arrivals.complex.push(state);
            }
        }
        self.arrivals.complex.sort_unstable();
        self.arrivals.complex.dedup();
    }

    fn bring(&mut self, to: StateId, known: &Known) {
        let met = self.demands.met(self.space, to, known);
        let known = met.as_ref().unwrap_or(known);
        let new = match &mut self.arrivals.known[to.index()] {
            Some(before) => before.join(known, self.space),
            nothing => {
                *nothing = Some(known.only(|path| self.asked.later(to, path)));
                true
            }
        };
        let leads_on = !matches!(self.space.flow[to].kind, Kind::End(_));
        if new && leads_on && !std::mem::replace(&mut self.queued[to.index()], true) {
            let place = self.order[to.index()];
            let (round, here) = self.at;
            self.waiting.push(Reverse((round + u32::from(place <= here), place, to)));
        }
    }

    fn visit(&mut self, id: StateId) -> Result<(), TooComplex> {
        let space = self.space;
        let Some(known) = &self.arrivals.known[id.index()] else { return Ok(()) };
        let state = StateRef { id, flow: space.flow, model: space.model };
        let left = leaving(space, state.get(), known);
        let given = handing_on(space, id, known);
        for arrow in state.arrows().filter(|arrow| !matches!(arrow.kind, ArrowKind::Handoff(_))) {
            self.bring_along([arrow], &left);
        }
        if state.get().handoffs.is_empty() {
            return Ok(());
        }
        let mut decision = Decision::new(space, Some(state), &given, None)?;
        self.arrivals.verdicts.remove(&id);
        if self.arrivals.visits[id.index()] == 1 {
            let verdict = decision.verdict(state, &given)?;
            if verdict != Verdict::default() {
                self.arrivals.verdicts.insert(id, verdict);
            }
        }
        for (index, handoff) in state.handoffs().enumerate() {
            let taken = decision.handoffs[index];
            if taken.surely != taken.maybe {
                self.arrivals.unsure.push(id);
            }
            if let Some(shadows) = decision.shadows(taken.surely)? {
                let along = behind(space, handoff, &given, shadows);
                self.bring_along(space.flow.arrows_in(&handoff.arrows), &along);
            }
        }
        Ok(())
    }

    fn bring_along<'a>(&mut self, arrows: impl IntoIterator<Item = &'a Arrow>, known: &Known) {
        for to in arrows.into_iter().filter_map(|arrow| arrow.to) {
            self.bring(to, known);
        }
    }
}

/// Up to where knowledge matters: what no later guard asks for is not kept.
struct Asked {
    components: Components,
    /// For each path the lowest rank of a state that asks for what it was on arrival.
    lowest: Vec<u32>,
}

impl Asked {
    fn new(space: &Space<'_>, graph: &Graph<'_>) -> Asked {
        let flow = space.flow;
        let mut asked = Asked { components: graph.components(), lowest: vec![u32::MAX; flow.paths.len()] };
        for id in (0..flow.states.len()).map(StateId::new) {
            let state = StateRef { id, flow, model: space.model };
            let guards = state.handoffs().filter_map(|handoff| handoff.when.guard());
            let made = made(flow, id);
            each_atom(guards, |atom| {
                if !is_below(space, atom.path, &made) {
                    asked.note(space, id, atom.path);
                }
            });
        }
        for prove in &flow.proves {
            if let Some(Claim::OnlyIf(state, guard)) = &prove.claim {
                each_atom(std::iter::once(guard), |atom| asked.note(space, *state, atom.path));
            }
        }
        asked
    }

    fn note(&mut self, space: &Space<'_>, state: StateId, path: PathId) {
        let rank = self.components.rank(state);
        for path in space.companions(path).iter().chain([&path]) {
            if let Some(lowest) = self.lowest.get_mut(path.index()) {
                *lowest = rank.min(*lowest);
            }
        }
    }

    /// Whether a state, or one that work may come to from there, asks for the path as it was on arrival.
    fn later(&self, state: StateId, path: PathId) -> bool {
        self.lowest.get(path.index()).is_some_and(|&lowest| lowest <= self.components.rank(state))
    }
}

/// What states read on arrival as if it were there. That it may be absent is told there (B501), and counts as repaired
/// from there on.
struct Demands {
    /// The optional paths below each field.
    below: FxHashMap<FieldId, Vec<PathId>>,
}

impl Demands {
    fn new(space: &Space<'_>) -> Demands {
        let mut below: FxHashMap<FieldId, Vec<PathId>> = FxHashMap::default();
        for (index, path) in space.flow.paths.iter().enumerate() {
            if let (Root::Field(field), true) = (path.root, path.optional) {
                below.entry(field).or_default().push(PathId::new(index));
            }
        }
        Demands { below }
    }

    /// What is known once a state has what it reads, if that is more than before.
    fn met(&self, space: &Space<'_>, state: StateId, known: &Known) -> Option<Known> {
        if self.below.is_empty() {
            return None;
        }
        let mut there = BTreeMap::new();
        for reading in readings(space.flow, state).filter(|reading| reading.by.wants_a_value()) {
            let read = reading.path.map_or(&[][..], |path| &space.flow[path].steps);
            for &path in self.below.get(&reading.field).into_iter().flatten() {
                let shared =
                    space.flow[path].steps.iter().zip(read).take_while(|(one, other)| one == other).count();
                let present = space.cells(path).present();
                let before =
                    known.get(path).map_or_else(|| present.clone(), |cells| cells.intersection(&present));
                if space.absent_with(path).is_some_and(|steps| steps.len() <= shared) {
                    there.insert(path, if before.is_empty() { present } else { before });
                }
            }
        }
        (!there.is_empty()).then(|| known.with(there.into_iter().collect()))
    }
}

/// What is known when work leaves by anything but a handoff: what the state makes is forgotten.
pub(super) fn leaving(space: &Space<'_>, state: &State, known: &Known) -> Known {
    let made = Fields::new(state.makes.iter().filter_map(|made| made.field));
    known.only(|path| !is_below(space, path, &made))
}

/// What is known when work is handed on, before the guard is looked at: what runs give is forgotten as well.
pub(super) fn handing_on(space: &Space<'_>, state: StateId, known: &Known) -> Known {
    let made = made(space.flow, state);
    known.only(|path| !is_below(space, path, &made))
}

/// The fields that are new where a state's guards are looked at.
pub(super) fn made(flow: &Flow, state: StateId) -> Fields {
    Fields::new(writings(flow, state).map(|(field, _)| field))
}

/// Some fields of a flow, mostly few.
pub(super) struct Fields(SmallVec<[FieldId; 8]>);

impl Fields {
    fn new(fields: impl Iterator<Item = FieldId>) -> Fields {
        let mut fields: SmallVec<_> = fields.collect();
        fields.sort_unstable();
        Fields(fields)
    }

    pub(super) fn has(&self, field: FieldId) -> bool {
        self.0.binary_search(&field).is_ok()
    }
}

/// What is known behind a handoff that leaves these cells of some paths. A decision is known only where it is made, and
/// what an explicit `carry` leaves out is gone.
pub(super) fn behind(
    space: &Space<'_>,
    handoff: &Handoff,
    given: &Known,
    shadows: Vec<(PathId, CellSet)>,
) -> Known {
    let known = given.with(shadows).without(|path| matches!(space.flow[path].root, Root::Decision(_)));
    let Some(carry) = &handoff.carry else { return known };
    let kept = Fields::new(carry.fields.iter().filter_map(|used| used.field));
    known.without(|path| !is_below(space, path, &kept))
}

fn is_below(space: &Space<'_>, path: PathId, fields: &Fields) -> bool {
    matches!(space.flow[path].root, Root::Field(field) if fields.has(field))
}

/// What is known of work that comes in: optional fields of the context are absent, but for the one that it fills.
pub(super) fn at_the_door(space: &Space<'_>, intake: &Intake) -> Known {
    let flow = space.flow;
    let entry = |(index, path): (usize, &crate::model::Path)| {
        let Root::Field(field) = path.root else { return None };
        let id = PathId::new(index);
        let cells = space.cells(id);
        let known = match flow[field].ty.optional {
            _ if intake.field == Some(field) => filled(space, intake, id),
            true => cells.absent(),
            false => cells.all(),
        };
        (known != cells.all()).then_some((id, known))
    };
    Known(flow.paths.iter().enumerate().filter_map(entry).collect())
}

/// What is known of a path below the field that work fills when it comes in.
fn filled(space: &Space<'_>, intake: &Intake, id: PathId) -> CellSet {
    let (flow, path, cells) = (space.flow, &space.flow[id], space.cells(id));
    let below: Vec<usize> =
        optional_depths(space.model, flow, path).into_iter().filter(|&depth| depth > 0).collect();
    let otherwise = if below.is_empty() { cells.present() } else { cells.all() };
    let Some(maps) = &intake.maps else { return otherwise };
    let mapped = maps.iter().filter_map(|map| Some((&flow[map.path.path?].steps, &map.value)));
    for (steps, value) in mapped.clone() {
        match value {
            MapValue::Constant(value) if *steps == path.steps => return cells.is(value),
            _ => {}
        }
    }
    let touches = |depth: usize| {
        let field = path.steps.get(..depth).unwrap_or_default();
        mapped.clone().any(|(steps, _)| steps.starts_with(field) || field.starts_with(steps))
    };
    if below.into_iter().all(touches) { otherwise } else { cells.absent() }
}

/// What the intake fills is not known for certain.
fn is_unsure(intake: &Intake) -> bool {
    let maps = intake.maps.iter().flatten();
    let is_unknown =
        |map: &crate::model::Map| map.path.path.is_none() || matches!(map.value, MapValue::Unknown);
    intake.unknown || intake.field.is_none() || maps.into_iter().any(is_unknown)
}

/// The states to which more may come than is known for certain: behind a door, a guard or something made that could not
/// be read or decided; all of them if it is unknown where some work goes.
fn doubtful(space: &Space<'_>, graph: &Graph<'_>, arrivals: &Arrivals) -> StateSet {
    let flow = space.flow;
    if leads_anywhere(flow) {
        return StateSet::of(flow.states.len(), |_| true);
    }
    let makes_unknown = |id: &StateId| flow[*id].makes.iter().any(|made| made.field.is_none());
    let doors = flow.intakes.iter().filter(|intake| is_unsure(intake));
    let doors = doors.filter_map(|intake| flow[intake.arrow].to);
    let behind = arrivals.unsure.iter().flat_map(|&id| graph.leaving(id).map(|(_, to)| to));
    let states = graph.states().filter(makes_unknown).chain(arrivals.complex.iter().copied());
    graph.reached_from(doors.chain(states).chain(behind))
}

/// Some way could not be read, or its target is unknown.
fn leads_anywhere(flow: &Flow) -> bool {
    let has_unknown_exit = |state: &State| {
        state.unknown
            || state.accept == Slot::Unknown
            || state.deadline == Slot::Unknown
            || state.failure == Slot::Unknown
            || matches!(&state.kind, Kind::Wait { time: Slot::Unknown })
    };
    flow.unknown
        || flow.context_unknown
        || flow.arrows.iter().any(|arrow| arrow.to.is_none())
        || flow.states.iter().any(has_unknown_exit)
}

/// Each state's place in reverse postorder of a depth-first search from the intakes; states that it does not meet come
/// last.
fn order(space: &Space<'_>) -> Vec<u32> {
    let flow = space.flow;
    let mut order = vec![u32::MAX; flow.states.len()];
    let mut next = u32::try_from(flow.states.len()).unwrap_or(u32::MAX);
    let mut met = vec![false; flow.states.len()];
    let mut enter =
        |state: StateId| met.get_mut(state.index()).is_some_and(|met| !std::mem::replace(met, true));
    let doors = flow.arrows.iter().filter(|arrow| matches!(arrow.from, Start::Intake(_)));
    for door in doors.filter_map(|arrow| arrow.to) {
        let mut open: Vec<(StateId, std::ops::Range<u32>)> = Vec::new();
        if enter(door) {
            open.push((door, flow[door].arrows.clone()));
        }
        while let Some((state, arrows)) = open.last_mut() {
            match arrows.next() {
                Some(arrow) => {
                    if let Some(to) = flow[crate::model::ArrowId(arrow)].to.filter(|&to| enter(to)) {
                        open.push((to, flow[to].arrows.clone()));
                    }
                }
                None => {
                    next -= 1;
                    if let Some(place) = order.get_mut(state.index()) {
                        *place = next;
                    }
                    open.pop();
                }
            }
        }
    }
    order
}
