//! What ends a visit that nobody answers: `accept`, `deadline`, `failure`, `for`, and `retry`; defaults filled in.
//!
//! Must not know: whether the times fit one another.

use super::clauses::{Written, first};
use super::flow::FlowLowering;
use crate::model::{ArrowKind, Exit, Kind, Provenance, Retry, Slot, Spanned, Start, StateId, Timer};
use crate::source::Span;
use crate::syntax::tree::{ClauseKind, Keyword, Literal, Route, StateItem, StateKind};

/// A duration and where it was said.
struct Length {
    seconds: Option<u64>,
    source: Provenance,
    span: Span,
}

impl FlowLowering<'_, '_> {
    /// Accept, deadline and failure, in the order of their arrows.
    pub(super) fn lower_timers(&mut self, id: StateId, item: &StateItem) {
        if item.kind != StateKind::Call {
            self.flow[id].accept = self.accept(id, item);
        }
        self.flow[id].deadline = self.deadline(id, item);
        self.flow[id].failure = self.failure(id, item);
    }

    fn accept(&mut self, id: StateId, item: &StateItem) -> Slot<Timer> {
        let accept = first(item, Keyword::Accept, |kind| match kind {
            ClauseKind::Accept { within, route } => Some((within, route)),
            _ => None,
        });
        match accept {
            Written::Here((within, route)) => self.timer(id, within, route, ArrowKind::Accept, "`accept`"),
            Written::Missing => Slot::Missing,
            Written::Unreadable => Slot::Unknown,
        }
    }

    /// A timer that says both its duration and its target.
    fn timer(
        &mut self,
        id: StateId,
        within: &Literal,
        route: &Route,
        kind: ArrowKind,
        what: &str,
    ) -> Slot<Timer> {
        let seconds = self.all.time(within, what);
        let arrows = self.arrows(Start::State(id), kind, route);
        let (source, route_source, span) = (Provenance::State, Provenance::State, within.span);
        Slot::Here(Spanned { value: Timer { seconds, source, span, arrows, route_source }, span })
    }

    pub(super) fn lower_wait(&mut self, id: StateId, item: &StateItem) {
        let time = first(item, Keyword::For, |kind| match kind {
            ClauseKind::For { time, route } => Some((time, route)),
            _ => None,
        });
        let time = match time {
            Written::Here((time, route)) => self.timer(id, time, route, ArrowKind::Wait, "`for`"),
            Written::Missing => {
                self.all.missing_clause(&item.name, "for", "for 14d -> …");
                Slot::Unknown
            }
            Written::Unreadable => Slot::Unknown,
        };
        self.flow[id].kind = Kind::Wait { time };
    }

    /// The duration is the state's, else its actor's, else the default's; the target the state's, else the
    /// default's.
    fn deadline(&mut self, id: StateId, item: &StateItem) -> Slot<Timer> {
        let written = first(item, Keyword::Deadline, |kind| match kind {
            ClauseKind::Deadline { within, route } => Some((within.as_ref(), route.as_ref())),
            _ => None,
        });
        let (within, route) = match written {
            Written::Here(clause) => clause,
            Written::Missing => (None, None),
            Written::Unreadable => return Slot::Unknown,
        };
        let length = self.length(id, item, within);
        let Some((arrows, route_source)) = self.deadline_arrows(id, route) else {
            self.flow[id].deadline_without_target = match length {
                Written::Here(length) => Some(length.span),
                _ => None,
            };
            return self.no_deadline();
        };
        match length {
            Written::Here(Length { seconds, source, span }) => {
                Slot::Here(Spanned { value: Timer { seconds, source, span, arrows, route_source }, span })
            }
            Written::Missing => self.no_deadline(),
            Written::Unreadable => Slot::Unknown,
        }
    }

    /// Nothing says it, unless the default that could not be read does.
    fn no_deadline(&self) -> Slot<Timer> {
        if self.names.default_unreadable { Slot::Unknown } else { Slot::Missing }
    }

