//! The exits of a state, in the text: each with its condition, its counter, what travels and where it leads.
//!
//! Must not know: how a file is built.

use super::super::feel::{self, Scope};
use super::super::names;
use super::tree::Element;
use super::{Reading, condition, is_about, is_given, said_of, says};
use crate::plan::{Hop, Kind, Outcome, Run, State};

impl<'a> Reading<'a> {
    pub(super) fn exits(&mut self, id: &str, name: &str, state: &State, core: &'a Element) {
        let made = match &state.kind {
            Kind::Call(call) => call.runs.iter().filter_map(|run| run.gives.as_deref()).collect(),
            _ => state.makes.iter().map(|name| name.as_str()).collect(),
        };
        let scope = Scope { flow: self.flow, made };
        let caught = self.border(id, |event| is_about(event, "error-failed"));
        let fits = self.next(core).filter(|next| next.id() == format!("{id}.fits"));
        let after = match fits {
            Some(fits) => self.default(fits).and_then(|line| self.target(line)),
            None => self.next(core),
        };
        let split = after.filter(|next| next.id() == format!("{id}.decide"));
        let fails =
            fits.and_then(|fits| self.out(fits).iter().copied().find(|line| condition(line).is_some()));
        let by_hand = self.is_person(state) && !matches!(state.kind, Kind::Call(_));
        let says_so =
            |line: &Element| condition(line).is_some_and(|asked| asked.starts_with("reply.fail != null"));
        let right = match (by_hand, caught, fails) {
            (true, None, Some(line)) => says_so(line),
            (false, Some(event), _) => self.leads(self.next(event), &state.failure, None),
            _ => false,
        };
        let checks = !state.makes.is_empty() || matches!(state.kind, Kind::Approval(_));
        let looked_at = fails.map_or(!checks || matches!(state.kind, Kind::Call(_)), |line| {
            let all = state
                .makes
                .iter()
                .all(|name| condition(line).is_some_and(|asked| asked.contains(&scope.field(name))));
            all && self.leads(self.target(line), &state.failure, None)
        });
        self.miss(right && looked_at, || format!("the failure of `{name}`"));
        for handoff in &state.handoffs {
            let begin = match (split, scope.condition(&handoff.when)) {
                (None, _) => after,
                (Some(split), Some(asked)) => {
                    let mut lines = self.out(split).iter();
                    lines.find(|line| condition(line) == Some(&asked)).and_then(|line| self.target(line))
                }
                (Some(split), None) => self.default(split).and_then(|line| self.target(line)),
            };
            let right = self.leads(begin, &handoff.route, Some(&scope));
            self.miss(right, || format!("the handoff on `{}` from `{name}`", handoff.threshold));
        }
    }

