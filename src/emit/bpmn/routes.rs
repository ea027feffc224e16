//! Arrows: each is a script that says what travels; a counted one has a gateway before it. What leads to a failure end
//! carries nothing, and has that end right beside it.
//!
//! Must not know: what made the work leave.

use super::feel::{Scope, below, context, text, value_of};
use super::graph::{At, Kind, Node, Place};
use super::names;
use super::process::Process;
use crate::plan::{End, Hop, Outcome};

impl<'a> Process<'a> {
    /// Adds the hops of a route, and says where it begins. `lane` is that of the state which is left, `leader` what leads
    /// here, if the route may end right below it.
    pub(super) fn route(
        &mut self,
        route: &'a [Hop],
        lane: usize,
        scope: Option<&Scope<'_>>,
        leader: Option<At>,
    ) -> At {
        let mut after = None;
        for hop in route.iter().rev() {
            let target = match self.failed_end(hop) {
                Some(end) if hop.at_most.is_none() => {
                    let below = if after.is_none() && route.len() == 1 { leader } else { None };
                    self.give_up(hop, end, lane, "", below)
                }
                _ => self.arrow(hop, lane, scope),
            };
            after = Some(match hop.at_most {
                Some(limit) => self.bound(hop, limit, lane, target, after),
                None => target,
            });
        }
        after.unwrap_or_else(|| self.gap("no-way", lane, Place::Free))
    }

    /// The failure end to which an uncounted route leads at once.
    pub(super) fn at_once(&self, route: &'a [Hop]) -> Option<(&'a Hop, &'a End)> {
        let hop = route.first().filter(|hop| hop.at_most.is_none())?;
        Some((hop, self.failed_end(hop)?))
    }

    fn failed_end(&self, hop: &Hop) -> Option<&'a End> {
        self.flow.ends.get(&hop.to).filter(|end| matches!(end.outcome, Outcome::Failure { .. }))
    }

    /// The failure end to which `hop` leads: one of its own.
    pub(super) fn give_up(
        &mut self,
        hop: &'a Hop,
        end: &'a End,
        lane: usize,
        suffix: &str,
        below: Option<At>,
    ) -> At {
        let reason = match &end.outcome {
            Outcome::Failure { reason } => reason.as_str(),
            Outcome::Success { .. } => "",
        };
        let outcome =
            context([("end", text(&hop.to)), ("owner", text(&end.owner)), ("reason", text(reason))]);
        let id = format!("{}.end{suffix}", names::hop(self.flow, &hop.id));
        let node = Node::new(id, hop.to.as_str(), Kind::Outcome(outcome), lane)
            .at(below.map_or(Place::Free, Place::Below))
            .documented(format!("{reason}. {} owns what is left.", end.owner))
            .saying("hop", hop.id.as_str())
            .saying("end", hop.to.as_str())
            .saying("owner", end.owner.as_str())
            .saying("reason", reason);
        self.graph.add(node)
    }

    /// No way on: it is proved that nothing comes here.
    pub(super) fn gap(&mut self, id: &str, lane: usize, place: Place) -> At {
        let fault = super::graph::Fault::Gap;
        let node = Node::new(format!("{id}.gap"), fault.code(), Kind::Throw(fault), lane).at(place);
        self.graph.add(node.documented("It is proved that nothing comes here."))
    }

    /// The gateway before a counted arrow.
    fn bound(&mut self, hop: &Hop, limit: u64, lane: usize, target: At, after: Option<At>) -> At {
        let id = names::hop(self.flow, &hop.id);
        let times = if limit == 1 { "once".to_owned() } else { format!("{limit} times") };
        let doc = format!("This way at most {times} for one item.");
        let node = Node::new(format!("{id}.bound"), format!("at most {times}"), Kind::Split(None), lane);
        let split = self.graph.add(node.documented(doc).saying("bound", limit.to_string()));
        let taken = value_of("work.counters", &hop.id);
        self.graph.flow(split, target, "again", Some(format!("{taken} = null or {taken} < {limit}")));
        let after = after.unwrap_or_else(|| self.gap(&id, lane, Place::Below(split)));
        self.graph.otherwise(split, after, "used up");
        split
    }

    /// The script of an arrow to a state or a success end.
    fn arrow(&mut self, hop: &'a Hop, lane: usize, scope: Option<&Scope<'_>>) -> At {
        let field = |name: &str| scope.map_or_else(|| below("work.context", name), |scope| scope.field(name));
        let script = match self.flow.ends.get(&hop.to).map(|end| (end, &end.outcome)) {
            Some((end, Outcome::Success { receipt })) => received(&hop.to, &end.owner, &field(receipt)),
            _ => self.handed_on(hop, self.carried(hop, field)),
        };
        let said = &hop.envelope;
        let doc = format!("To {}: {} owns it next. Threshold: {}", hop.to, said.owner, said.threshold);
        let node =
            Node::new(names::hop(self.flow, &hop.id), format!("to {}", hop.to), Kind::Script(script), lane)
                .documented(doc)
                .saying("hop", hop.id.as_str());
        let at = self.graph.add(node);
        self.arrives(at, &hop.to, hop.at_most.is_none());
        at
    }

    fn carried(&self, hop: &Hop, field: impl Fn(&str) -> String) -> String {
        context(hop.envelope.context.iter().map(|name| (name.as_str(), field(name))))
    }

    /// What the work is behind an arrow. What was made is apart no more, and what is not carried is gone.
    fn handed_on(&self, hop: &Hop, carried: String) -> Vec<(String, String)> {
        let counters = match hop.at_most {
            Some(_) => one_more("work.counters", &hop.id),
            None => "work.counters".to_owned(),
        };
        let work = context([
            ("item", "work.item".to_owned()),
            ("context", carried),
            ("counters", counters),
            ("visits", one_more("work.visits", &hop.to)),
            ("handoff", handoff(hop)),
            ("arrived", "string(now())".to_owned()),
        ]);
        vec![("work".to_owned(), work), ("reply".to_owned(), "null".to_owned())]
    }
}

/// By which arrow the work came, and what had to hold.
pub(super) fn handoff(hop: &Hop) -> String {
    context([("by", text(&hop.id)), ("threshold", text(&hop.envelope.threshold))])
}

fn received(end: &str, owner: &str, receipt: &str) -> Vec<(String, String)> {
    let outcome = context([("end", text(end)), ("owner", text(owner)), ("receipt", receipt.to_owned())]);
    let nothing = ["work", "reply"].map(|name| (name.to_owned(), "null".to_owned()));
    [("outcome".to_owned(), outcome)].into_iter().chain(nothing).collect()
}

/// A table of counts in which that name counts one more.
fn one_more(table: &str, name: &str) -> String {
    let (key, count) = (text(name), value_of(table, name));
    format!("context put({table}, {key}, if {count} = null then 1 else {count} + 1)")
}
