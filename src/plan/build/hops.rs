//! The arrows of the model as hops, each with its envelope.
//!
//! Must not know: which clause an arrow stands in, but for its words.

use std::ops::Range;
use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::flow::Build;
use super::{Incomplete, wanted};
use crate::model::words::duration;
use crate::model::{self, Slot};
use crate::plan::hop::envelope_schema;
use crate::plan::{Envelope, Hop, Timer, Verification};
use crate::source::Span;

/// One way out, as far as all its hops share it.
pub(super) struct Way {
    /// `drafting/handoff-2`
    pub(super) id: SmolStr,
    /// The asset that is left.
    pub(super) asset: SmolStr,
    /// What makes work go this way.
    pub(super) threshold: SmolStr,
    /// All that travels, if the author says so; else what is read later does.
    pub(super) carry: Option<Arc<[SmolStr]>>,
    /// Where it starts.
    pub(super) place: Span,
}

/// A state that work leaves.
pub(super) struct Leave<'m> {
    pub(super) state: &'m model::State,
    pub(super) asset: SmolStr,
}

impl Leave<'_> {
    pub(super) fn place(&self) -> Span {
        self.state.name.span
    }
}

impl<'m> Build<'m> {
    pub(super) fn timer(
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

    pub(super) fn failure(&self, leave: &Leave<'m>) -> Result<Vec<Hop>, Incomplete> {
        let Some(exit) = wanted(&leave.state.failure, leave.place())? else { return Ok(Vec::new()) };
        self.route(&self.way(leave, "failure", "the owner failed".into()), &exit.arrows)
    }

    pub(super) fn way(&self, leave: &Leave<'m>, kind: &str, threshold: SmolStr) -> Way {
        let id = format_smolstr!("{}/{kind}", leave.state.name.text);
        Way { id, asset: leave.asset.clone(), threshold, carry: None, place: leave.place() }
    }

    pub(super) fn arrows(&self, range: &Range<u32>) -> &'m [model::Arrow] {
        self.flow.arrows.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The hops of a chain, at least one. Each later one is taken when the bounds of those before it are used up.
    pub(super) fn route(&self, way: &Way, range: &Range<u32>) -> Result<Vec<Hop>, Incomplete> {
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
        if hops.is_empty() { Err(Incomplete { place: way.place }) } else { Ok(hops) }
    }

    pub(super) fn hop(
        &self,
        way: &Way,
        id: SmolStr,
        threshold: SmolStr,
        arrow: &model::Arrow,
    ) -> Result<Hop, Incomplete> {
        let target = arrow.to.ok_or(Incomplete { place: arrow.span })?;
        let to = &self.flow[target].name.text;
        let arrival = self.arrival(target, arrow.span)?;
        let read = self.travels.get(target.index());
        let context = way.carry.as_ref().or(read).ok_or(Incomplete { place: arrow.span })?.clone();
        let envelope = Envelope {
            asset: arrival.asset.as_ref().unwrap_or(&way.asset).clone(),
            goal: arrival.goal.clone(),
            state: to.clone(),
            threshold,
            owner: arrival.owner.clone(),
            context,
            size: None, // measured when the plan is whole
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
}

fn times(count: u64) -> SmolStr {
    if count == 1 { "once".to_smolstr() } else { format_smolstr!("{count} times") }
}
