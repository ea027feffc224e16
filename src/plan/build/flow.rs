//! A flow of the model as a flow of the plan.
//!
//! Must not know: what happens on arrival (see `arrive`), nor how guards are translated (see `guard`).

use std::ops::Range;
use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::arrive::{Arrival, arrivals};
use super::guard::Guards;
use super::names::{Names, Taken};
use super::words::{Words, duration};
use super::{Incomplete, fields, options, required, ty, wanted};
use crate::model::{self, FlowId, Model, PathUse, Slot, StateId};
use crate::plan::{
    Approval, Call, Choice, End, Envelope, Flow, Handoff, Hop, Intake, Kind, Map, MapValue, Named, Need,
    Outcome, Path, Retry, Run, State, Timer, Verification, When, envelope_schema,
};
use crate::source::Span;

/// The flow that the plan calls `name`.
pub(super) fn flow(
    model: &Model,
    names: &Names,
    name: &SmolStr,
    flow: &model::Flow,
) -> Result<Flow, Incomplete> {
    let mut build = Build {
        names,
        name,
        flow,
        guards: Guards::new(Words { model, flow }, paths(names, flow)?),
        arrivals: arrivals(names, flow)?,
        whole: flow.context.iter().map(|field| field.name.text.clone()).collect(),
    };
    Ok(Flow {
        doc: flow.doc.as_deref().map(Into::into),
        context: fields(names, &flow.context)?,
        intakes: build.intakes()?,
        states: build.states()?,
        ends: build.ends()?,
        thresholds: build.guards.thresholds()?,
        span: flow.name.span,
    })
}

fn paths(names: &Names, flow: &model::Flow) -> Result<Vec<Path>, Incomplete> {
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
fn intake_id(index: usize) -> SmolStr {
    format_smolstr!("intake-{}", index + 1)
}

/// What a flow is built with.
struct Build<'m> {
    names: &'m Names,
    name: &'m SmolStr,
    flow: &'m model::Flow,
    guards: Guards<'m>,
    arrivals: Vec<Arrival>,
    /// All context fields.
    whole: Arc<[SmolStr]>,
}

/// One way out, as far as all its hops share it.
struct Way {
    /// `drafting/handoff-2`
    id: SmolStr,
    /// The asset that is left.
    asset: SmolStr,
    /// What makes work go this way.
    threshold: SmolStr,
    /// What travels.
    context: Arc<[SmolStr]>,
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
        let way = Way { id, asset: asset.clone(), threshold, context: Arc::clone(&self.whole) };
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

    fn states(&mut self) -> Result<Named<State>, Incomplete> {
        let mut states = Named::default();
        for (index, state) in self.flow.states.iter().enumerate() {
            if !matches!(state.kind, model::Kind::End(_)) {
                states.insert(state.name.text.clone(), self.state(StateId::new(index), state)?);
            }
        }
        Ok(states)
    }

    fn state(&mut self, id: StateId, state: &'m model::State) -> Result<State, Incomplete> {
        let arrival = self.arrival(id, state.name.span)?;
        let (owner, goal) = (arrival.owner.clone(), arrival.goal.clone());
        let leave = Leave { state, asset: arrival.asset.clone().unwrap_or_default() };
        let built = State {
            doc: state.doc.as_deref().map(Into::into),
            owner,
            asset: leave.asset.clone(),
            goal,
            kind: self.kind(id, &leave)?,
            needs: self.needs(state)?,
            makes: self.fields(state.makes.iter())?,
            accept: self.timer(&leave, "accept", "not accepted within", &state.accept)?,
            deadline: self.timer(&leave, "deadline", "not finished within", &state.deadline)?,
            failure: self.failure(&leave)?,
            retry: wanted(&state.retry, leave.place())?
                .map(|&model::Retry { times, every }| Retry { times, every }),
            handoffs: self.handoffs(&leave)?,
            span: leave.place(),
        };
        let waits = matches!(built.kind, Kind::Wait { .. });
        let leaves = built.deadline.is_some() && !built.failure.is_empty() && !built.handoffs.is_empty();
        if waits || leaves { Ok(built) } else { Err(Incomplete { place: leave.place() }) }
    }

    fn arrival(&self, id: StateId, place: Span) -> Result<&Arrival, Incomplete> {
        self.arrivals.get(id.index()).ok_or(Incomplete { place })
    }

