//! No handoff can dead-end: B303 to B308, by the arrows alone.
//!
//! Must not know: guards (which arrows can never be taken is the graph's business).
//!
//! What is unknown or missing may lead anywhere, so each verdict is given only if no such arrow could change it: it
//! can make a state reachable, and a success, but it takes no circle away.

use std::collections::BTreeMap;

use super::facts::{At, FlowFacts, ends};
use super::repairs::add_clause;
use super::runs::{line, with_run};
use super::samples;
use super::words::{quoted, way};
use crate::diagnostics::{Code, Diagnostic};
use crate::graph::{Side, StateSet};
use crate::model::{ActorKind, Arrow, ArrowId, ArrowKind, Name, StateId, When};

/// B303: work arrives, and no handoff leads on.
pub(super) fn no_exit(at: At<'_>) -> Option<Diagnostic> {
    if !at.works() || !at.state.handoffs.is_empty() || at.state.unknown {
        return None;
    }
    let test = samples::likely_test(at);
    let message = format!("work can get stuck in `{}`: no handoff leads on", at.name());
    let next = samples::next(at);
    let help = format!("say where work goes from here, and when: `handoff -> {next} when {test}`");
    Some(Diagnostic::new(Code::NoExit, at.state.name.span, message).help(help))
}

/// B304: nothing ever arrives here.
pub(super) fn unreachable(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    if may_lead_anywhere(facts) {
        return Vec::new();
    }
    let lost = StateSet::of(facts.flow.states.len(), |id| !facts.reached.contains(id));
    let heads = facts.graph.edge(&lost, &facts.graph.components(), Side::First);
    let unknown = facts.graph.leading_to(lost.iter().filter(|&id| facts.open.contains(id)));
    let only_unknown = unknown.meets(&lost);
    let missing_exit = facts.states().any(|at| facts.reached.contains(at.id) && lacks_an_exit(at));
    let no_success = facts.fruitless().next().is_some();
    let told = |at: &At<'_>| {
        let beside = no_success && at.ends_in(true);
        let follows = only_unknown && !unknown.contains(at.id) || missing_exit && takes_what_fails(*at);
        !beside && !follows
    };
    heads.into_iter().map(|id| facts.at(id)).filter(told).map(never_reached).collect()
}

/// Some way in, or some way on from where work arrives, is unknown or missing.
fn may_lead_anywhere(facts: &FlowFacts<'_>) -> bool {
    let flow = facts.flow;
    let unknown_intake = flow.intakes.iter().any(|intake| flow[intake.arrow].to.is_none());
    flow.unknown || flow.intakes.is_empty() || unknown_intake || facts.open.meets(&facts.reached)
}

/// It has no time-out or failure exit, which is reported there.
fn lacks_an_exit(at: At<'_>) -> bool {
    at.works() && (at.state.deadline.is_missing() || at.state.failure.is_missing())
}

/// Where a missing time-out or failure exit would lead: a failure end, or somebody who looks after it.
fn takes_what_fails(at: At<'_>) -> bool {
    let looked_after = matches!(at.owner_kind(), Some(ActorKind::Human | ActorKind::Queue));
    at.ends_in(false) || looked_after && !at.is_end()
}

fn never_reached(at: At<'_>) -> Diagnostic {
    let name = at.name();
    let message = match at.is_end() {
        true => format!("no work can end in `{name}`: no arrow leads here from an intake"),
        false => format!("no work can come to `{name}`: no arrow leads here from an intake"),
    };
    let found = Diagnostic::new(Code::Unreachable, at.state.name.span, message);
    let circle = at.facts.graph.arriving(at.id).find(|&(_, from)| from != at.id);
    let found = match circle {
        Some((arrow, _)) => {
            found.also(at.flow[arrow].span, "this arrow starts where no work comes to either")
        }
        None => found,
    };
    let before = match state_before(at) {
        Some(before) => format!("from the state before it, as `{before}` may be"),
        None => "from the state before it".to_owned(),
    };
    let noun = at.noun();
    found.help(format!("lead an arrow here {before}: `handoff -> {name} when …`, or delete this {noun}"))
}

/// The state that stands right above, if work comes there.
fn state_before(at: At<'_>) -> Option<&str> {
    let above = at.facts.at(StateId::new(at.id.index().checked_sub(1)?));
    let leads_on = above.works() && at.facts.reached.contains(above.id);
    leads_on.then(|| above.name())
}

/// B305: work can go round for ever.
pub(super) fn unbounded_loop(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let uncounted = facts.graph.only(|_, arrow| arrow.bound.is_none() && !arrow.bound_unknown);
    uncounted.short_cycles().iter().filter_map(|cycle| endless(facts, cycle)).collect()
}

