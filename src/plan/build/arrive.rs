//! What the next owner is told on arrival: the same along every arrow into a state, so it is made once.
//!
//! Must not know: which arrows lead there.

use smol_str::{SmolStr, format_smolstr};

use super::names::Names;
use super::{Incomplete, required, wanted};
use crate::model::{self, End, Flow, Kind, PathUse, Slot, State};
use crate::plan::Limit;
use crate::source::Span;

/// What a state or end says to whoever gets the work.
pub(super) struct Arrival {
    /// The object of the work; a failure end has none of its own.
    pub(super) asset: Option<SmolStr>,
    pub(super) goal: SmolStr,
    pub(super) owner: SmolStr,
    pub(super) accept: Option<Limit>,
    pub(super) deadline: Option<Limit>,
    /// The paths that are read on arrival and can't be absent.
    pub(super) present: Vec<SmolStr>,
}

/// What each state of the flow says, by id.
pub(super) fn arrivals(names: &Names, flow: &Flow) -> Result<Vec<Arrival>, Incomplete> {
    flow.states.iter().map(|state| Of { names, flow, state }.arrival()).collect()
}

#[derive(Clone, Copy)]
struct Of<'m> {
    names: &'m Names,
    flow: &'m Flow,
    state: &'m State,
}

impl<'m> Of<'m> {
    fn arrival(self) -> Result<Arrival, Incomplete> {
        match &self.state.kind {
            Kind::End(end) => self.end(end),
            _ => self.work(),
        }
    }

    fn place(self) -> Span {
        self.state.name.span
    }

    fn owner(self) -> Result<SmolStr, Incomplete> {
        let owner = required(&self.state.owner, self.place())?;
        self.names.actors.name(owner.index()).cloned().ok_or(Incomplete { place: self.place() })
    }

    fn work(self) -> Result<Arrival, Incomplete> {
        let place = self.place();
        let asset = &self.flow[*required(&self.state.asset, place)?].name.text;
        Ok(Arrival {
            asset: Some(asset.clone()),
            goal: required(&self.state.goal, place)?.as_ref().into(),
            owner: self.owner()?,
            accept: self.limit(&self.state.accept)?,
            deadline: self.limit(&self.state.deadline)?,
            present: self.present(asset),
        })
    }

    fn end(self, end: &End) -> Result<Arrival, Incomplete> {
        let place = self.place();
        let (asset, goal) = match end.success {
            Some(true) => {
                let receipt = &self.flow[*required(&end.receipt, place)?].name.text;
                (Some(receipt.clone()), format_smolstr!("done, with {receipt} as the receipt"))
            }
            _ => (None, required(&end.reason, place)?.as_ref().into()),
        };
        let present = asset.iter().cloned().collect();
        Ok(Arrival { asset, goal, owner: self.owner()?, accept: None, deadline: None, present })
    }

    fn limit(self, slot: &Slot<model::Timer>) -> Result<Option<Limit>, Incomplete> {
        let Some(timer) = wanted(slot, self.place())? else { return Ok(None) };
        let seconds = timer.seconds.ok_or(Incomplete { place: timer.span })?;
        let arrows = self.flow.arrows.get(timer.arrows.start as usize..timer.arrows.end as usize);
        let targets = arrows.unwrap_or_default().iter().map(|arrow| {
            arrow.to.map(|to| self.flow[to].name.text.clone()).ok_or(Incomplete { place: arrow.span })
        });
        Ok(Some(Limit { seconds, escalation: targets.collect::<Result<_, _>>()? }))
    }

    /// The asset, the needs that do not accept absence, what a reviewer is shown, the arguments of calls.
    fn present(self, asset: &SmolStr) -> Vec<SmolStr> {
        let needs = self.state.needs.iter().filter(|need| !need.optional).map(|need| &need.path);
        let (shows, runs) = match &self.state.kind {
            Kind::Approval(approval) => (approval.shows.as_slice(), [].as_slice()),
            Kind::Call(call) => ([].as_slice(), call.runs.as_slice()),
            _ => ([].as_slice(), [].as_slice()),
        };
        let arguments = runs.iter().filter_map(|run| run.argument.as_ref());
        let read = needs.chain(shows).chain(arguments).filter_map(|PathUse { path, .. }| *path);
        let read = read.map(|path| self.flow[path].text.clone());
        let unique: indexmap::IndexSet<_> = std::iter::once(asset.clone()).chain(read).collect();
        unique.into_iter().collect()
    }
}
