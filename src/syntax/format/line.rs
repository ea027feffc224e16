//! One thing's tokens as a line: what is spaced, where columns begin, and where a line that is too long, or holds a
//! comment, is broken.
//!
//! Must not know: what stands above or below the line.

use unicode_width::UnicodeWidthStr;

use super::node::{Breaks, Cut, Node, Sort};
use super::token::Token;

/// How far a clause's value stands from its keyword's first letter.
const CLAUSE_COLUMN: usize = 9;

/// How far the target of a handoff stands from its arrow.
const TARGET_COLUMN: usize = 3;

/// A line's text, and where its further columns begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The columns, one right after the other.
    pub(super) text: String,
    /// In order; none for a broken line.
    pub(super) columns: Vec<Column>,
}

/// Where a further column of a line begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The byte in the text.
    pub(super) at: usize,
    /// The spaces that part it from the column before, at least.
    pub(super) gap: usize,
}

impl Line {
    /// Begins a further column.
    pub(super) fn cut(&mut self, gap: usize) {
        self.columns.push(Column { at: self.text.len(), gap });
    }

    /// How wide it is without padding.
    pub(super) fn width(&self) -> usize {
        width(&self.text) + self.columns.iter().map(|column| column.gap).sum::<usize>()
    }
}

/// How many columns a terminal gives a text.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// A thing that has no braces of its own, or the part of one up to its brace.
#[derive(Clone, Debug)]
pub(super) struct Unit<'t> {
    /// What it is.
    pub(super) node: Node<'t>,
    /// What it says.
    pub(super) tokens: Vec<Token<'t>>,
    /// The lines stay as the author broke them, because a comment speaks of one of them.
    pub(super) keep_lines: bool,
}

impl Unit<'_> {
    /// On one line if it may be, else broken; `indent` is where it begins.
    pub(super) fn layout(&self, indent: usize) -> Line {
        let flat = self.flat();
        let long = !self.keep_lines && indent + flat.width() > self.node.sort().width();
        if !long && !self.keep_lines && !self.tokens.iter().any(Token::is_comment) {
            return flat;
        }
        let text = Breaker::new(self, indent, long).run();
        if text.contains('\n') { Line { text, columns: Vec::new() } } else { flat }
    }

    /// All tokens but comments on one line, cut into columns.
    pub(super) fn flat(&self) -> Line {
        let cut = self.cut();
        let mut line = Line::default();
        for (index, token) in self.tokens.iter().enumerate().filter(|(_, token)| !token.is_comment()) {
            match cut {
                Some((at, gap)) if at == index => line.cut(gap),
                _ => line.text.push_str(self.space(index)),
            }
            line.text.push_str(spelled(token.text));
        }
        line
    }

    /// The index of the token that begins the second column, and the gap before it.
    fn cut(&self) -> Option<(usize, usize)> {
        let find = |word| self.tokens.iter().position(|token| token.text == word);
        let (index, gap) = match self.node.cut() {
            Cut::None => return None,
            Cut::After(word) => (find(word)? + 1, 1),
            Cut::Before(word) => (find(word)?, 1),
            Cut::At { byte, wide } => {
                (self.tokens.partition_point(|token| token.start < byte), 1 + usize::from(wide))
            }
            Cut::AfterSecond => (2, 2),
        };
        (index < self.tokens.len()).then_some((index, gap))
    }

    /// What stands between a token and the one before it on its line.
    fn space(&self, index: usize) -> &'static str {
        let (Some(before), Some(token)) =
            (index.checked_sub(1).and_then(|at| self.tokens.get(at)), self.tokens.get(index))
        else {
            return "";
        };
        if token.is_comment() {
            "  "
        } else if index == 1 && self.node.sort().is_clause() {
            spaces(CLAUSE_COLUMN.saturating_sub(before.text.len()).max(1))
        } else if tight(before.text, token.text) || token.text == "(" && self.node.is_run() {
            ""
        } else {
            " "
        }
    }
}

/// Tokens on one line, without columns.
pub(super) fn plain<'t>(tokens: impl Iterator<Item = Token<'t>>) -> String {
    let mut text = String::new();
    let mut before = "";
    for token in tokens {
        if !before.is_empty() && !tight(before, token.text) {
            text.push(' ');
        }
        text.push_str(spelled(token.text));
        before = token.text;
    }
    text
}

/// Whether nothing stands between two neighbours on a line. Braces here are those of a set, or the last token.
fn tight(before: &str, token: &str) -> bool {
    matches!(before, "(" | "[" | "{" | "." | ".." | "..<")
        || matches!(token, "," | ":" | "?" | ")" | "]" | "}" | "[" | "." | ".." | "..<")
}

