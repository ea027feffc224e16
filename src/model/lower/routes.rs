//! Routes: `-> S at most N times else -> T`, spelled out as arrows; and the defaults, copied.
//!
//! Must not know: which clause a route stands in, but for the [`ArrowKind`] it is given.

use std::ops::Range;

use super::flow::FlowLowering;
use crate::model::{
    Arrow, ArrowKind, DefaultDeadline, DefaultFailure, DefaultHop, DefaultRoute, Slot, Spanned, Start,
    StateId,
};
use crate::syntax::tree::{DefaultItem, DefaultKind, Hop, Route};

impl FlowLowering<'_, '_> {
    /// Where the next arrow goes in the arena.
    pub(super) fn next_arrow(&self) -> u32 {
        u32::try_from(self.flow.arrows.len()).unwrap_or(u32::MAX)
    }

    /// The arrows of a route.
    pub(super) fn arrows(&mut self, from: Start, kind: ArrowKind, route: &Route) -> Range<u32> {
        let start = self.next_arrow();
        for (at, hop) in (0..).zip(&route.hops) {
            let hop = self.hop(hop);
            self.push_arrow(from, kind, at, hop, false);
        }
        start..self.next_arrow()
    }

    /// The arrows of a default, copied.
    pub(super) fn copied_arrows(&mut self, from: Start, kind: ArrowKind, route: &DefaultRoute) -> Range<u32> {
        let start = self.next_arrow();
        for (at, &hop) in (0..).zip(&route.hops) {
            self.push_arrow(from, kind, at, hop, true);
        }
        start..self.next_arrow()
    }

    fn push_arrow(&mut self, from: Start, kind: ArrowKind, hop: u32, to: DefaultHop, inherited: bool) {
        let DefaultHop { to, bound, bound_unknown, span } = to;
        self.flow.arrows.push(Arrow { from, kind, hop, to, span, bound, bound_unknown, inherited });
    }

    pub(super) fn hop(&mut self, hop: &Hop) -> DefaultHop {
        let to = hop.target.as_ref().and_then(|target| self.state(target));
        let bound = hop.bound.as_ref().map(|bound| self.all.count(bound, 1, "`at most`"));
        let bound_unknown = bound == Some(None);
        let span = hop.target.as_ref().map_or(hop.arrow, |target| target.span);
        DefaultHop { to, bound: bound.flatten(), bound_unknown, span }
    }

    fn default_route(&mut self, route: &Route) -> DefaultRoute {
        DefaultRoute { hops: route.hops.iter().map(|hop| self.hop(hop)).collect() }
    }

    /// Takes note of a default; it is the first of its kind.
    pub(super) fn default(&mut self, item: &DefaultItem) {
        match &item.kind {
            DefaultKind::Deadline { within, route } => {
                let within = match within {
                    None => Slot::Missing,
                    Some(literal) => match self.all.time(literal, "`default deadline`") {
                        Some(value) => Slot::Here(Spanned { value, span: literal.span }),
                        None => Slot::Unknown,
                    },
                };
                let route = route.as_ref().map(|route| self.default_route(route));
                self.flow.default_deadline = Some(DefaultDeadline { span: item.span, within, route });
            }
            DefaultKind::Failure(route) => {
                let route = self.default_route(route);
                self.flow.default_failure = Some(DefaultFailure { span: item.span, route });
            }
        }
    }
}

impl DefaultRoute {
    /// Whether its first arrow names that state, which then must say its own.
    pub(super) fn leads_to(&self, state: StateId) -> bool {
        self.hops.first().is_some_and(|hop| hop.to == Some(state))
    }
}
