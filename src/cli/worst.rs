//! `baton worst`: the longest and the dearest run of each flow, loop by loop.
//!
//! Must not know: how worst cases are worked out.

use std::io::{self, Write};

use clap::Args;

use super::checked::Checked;
use super::input::InputArguments;
use super::output::Output;
use super::{Failure, Outcome};
use crate::Compilation;
use crate::analysis::worst::{Beyond, Cases, Cost, Figure, Lap, Measure, Round, Run, laps};
use crate::graph::Graph;
use crate::model::words::{duration, long, money};
use crate::model::{Arrow, ArrowId, ArrowKind, Flow, FlowId, Start, StateId, When};
use crate::source::Sources;

#[derive(Args, Debug)]
pub(super) struct WorstArguments {
    #[command(flatten)]
    input: InputArguments,
    /// Show this flow alone
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
}

pub(super) fn run(arguments: &WorstArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let checked = Checked::read(&arguments.input)?;
    checked.report_aside(out)?;
    let outcome = checked.outcome(false);
    if outcome != Outcome::Clean {
        return Ok(outcome);
    }
    let flows: Vec<_> = checked.flows().collect();
    let chosen = |flow: &Flow| arguments.flow.as_ref().is_none_or(|name| *name == flow.name.text);
    let mut shown = flows.iter().filter(|(_, flow)| chosen(flow)).peekable();
    if let (None, Some(name)) = (shown.peek(), &arguments.flow) {
        let names: Vec<_> = flows.iter().map(|(_, flow)| format!("`{}`", flow.name.text)).collect();
        let help = format!("the flows are {}", names.join(", "));
        return Err(Failure::new(format!("there is no flow `{name}`")).help(help));
    }
    for (index, &(id, flow)) in shown.enumerate() {
        let parting = if index > 0 { "\n" } else { "" };
        write!(out, "{parting}")?;
        show(&checked.compilation, id, flow, out)?;
    }
    Ok(Outcome::Clean)
}

/// `ends within 6d1h, costs at most 1.87 USD`; none if work can go round for ever.
pub(super) fn limits(cases: &Cases, flow: FlowId) -> Option<String> {
    let case = cases.flow(flow)?;
    let bound = |figure: Figure| if figure.attained { "" } else { " (a bound)" };
    let time = case.time.filter(|time| time.complete)?;
    let ends = match u64::try_from(time.value) {
        Ok(seconds) => format!("ends within {}{}", duration(seconds), bound(time)),
        Err(_) => "may take longer than can be counted".to_owned(),
    };
    let costs = match case.cost {
        Cost::Known(cost, Some(currency)) if cost.complete => match cases.amount(cost.value) {
            Some(amount) => format!(", costs at most {}{}", money(Some(amount), currency), bound(cost)),
            None => ", may cost more than can be counted".to_owned(),
        },
        _ => String::new(),
    };
    Some(ends + &costs)
}

fn show(compilation: &Compilation, id: FlowId, flow: &Flow, out: &mut dyn Write) -> io::Result<()> {
    let Compilation { sources, model, worst, .. } = compilation;
    let (Some(limits), Some(case)) = (limits(worst, id), worst.flow(id)) else { return Ok(()) };
    writeln!(out, "{}: {limits}", flow.name.text)?;
    let graph = Graph::new(flow, |_, _| true);
    if let Some(run) = worst.run(model, &graph, Measure::Time) {
        writeln!(out, "\nThe longest run:\n")?;
        rounds(sources, flow, &run, &long, out)?;
    }
    match (case.cost, worst.run(model, &graph, Measure::Cost)) {
        (Cost::Known(_, Some(currency)), Some(run)) => {
            writeln!(out, "\nThe dearest run:\n")?;
            rounds(sources, flow, &run, &|units| money(worst.amount(units), currency), out)
        }
        (Cost::Unpriced(_), _) => writeln!(out, "\nWhat it costs is not known: a model has no `costs`."),
        _ => Ok(()),
    }
}

/// A line an arrow, with what it adds; what repeats stands once, below how often.
fn rounds(
    sources: &Sources,
    flow: &Flow,
    run: &Run<'_>,
    say: &dyn Fn(u128) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let laps = laps(&run.arrows);
    let line = |id: &ArrowId| Line::new(sources, flow, *id, say(run.weights.of(*id)));
    let lines: Vec<Vec<Line>> = laps.iter().map(|lap| lap.arrows.iter().map(line).collect()).collect();
    let widest = |part: fn(&Line) -> usize| lines.iter().flatten().map(part).max().unwrap_or(0);
    let (amount, columns) =
        (widest(|line| line.amount.chars().count()), widest(|line| line.way.chars().count()));
    for (Lap { arrows, times }, lines) in laps.iter().zip(&lines) {
        let round: u128 = arrows.iter().map(|&arrow| run.weights.of(arrow)).sum();
        if *times > 1 {
            writeln!(out, "  {times} times, {} in all:", say(round.saturating_mul((*times).into())))?;
        }
        let indent = if *times > 1 { "  │ " } else { "    " };
        for line in lines {
            let text = format!("{indent}{:>amount$}  {:<columns$}  {}", line.amount, line.way, line.why);
            writeln!(out, "{}", text.trim_end())?;
        }
    }
    run.beyond.iter().try_for_each(|beyond| summary(flow, beyond, say, out))
}

/// What may follow where there are too many rounds to follow each.
fn summary(
    flow: &Flow,
    beyond: &Beyond,
    say: &dyn Fn(u128) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let from = &flow[beyond.from].name.text;
    writeln!(out, "  From `{from}` on there are too many rounds to follow each; never more than")?;
    for Round { arrow, times, price } in &beyond.rounds {
        let (all, each) = (say(price.saturating_mul((*times).into())), say(*price));
        writeln!(out, "    {all}  {times} times {}, {each} each", way(flow, *arrow))?;
    }
    writeln!(out, "    {}  once through to an end", say(beyond.once))
}

/// `work -> look`
fn way(flow: &Flow, id: ArrowId) -> String {
    let name = |state: StateId| flow[state].name.text.as_str();
    let from = match flow[id].from {
        Start::Intake(_) => "intake",
        Start::State(state) => name(state),
    };
    format!("{from} -> {}", flow[id].to.map_or("?", name))
}

/// What an arrow adds, between which states, and why work takes it.
struct Line {
    amount: String,
    way: String,
    why: String,
}

impl Line {
    fn new(sources: &Sources, flow: &Flow, id: ArrowId, amount: String) -> Line {
        let arrow = &flow[id];
        let amount = if arrow.kind == ArrowKind::Intake { String::new() } else { amount };
        Line { amount, way: way(flow, id), why: why(sources, flow, arrow) }
    }
}

fn why(sources: &Sources, flow: &Flow, arrow: &Arrow) -> String {
    let written = |span| sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
    match arrow.kind {
        ArrowKind::Intake => String::new(),
        ArrowKind::Accept => "nobody accepts".to_owned(),
        ArrowKind::Deadline => "deadline".to_owned(),
        ArrowKind::Failure => "failure".to_owned(),
        ArrowKind::Wait => "the time has passed".to_owned(),
        ArrowKind::Handoff(id) => match &flow[id].when {
            When::Guard(span, _) => format!("when {}", written(*span)),
            When::Otherwise(_) | When::Missing => "otherwise".to_owned(),
        },
    }
}
