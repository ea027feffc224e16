//! How what has happened to an item is told, in a line or with all that belongs to it.
//!
//! Must not know: where it is kept.

use jiff::{Timestamp, Unit};
use serde_json::Value;

use crate::diagnostics::render::harmless_line;
use crate::model::words::duration;
use crate::run::store::{Entry, Line};
use crate::run::{Handover, Key, Record};

/// The longest value that is shown, in characters.
const LONG: usize = 200;

/// One line, without when and who: `page-1: translating -> reviewing, otherwise (confidence = 0.71)`.
pub(super) fn line(line: &Line) -> String {
    let said = match &line.entry {
        Entry::Handed(handover) => handed(handover, &line.who),
        Entry::Accepted(visit) => format!("{} is accepted", visit.state),
        Entry::Failed { attempt, reason, again } => failed(attempt, reason, *again, line.at),
        Entry::Repeated(attempt) => format!("{} is given to its owner again, after a crash", short(attempt)),
        Entry::Dropped { of, why } => format!("what came of {of} is dropped: {why}"),
        Entry::Called(run) => format!("calls {run}"),
        Entry::Told { attempt, reminder, failed } => {
            let what = if *reminder { "a reminder" } else { "a notice" };
            let came = failed.as_ref().map_or_else(|| "sent".to_owned(), |why| format!("not sent: {why}"));
            format!("{}: {what} is {came}", short(attempt))
        }
        Entry::Ended(outcome) => match (&outcome.end, &outcome.reason) {
            (None, reason) => format!("cancelled: {}", reason.as_deref().unwrap_or_default()),
            (Some(end), None) => format!("ended in success: {end}"),
            (Some(end), Some(reason)) => format!("ended in failure: {end}, {reason}"),
        },
        Entry::Broken(why) => format!("nothing more can happen to it, which is a bug in baton: {why}"),
    };
    harmless_line(&format!("{}: {said}", line.item))
}

/// Whether it is told while the runner runs; what follows from another line is not.
pub(super) fn is_news(line: &Line) -> bool {
    match &line.entry {
        Entry::Ended(outcome) => outcome.end.is_none(),
        Entry::Told { failed, .. } => failed.is_some(),
        _ => true,
    }
}

fn handed(handover: &Handover, who: &str) -> String {
    let Handover { from, state, threshold, values, times, .. } = handover;
    let from = from.as_ref().map_or(who, |visit| visit.state.as_str());
    let values = if values.is_empty() { String::new() } else { format!(" ({})", named(values)) };
    let times = times.map(|times| format!(", for the {times}{} time", nth(times))).unwrap_or_default();
    format!("{from} -> {state}, {threshold}{values}{times}")
}

fn failed(attempt: &Key, reason: &str, again: Option<Timestamp>, at: Timestamp) -> String {
    let pause = again.and_then(|again| u64::try_from(again.duration_since(at).as_secs()).ok());
    let again = pause.map(|pause| format!("; again in {}", duration(pause))).unwrap_or_default();
    format!("{} failed: {reason}{again}", short(attempt))
}

fn nth(count: u64) -> &'static str {
    match (count % 10, count % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    }
}

/// An attempt without its item.
fn short(attempt: &Key) -> String {
    match attempt.attempt {
        Some(count) if count > 1 => format!("{}, attempt {count},", attempt.state),
        _ => attempt.state.to_string(),
    }
}

/// The five things of a handover, and what else belongs to it: a name and what it says.
pub(super) fn parts(handover: &Handover) -> Vec<(&'static str, String)> {
    let by = |due: Option<Timestamp>| due.map(|due| format!(", by {}", time(due))).unwrap_or_default();
    let mut parts = vec![
        ("state", handover.state.to_string()),
        ("owner", format!("{}{}", handover.owner, by(handover.due))),
        ("asset", handover.asset.to_string()),
        ("goal", handover.goal.to_string()),
        ("threshold", handover.threshold.to_string()),
    ];
    parts.extend(
        handover.values.iter().map(|(path, value)| ("  value", format!("{path} = {}", shown(value)))),
    );
    if handover.accept_due.is_some() {
        parts.push(("accept", by(handover.accept_due).trim_start_matches(", ").to_owned()));
    }
    let carries: Vec<&str> = handover.carries.iter().map(smol_str::SmolStr::as_str).collect();
    if !carries.is_empty() {
        parts.push(("carries", carries.join(", ")));
    }
    parts.iter().map(|(name, text)| (*name, harmless_line(text))).collect()
}

/// `confidence = 0.71, risk = "low"`
fn named(values: &Record) -> String {
    values.iter().map(|(path, value)| format!("{path} = {}", shown(value))).collect::<Vec<_>>().join(", ")
}

/// A value, in one line, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "absent".to_owned(),
        other => other.to_string(),
    };
    let text = harmless_line(&text);
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// `2026-11-24T04:10:02Z`
pub(super) fn time(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// How long it is from `now` to then, rounded up: `24h`, `15m`, `30s`; nothing if it has passed.
pub(super) fn left(now: Timestamp, due: Timestamp) -> Option<String> {
    let micros = u64::try_from(due.duration_since(now).as_micros()).ok().filter(|micros| *micros > 0)?;
    let seconds = micros.div_ceil(1_000_000);
    let unit = if seconds > 2 * 86_400 {
        86_400
    } else if seconds > 2 * 3600 {
        3600
    } else if seconds > 120 {
        60
    } else {
        1
    };
    let (count, letter) = (
        seconds.div_ceil(unit),
        match unit {
            86_400 => "d",
            3600 => "h",
            60 => "m",
            _ => "s",
        },
    );
    Some(format!("{count}{letter}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_left_are_rounded_up() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let left = |seconds| left(at(0), at(seconds));
        assert_eq!(
            [86_399, 3 * 86_400 - 5, 899, 61, 1].map(|s| left(s).unwrap()),
            ["24h", "3d", "15m", "61s", "1s"]
        );
        assert_eq!((left(0), left(-5)), (None, None));
    }

    #[test]
    fn counts_have_their_ending() {
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(nth),
            ["st", "nd", "rd", "th", "th", "th", "th", "st", "th"]
        );
    }

    #[test]
    fn long_and_hostile_values_are_tamed() {
        assert_eq!(shown(&Value::from("a\x1b[31m\nb")), "a?[31m b");
        assert_eq!(shown(&Value::from("x".repeat(1000))).chars().count(), LONG + 1);
    }
}
