//! What authors ask to be proved: B701, with the run that shows that it does not hold.
//!
//! Must not know: how worst cases are worked out.
//!
//! A run along what is known breaks a proof whatever the rest is; that nothing breaks it is nowhere said, so it need
//! not be withheld.

use std::collections::BTreeMap;

use super::approvals::same_owner;
use super::facts::{At, FlowFacts};
use super::regions::Values;
use super::runs::{ends, line, steps, with_run};
use super::words::quoted;
use crate::analysis::guards::{Breach, Region};
use crate::analysis::worst::{Cases, Cost, Figure, Measure, Round, Run, laps};
use crate::diagnostics::render::counted;
use crate::diagnostics::{Code, Diagnostic, Label};
use crate::model::words::{long, money};
use crate::model::{
    ActorId, ArrowId, ArrowKind, Claim, FieldId, FlowId, Gate, Guard, Handoff, Kind, Money, Prove, Root,
    Start, StateId, When,
};
use crate::source::Span;

/// B701: a `prove` that does not hold.
pub(super) fn not_proved(facts: &FlowFacts<'_>, flow: FlowId, worst: &Cases) -> Vec<Diagnostic> {
    let asked = Asked { facts, flow, worst };
    facts.flow.proves.iter().filter_map(|prove| asked.refute(prove)).collect()
}

/// A flow whose proofs are looked at.
struct Asked<'a> {
    facts: &'a FlowFacts<'a>,
    flow: FlowId,
    worst: &'a Cases,
}

