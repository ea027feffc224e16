//! Where each option of an approval leads, as far as the decision alone tells.
//!
//! Must not know: the values of fields. A test of one counts as undecided, so that no way is left out.

use crate::model::{Atom, CompareOp, Flow, Guard, Handoff, Root, StateId, Test, Value, When};
use crate::plan::joined;

/// How deep thresholds are followed; deeper ones count as undecided.
const DEPTH: u32 = 256;

/// The handoffs of an approval that may be taken when that option, by position, is chosen.
pub(super) fn taken(flow: &Flow, approval: StateId, option: u32) -> Vec<&Handoff> {
    let choice = Choice { flow, approval, option };
    let range = &flow[approval].handoffs;
    let handoffs = flow.handoffs.get(range.start as usize..range.end as usize).unwrap_or_default();
    let settled = handoffs.iter().any(|handoff| choice.takes(handoff) == Some(true));
    let may = |handoff: &&Handoff| match handoff.when {
        When::Otherwise(_) => !settled,
        _ => choice.takes(handoff) != Some(false),
    };
    handoffs.iter().filter(may).collect()
}

#[derive(Clone, Copy)]
struct Choice<'m> {
    flow: &'m Flow,
    approval: StateId,
    option: u32,
}

impl Choice<'_> {
    fn takes(self, handoff: &Handoff) -> Option<bool> {
        match &handoff.when {
            When::Guard(_, guard) => self.holds(guard, DEPTH),
            When::Otherwise(_) | When::Missing => None,
        }
    }

    /// `None` if the decision does not tell.
    fn holds(self, guard: &Guard, depth: u32) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let holds = |guard| self.holds(guard, depth);
        match guard {
            Guard::And(all) => joined(false, all.iter().map(holds)),
            Guard::Or(some) => joined(true, some.iter().map(holds)),
            Guard::Not(inner) => holds(inner).map(|holds| !holds),
            Guard::Atom(atom) => self.test(atom),
            Guard::Delivered(_) => Some(true),
            Guard::Threshold { guard, .. } => self.holds(guard, depth),
            Guard::Unknown => None,
        }
    }

    fn test(self, atom: &Atom) -> Option<bool> {
        if self.flow[atom.path].root != Root::Decision(self.approval) {
            return None;
        }
        let chosen = |value: &Value| *value == Value::Option(self.option);
        match &atom.test {
            Test::Compare(CompareOp::Is, value) => Some(chosen(value)),
            Test::Compare(CompareOp::IsNot, value) => Some(!chosen(value)),
            Test::Set(values) => Some(values.iter().any(chosen)),
            Test::Present(present) => Some(*present),
            Test::Compare(..) | Test::Range { .. } | Test::True => None,
        }
    }
}
