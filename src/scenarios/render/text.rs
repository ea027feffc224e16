//! For people: a line a scenario, then what went wrong, then which arrows were taken.
//!
//! Must not know: other formats.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Results;
use crate::diagnostics::render::{Look, counted, one_line};
use crate::model::words::long;
use crate::run::story::{Cost, Story};
use crate::scenarios::{Coverage, Missed, Tested};

pub(super) fn render(results: Results<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for flow in results.by_flow() {
        let name = flow.first().map_or("", |tested| tested.scenario.flow.as_str());
        writeln!(out, "{name}")?;
        flow.iter().try_for_each(|tested| line(tested, look, out))?;
    }
    let failures = results.failures();
    if !failures.is_empty() {
        writeln!(out)?;
        out.write_all(&results.shown(&failures, look)?)?;
    } else if !results.tested.is_empty() {
        writeln!(out)?;
    }
    results.coverage.iter().try_for_each(|coverage| arrows(coverage, results.lists_arrows, out))?;
    summary(results.tested.len(), failures.len(), look, out)
}

/// `  ok    a weak draft is rejected: 2 visits, at most 45m and 0.47 USD`
fn line(tested: &Tested, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (word, colour) = match tested.failure {
        None => ("ok  ", AnsiColor::Green),
        Some(_) => ("FAIL", AnsiColor::Red),
    };
    let style = if look.colour { Style::new().fg_color(Some(colour.into())).bold() } else { Style::new() };
    let title = one_line(&tested.scenario.title);
    let told = if tested.failure.is_none() { told(&tested.story) } else { String::new() };
    writeln!(out, "  {style}{word}{style:#}  {title}{told}")
}

/// `: 2 visits, at most 45m and 0.47 USD`
fn told(story: &Story) -> String {
    let visits = counted(story.states.len().saturating_sub(1), "visit");
    let cost = match &story.cost {
        Cost::Known(Some(cost)) => format!(" and {} {}", cost.amount, cost.currency),
        Cost::Known(None) | Cost::Unpriced(_) => String::new(),
    };
    format!(": {visits}, at most {}{cost}", long(story.seconds))
}

/// `content_refresh: 21 of 35 arrows are taken`
fn arrows(coverage: &Coverage<'_>, lists: bool, out: &mut dyn Write) -> io::Result<()> {
    let Coverage { flow, arrows, missed } = coverage;
    let taken = arrows - missed.len();
    writeln!(out, "{flow}: {taken} of {} are taken", counted(*arrows, "arrow"))?;
    let shown = missed.iter().filter(|_| lists);
    let widest = missed.iter().map(|missed| missed.id.chars().count()).max().unwrap_or(0);
    shown.into_iter().try_for_each(|Missed { id, from, to }| writeln!(out, "  {id:<widest$}  {from} -> {to}"))
}

/// `7 scenarios, 1 of which fails`
fn summary(all: usize, failed: usize, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let red =
        if look.colour { Style::new().fg_color(Some(AnsiColor::Red.into())).bold() } else { Style::new() };
    match (all, failed) {
        (0, _) => writeln!(out, "there is no scenario"),
        (1, 0) => writeln!(out, "1 scenario comes out as expected"),
        (_, 0) => writeln!(out, "{all} scenarios come out as expected"),
        (_, 1) => writeln!(out, "{red}1 fails{red:#} of {}", counted(all, "scenario")),
        _ => writeln!(out, "{red}{failed} fail{red:#} of {}", counted(all, "scenario")),
    }
}
