//! A state of the model as a state of the plan.
//!
//! Must not know: what its arrows say (see `hops`).

use smol_str::SmolStr;

use super::flow::{Build, intake_id};
use super::hops::Leave;
use super::names::Taken;
use super::{Incomplete, options, required, wanted};
use crate::model::{self, FlowId, StateId};
use crate::plan::{Approval, Call, Choice, Handoff, Kind, Named, Need, Retry, Run, State, When};
use crate::source::Span;

impl<'m> Build<'m> {
    pub(super) fn states(&mut self) -> Result<Named<State>, Incomplete> {
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
        let leads_on = built.deadline.is_some() && !built.failure.is_empty() && !built.handoffs.is_empty();
        if waits || leads_on { Ok(built) } else { Err(Incomplete { place: leave.place() }) }
    }

    fn needs(&self, state: &model::State) -> Result<Vec<Need>, Incomplete> {
        let need = |need: &model::Need| Ok(Need { path: self.path(&need.path)?, optional: need.optional });
        state.needs.iter().map(need).collect()
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
        Ok(Call { runs: runs.collect::<Result<_, _>>()?, join, span: call.join_span.unwrap_or(place) })
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
            way.carry = Some(self.fields(carry.fields.iter())?.into());
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
}