    /// The way that is taken when no condition holds.
    fn default(&self, split: &Element) -> Option<&'a Element> {
        self.find(split.get("default")).filter(|line| line.get("sourceRef") == split.id())
    }

    /// Whether a route begins here, each hop behind its bound.
    pub(super) fn leads(&self, begin: Option<&'a Element>, route: &[Hop], scope: Option<&Scope<'_>>) -> bool {
        let mut at = begin;
        for hop in route {
            let Some(here) = at else { return false };
            let Some(limit) = hop.at_most else { return self.hands_on(here, hop, scope) };
            let taken = feel::value_of("work.counters", &hop.id);
            let free = format!("{taken} = null or {taken} < {limit}");
            let line = self.out(here).iter().find(|line| condition(line) == Some(&free));
            let counted = line.and_then(|line| self.target(line));
            let one_more = format!("{taken} + 1)");
            let right = says(here, "bound", &limit.to_string())
                && counted.is_some_and(|script| {
                    self.hands_on(script, hop, scope)
                        && set_by(script).is_some_and(|set| set.contains(&one_more))
                });
            if !right {
                return false;
            }
            at = self.default(here).and_then(|line| self.target(line));
        }
        at.is_some_and(|end| is_about(end, "error-gap"))
            || route.last().is_some_and(|hop| hop.at_most.is_none())
    }

    /// Whether an element is that arrow: it says what travels and leads to its target, or is the failure end itself.
    pub(super) fn hands_on(&self, at: &'a Element, hop: &Hop, scope: Option<&Scope<'_>>) -> bool {
        if !says(at, "hop", &hop.id) {
            return false;
        }
        if at.name == "bpmn:endEvent" {
            return self.gives_up(at, hop);
        }
        let Some(set) = set_by(at) else { return false };
        let (right, target) = match self.flow.ends.get(&hop.to) {
            Some(end) => match &end.outcome {
                Outcome::Success { receipt } => {
                    let field = scope
                        .map_or_else(|| feel::below("work.context", receipt), |scope| scope.field(receipt));
                    let index =
                        self.flow.states.len() + self.flow.ends.get_index_of(&hop.to).unwrap_or_default();
                    let receipt = feel::context([
                        ("end", feel::text(&hop.to)),
                        ("owner", feel::text(&end.owner)),
                        ("receipt", field),
                    ]);
                    (set.contains(&receipt), names::id(&hop.to, Some(index)).into_owned())
                }
                Outcome::Failure { .. } => {
                    let end = self.next(at);
                    return self.carries(set, hop, scope) && end.is_some_and(|end| self.gives_up(end, hop));
                }
            },
            None => (self.carries(set, hop, scope), names::state(self.flow, &hop.to).into_owned()),
        };
        right && self.next(at).is_some_and(|next| next.id() == target)
    }

    /// A script says by which arrow work came, counts the visit, and lets just what is carried travel.
    fn carries(&self, set: &str, hop: &Hop, scope: Option<&Scope<'_>>) -> bool {
        let said = &hop.envelope;
        let comes_in = hop.id.starts_with("intake-");
        let handoff = [("by", feel::text(&hop.id)), ("threshold", feel::text(&said.threshold))];
        let fields = said.context.iter().map(|name| {
            let field = scope.map_or_else(|| feel::below("work.context", name), |scope| scope.field(name));
            (name.as_str(), field)
        });
        let entries = [
            Some(("item", if comes_in { "item" } else { "work.item" }.to_owned())),
            Some(("handoff", feel::context(handoff))),
            Some(("arrived", "string(now())".to_owned())),
            (!comes_in).then(|| ("context", feel::context(fields))),
        ];
        let said = |entry: (&str, String)| {
            let entry = feel::context([entry]);
            set.contains(entry.get(1..entry.len() - 1).unwrap_or_default())
        };
        entries.into_iter().flatten().all(said)
            && set.contains("counters: ")
            && set.contains("visits: ")
            && set.contains(&hop.to.to_string())
    }

    /// A failure end says why, and who owns what is left.
    fn gives_up(&self, at: &Element, hop: &Hop) -> bool {
        let Some(end) = self.flow.ends.get(&hop.to) else { return false };
        let Outcome::Failure { reason } = &end.outcome else { return false };
        let outputs = at.below().into_iter().filter(|output| output.name == "zeebe:output").count();
        at.name == "bpmn:endEvent"
            && says(at, "end", &hop.to)
            && says(at, "owner", &end.owner)
            && says(at, "reason", reason)
            && (outputs == 3 || at.below().iter().any(|said| said.name == "baton:property"))
    }

    /// A run of a call: begun with what it is given, looked at when it has ended.
    pub(super) fn runs(&self, id: &str, row: usize, run: &Run) -> bool {
        let Some(call) = self.find(&format!("{id}.run-{}", row + 1)) else { return false };
        let variable = format!("run_{}", row + 1);
        let taken = call.below().iter().any(|result| {
            (result.name == "zeebe:output" && result.get("target") == variable)
                || (result.name == "baton:result" && result.get("name") == variable)
        });
        let called = call.below().iter().any(|called| called.get("processId").ends_with(".flow"))
            || call.get("calledElement").ends_with(".flow");
        let ended = self.next(call);
        let asks = format!("{variable}.receipt != null");
        let well = ended.and_then(|ended| self.out(ended).iter().find(|line| condition(line) == Some(&asks)));
        let badly = ended.and_then(|ended| self.default(ended)).and_then(|line| self.target(line));
        let receipts = self.find(&format!("{id}.receipts")).and_then(set_by);
        let given = format!("{variable}.receipt");
        taken
            && called
            && said_of(call, "run") == Some(run.id.as_str())
            && ["item", "intake", "record"].iter().all(|name| is_given(call, name))
            && well.is_some()
            && badly.is_some_and(|end| is_about(end, "error-failed"))
            && receipts.is_some_and(|set| run.gives.is_none() || set.contains(&given))
    }
}

/// What a script sets.
pub(super) fn set_by(script: &Element) -> Option<&str> {
    let generic = script.first("bpmn:script").map(|script| script.text.as_str());
    let extension = script.first("bpmn:extensionElements");
    let camunda = extension.and_then(|extension| extension.first("zeebe:script"));
    generic.or_else(|| camunda?.get("expression").strip_prefix('='))
}

/// How many variables a script sets: its entries, of which each but the last ends with a comma outside of all brackets.
pub(super) fn count_set(set: &str) -> usize {
    let (mut depth, mut quoted, mut escaped, mut count) = (0_usize, false, false, 1);
    for letter in set.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => count += 1,
            _ => {}
        }
    }
    count
}
