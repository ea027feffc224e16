//! What the flows to be built reach, and its names: each unique, though files may declare one name each.
//!
//! Must not know: what becomes of it in the plan.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use crate::model::{ActorId, AssetId, EnumId, Field, Flow, FlowId, Kind, Model, Type};

/// The names of what is reached.
pub(super) struct Names {
    pub(super) enums: Table,
    pub(super) assets: Table,
    pub(super) actors: Table,
    pub(super) flows: Table,
}

/// A name for each item of an arena that is reached.
#[derive(Default)]
pub(super) struct Table {
    names: Vec<Option<SmolStr>>,
}

impl Table {
    /// The name of that item, if it is reached.
    pub(super) fn name(&self, index: usize) -> Option<&SmolStr> {
        self.names.get(index)?.as_ref()
    }

    /// The items that are reached, in their order.
    pub(super) fn reached<'a, T>(&'a self, arena: &'a [T]) -> impl Iterator<Item = (&'a SmolStr, &'a T)> {
        let named = self.names.iter().zip(arena);
        named.filter_map(|(name, item)| name.as_ref().map(|name| (name, item)))
    }

    fn new<T>(arena: &[T], marks: &[bool], name: impl Fn(&T) -> &SmolStr, taken: &mut Taken) -> Table {
        let items = arena.iter().zip(marks);
        Table { names: items.map(|(item, &reached)| reached.then(|| taken.unique(name(item)))).collect() }
    }
}

/// The names that are given away.
#[derive(Default)]
pub(super) struct Taken {
    names: FxHashSet<SmolStr>,
}

impl Taken {
    /// `name`, or `name-2` … if that is taken. No identifier holds a `-`.
    pub(super) fn unique(&mut self, name: &SmolStr) -> SmolStr {
        let numbered = (2_u64..).map(|number| format_smolstr!("{name}-{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        let free = candidates.find(|candidate| self.names.insert(candidate.clone()));
        free.unwrap_or_else(|| name.clone())
    }
}

impl Names {
    /// Of the flows in checked files, the flows that these call, and what all of them use.
    pub(super) fn of_reached(model: &Model) -> Names {
        let mut reach = Reach::new(model);
        reach.flows_from_checked_files();
        let mut types = Taken::default();
        Names {
            enums: Table::new(&model.enums, &reach.enums, |item| &item.name.text, &mut types),
            assets: Table::new(&model.assets, &reach.assets, |item| &item.name.text, &mut types),
            actors: Table::new(&model.actors, &reach.actors, |item| &item.name.text, &mut Taken::default()),
            flows: Table::new(&model.flows, &reach.flows, |item| &item.name.text, &mut Taken::default()),
        }
    }
}

/// Marks what is reached, by position in the arenas.
struct Reach<'m> {
    model: &'m Model,
    enums: Vec<bool>,
    assets: Vec<bool>,
    actors: Vec<bool>,
    flows: Vec<bool>,
    open_assets: Vec<AssetId>,
    open_flows: Vec<FlowId>,
}

impl<'m> Reach<'m> {
    fn new(model: &'m Model) -> Reach<'m> {
        Reach {
            model,
            enums: vec![false; model.enums.len()],
            assets: vec![false; model.assets.len()],
            actors: vec![false; model.actors.len()],
            flows: vec![false; model.flows.len()],
            open_assets: Vec::new(),
            open_flows: Vec::new(),
        }
    }

    fn flows_from_checked_files(&mut self) {
        let checked: FxHashSet<_> =
            self.model.files.iter().filter(|file| file.checked).map(|file| file.file).collect();
        let flows = self.model.flows.iter().enumerate();
        let roots = flows.filter(|(_, flow)| checked.contains(&flow.name.span.file));
        for (index, _) in roots {
            self.flow(FlowId::new(index));
        }
        while let Some(id) = self.open_flows.pop() {
            self.used_by(&self.model[id]);
        }
        while let Some(id) = self.open_assets.pop() {
            self.fields(&self.model[id].fields);
        }
    }

    fn used_by(&mut self, flow: &'m Flow) {
        self.fields(&flow.context);
        for state in &flow.states {
            if let Some(&owner) = state.owner.get() {
                self.actor(owner);
            }
            if let Kind::Call(call) = &state.kind {
                call.runs.iter().filter_map(|run| run.flow).for_each(|flow| self.flow(flow));
            }
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        fields.iter().for_each(|field| self.ty(&field.ty.ty));
    }

    fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Enum(id) => self.enumeration(*id),
            Type::Asset(id) => self.asset(*id),
            Type::List { of, .. } => self.ty(of),
            _ => {}
        }
    }

    fn enumeration(&mut self, id: EnumId) {
        first(&mut self.enums, id.index());
    }

    fn asset(&mut self, id: AssetId) {
        if first(&mut self.assets, id.index()) {
            self.open_assets.push(id);
        }
    }

    fn actor(&mut self, id: ActorId) {
        first(&mut self.actors, id.index());
    }

    fn flow(&mut self, id: FlowId) {
        if first(&mut self.flows, id.index()) {
            self.open_flows.push(id);
        }
    }
}

/// Marks that position; whether it was not marked before.
fn first(marks: &mut [bool], index: usize) -> bool {
    marks.get_mut(index).is_some_and(|mark| !std::mem::replace(mark, true))
}
