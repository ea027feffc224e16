//! Intakes: where work comes in, and how a raw record becomes the asset.
//!
//! Must not know: what happens to the work then.

use rustc_hash::FxHashMap;

use super::flow::FlowLowering;
use super::guards::Reader;
use super::report::listed;
use super::values::Holder;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    ArrowId, ArrowKind, FieldId, Intake, IntakeId, Map, MapValue, PathId, PathUse, Start, Type,
};
use crate::source::Span;
use crate::syntax::tree::{self, IntakeItem, MapItem, Operand};

/// The steps below an intake's field, by position in their assets.
type Steps = Vec<u32>;

/// What the maps of an intake fill so far, with the places of the maps.
#[derive(Default)]
struct Mapped {
    mapped: FxHashMap<Steps, Span>,
    /// What holds something that is mapped.
    begun: FxHashMap<Steps, Span>,
}

impl FlowLowering<'_, '_> {
    pub(super) fn lower_intakes(&mut self) {
        let mut seen = FxHashMap::default();
        let items = std::mem::take(&mut self.intakes);
        for (at, item) in items.iter().enumerate() {
            let from = item.from.as_ref().map(|from| &from.value);
            match seen.get(&(&item.field.text, from)) {
                Some(&first) => {
                    self.all.reports.duplicate(&item.field, first, "with the same source, intake")
                }
                None => drop(seen.insert((&item.field.text, from), item.field.span)),
            }
            let intake = self.intake(IntakeId::new(at), item);
            self.flow.intakes.push(intake);
        }
        if items.is_empty() && !self.names.intake_unreadable {
            let example = "`intake … -> …`, where work comes in";
            self.all.missing_member(&self.flow.name, "intake", example);
        }
    }

    fn intake(&mut self, id: IntakeId, item: &IntakeItem) -> Intake {
        let field = self.field(&item.field);
        let arrow = ArrowId(self.next_arrow());
        self.intake_arrow(id, item);
        let maps = item.maps.as_ref().map(|maps| self.maps(item, field, maps));
        if item.faulty {
            self.all.unreadable(item.span);
        }
        Intake {
            span: item.span,
            name: item.field.clone(),
            field,
            from: item.from.clone(),
            maps,
            arrow,
            unknown: item.faulty,
        }
    }

    /// The one arrow of an intake; it can't be counted.
    fn intake_arrow(&mut self, id: IntakeId, item: &IntakeItem) {
        let mut route = item.route.clone();
        if let Some(bound) = route.hops.first().and_then(|hop| hop.bound.as_ref()) {
            let message = format!(
                "the arrow of intake `{}` can't be counted, since work comes in once",
                item.field.text
            );
            self.all
                .reports
                .add(Diagnostic::new(Code::Syntax, bound.span, message).help("delete `at most … else -> …`"));
            self.flow.unknown = true;
        }
        route.hops.truncate(1);
        if let Some(hop) = route.hops.first_mut() {
            hop.bound = None;
        }
        self.arrows(Start::Intake(id), ArrowKind::Intake, &route);
    }

    fn maps(&mut self, item: &IntakeItem, field: Option<FieldId>, maps: &[MapItem]) -> Vec<Map> {
        let mut mapped = Mapped::default();
        let mut lowered = Vec::with_capacity(maps.len());
        let mut certain = !item.faulty && field.is_some();
        for map in maps {
            let path = field.and_then(|field| self.path_below(field, &map.field));
            certain &= path.is_some();
            if let Some(path) = path {
                self.enter_map(path, map, &mut mapped);
            }
            let value = self.map_value(path, map);
            lowered.push(Map { span: map.span, path: PathUse { path, span: map.field.span }, value });
        }
        if let Some(field) = field.filter(|_| certain) {
            self.check_mapped(item, field, &mapped);
        }
        lowered
    }

    /// B011 where the field, one around it or one in it is mapped already.
    fn enter_map(&mut self, path: PathId, map: &MapItem, Mapped { mapped, begun }: &mut Mapped) {
        let steps = &self.flow[path].steps;
        let around = (1..=steps.len()).find_map(|length| mapped.get(steps.get(..length)?));
        let around = around.or_else(|| begun.get(steps));
        match (around, map.field.rest.last().or(Some(&map.field.root))) {
            (Some(&first), Some(name)) => self.all.reports.listed_twice(name, first, "the maps"),
            _ => {
                for length in 0..steps.len() {
                    begun.entry(steps.get(..length).unwrap_or(&[]).into()).or_insert(map.field.span);
                }
                mapped.insert(steps.clone(), map.field.span);
            }
        }
    }

    fn map_value(&mut self, path: Option<PathId>, map: &MapItem) -> MapValue {
        let operand = match &map.value {
            tree::MapValue::Raw { keys, .. } => return MapValue::Raw(keys.clone()),
            tree::MapValue::Literal(literal) => Operand::Literal(literal.clone()),
            tree::MapValue::Member(name) => Operand::Member(name.clone()),
        };
        let Some(path) = path.map(|path| &self.flow[path]) else { return MapValue::Unknown };
        let holder = Holder { text: path.text.clone(), ty: path.ty.clone(), fills: true };
        self.value(&operand, &holder, &Reader::default()).map_or(MapValue::Unknown, MapValue::Constant)
    }

    /// B505 for the fields that the maps leave without a value; an optional one may be left out whole.
    fn check_mapped(&mut self, item: &IntakeItem, field: FieldId, Mapped { mapped, begun }: &Mapped) {
        let mut missing = Vec::new();
        let mut open = vec![(Steps::new(), String::new(), &self.flow[field].ty.ty)];
        while let Some((steps, text, ty)) = open.pop() {
            let Type::Asset(asset) = ty else { continue };
            let asset = &self.all.model[*asset];
            if asset.unknown {
                continue;
            }
            for (at, field) in (0..).zip(&asset.fields) {
                let below: Steps = steps.iter().copied().chain([at]).collect();
                let name = if text.is_empty() {
                    field.name.text.to_string()
                } else {
                    format!("{text}.{}", field.name.text)
                };
                if mapped.contains_key(&below) || field.ty.ty == Type::Unknown {
                    continue;
                }
                if begun.contains_key(&below) {
                    open.push((below, name, &field.ty.ty));
                } else if !field.ty.optional {
                    missing.push(name);
                }
            }
        }
        if let Some(first) = missing.first() {
            let names = listed(missing.iter().map(String::as_str));
            let message = format!("intake `{}` leaves {names} without a value", item.field.text);
            let key = first.rsplit('.').next().unwrap_or(first);
            self.all.reports.add(Diagnostic::new(Code::Unmapped, item.field.span, message).help(format!(
                "write `map {first} = raw.{key}` between its braces, or make the field optional"
            )));
        }
    }
}
