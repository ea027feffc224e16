//! Why a piece of text can't be read: where exactly, what was expected there in plain words, and what was meant.
//!
//! The text is parsed again with pest's record of its attempts switched on.
//!
//! Must not know: the tree.

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
    let text = clip(text);
    let reading = Reading { rule, text, file, start };
    reading.mistaken_word().or_else(|| reading.common_slip()).unwrap_or_else(|| reading.unexpected())
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
        let (place, what) = match self.rule {
            Rule::one_declaration => (Place::Top, "a declaration"),
            Rule::one_member => (Place::Flow, "a member of a flow"),
            Rule::one_clause => (Place::State, "a clause of a state"),
            Rule::one_actor_clause => (Place::Actor, "a clause of an actor"),
            Rule::one_end_clause => (Place::End, "a clause of an end"),
            Rule::one_map => (Place::Intake, "a line of an intake"),
            Rule::one_line => (Place::Scenario, "a line of a scenario"),
            _ => return None,
        };
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

    /// Slips that a list of what was expected would not explain.
    fn common_slip(&self) -> Option<Diagnostic> {
        let at = self.stop().at;
        let rest = self.text.get(at..)?.trim_start_matches([' ', '\t']);
        let at = self.text.len() - rest.len();
        if let Some(quote) = unclosed_text(self.text).filter(|&quote| quote <= at) {
            let end = quote + self.text.get(quote..)?.lines().next().map_or(1, str::len);
            return Some(
                syntax(self.span(quote, end), "this text has no closing `\"`")
                    .help("texts end on the line on which they begin; write `\"` at its end"),
            );
        }
        if let Some(comma) = dangling_comma(self.text.get(..at)?) {
            let span = self.span(comma, comma + 1);
            return Some(
                syntax(span, "nothing follows this `,` in its list")
                    .help("remove it, or write what was to follow")
                    .fix("remove the `,`", span, ""),
            );
        }
        let slip = |length: usize, message: &str, help: &str| {
            Some(syntax(self.span(at, at + length), message).help(help))
        };
        let guard =
            self.text.contains("when") || matches!(self.rule, Rule::one_declaration | Rule::one_member);
        if guard && rest.starts_with('=') && !rest.starts_with("==") {
            let fixed = slip(1, "a comparison is not written `=`", "write `is`, as in `when risk is high`");
            return fixed.map(|found| found.fix("change to `is`", self.span(at, at + 1), "is"));
        }
        let swap = |length: usize, word: &str| {
            let span = self.span(at, at + length);
            let sign = rest.get(..length).unwrap_or("");
            let word_only = word.trim_end();
            syntax(span, format!("`{sign}` is not a word of guards"))
                .help(format!("write `{word_only}`"))
                .fix(format!("change to `{word_only}`"), span, word)
        };
        match rest.as_bytes() {
            [b'&', b'&', ..] => Some(swap(2, "and")),
            [b'|', b'|', ..] => Some(swap(2, "or")),
            [b'!', ..] if !rest.starts_with("!=") => Some(swap(1, "not ")),
            [b';', ..] => slip(1, "`;` ends nothing here", "remove it: a line end is enough"),
            [b'\'', ..] => {
                slip(1, "texts do not stand in single quotes", "write them in double quotes: `\"…\"`")
            }
            _ if rest.starts_with(['“', '”', '‘', '’']) => slip(
                3,
                "texts do not stand in typographic quotes",
                "write them in plain double quotes: `\"…\"`",
            ),
            _ => None,
        }
    }

    /// What was expected at the furthest place, and what stands there.
    fn unexpected(&self) -> Diagnostic {
        let stop = self.stop();
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
        let mut diagnostic = syntax(span, message);
        let near = stop.expected.iter().find(|word| is_near(word.trim_matches('`'), token));
        if let Some(word) = near.map(|word| word.trim_matches('`')) {
            return diagnostic.help(format!("did you mean `{word}`?")).fix(
                format!("change to `{word}`"),
                span,
                word,
            );
        }
        diagnostic.help = form(self.rule, first_word(self.text)).map(|form| format!("the form is `{form}`"));
        diagnostic
    }

    fn stop(&self) -> Stop {
        let stop = attempts(self.rule, self.text);
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

fn is_near(word: &str, token: &str) -> bool {
    word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) && !token.is_empty() && {
        strsim::damerau_levenshtein(word, token) * 3 <= word.len()
    }
}

