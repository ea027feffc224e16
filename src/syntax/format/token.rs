//! The text cut into tokens, comments among them: what the formatter copies to its new place.
//!
//! Must not know: the grammar. It is only asked about texts that parse, so it never has to say what is wrong.

use std::ops::Range;

/// A token as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// Its letters; of a comment without the white space at its end.
    pub(super) text: &'t str,
    /// Its first byte.
    pub(super) start: usize,
    /// The first on its line.
    pub(super) fresh: bool,
}

impl Token<'_> {
    /// `//`, `///` or `//!`.
    pub(super) fn is_comment(&self) -> bool {
        self.text.starts_with("//")
    }

    /// One past its last byte.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a range of the text, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    end: usize,
}

impl<'t> Tokens<'t> {
    /// The tokens that begin in `range`.
    pub(super) fn new(text: &'t str, range: Range<usize>) -> Tokens<'t> {
        Tokens { text, at: range.start, end: range.end.min(text.len()) }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    /// Steps over white space and says whether a line ended in it.
    fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let space = rest.len() - rest.trim_start().len();
        self.at += space;
        rest.get(..space).is_some_and(|space| space.contains('\n'))
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let fresh = self.skip_space();
        let start = self.at;
        let rest = self.rest();
        let text = rest.get(..token_length(rest)).filter(|text| !text.is_empty())?;
        self.at += text.len();
        let text = if text.starts_with("//") { text.trim_end() } else { text };
        Some(Token { text, start, fresh })
    }
}

fn token_length(rest: &str) -> usize {
    let mut bytes = rest.bytes();
    match (bytes.next(), bytes.next()) {
        (None, _) => 0,
        (Some(b'/'), Some(b'/')) => rest.find(['\n', '\r']).unwrap_or(rest.len()),
        (Some(b'"'), _) => text_length(rest),
        (Some(b'-'), Some(digit)) if digit.is_ascii_digit() => number_length(rest),
        (Some(digit), _) if digit.is_ascii_digit() => number_length(rest),
        (Some(byte), _) if is_word(byte) => rest.bytes().take_while(|&byte| is_word(byte)).count(),
        _ => mark_length(rest),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// A literal ends at its quote; every byte after a backslash is inside.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    let closing = rest.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    closing.map_or(rest.len(), |inside| inside + 2)
}

/// A number with what touches it: `-3`, `0.85`, `1_000`, `70%`, `1d12h`. A point belongs to it before a digit only.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let inside = |at: usize, byte: u8| match byte {
        b'-' => at == 0,
        b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        b'%' => true,
        byte => is_word(byte),
    };
    bytes.iter().enumerate().take_while(|&(at, &byte)| inside(at, byte)).count()
}

fn mark_length(rest: &str) -> usize {
    let marks = ["..<", "..", "->", "==", "!=", "<=", ">="];
    let mark = marks.iter().find(|mark| rest.starts_with(**mark));
    mark.map_or_else(|| rest.chars().next().map_or(0, char::len_utf8), |mark| mark.len())
}