/// What `baton fmt` writes for a token.
fn spelled(token: &str) -> &str {
    match token {
        "==" => "is",
        "!=" => "is not",
        other => other,
    }
}

/// So many spaces, 16 at most.
fn spaces(count: usize) -> &'static str {
    "                ".get(..count).unwrap_or(" ")
}

/// Writes a unit over several lines.
struct Breaker<'u, 't> {
    unit: &'u Unit<'t>,
    breaks: Breaks,
    long: bool,
    /// Where lines that must begin anew begin.
    hard: usize,
    /// Where lines that are merely full go on.
    soft: usize,
    out: String,
    column: usize,
}

impl<'u, 't> Breaker<'u, 't> {
    fn new(unit: &'u Unit<'t>, indent: usize, long: bool) -> Breaker<'u, 't> {
        let (hard, soft) = match unit.node.sort() {
            Sort::Handoff => {
                (indent + CLAUSE_COLUMN + TARGET_COLUMN, indent + CLAUSE_COLUMN + TARGET_COLUMN + 2)
            }
            Sort::Clause => (indent + CLAUSE_COLUMN, indent + CLAUSE_COLUMN),
            _ => (indent + 2, indent + 2),
        };
        let breaks = unit.node.breaks();
        Breaker { unit, breaks, long, hard, soft, out: String::new(), column: indent }
    }

    fn run(mut self) -> String {
        for (index, token) in self.unit.tokens.iter().enumerate() {
            if index > 0 && self.must_break(index, token) {
                self.new_line(self.hard);
            } else if index > 0 && self.may_break(index, token) && !self.fits(index) {
                self.new_line(self.soft);
            } else {
                self.write(self.unit.space(index));
            }
            self.write(spelled(token.text));
        }
        self.out
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += width(text);
    }

    fn new_line(&mut self, column: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', column));
        self.column = column;
    }

    fn must_break(&self, index: usize, token: &Token<'_>) -> bool {
        let after_comment = self.token(index.wrapping_sub(1)).is_some_and(Token::is_comment);
        let kept = (self.unit.keep_lines || token.is_comment()) && token.fresh;
        after_comment || kept || self.long && self.opens_part(index, token)
    }

    /// `when`, `otherwise`, `carry` and `at most` open a part of a handoff.
    fn opens_part(&self, index: usize, token: &Token<'_>) -> bool {
        let bound = || token.text == "at" && self.token(index + 1).is_some_and(|next| next.text == "most");
        self.breaks.hard.contains(&token.start) || self.breaks.bounds && bound()
    }

    fn may_break(&self, index: usize, token: &Token<'_>) -> bool {
        let after_comma = || self.token(index.wrapping_sub(1)).is_some_and(|before| before.text == ",");
        self.long && !token.is_comment() && (after_comma() || self.joins(index, token))
    }

    /// `and`, `or` of a guard; `->` and `or` of a `prove` or `expect`.
    fn joins(&self, index: usize, token: &Token<'_>) -> bool {
        let in_guard = || self.breaks.guard.as_ref().is_some_and(|guard| guard.contains(&token.start));
        let next = || self.token(index + 1).map_or(usize::MAX, |next| next.start);
        match token.text {
            "and" | "or" if in_guard() => true,
            "or" | "->" => self.breaks.soft.binary_search(&next()).is_ok(),
            _ => false,
        }
    }

    /// Whether a line need not be broken here: what stands up to the next place for a break has room on it, brackets
    /// kept whole where a line of their own would hold them.
    fn fits(&self, index: usize) -> bool {
        let limit = self.unit.node.sort().width();
        let whole = self.reach(index, false, limit);
        let part = if self.soft + whole <= limit { whole } else { self.reach(index, true, limit) };
        self.column + part <= limit
    }

    /// How wide it is from here to the next place for a break, those in brackets counted only if `inside`; it is
    /// not measured much beyond `limit`.
    fn reach(&self, index: usize, inside: bool, limit: usize) -> usize {
        let mut reach = 0;
        let mut depth = 0_i32;
        for (at, token) in self.unit.tokens.iter().enumerate().skip(index) {
            let place = at > index && (inside || depth <= 0) && self.may_break(at, token);
            if place || token.is_comment() || at > index && self.must_break(at, token) || reach > limit {
                break;
            }
            reach += self.unit.space(at).len() + width(spelled(token.text));
            depth += match token.text {
                "(" | "{" => 1,
                ")" | "}" => -1,
                _ => 0,
            };
        }
        reach
    }

    fn token(&self, index: usize) -> Option<&'u Token<'t>> {
        self.unit.tokens.get(index)
    }
}
