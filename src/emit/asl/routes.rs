//! Arrows: each is a `Pass` that says what travels; a counted one has a `Choice` and a counter before it.
//!
//! Must not know: what made the work leave.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::guards::Scope;
use super::machine::{GAP, Machine};
use super::names;
use crate::plan::Hop;

impl Machine<'_> {
    /// The state at which a route begins.
    pub(super) fn entry(&self, route: &[Hop]) -> String {
        match route.first() {
            Some(hop) if hop.at_most.is_some() => names::state(&bound(hop)).into_owned(),
            Some(hop) => names::state(&hop.id).into_owned(),
            None => GAP.to_owned(),
        }
    }

    /// Adds the hops of a route. With a scope, what was made there takes effect on the way.
    pub(super) fn route(&mut self, route: &[Hop], scope: Option<&Scope<'_>>) {
        let mut rest = route;
        while let Some((hop, after)) = rest.split_first() {
            if let Some(limit) = hop.at_most {
                self.count(hop, limit, &self.entry(after));
            }
            self.arrow(hop, scope);
            rest = after;
        }
    }

    /// The counter of an arrow: `$.counters.STATE.ARROW`, holding `taken`.
    pub(super) fn counter(&self, hop: &Hop) -> Option<(String, String)> {
        let (state, arrow) = hop.id.split_once('/')?;
        Some((self.state_key(state), arrow.replace(['-', '#'], "_")))
    }

    fn count(&mut self, hop: &Hop, limit: u64, otherwise: &str) {
        let Some((state, arrow)) = self.counter(hop) else { return };
        let counter = format!("$.counters.{state}.{arrow}");
        let taken = format!("{counter}.taken");
        let count = format!("{} count", hop.id);
        let choices = json!([
            { "Variable": taken, "NumericLessThan": limit, "Next": names::state(&count) },
            { "Variable": taken, "NumericGreaterThanEquals": limit, "Next": otherwise },
        ]);
        let comment = format!("This way at most {limit} times, then on to {otherwise}");
        self.add(
            &bound(hop),
            json!({ "Type": "Choice", "Comment": comment, "Choices": choices, "Default": GAP }),
        );
        self.add(
            &count,
            json!({
                "Type": "Pass",
                "Parameters": { "taken.$": format!("States.MathAdd({taken}, 1)") },
                "ResultPath": counter,
                "Next": names::state(&hop.id),
            }),
        );
    }

    fn arrow(&mut self, hop: &Hop, scope: Option<&Scope<'_>>) {
        let said = &hop.envelope;
        let comment = format!("To {}: {} owns it next. Threshold: {}", hop.to, said.owner, said.threshold);
        let travel: FxHashSet<_> = said.context.iter().collect();
        let context = self.flow.context.keys().map(|name| {
            if !travel.contains(name) {
                return (name.to_string(), Value::Null);
            }
            let from = scope.map_or_else(|| names::below("$.context", name), |scope| scope.field(name));
            (format!("{name}.$"), from.into())
        });
        let mut parameters = self.carried();
        parameters.insert("handoff".into(), json!({ "by": hop.id, "threshold": said.threshold }));
        parameters.insert("context".into(), context.collect::<Map<_, _>>().into());
        let next = self.arrival(&hop.to);
        self.add(
            &hop.id,
            json!({ "Type": "Pass", "Comment": comment, "Parameters": parameters, "Next": next }),
        );
    }

    /// What every arrow carries beside the context, as it is.
    fn carried(&self) -> Map<String, Value> {
        let caller = self.answers_callers().then_some("caller");
        let names = ["item", "counters", "visits"].into_iter().chain(caller);
        names.map(|name| (format!("{name}.$"), format!("$.{name}").into())).collect()
    }
}

fn bound(hop: &Hop) -> String {
    format!("{} bound", hop.id)
}