    fn length(&mut self, id: StateId, item: &StateItem, within: Option<&Literal>) -> Written<Length> {
        if let Some(literal) = within {
            let seconds = self.all.time(literal, "`deadline`");
            return Written::Here(Length { seconds, source: Provenance::State, span: literal.span });
        }
        let default = self.default_length(id);
        if item.kind == StateKind::Call {
            return default;
        }
        match &self.flow[id].owner {
            Slot::Here(owner) => {
                let actor = &self.all.model[owner.value];
                match (&actor.responds, actor.unknown) {
                    (Some(responds), _) => Written::Here(Length {
                        seconds: Some(responds.value),
                        source: Provenance::Actor,
                        span: responds.span,
                    }),
                    (None, true) => unsure(default),
                    (None, false) => default,
                }
            }
            Slot::Missing => default,
            Slot::Unknown => unsure(default),
        }
    }

    fn default_length(&self, id: StateId) -> Written<Length> {
        let Some(default) = &self.flow.default_deadline else { return Written::Missing };
        if default.route.as_ref().is_some_and(|route| route.leads_to(id)) {
            return Written::Missing;
        }
        let (seconds, span) = match &default.within {
            Slot::Here(within) => (Some(within.value), within.span),
            Slot::Unknown => (None, default.span),
            Slot::Missing => return Written::Missing,
        };
        Written::Here(Length { seconds, source: Provenance::Default, span })
    }

    fn deadline_arrows(
        &mut self,
        id: StateId,
        route: Option<&Route>,
    ) -> Option<(std::ops::Range<u32>, Provenance)> {
        if let Some(route) = route {
            return Some((self.arrows(Start::State(id), ArrowKind::Deadline, route), Provenance::State));
        }
        let default = self.flow.default_deadline.take();
        let route = default.as_ref().and_then(|default| default.route.as_ref());
        let arrows = route.filter(|route| !route.leads_to(id)).map(|route| {
            (self.copied_arrows(Start::State(id), ArrowKind::Deadline, route), Provenance::Default)
        });
        self.flow.default_deadline = default;
        arrows
    }

    fn failure(&mut self, id: StateId, item: &StateItem) -> Slot<Exit> {
        let written = first(item, Keyword::Failure, |kind| match kind {
            ClauseKind::Failure(route) => Some(route),
            _ => None,
        });
        match written {
            Written::Here(route) => {
                let arrows = self.arrows(Start::State(id), ArrowKind::Failure, route);
                Slot::Here(Spanned { value: Exit { arrows, source: Provenance::State }, span: route.span })
            }
            Written::Missing => self.default_failure(id),
            Written::Unreadable => Slot::Unknown,
        }
    }

    fn default_failure(&mut self, id: StateId) -> Slot<Exit> {
        let default = self.flow.default_failure.take();
        let exit = default.as_ref().filter(|default| !default.route.leads_to(id)).map(|default| {
            let arrows = self.copied_arrows(Start::State(id), ArrowKind::Failure, &default.route);
            Slot::Here(Spanned { value: Exit { arrows, source: Provenance::Default }, span: default.span })
        });
        self.flow.default_failure = default;
        exit.unwrap_or(if self.names.default_unreadable { Slot::Unknown } else { Slot::Missing })
    }

    pub(super) fn retry(&mut self, item: &StateItem) -> Slot<Retry> {
        for clause in &item.clauses {
            if let ClauseKind::Retry { times, every } = &clause.kind {
                let times = self.all.count(times, 1, "`retry`");
                let every = self.all.duration(every, "`every`");
                return match (times, every) {
                    (Some(times), Some(every)) => {
                        Slot::Here(Spanned { value: Retry { times, every }, span: clause.span })
                    }
                    _ => Slot::Unknown,
                };
            }
        }
        match first(item, Keyword::Retry, |_| None::<()>) {
            Written::Unreadable => Slot::Unknown,
            _ => Slot::Missing,
        }
    }
}

/// A default that would stand back if more were known: that there is a duration is certain, not which.
fn unsure(default: Written<Length>) -> Written<Length> {
    match default {
        Written::Here(length) => Written::Here(Length { seconds: None, ..length }),
        _ => Written::Unreadable,
    }
}
