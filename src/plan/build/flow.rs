//! A flow of the model as a flow of the plan.
//!
//! Must not know: what happens on arrival (see `arrive`), nor how guards are translated (see `guard`).

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::arrive::{Arrival, arrivals};
use super::guard::Guards;
use super::hops::Way;
use super::names::Names;
use super::words::Words;
use super::{Incomplete, fields, required, ty};
use crate::analysis::live::Live;
use crate::graph::Graph;
use crate::model::{self, Model, PathUse, StateId};
use crate::plan::{End, Flow, Intake, Map, MapValue, Named, Outcome, Path, Worst};
use crate::source::Span;

/// The flow that the plan calls `name`.
pub(super) fn flow(
    model: &Model,
    names: &Names,
    name: &SmolStr,
    flow: &model::Flow,
    worst: Worst,
) -> Result<Flow, Incomplete> {
    let mut build = Build {
        names,
        name,
        flow,
        guards: Guards::new(Words { model, flow }, paths(names, flow)?),
        arrivals: arrivals(names, flow)?,
        travels: travels(flow),
    };
    Ok(Flow {
        doc: flow.doc.as_deref().map(Into::into),
        context: fields(names, &flow.context)?,
        intakes: build.intakes()?,
        states: build.states()?,
        ends: build.ends()?,
        worst,
        thresholds: build.guards.thresholds()?,
        span: flow.name.span,
    })
}

/// The compiler carries just what is read later: what it carries along an arrow depends on the target alone.
fn travels(flow: &model::Flow) -> Vec<Arc<[SmolStr]>> {
    let graph = Graph::new(flow, |_, _| true);
    let live = Live::new(&graph, |_| false);
    let names = |state| live.on_arrival(state).map(|field| flow[field].name.text.clone()).collect();
    graph.states().map(names).collect()
}

/// The flow's paths, by id.
pub(super) fn paths(names: &Names, flow: &model::Flow) -> Result<Vec<Path>, Incomplete> {
    let paths = flow.paths.iter().map(|path| {
        Ok(Path {
            names: path.text.split('.').map(Into::into).collect(),
            text: path.text.clone(),
            ty: ty(names, &path.ty).ok_or(Incomplete { place: flow.name.span })?,
            optional: path.optional,
        })
    });
    paths.collect()
}

/// An intake's id, by its place in the text.
pub(super) fn intake_id(index: usize) -> SmolStr {
    format_smolstr!("intake-{}", index + 1)
}

/// What a flow is built with.
pub(super) struct Build<'m> {
    pub(super) names: &'m Names,
    pub(super) name: &'m SmolStr,
    pub(super) flow: &'m model::Flow,
    pub(super) guards: Guards<'m>,
    pub(super) arrivals: Vec<Arrival>,
    /// What some later state reads of the context, by the state at which work arrives.
    pub(super) travels: Vec<Arc<[SmolStr]>>,
}

impl<'m> Build<'m> {
    fn intakes(&self) -> Result<Named<Intake>, Incomplete> {
        let intakes = self.flow.intakes.iter().enumerate();
        intakes
            .map(|(index, intake)| Ok((intake_id(index), self.intake(intake_id(index), intake)?)))
            .collect()
    }

    fn intake(&self, id: SmolStr, intake: &model::Intake) -> Result<Intake, Incomplete> {
        let place = intake.span;
        let field = &self.flow[intake.field.ok_or(Incomplete { place })?];
        let asset = field.name.text.clone();
        let threshold = format_smolstr!("the record fits {asset}");
        let way = Way { id, asset: asset.clone(), threshold, carry: None, place };
        let maps = intake.maps.as_ref().map(|maps| maps.iter().map(|map| self.map(map)).collect());
        Ok(Intake {
            field: asset,
            from: intake.from.as_ref().map(|from| SmolStr::from(&*from.value)),
            maps: maps.transpose()?,
            arrow: self.hop(&way, way.id.clone(), way.threshold.clone(), &self.flow[intake.arrow])?,
            span: place,
        })
    }

    fn map(&self, map: &model::Map) -> Result<Map, Incomplete> {
        let incomplete = Incomplete { place: map.span };
        let id = map.path.path.ok_or(incomplete)?;
        let value = match &map.value {
            model::MapValue::Raw(keys) => MapValue::Raw(keys.iter().map(|key| (*key.value).into()).collect()),
            model::MapValue::Constant(value) => {
                let constant = self.guards.constant(self.flow[id].root, value);
                MapValue::Constant(constant.ok_or(incomplete)?)
            }
            model::MapValue::Unknown => return Err(incomplete),
        };
        Ok(Map { path: self.path(&map.path)?, value })
    }

    fn ends(&self) -> Result<Named<End>, Incomplete> {
        let ends = self.flow.states.iter().zip(&self.arrivals);
        let ends = ends.filter_map(|(state, arrival)| match &state.kind {
            model::Kind::End(end) => Some((state, end, arrival)),
            _ => None,
        });
        ends.map(|(state, end, arrival)| Ok((state.name.text.clone(), self.end(state, end, arrival)?)))
            .collect()
    }

    fn end(&self, state: &model::State, end: &model::End, arrival: &Arrival) -> Result<End, Incomplete> {
        let place = state.name.span;
        let outcome = match end.success.ok_or(Incomplete { place })? {
            true => {
                Outcome::Success { receipt: self.flow[*required(&end.receipt, place)?].name.text.clone() }
            }
            false => Outcome::Failure { reason: required(&end.reason, place)?.as_ref().into() },
        };
        let doc = state.doc.as_deref().map(Into::into);
        Ok(End { doc, owner: arrival.owner.clone(), outcome, span: place })
    }

    pub(super) fn arrival(&self, id: StateId, place: Span) -> Result<&Arrival, Incomplete> {
        self.arrivals.get(id.index()).ok_or(Incomplete { place })
    }

    pub(super) fn path(&self, read: &PathUse) -> Result<Path, Incomplete> {
        let incomplete = Incomplete { place: read.span };
        self.guards.path(read.path.ok_or(incomplete)?, read.span)
    }

    pub(super) fn fields<'u>(
        &self,
        uses: impl Iterator<Item = &'u model::FieldUse>,
    ) -> Result<Vec<SmolStr>, Incomplete> {
        uses.map(|read| self.field(read)).collect()
    }

    pub(super) fn field(&self, read: &model::FieldUse) -> Result<SmolStr, Incomplete> {
        let id = read.field.ok_or(Incomplete { place: read.span })?;
        Ok(self.flow[id].name.text.clone())
    }
}