    fn needs(&self, state: &model::State) -> Result<Vec<Need>, Incomplete> {
        let need = |need: &model::Need| Ok(Need { path: self.path(&need.path)?, optional: need.optional });
        state.needs.iter().map(need).collect()
    }

    fn path(&self, read: &PathUse) -> Result<Path, Incomplete> {
        let incomplete = Incomplete { place: read.span };
        self.guards.path(read.path.ok_or(incomplete)?, read.span)
    }

    fn fields<'u>(
        &self,
        uses: impl Iterator<Item = &'u model::FieldUse>,
    ) -> Result<Vec<SmolStr>, Incomplete> {
        uses.map(|read| self.field(read)).collect()
    }

    fn field(&self, read: &model::FieldUse) -> Result<SmolStr, Incomplete> {
        let id = read.field.ok_or(Incomplete { place: read.span })?;
        Ok(self.flow[id].name.text.clone())
    }

    fn kind(&self, id: StateId, leave: &Leave<'m>) -> Result<Kind, Incomplete> {
        let incomplete = Incomplete { place: leave.place() };
        Ok(match &leave.state.kind {
            model::Kind::State => Kind::State,
            model::Kind::Approval(approval) => Kind::Approval(self.approval(id, approval)?),
            model::Kind::Wait { time } => {
                Kind::Wait { time: self.timer(leave, "wait", "waited", time)?.ok_or(incomplete)? }
            }
            model::Kind::Call(call) => Kind::Call(self.call(call, leave.place())?),
            model::Kind::End(_) => return Err(incomplete),
        })
    }

    fn approval(&self, id: StateId, approval: &model::Approval) -> Result<Approval, Incomplete> {
        let options = approval.options.iter().zip(0..);
        Ok(Approval {
            question: required(&approval.asks, self.flow[id].name.span)?.as_ref().into(),
            shows: approval.shows.iter().map(|shown| self.path(shown)).collect::<Result<_, _>>()?,
            options: options.map(|(name, option)| self.choice(id, option, &name.text)).collect(),
        })
    }

    fn choice(&self, approval: StateId, option: u32, name: &SmolStr) -> Choice {
        let taken = options::taken(self.flow, approval, option);
        let arrows = taken.into_iter().flat_map(|handoff| self.arrows(&handoff.arrows));
        let targets = arrows.filter_map(|arrow| arrow.to).map(|to| self.flow[to].name.text.clone());
        let unique: indexmap::IndexSet<_> = targets.collect();
        Choice { name: name.clone(), to: unique.into_iter().collect() }
    }

    fn call(&self, call: &model::Call, place: Span) -> Result<Call, Incomplete> {
        let mut taken = Taken::default();
        let runs = call.runs.iter().map(|run| self.run(run, &mut taken));
        let join = match call.join {
            model::Join::All => call.runs.len() as u64,
            model::Join::Any => 1,
            model::Join::Count(count) => count.into(),
        };
        Ok(Call { runs: runs.collect::<Result<_, _>>()?, join, span: place })
    }

    fn run(&self, run: &model::Run, taken: &mut Taken) -> Result<Run, Incomplete> {
        let incomplete = Incomplete { place: run.span };
        let flow = self.flow_name(run.flow.ok_or(incomplete)?).ok_or(incomplete)?;
        Ok(Run {
            id: taken.unique(flow),
            flow: flow.clone(),
            intake: intake_id(run.intake.ok_or(incomplete)?.index()),
            argument: self.path(run.argument.as_ref().ok_or(incomplete)?)?,
            gives: run.gives.as_ref().map(|gives| self.field(gives)).transpose()?,
            span: run.span,
        })
    }

    fn flow_name(&self, id: FlowId) -> Option<&SmolStr> {
        self.names.flows.name(id.index())
    }

    fn timer(
        &self,
        leave: &Leave<'m>,
        kind: &str,
        words: &str,
        slot: &Slot<model::Timer>,
    ) -> Result<Option<Timer>, Incomplete> {
        let Some(timer) = wanted(slot, leave.place())? else { return Ok(None) };
        let seconds = timer.seconds.ok_or(Incomplete { place: timer.span })?;
        let way = self.way(leave, kind, format_smolstr!("{words} {}", duration(seconds)));
        Ok(Some(Timer { seconds, route: self.route(&way, &timer.arrows)?, span: timer.span }))
    }

    fn failure(&self, leave: &Leave<'m>) -> Result<Vec<Hop>, Incomplete> {
        let Some(exit) = wanted(&leave.state.failure, leave.place())? else { return Ok(Vec::new()) };
        self.route(&self.way(leave, "failure", "the owner failed".into()), &exit.arrows)
    }

    fn handoffs(&mut self, leave: &Leave<'m>) -> Result<Vec<Handoff>, Incomplete> {
        let range = &leave.state.handoffs;
        let handoffs = self.flow.handoffs.get(range.start as usize..range.end as usize).unwrap_or_default();
        let numbered = handoffs.iter().zip(1_u64..);
        numbered.map(|(handoff, number)| self.handoff(leave, handoff, number)).collect()
    }

    fn handoff(
        &mut self,
        leave: &Leave<'m>,
        handoff: &model::Handoff,
        number: u64,
    ) -> Result<Handoff, Incomplete> {
        let (when, threshold) = self.when(handoff)?;
        let mut way = self.way(leave, &format!("handoff-{number}"), threshold);
        if let Some(carry) = &handoff.carry {
            way.context = self.fields(carry.fields.iter())?.into();
        }
        let route = self.route(&way, &handoff.arrows)?;
        Ok(Handoff { when, threshold: way.threshold, route, span: handoff.span })
    }

    fn when(&mut self, handoff: &model::Handoff) -> Result<(When, SmolStr), Incomplete> {
        match &handoff.when {
            model::When::Guard(span, guard) => {
                Ok((When::Guard(self.guards.guard(guard, *span)?), self.guards.words.guard(guard)))
            }
            model::When::Otherwise(_) => Ok((When::Otherwise, "otherwise".into())),
            model::When::Missing => Err(Incomplete { place: handoff.span }),
        }
    }

    fn way(&self, leave: &Leave<'m>, kind: &str, threshold: SmolStr) -> Way {
        let id = format_smolstr!("{}/{kind}", leave.state.name.text);
        Way { id, asset: leave.asset.clone(), threshold, context: Arc::clone(&self.whole) }
    }

    fn arrows(&self, range: &Range<u32>) -> &'m [model::Arrow] {
        self.flow.arrows.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The hops of a chain. Each later one is taken when the bounds of those before it are used up.
    fn route(&self, way: &Way, range: &Range<u32>) -> Result<Vec<Hop>, Incomplete> {
        let mut used_up = 0_u64;
        let mut hops = Vec::new();
        for (place, arrow) in self.arrows(range).iter().enumerate() {
            let (id, threshold) = match place {
                0 => (way.id.clone(), way.threshold.clone()),
                _ => (
                    format_smolstr!("{}#{place}", way.id),
                    format_smolstr!("{}, more than {}", way.threshold, times(used_up)),
                ),
            };
            used_up = used_up.saturating_add(arrow.bound.unwrap_or(0));
            hops.push(self.hop(way, id, threshold, arrow)?);
        }
        Ok(hops)
    }

    fn hop(
        &self,
        way: &Way,
        id: SmolStr,
        threshold: SmolStr,
        arrow: &model::Arrow,
    ) -> Result<Hop, Incomplete> {
        let target = arrow.to.ok_or(Incomplete { place: arrow.span })?;
        let to = &self.flow[target].name.text;
        let arrival = self.arrival(target, arrow.span)?;
        let envelope = Envelope {
            asset: arrival.asset.as_ref().unwrap_or(&way.asset).clone(),
            goal: arrival.goal.clone(),
            state: to.clone(),
            threshold,
            owner: arrival.owner.clone(),
            context: Arc::clone(&way.context),
            accept: arrival.accept.clone(),
            deadline: arrival.deadline.clone(),
            bound: arrow.bound,
            verification: Verification {
                schema: envelope_schema(self.name, &id),
                present: arrival.present.clone(),
            },
        };
        Ok(Hop { id, to: to.clone(), at_most: arrow.bound, envelope, span: arrow.span })
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
}

/// A state that work leaves.
struct Leave<'m> {
    state: &'m model::State,
    asset: SmolStr,
}

impl Leave<'_> {
    fn place(&self) -> Span {
        self.state.name.span
    }
}

fn times(count: u64) -> SmolStr {
    if count == 1 { "once".to_smolstr() } else { format_smolstr!("{count} times") }
}