/// Where the comma stands at whose line end a list was to end: what it took for its next name is the keyword of the
/// clause on a line below.
fn dangling_comma(before: &str) -> Option<usize> {
    let (above, last) = before.trim_end().rsplit_once('\n')?;
    let line_start = above.rfind('\n').map_or(0, |at| at + 1);
    let line = above.get(line_start..)?.split("//").next()?;
    let list = line.trim_end().strip_suffix(',')?;
    words::is_clause(last.trim()).then_some(line_start + list.len())
}

/// Where the last text that is not closed on its line begins.
fn unclosed_text(text: &str) -> Option<usize> {
    let mut open = None;
    let mut escaped = false;
    let mut comment = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '\n' if open.is_some() => return open,
            '\n' => comment = false,
            _ if comment || escaped => escaped = false,
            '\\' if open.is_some() => escaped = true,
            '"' => open = if open.is_some() { None } else { Some(at) },
            '/' if before == '/' && open.is_none() => comment = true,
            _ => {}
        }
        before = c;
    }
    open
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

/// How what begins with `word` is written.
fn form(rule: Rule, word: &str) -> Option<&'static str> {
    Some(match (rule, word) {
        (Rule::one_field, _) => "title: text max 70",
        (Rule::one_declaration, "use") => "use \"team.flow\"",
        (Rule::one_declaration, "enum") => "enum Risk { low, medium, high }",
        (Rule::one_declaration, "asset") => "asset Draft { title: text max 70, body: text }",
        (Rule::one_declaration, "actor") => "actor writer: model { uses \"writer-large\" }",
        (Rule::one_declaration, "threshold") => "threshold good: quality >= 0.85",
        (_, "flow") => "flow refresh { … }",
        (_, "context") => "context { draft: Draft }",
        (_, "default") => "default deadline 1h else -> stuck",
        (_, "intake") => "intake lead from \"web\" -> sorting",
        (_, "state") => "state drafting { … }",
        (_, "approval") => "approval review { … }",
        (_, "wait") => "wait cooling { … }",
        (_, "call") => "call checks { … }",
        (_, "end") => "end done: success { … }",
        (_, "prove") => "prove ends within 6d",
        (_, "scenario") => "scenario \"a weak draft is rejected\" { … }",
        (_, "owner") => "owner writer",
        (_, "asset") => "asset draft",
        (_, "goal") => "goal \"what done means here\"",
        (_, "needs") => "needs brief, notes?",
        (_, "makes") => "makes draft, quality",
        (_, "accept") => "accept 4h else -> escalated",
        (_, "deadline") => "deadline 24h else -> stuck",
        (_, "failure") => "failure -> stuck",
        (_, "retry") => "retry 2 times every 30s",
        (_, "handoff") => "handoff -> drafting when quality < 0.6 at most 3 times else -> rejected",
        (_, "asks") => "asks \"May this be published?\"",
        (_, "shows") => "shows risk, confidence",
        (_, "options") => "options approve, reject",
        (_, "for") => "for 14d -> measuring",
        (Rule::one_actor_clause, "runs") => "runs \"tools/humanise\"",
        (_, "runs") => "runs fact_check(draft) gives facts",
        (_, "join") => "join all",
        (_, "receipt") => "receipt live",
        (_, "reason") => "reason \"why it ended\"",
        (_, "map") => "map page = raw.url",
        (_, "start") => "start opportunity",
        (_, "at") => "at drafting quality = 0.2, risk = low",
        (_, "expect") => "expect rejected",
        (_, "uses") => "uses \"writer-large\"",
        (_, "calls") => "calls \"POST https://cms.example.com/pages\"",
        (_, "contact") => "contact \"legal@example.com\"",
        (_, "name") => "name \"support-tier-1\"",
        (_, "responds") => "responds within 24h",
        (_, "costs") => "costs 0.15 USD",
        _ => return None,
    })
}
