//! Copy walkers over the model, so that what reads it says `state.owner()` rather than follow ids.
//!
//! Must not know: any rule of `checks`.

use std::ops::{Deref, Range};

use super::{Actor, Arrow, ArrowId, Flow, Handoff, HandoffId, Kind, Model, State, StateId};

/// A state, approval, wait, call or end where it stands.
#[derive(Clone, Copy, Debug)]
pub struct StateRef<'m> {
    /// Which.
    pub id: StateId,
    /// The flow that it stands in.
    pub flow: &'m Flow,
    /// The model of which the flow is a part.
    pub model: &'m Model,
}

impl Deref for StateRef<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.flow[self.id]
    }
}

impl<'m> StateRef<'m> {
    /// What the model says of it.
    #[must_use]
    pub fn get(self) -> &'m State {
        &self.flow[self.id]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'m str {
        &self.get().name.text
    }

    /// `state`, `approval` …: the word for people.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self.kind {
            Kind::State => "state",
            Kind::Approval(_) => "approval",
            Kind::Wait { .. } => "wait",
            Kind::Call(_) => "call",
            Kind::End(_) => "end",
        }
    }

    /// A state, approval or call: somebody works here, or runs do.
    #[must_use]
    pub fn works(self) -> bool {
        matches!(self.kind, Kind::State | Kind::Approval(_) | Kind::Call(_))
    }

    /// Work ends here.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self.kind, Kind::End(_))
    }

    /// An end of which it is known that it is, or is not, a success.
    #[must_use]
    pub fn ends_in(self, success: bool) -> bool {
        matches!(&self.kind, Kind::End(end) if end.success == Some(success))
    }

    /// Who owns the work here, if that is known.
    #[must_use]
    pub fn owner(self) -> Option<&'m Actor> {
        self.get().owner.get().map(|&id| &self.model[id])
    }

    /// Its handoffs, in the order of the text.
    pub fn handoffs(self) -> impl Iterator<Item = &'m Handoff> {
        self.get().handoffs.clone().map(move |id| &self.flow[HandoffId(id)])
    }

    /// The handoff at that place among them.
    #[must_use]
    pub fn handoff_at(self, place: usize) -> Option<&'m Handoff> {
        let mut ids = self.get().handoffs.clone();
        ids.nth(place).map(|id| &self.flow[HandoffId(id)])
    }

    /// All arrows that start here.
    pub fn arrows(self) -> impl Iterator<Item = &'m Arrow> {
        self.flow.arrows_in(&self.get().arrows)
    }
}

impl Flow {
    /// The place of a handoff among those of its state.
    #[must_use]
    pub fn place_of(&self, handoff: HandoffId) -> usize {
        handoff.index() - self[self[handoff].state].handoffs.start as usize
    }

    /// The arrows of a state, handoff, timer or exit.
    pub fn arrows_in(&self, range: &Range<u32>) -> impl Iterator<Item = &Arrow> {
        range.clone().map(|id| &self[ArrowId(id)])
    }
}
