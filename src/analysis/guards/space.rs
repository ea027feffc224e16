//! The values that a flow's guards can tell apart: the cells of all its paths, and which paths are absent together.
//!
//! Must not know: which values come where.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::cells::Cells;
use super::decision::each_atom;
use crate::model::{
    Approval, Claim, Flow, Guard, Kind, MapValue, Model, Path, PathId, Root, State, Test, Type, Value,
};

/// Of more paths below one optional field, what one shows of the others' presence is not kept.
const MAX_COMPANIONS: usize = 64;

/// The cells of every path of a flow.
#[derive(Debug)]
pub struct Space<'m> {
    pub(super) model: &'m Model,
    pub(super) flow: &'m Flow,
    paths: Vec<Axis>,
    /// Optional paths, by their first optional field.
    groups: Vec<Vec<PathId>>,
}

/// One path.
#[derive(Debug)]
struct Axis {
    cells: Cells,
    optional: Option<Optional>,
}

/// Where a path may be absent.
#[derive(Debug)]
struct Optional {
    /// How many steps below its root the last optional field on its way stands.
    last: usize,
    /// In [`Space::groups`].
    group: usize,
}

impl<'m> Space<'m> {
    /// The cells at which the guards, proofs and maps of a flow cut its paths.
    #[must_use]
    pub fn new(model: &'m Model, flow: &'m Flow) -> Space<'m> {
        let constants = constants(flow);
        let mut space =
            Space { model, flow, paths: Vec::with_capacity(flow.paths.len()), groups: Vec::new() };
        let mut by_field: FxHashMap<(Root, &[u32]), usize> = FxHashMap::default();
        for (path, constants) in flow.paths.iter().zip(&constants) {
            let approval = match path.root {
                Root::Decision(id) => approval(&flow[id]),
                Root::Field(_) => None,
            };
            let cells = Cells::new(model, approval, path, constants);
            let depths = optional_depths(model, flow, path);
            let optional = depths.first().zip(depths.last()).map(|(&first, &last)| {
                let key = (path.root, path.steps.get(..first).unwrap_or_default());
                let group = *by_field.entry(key).or_insert_with(|| {
                    space.groups.push(Vec::new());
                    space.groups.len() - 1
                });
                if let Some(group) = space.groups.get_mut(group) {
                    group.push(PathId::new(space.paths.len()));
                }
                Optional { last, group }
            });
            space.paths.push(Axis { cells, optional });
        }
        space
    }

    /// The model of which the flow is a part.
    #[must_use]
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The flow whose paths they are.
    #[must_use]
    pub fn flow(&self) -> &'m Flow {
        self.flow
    }

    /// The cells of a path.
    #[must_use]
    pub fn cells(&self, path: PathId) -> &Cells {
        &self.axis(path).cells
    }

    #[allow(clippy::indexing_slicing)] // there is an axis for every path of the flow
    fn axis(&self, path: PathId) -> &Axis {
        &self.paths[path.index()]
    }

    /// The paths whose presence may show that of this one, or the other way round, itself included.
    pub(super) fn companions(&self, path: PathId) -> &[PathId] {
        let group = self.axis(path).optional.as_ref().and_then(|optional| self.groups.get(optional.group));
        group.filter(|group| group.len() <= MAX_COMPANIONS).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last optional field on the way of a path, as steps below its root: paths that share it, or one below it, are
    /// absent where it is.
    pub(super) fn absent_with(&self, path: PathId) -> Option<&'m [u32]> {
        let last = self.axis(path).optional.as_ref()?.last;
        self.flow[path].steps.get(..last)
    }
}

fn approval(state: &State) -> Option<&Approval> {
    match &state.kind {
        Kind::Approval(approval) => Some(approval),
        _ => None,
    }
}

/// How many steps below the root of a path its optional fields stand; the root itself is at 0.
pub fn optional_depths(model: &Model, flow: &Flow, path: &Path) -> Vec<usize> {
    let Root::Field(field) = path.root else { return Vec::new() };
    let mut ty = &flow[field].ty;
    let mut depths: Vec<usize> = ty.optional.then_some(0).into_iter().collect();
    for (depth, &step) in path.steps.iter().enumerate() {
        let Type::Asset(asset) = ty.ty else { break };
        let Some(field) = model[asset].fields.get(step as usize) else { break };
        ty = &field.ty;
        if ty.optional {
            depths.push(depth + 1);
        }
    }
    depths
}

/// The constants with which the flow compares each of its paths, or fills it.
fn constants(flow: &Flow) -> Vec<SmallVec<[&Value; 4]>> {
    let mut constants = vec![SmallVec::new(); flow.paths.len()];
    let mut note = |path: PathId, value| {
        if let Some(constants) = constants.get_mut(path.index()) {
            constants.push(value);
        }
    };
    each_atom(guards(flow), |atom| match &atom.test {
        Test::Compare(_, value) => note(atom.path, value),
        Test::Range { ends, .. } => ends.iter().for_each(|end| note(atom.path, end)),
        Test::Set(values) => values.iter().for_each(|value| note(atom.path, value)),
        Test::Present(_) | Test::True => {}
    });
    for map in flow.intakes.iter().flat_map(|intake| intake.maps.iter().flatten()) {
        if let (MapValue::Constant(value), Some(path)) = (&map.value, map.path.path) {
            note(path, value);
        }
    }
    constants
}

/// All guards that are written in the flow.
fn guards(flow: &Flow) -> impl Iterator<Item = &Guard> {
    let handoffs = flow.handoffs.iter().filter_map(|handoff| handoff.when.guard());
    let claims = flow.proves.iter().filter_map(|prove| match &prove.claim {
        Some(Claim::OnlyIf(_, guard)) => Some(guard),
        _ => None,
    });
    handoffs.chain(claims)
}