impl Asked<'_> {
    fn refute(&self, prove: &Prove) -> Option<Diagnostic> {
        let place = prove.span;
        match prove.claim.as_ref()? {
            Claim::EndsWithin(most) => self.too_long(place, *most),
            Claim::CostsAtMost(most) => self.too_expensive(place, most),
            Claim::Visits(most, state) => self.too_often(place, *most, *state),
            Claim::Passes { state, gates } => self.passes_by(place, *state, gates),
            Claim::DecidedBy { approval, others } => self.decides_own_work(place, *approval, others),
            Claim::OnlyIf(state, condition) => self.enters_without(place, *state, condition),
        }
    }

    fn too_long(&self, place: Span, most: u64) -> Option<Diagnostic> {
        let figure = self.worst.flow(self.flow)?.time?;
        let holds = Holds::of(figure, most.into())?;
        let (name, limit, time) = (self.name(), long(most.into()), long(figure.value));
        let message = match holds {
            Holds::No => format!("`{name}` can take {time}, more than {limit}"),
            Holds::Unsure => {
                format!("it is not shown that `{name}` ends within {limit}: all that is shown is {time}")
            }
        };
        let promise = u64::try_from(figure.value).map(|_| format!("prove ends within {time}"));
        let found = Diagnostic::new(Code::NotProved, place, message)
            .help(shorten("shorten a deadline or lower a bound", promise.ok()));
        Some(self.with_run(found, Measure::Time, long))
    }

    fn too_expensive(&self, place: Span, most: &Money) -> Option<Diagnostic> {
        let (figure, currency) = match self.worst.flow(self.flow)?.cost {
            Cost::Known(figure, currency) => (figure, currency),
            Cost::Unpriced(state) => return self.unpriced(place, state),
            Cost::Unknown => return None,
        };
        if currency? != most.currency {
            return None;
        }
        let holds = Holds::of(figure, self.worst.units(most.amount))?;
        let say = |units| money(self.worst.amount(units), most.currency);
        let limit = money(Some(most.amount), most.currency);
        let (name, cost) = (self.name(), say(figure.value));
        let message = match holds {
            Holds::No => format!("`{name}` can cost {cost}, more than {limit}"),
            Holds::Unsure => {
                format!("it is not shown that `{name}` costs at most {limit}: all that is shown is {cost}")
            }
        };
        let promise = self.worst.amount(figure.value).map(|_| format!("prove costs at most {cost}"));
        let found = Diagnostic::new(Code::NotProved, place, message)
            .help(shorten("lower a bound or the retries, or let somebody cheaper work", promise));
        Some(self.with_run(found, Measure::Cost, say))
    }

    /// A model that work can come to does not say what it costs.
    fn unpriced(&self, place: Span, state: StateId) -> Option<Diagnostic> {
        let owner = &self.facts.model[unpriced_owner(self.facts, self.worst, state)?];
        let (name, actor) = (self.name(), &owner.name);
        let message = format!("what `{name}` costs can't be shown: `{}` has no `costs`", actor.text);
        let run = self.facts.graph.runs(|_| true).to(state);
        let found = Diagnostic::new(Code::NotProved, place, message);
        Some(
            with_run(found, self.facts.flow, &run)
                .also(actor.span, "a model whose attempts have no price")
                .help(format!("write in `{}` what an attempt costs: `costs 0.02 USD`", actor.text)),
        )
    }

    fn too_often(&self, place: Span, most: u64, state: StateId) -> Option<Diagnostic> {
        let run = self.worst.run(self.facts.model, &self.facts.graph, Measure::Visits(state))?;
        let holds = Holds::of(run.figure, most.into())?;
        let name = &self.facts.flow[state].name.text;
        let times =
            usize::try_from(run.figure.value).map_or("more often than can be counted".to_owned(), times);
        let limit = usize::try_from(most).map_or(String::new(), |most| counted(most, "visit"));
        let message = match holds {
            Holds::No => format!("work can come to `{name}` {times}, and not just {most}"),
            Holds::Unsure => format!(
                "it is not shown that work makes at most {limit} to `{name}`: all that is shown is {times}"
            ),
        };
        let found = Diagnostic::new(Code::NotProved, place, message);
        let promise = format!("prove at most {} visits to {name}", run.figure.value);
        let found = found.help(shorten("lower a bound", (run.figure.value < u128::MAX).then_some(promise)));
        let (steps, left_out) = ends(&self.rounds(&run, |_| None));
        Some(found.trace(steps, left_out))
    }

    fn passes_by(&self, place: Span, state: StateId, gates: &[Gate]) -> Option<Diagnostic> {
        let flow = self.facts.flow;
        let leaves: BTreeMap<StateId, Vec<Vec<bool>>> =
            gates.iter().fold(BTreeMap::new(), |mut leaves, gate| {
                leaves.entry(gate.state).or_default().push(self.leaves(*gate));
                leaves
            });
        let passes = |arrow: ArrowId| {
            let arrow = &flow[arrow];
            let Some(gates) = arrow.start().and_then(|from| leaves.get(&from)) else { return false };
            match arrow.kind {
                ArrowKind::Wait => true,
                ArrowKind::Handoff(id) => gates.iter().any(|gate| gate.get(flow.place_of(id)) == Some(&true)),
                _ => false,
            }
        };
        let run = self.facts.graph.runs(|arrow| !passes(arrow)).to(state);
        if run.is_empty() {
            return None;
        }
        let gate = |gate: &Gate| {
            let name = quoted(&flow[gate.state].name.text);
            gate.with
                .and_then(|option| option_name(self.facts.at(gate.state), option))
                .map_or_else(|| name.clone(), |option| format!("{name} with `{option}`"))
        };
        let gates = gates.iter().map(gate).collect::<Vec<_>>().join(" or ");
        let name = &flow[state].name.text;
        let message = format!("work can come to `{name}` and not pass {gates}: {}", line(flow, &run));
        let found = with_run(Diagnostic::new(Code::NotProved, place, message), flow, &run);
        Some(found.help(format!(
            "lead this way through {gates}; a state is passed when work leaves it by one of its handoffs, not by a \
             time-out or a failure"
        )))
    }

    /// The condition is held against the guard of each arrow into the state, and what is known where that starts.
    fn enters_without(&self, place: Span, state: StateId, condition: &Guard) -> Option<Diagnostic> {
        let (facts, flow) = (self.facts, self.facts.flow);
        let name = &flow[state].name.text;
        let Ok(found) = facts.guards.breach(state, condition) else {
            let message =
                format!("it can't be shown what holds when `{name}` is entered: the guards are too complex");
            let help = "split the states before it, or ask for less";
            return Some(Diagnostic::new(Code::NotProved, place, message).help(help));
        };
        let Breach { arrow, region, run } = found?;
        if let Some(field) = self.unmade(state, &region) {
            return Some(self.asks_for_unmade(place, state, field));
        }
        let run = run.unwrap_or_else(|| self.run_along(arrow));
        let values = Values::of(facts);
        let example = values.example(&region).unwrap_or_else(|| "any values".to_owned());
        let message = format!("work can come to `{name}` when {example}: {}", line(flow, &run));
        let known = "only the guard of an arrow and what is known where it starts count here";
        let help = match values.guard(&region.cells) {
            Some(region) => format!("keep `{region}` out by the guards on this way; {known}"),
            None => format!("ask for the condition by a guard on this way; {known}"),
        };
        Some(with_run(Diagnostic::new(Code::NotProved, place, message), flow, &run).help(help))
    }

    /// A field of the region that need not be made when the state is entered.
    fn unmade(&self, state: StateId, region: &Region) -> Option<FieldId> {
        let flow = self.facts.flow;
        let mut fields = region.example.iter().filter_map(|(path, _)| match flow[*path].root {
            Root::Field(field) => Some(field),
            Root::Decision(_) => None,
        });
        fields.find(|&field| !self.facts.context.assigned.on_arrival(state, field))
    }

    fn asks_for_unmade(&self, place: Span, state: StateId, field: FieldId) -> Diagnostic {
        let (facts, flow) = (self.facts, self.facts.flow);
        let run = facts.context.runs_without(&facts.graph, field).to(state);
        let (name, field) = (&flow[state].name.text, &flow[field].name.text);
        let message = format!("work can come to `{name}` when `{field}` is not made: {}", line(flow, &run));
        let found = with_run(Diagnostic::new(Code::NotProved, place, message), flow, &run);
        found.help(format!(
            "let a state on this way make `{field}`, or ask for something that is there by then"
        ))
    }

    /// A run to where the arrow starts, and along it.
    fn run_along(&self, arrow: ArrowId) -> Vec<ArrowId> {
        let mut run = match self.facts.flow[arrow].from {
            Start::State(from) => self.facts.graph.runs(|_| true).to(from),
            Start::Intake(_) => Vec::new(),
        };
        run.push(arrow);
        run
    }

    /// For each handoff of a gate whether what takes it leaves as it is asked to: by any, or with that option decided.
    /// What is unknown may do so.
    fn leaves(&self, gate: Gate) -> Vec<bool> {
        let at = self.facts.at(gate.state);
        let taken = gate.with.and_then(|_| self.facts.guards.options(gate.state).ok());
        let leaves = |(place, handoff): (usize, &Handoff)| {
            let unknown = matches!(&handoff.when, When::Guard(_, guard) if guard.is_unknown());
            let options = taken.as_ref().and_then(|taken| taken.get(place));
            unknown || options.is_none_or(|options| options.iter().all(|option| Some(*option) == gate.with))
        };
        at.handoffs().enumerate().map(leaves).collect()
    }

    fn decides_own_work(&self, place: Span, approval: StateId, others: &[StateId]) -> Option<Diagnostic> {
        let flow = self.facts.flow;
        let decider = flow[approval].owner.get()?;
        let owns = |state: &&StateId| {
            flow[**state].owner.get().is_some_and(|owner| same_owner(self.facts.model, *decider, *owner))
        };
        let other = *others.iter().find(owns)?;
        let (one, two) = (self.facts.at(approval), self.facts.at(other));
        let message = format!("`{}` is decided by the owner of `{}`", one.name(), two.name());
        let mut found = Diagnostic::new(Code::NotProved, place, message);
        for at in [one, two] {
            let owner = at.owner()?;
            let binding = owner.binding.as_ref().map_or("?", |binding| &binding.value);
            found =
                found.also(at.state.owner.span()?, format!("`{}`, reached at {binding}", owner.name.text));
        }
        Some(found.help(format!(
            "let somebody else decide `{}`, or somebody else own `{}`",
            one.name(),
            two.name()
        )))
    }

    /// With the worst run, if one comes to the figure.
    fn with_run(&self, found: Diagnostic, measure: Measure, say: impl Fn(u128) -> String) -> Diagnostic {
        match self.worst.run(self.facts.model, &self.facts.graph, measure) {
            Some(run) => {
                let (steps, left_out) = ends(&self.rounds(&run, |weight| (weight > 0).then(|| say(weight))));
                found.trace(steps, left_out)
            }
            None => found,
        }
    }

    /// The steps of a run, each with what it adds in words; what repeats is shown once. Where it can't be followed any
    /// further, what each round beyond adds at most.
    fn rounds(&self, run: &Run<'_>, say: impl Fn(u128) -> Option<String>) -> Vec<Label> {
        let mut shown = Vec::new();
        let last = match run.beyond {
            Some(_) => run.arrows.len().checked_sub(1),
            None => run.arrows.iter().rposition(|&arrow| run.weights.of(arrow) > 0),
        };
        let arrows = run.arrows.get(..=last.unwrap_or(0)).unwrap_or_default();
        for lap in laps(arrows) {
            let weights = lap.arrows.iter().map(|&arrow| run.weights.of(arrow));
            let round: u128 = weights.clone().sum();
            let mut labels = steps(self.facts.flow, &lap.arrows);
            for (label, weight) in labels.iter_mut().zip(weights) {
                label.message.extend(say(weight).map(|weight| format!(", {weight}")));
            }
            let first = shown.len() + 1;
            if let (Some(last), count @ 1.., 2..) = (labels.last_mut(), lap.arrows.len(), lap.times) {
                let sum = say(round.saturating_mul(lap.times.into())).map(|sum| format!(", {sum} in all"));
                let steps = if count > 1 {
                    format!("steps {first} to {}: ", shown.len() + count)
                } else {
                    String::new()
                };
                last.message += &format!("; {steps}{} times{}", lap.times, sum.unwrap_or_default());
            }
            shown.extend(labels);
        }
        let beyond = run.beyond.iter().flat_map(|beyond| &beyond.rounds);
        shown.extend(beyond.flat_map(|round| self.round(round, &say)));
        shown
    }

    /// An arrow that is taken again and again, with what that adds at most.
    fn round(&self, round: &Round, say: &impl Fn(u128) -> Option<String>) -> Option<Label> {
        let mut label = steps(self.facts.flow, &[round.arrow]).pop()?;
        let each = say(round.price).map(|each| format!(", {each} each")).unwrap_or_default();
        label.message += &format!(", at most {} times{each}", round.times);
        Some(label)
    }

    fn name(&self) -> &str {
        &self.facts.flow.name.text
    }
}