fn endless(facts: &FlowFacts<'_>, cycle: &[ArrowId]) -> Option<Diagnostic> {
    let flow = facts.flow;
    let last = cycle.iter().map(|&id| &flow[id]).max_by_key(|arrow| arrow.span)?;
    let names: Vec<&str> =
        cycle.iter().filter_map(|&id| Some(flow[flow[id].to?].name.text.as_str())).collect();
    let round = way(names.last().into_iter().chain(&names).copied().collect::<Vec<_>>().into_iter());
    let message = format!("work can go round for ever: {round}");
    let (end, declare) = samples::failure_end(facts);
    let help = format!("count one of its arrows, e.g. this: `{}`{declare}", counted(facts, last, end));
    let found = Diagnostic::new(Code::UnboundedLoop, last.span, message);
    Some(with_run(found, flow, cycle).label("this arrow is not counted").help(help))
}

/// The arrow as it would stand if it were counted.
fn counted(facts: &FlowFacts<'_>, arrow: &Arrow, end: &str) -> String {
    let condition = match arrow.kind {
        ArrowKind::Handoff(id) if arrow.hop == 0 => match facts.flow[id].when {
            When::Otherwise(_) => " otherwise",
            When::Guard(..) | When::Missing => " when …",
        },
        _ => "",
    };
    let target = arrow.to.map_or("", |to| &facts.flow[to].name.text);
    format!("-> {target}{condition} at most 3 times else -> {end}")
}

/// B306: whatever comes in can only fail. Intakes that lead to one state are told together.
pub(super) fn no_success(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let mut by_target: BTreeMap<StateId, Vec<&Name>> = BTreeMap::new();
    for (intake, target) in facts.fruitless() {
        by_target.entry(target).or_default().push(&intake.name);
    }
    by_target.values().filter_map(|names| fruitless(facts, names)).collect()
}

fn fruitless(facts: &FlowFacts<'_>, intakes: &[&Name]) -> Option<Diagnostic> {
    let (name, others) = intakes.split_first()?;
    let message = format!("work that comes in as `{}` can never succeed", name.text);
    let found = Diagnostic::new(Code::NoSuccess, name.span, message);
    let found = found.label("no success end can be reached from here");
    let found = others.iter().fold(found, |found, other| found.also(other.span, "nor from here"));
    Some(match facts.success_end {
        Some(end) => found
            .also(end.span, "nothing on the way leads here")
            .help(format!("let a handoff on the way lead to it: `handoff -> {} when …`", end.text)),
        None => found.help(
            "declare what success is: `end done: success { owner …  receipt … }`, and lead a handoff there",
        ),
    })
}

/// B307: work that comes here can only fail. Said of the last such states: with a way out of these, the others have
/// one as well.
pub(super) fn doomed(facts: &FlowFacts<'_>) -> Vec<Diagnostic> {
    let states = facts.flow.states.len();
    let ways = facts.graph.ways_to(ends(facts.flow, false));
    let doomed = StateSet::of(states, |id| !facts.hopeful.contains(id) && ways.steps(id).next().is_some());
    let fruitless = facts.graph.reached_from(facts.fruitless().map(|(_, target)| target));
    let comes_there = |id: StateId| facts.reached.contains(id) || may_lead_anywhere(facts);
    let told = |&id: &StateId| !fruitless.contains(id) && comes_there(id);
    let last = facts.graph.edge(&doomed, &facts.graph.components(), Side::Last);
    let run = |id: StateId| ways.steps(id).map(|(arrow, _)| arrow).collect::<Vec<_>>();
    last.into_iter().filter(told).map(|id| only_fails(facts.at(id), &run(id))).collect()
}

fn only_fails(at: At<'_>, run: &[ArrowId]) -> Diagnostic {
    let message = format!("work that comes to `{}` can only fail: {}", at.name(), line(at.flow, run));
    let success = at.facts.success_end.map_or("NEXT", |end| &end.text);
    let help = format!(
        "give it a way to success, e.g. `handoff -> {success} when …`; if it is meant to fail, write \
         `// allow(B307): why` above it"
    );
    with_run(Diagnostic::new(Code::Doomed, at.state.name.span, message), at.flow, run).help(help)
}

/// B308: nothing says what happens when the owner can't.
pub(super) fn missing_failure(at: At<'_>) -> Option<Diagnostic> {
    if !at.works() || !at.state.failure.is_missing() {
        return None;
    }
    let who = at.owner().map_or("the owner".to_owned(), |actor| quoted(&actor.name.text));
    let message = format!("nothing says where work goes when {who} can't do `{}`", at.name());
    let mut found = Diagnostic::new(Code::MissingFailure, at.state.name.span, message);
    let default = at.flow.default_failure.as_ref().and_then(|default| default.route.hops.first());
    if let Some(own) = default.filter(|default| default.to == Some(at.id)) {
        found = found.also(own.span, "the default leads here, so it does not fill this state");
    }
    let (end, declare) = samples::failure_end(at.facts);
    let value = format!("-> {end}");
    let found = found.help(match at.flow.default_failure {
        Some(_) => format!("write where it goes from here: `failure {value}`{declare}"),
        None => {
            format!("write `failure {value}` here, or `default failure {value}` for the whole flow{declare}")
        }
    });
    Some(if declare.is_empty() { add_clause(found, at, "failure", &value) } else { found })
}
