//! What authors ask to be proved: its states, options, times and amounts.
//!
//! Must not know: whether it holds.

use super::flow::FlowLowering;
use super::guards::Reader;
use crate::model::{Claim, Gate, Kind, Name, Prove, StateId};
use crate::syntax::tree::{GateExpr, ProveItem, ProveKind};

/// What a state is named for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StateRole {
    Approval,
    End,
    /// Anything but an end.
    Visited,
}

impl StateRole {
    pub(super) fn fits(self, kind: &Kind) -> bool {
        match self {
            StateRole::Approval => matches!(kind, Kind::Approval(_)),
            StateRole::End => matches!(kind, Kind::End(_)),
            StateRole::Visited => !matches!(kind, Kind::End(_)),
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            StateRole::Approval => "an approval",
            StateRole::End => "an end",
            StateRole::Visited => "a state that work leaves",
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            StateRole::Approval => "approval",
            StateRole::End => "end",
            StateRole::Visited => "state",
        }
    }
}

impl FlowLowering<'_, '_> {
    pub(super) fn prove(&mut self, item: &ProveItem) -> Prove {
        Prove { span: item.span, claim: self.claim(&item.kind) }
    }

    fn claim(&mut self, kind: &ProveKind) -> Option<Claim> {
        match kind {
            ProveKind::EndsWithin(time) => self.all.duration(time, "`ends within`").map(Claim::EndsWithin),
            ProveKind::CostsAtMost(most) => self.all.money(most, "`costs at most`").map(Claim::CostsAtMost),
            ProveKind::Visits(count, name) => {
                let count = self.all.count(count, 0, "`at most`");
                let state = self.state(name);
                Some(Claim::Visits(count?, state?))
            }
            ProveKind::Passes { state, gates } => {
                let state = self.state(state);
                let gates: Vec<_> = gates.iter().map(|gate| self.gate(gate)).collect();
                let gates = gates.into_iter().collect::<Option<_>>();
                Some(Claim::Passes { state: state?, gates: gates? })
            }
            ProveKind::OnlyIf(name, guard) => {
                let state = self.state(name);
                let guard = self.guard(guard, None, false);
                (!guard.is_unknown()).then_some(())?;
                Some(Claim::OnlyIf(state?, guard))
            }
            ProveKind::DecidedBy { approval, others } => {
                let approval = self.state_in_role(approval, StateRole::Approval);
                let others: Vec<_> = others.iter().map(|name| self.state(name)).collect();
                let others = others.into_iter().collect::<Option<_>>();
                Some(Claim::DecidedBy { approval: approval?, others: others? })
            }
        }
    }

    fn gate(&mut self, gate: &GateExpr) -> Option<Gate> {
        let Some(option) = &gate.with else {
            let state = self.state_in_role(&gate.state, StateRole::Visited)?;
            return Some(Gate { state, with: None });
        };
        let state = self.state_in_role(&gate.state, StateRole::Approval)?;
        let with = self.option(state, option, &Reader::default())?;
        Some(Gate { state, with: Some(with) })
    }

    /// The state of that name if it is of the sort that is due; reported if not.
    pub(super) fn state_in_role(&mut self, name: &Name, role: StateRole) -> Option<StateId> {
        let state = self.state(name)?;
        self.plays(name, state, role).then_some(state)
    }
}
