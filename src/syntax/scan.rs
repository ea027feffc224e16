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

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The next token; at the end, again and again, [`TokenKind::End`].
    pub(super) fn next(&mut self) -> Token {
        self.skip_space();
        let start = self.at;
        let first = std::mem::replace(&mut self.line_start, false);
        let kind = self.scan();
        Token { start, end: self.at, kind, first }
    }

    fn skip_space(&mut self) {
        loop {
            match self.byte(self.at) {
                b'\n' | b'\r' => self.line_start = true,
                b' ' | b'\t' => {}
                b'/' if self.byte(self.at + 1) == b'/' => {
                    self.comment();
                    continue;
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or(&[]);
        let length = rest.iter().position(|&byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        self.at = start + length;
        let trimmed = rest.get(..length).map_or(length, |line| line.trim_ascii_end().len());
        let kind = match (self.byte(start + 2), self.byte(start + 3)) {
            (b'!', _) => CommentKind::File,
            (b'/', third) if third != b'/' => CommentKind::Doc,
            _ => CommentKind::Plain,
        };
        let span = Span::new(self.file, start, start + trimmed);
        self.comments.push(Comment { span, kind, own_line: self.line_start });
    }

    fn scan(&mut self) -> TokenKind {
        let byte = self.byte(self.at);
        if self.at >= self.text.len() {
            return TokenKind::End;
        }
        if is_word_byte(byte) {
            self.at += 1;
            while is_word_byte(self.byte(self.at)) {
                self.at += 1;
            }
            return TokenKind::Word;
        }
        self.at += 1;
        match byte {
            b'"' => self.scan_text(),
            b'{' => TokenKind::Open,
            b'}' => TokenKind::Close,
            b'-' if self.byte(self.at) == b'>' => {
                self.at += 1;
                TokenKind::Joint
            }
            b',' | b'=' | b'<' | b'>' | b'(' | b':' | b'.' => TokenKind::Joint,
            _ => TokenKind::Other,
        }
    }

    /// Up to the closing quote; one that is forgotten ends with the line.
    fn scan_text(&mut self) -> TokenKind {
        loop {
            match self.byte(self.at) {
                b'"' => break self.at += 1,
                b'\\' if !matches!(self.byte(self.at + 1), b'\n' | b'\r' | 0) => self.at += 2,
                b'\n' => break,
                0 if self.at >= self.text.len() => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        TokenKind::Text
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