/// How a proof fails.
#[derive(Clone, Copy)]
enum Holds {
    /// A run breaks it.
    No,
    /// The bound that is known does not show it.
    Unsure,
}

impl Holds {
    /// None if it holds, or if what is unknown decides.
    fn of(figure: Figure, most: u128) -> Option<Holds> {
        match figure {
            Figure { value, .. } if value <= most => None,
            Figure { attained: true, .. } => Some(Holds::No),
            Figure { complete: true, .. } => Some(Holds::Unsure),
            _ => None,
        }
    }
}

fn shorten(how: &str, promise: Option<String>) -> String {
    match promise {
        Some(promise) => format!("{how}, or promise what holds: `{promise}`"),
        None => how.to_owned(),
    }
}

fn times(count: usize) -> String {
    counted(count, "time")
}

fn option_name<'m>(at: At<'m>, option: u32) -> Option<&'m str> {
    let Kind::Approval(approval) = &at.state.get().kind else { return None };
    Some(&approval.options.get(option as usize)?.text)
}

/// The owner without a price whom that state has, or comes to by its calls.
fn unpriced_owner(facts: &FlowFacts<'_>, worst: &Cases, state: StateId) -> Option<ActorId> {
    let (mut flow, mut state) = (facts.flow, state);
    while let Kind::Call(call) = &flow[state].kind {
        let unpriced = |callee: FlowId| match worst.flow(callee)?.cost {
            Cost::Unpriced(state) => Some((callee, state)),
            _ => None,
        };
        let (callee, next) = call.runs.iter().filter_map(|run| run.flow).find_map(unpriced)?;
        (flow, state) = (&facts.model[callee], next);
    }
    flow[state].owner.get().copied()
}
