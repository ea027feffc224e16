//! Why a piece of text can't be read: where exactly, what was expected there in plain words, and what was meant.
//!
//! The text is parsed again with pest's record of its attempts switched on.
//!
//! Must not know: the tree.

mod forms;
mod slips;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use pest::Parser;
use pest::error::InputLocation;

use super::grammar::{Grammar, Rule};
use super::words::{self, Place};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// pest keeps this switch in a global; only one thread at a time may rely on it.
static DETAIL: Mutex<()> = Mutex::new(());

/// Longer texts are explained by their beginning.
const MAX_EXPLAINED: usize = 64 * 1024;

/// Why `text`, which starts at byte `start` of `file`, is no `rule`.
pub(super) fn explain(rule: Rule, text: &str, file: FileId, start: usize) -> Diagnostic {
    let reading = Reading { rule, text: clip(text), file, start };
    reading.mistaken_word().unwrap_or_else(|| {
        let stop = reading.stop();
        slips::slip(&reading, &stop).unwrap_or_else(|| reading.unexpected(&stop))
    })
}

fn clip(text: &str) -> &str {
    let end = (0..=MAX_EXPLAINED.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

/// The letters with which `text` begins.
pub(super) fn first_word(text: &str) -> &str {
    let starts = text.chars().next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    let end = text.find(|c: char| !unicode_ident::is_xid_continue(c)).unwrap_or(text.len());
    if starts { text.get(..end).unwrap_or("") } else { "" }
}

struct Reading<'t> {
    rule: Rule,
    text: &'t str,
    file: FileId,
    start: usize,
}

/// The furthest place that could be read, and what could have followed.
struct Stop {
    at: usize,
    expected: BTreeSet<String>,
}

impl Reading<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.start + start, self.start + end)
    }

    /// The text begins with a word that can begin nothing here.
    fn mistaken_word(&self) -> Option<Diagnostic> {
        let (place, what) = place(self.rule)?;
        let word = first_word(self.text);
        if word.is_empty() || words::begins(word, place) {
            return None;
        }
        let span = self.span(0, word.len());
        if let Some((meant, _)) = words::meant(word, place) {
            let message = format!("`{word}` does not begin {what}");
            let help = format!("did you mean `{meant}`?");
            return Some(syntax(span, message).help(help).fix(format!("change to `{meant}`"), span, meant));
        }
        let list = words::list(place);
        let (message, help) = match home(word) {
            Some(home) => (
                format!("`{word}` stands outside of {home}"),
                format!(
                    "move it into {home}, or remove a `}}` before it that closes too early; here can stand {list}"
                ),
            ),
            None => (format!("`{word}` does not begin {what}"), format!("here can stand {list}")),
        };
        Some(syntax(span, message).help(help))
    }

    /// What was expected at the furthest place, and what stands there.
    fn unexpected(&self, stop: &Stop) -> Diagnostic {
        let (start, end) = found(self.text, stop.at);
        let token = self.text.get(start..end).unwrap_or("");
        let what = if token.is_empty() { "the end of the line".to_owned() } else { format!("`{token}`") };
        let expected = listed(&stop.expected);
        let message = if expected.is_empty() {
            format!("{what} can't stand here")
        } else {
            format!("expected {expected}, found {what}")
        };
        let span = self.span(start, end);
        let found = syntax(span, message);
        let near = stop.expected.iter().map(|word| word.trim_matches('`')).find(|word| is_near(word, token));
        match near {
            Some(word) => {
                found.help(format!("did you mean `{word}`?")).fix(format!("change to `{word}`"), span, word)
            }
            None => found.help(self.advice()),
        }
    }

    /// How it is written, or else what may begin here.
    fn advice(&self) -> String {
        let form = forms::form(self.rule, first_word(self.text));
        let list = || place(self.rule).map_or_else(String::new, |(place, _)| words::list(place));
        form.map_or_else(|| format!("here can stand {}", list()), |form| format!("the form is `{form}`"))
    }

    fn stop(&self) -> Stop {
        let stop = self.word_start(attempts(self.rule, self.text));
        if !stop.expected.is_empty() {
            return stop;
        }
        // Only white space could follow: what could follow that?
        let mut spaced = self.text.to_owned();
        let at = stop.at.min(spaced.len());
        spaced.insert(at, ' ');
        let after = attempts(self.rule, &spaced);
        if after.at == at + 1 { Stop { at, expected: after.expected } } else { stop }
    }

    /// Where the reading stopped inside a word, as in `And` behind a `3` that could be an amount of money: its start,
    /// and what could have stood there.
    fn word_start(&self, stop: Stop) -> Stop {
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let (Some(before), Some(rest)) = (self.text.get(..stop.at), self.text.get(stop.at..)) else {
            return stop;
        };
        let start = before.trim_end_matches(is_word).len();
        let starts_with_letter =
            before.get(start..).is_some_and(|word| word.starts_with(char::is_alphabetic));
        if !starts_with_letter || !rest.starts_with(is_word) {
            return stop;
        }
        let nothing_here = before.get(..start).unwrap_or("").to_owned() + "\0";
        Stop { at: start, ..attempts(self.rule, &nothing_here) }
    }
}

