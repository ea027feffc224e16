//! Words, texts, signs and comments: what the outline cuts a text by.
//!
//! Must not know: what begins a declaration.

use crate::source::{FileId, Span};

use super::tree::{Comment, CommentKind};

/// A word, text or sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: TokenKind,
    /// It is the first on its line.
    pub(super) first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    Word,
    Text,
    Open,
    Close,
    /// `,`, `->`, `=`, `<`, `(` …: what comes next belongs to it.
    Joint,
    Other,
    End,
}

/// Finds tokens and comments.
pub(super) struct Scanner<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    line_start: bool,
    /// Those that were passed so far.
    pub(super) comments: Vec<Comment>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Scanner<'t> {
        // Editors of Windows mark UTF-8 at its start.
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Scanner { file, text, at, line_start: true, comments: Vec::new() }
    }

    /// What was not scanned yet.
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next token; at the end, again and again, [`TokenKind::End`].
    pub(super) fn next(&mut self) -> Token {
        self.skip_space();
        let start = self.at;
        let first = std::mem::replace(&mut self.line_start, false);
        let (kind, length) = scan(self.rest());
        self.at += length;
        Token { start, end: self.at, kind, first }
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let (mut blanks, mut line_start) = (0, self.line_start);
            for byte in rest {
                match byte {
                    b' ' | b'\t' => {}
                    b'\n' | b'\r' => line_start = true,
                    _ => break,
                }
                blanks += 1;
            }
            (self.at, self.line_start) = (self.at + blanks, line_start);
            if !rest.get(blanks..).unwrap_or_default().starts_with(b"//") {
                return;
            }
            self.comment();
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let (line, _) = rest.split_at(length(rest, |byte| !matches!(byte, b'\n' | b'\r')));
        let kind = match line {
            [_, _, b'!', ..] => CommentKind::File,
            [_, _, b'/', rest @ ..] if !rest.starts_with(b"/") => CommentKind::Doc,
            _ => CommentKind::Plain,
        };
        let span = Span::new(self.file, self.at, self.at + line.trim_ascii_end().len());
        self.comments.push(Comment { span, kind, own_line: self.line_start });
        self.at += line.len();
    }
}

/// How many bytes from the first on are such.
fn length(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !is_such(byte)).unwrap_or(bytes.len())
}

/// The token with which `rest` begins, and its length.
fn scan(rest: &[u8]) -> (TokenKind, usize) {
    match rest {
        [] => (TokenKind::End, 0),
        [byte, ..] if is_word_byte(*byte) => (TokenKind::Word, length(rest, is_word_byte)),
        [b'"', text @ ..] => (TokenKind::Text, 1 + text_length(text)),
        [b'{', ..] => (TokenKind::Open, 1),
        [b'}', ..] => (TokenKind::Close, 1),
        [b'-', b'>', ..] => (TokenKind::Joint, 2),
        [b',' | b'=' | b'<' | b'>' | b'(' | b':' | b'.', ..] => (TokenKind::Joint, 1),
        _ => (TokenKind::Other, 1),
    }
}

/// How long a text is behind its first quote, up to the closing one; one that is forgotten ends with the line.
fn text_length(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += length(rest, |byte| !matches!(byte, b'"' | b'\\' | b'\n'));
        match text.get(at..) {
            Some([b'"', ..]) => return at + 1,
            Some([b'\\', b'\n' | b'\r', ..] | [b'\\']) => at += 1,
            Some([b'\\', _, ..]) => at += 2,
            _ => return at,
        }
    }
}

/// A table is asked in a third of the time of five comparisons, for each byte of a text.
fn is_word_byte(byte: u8) -> bool {
    #[allow(clippy::indexing_slicing)] // as many as it has
    static WORDS: [bool; 256] = {
        let mut words = [false; 256];
        let mut byte = 0;
        while byte < words.len() {
            words[byte] = matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80..);
            byte += 1;
        }
        words
    };
    WORDS.get(usize::from(byte)).copied().unwrap_or_default()
}