/// What begins with a keyword where `rule` is due, and what that is called.
fn place(rule: Rule) -> Option<(Place, &'static str)> {
    Some(match rule {
        Rule::one_declaration => (Place::Top, "a declaration"),
        Rule::one_member => (Place::Flow, "a member of a flow"),
        Rule::one_clause => (Place::State, "a clause of a state"),
        Rule::one_actor_clause => (Place::Actor, "a clause of an actor"),
        Rule::one_end_clause => (Place::End, "a clause of an end"),
        Rule::one_map => (Place::Intake, "a line of an intake"),
        Rule::one_line => (Place::Scenario, "a line of a scenario"),
        _ => return None,
    })
}

fn syntax(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Syntax, span, message)
}

/// Parses with the record of attempts on. A text that can be read after all stops at its end.
fn attempts(rule: Rule, text: &str) -> Stop {
    let guard = DETAIL.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    let error = Grammar::parse(rule, text).err();
    pest::set_error_detail(false);
    drop(guard);
    let Some(error) = error else { return Stop { at: text.len(), expected: BTreeSet::new() } };
    let location = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let Some(attempts) = error.parse_attempts() else {
        return Stop { at: location, expected: BTreeSet::new() };
    };
    let tokens: Vec<String> = attempts.expected_tokens().iter().map(ToString::to_string).collect();
    let before = text.get(..attempts.max_position).unwrap_or("");
    Stop { at: attempts.max_position, expected: in_words(&tokens, before) }
}

/// pest's tokens as people would say them.
fn in_words(tokens: &[String], before: &str) -> BTreeSet<String> {
    let has = |token: &str| tokens.iter().any(|other| other == token);
    let mut words = BTreeSet::new();
    if has("percent") && has("money") {
        return BTreeSet::from(["a type".to_owned()]);
    }
    // A word that could go on is no new one.
    let goes_on = before.ends_with(|c: char| c == '_' || c.is_alphanumeric());
    if has("_") && !goes_on {
        words.insert("a name".to_owned());
    }
    if has("\"") {
        words.insert("a text in quotes".to_owned());
    }
    if has("0..9") && !goes_on {
        words.insert(figure(before).to_owned());
    }
    for token in tokens {
        let goes_on_with = goes_on && token == "%";
        let plain = !goes_on_with
            && !matches!(
                token.as_str(),
                "_" | "\""
                    | "-"
                    | "//"
                    | "."
                    | "\t"
                    | "\n"
                    | "\r"
                    | "\r\n"
                    | " "
                    | "BUILTIN_RULE"
                    | "!="
                    | "=="
                    | "time"
                    | "visit"
            );
        if plain && !token.contains("..") {
            words.insert(format!("`{token}`"));
        }
    }
    words
}

/// Which sort of number is meant after those words.
fn figure(before: &str) -> &'static str {
    let mut words = before.split_ascii_whitespace().rev();
    match (words.next(), words.next()) {
        (Some("deadline" | "accept" | "for" | "every" | "within"), _) => "a duration like `15m`",
        (Some("costs"), _) | (Some("most"), Some("at")) if before.contains("costs") => {
            "an amount like `0.15 USD`"
        }
        _ => "a number",
    }
}

/// `a`, `a or b`, `a, b or c`; too many say nothing.
fn listed(words: &BTreeSet<String>) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] if words.len() <= 8 => format!("{} or {last}", first.join(", ")),
        _ => String::new(),
    }
}

/// The token at `at`, white space on its line skipped; empty at the line's end, then where the line's text ends.
fn found(text: &str, at: usize) -> (usize, usize) {
    let rest = text.get(at..).unwrap_or("");
    let trimmed = rest.trim_start_matches([' ', '\t']);
    let start = text.len() - trimmed.len();
    let length = match trimmed.chars().next() {
        None | Some('\n' | '\r') => 0,
        Some(_) if trimmed.starts_with("//") => 0,
        Some(c) if c == '_' || c.is_alphanumeric() => {
            trimmed.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(trimmed.len())
        }
        Some(_) if trimmed.starts_with("->") => 2,
        Some(c) => c.len_utf8(),
    };
    if length == 0 {
        let end = text.get(..at).unwrap_or("").trim_end_matches([' ', '\t']).len();
        return (end, end);
    }
    (start, start + length)
}

/// Whether `token` is `word` with a letter or two wrong; in whatever case.
fn is_near(word: &str, token: &str) -> bool {
    let letters = !token.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let token = token.to_ascii_lowercase();
    letters
        && (word == token || word.len() > 2 && strsim::damerau_levenshtein(word, &token) * 3 <= word.len())
}

/// What `word` belongs into, where it begins something elsewhere.
fn home(word: &str) -> Option<&'static str> {
    let homes = [
        (Place::Flow, "a flow"),
        (Place::State, "a state"),
        (Place::End, "an end"),
        (Place::Actor, "an actor"),
        (Place::Scenario, "a scenario"),
        (Place::Intake, "an intake"),
    ];
    homes.into_iter().find(|(place, _)| words::begins(word, *place)).map(|(_, home)| home)
}
