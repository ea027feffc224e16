//! Cuts a text at its top-level declarations and at the members of its flows, and collects its comments.
//!
//! One pass over the bytes that knows only brackets, texts, comments and how a declaration begins, so that each piece
//! can be parsed by itself: memory stays small, pieces can be parsed in parallel. Braces that were forgotten or are too
//! many are found here, where the structure around them is in sight.
//!
//! Must not know: the grammar of clauses, nor pest.

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::scan::{Scanner, Token, TokenKind};
use super::tree::Comment;
use super::words::{self, Place};

/// Brackets may nest so deep, and `not` and `list of` be repeated so often.
pub(super) const MAX_DEPTH: usize = 256;
/// A file may hold so many declarations and members.
const MAX_PIECES: usize = 4_000_000;

/// A text's pieces, in order.
pub(super) struct Outline {
    pub(super) pieces: Vec<Piece>,
    pub(super) comments: Vec<Comment>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A part of the text that is parsed by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) span: Span,
    pub(super) kind: PieceKind,
    /// So many braces were forgotten at its end; they are parsed as if they stood there.
    pub(super) missing_braces: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PieceKind {
    /// A declaration other than a flow.
    Declaration,
    /// `flow NAME {`
    FlowHead,
    /// A member of the flow whose head came last.
    Member,
    /// The `}` of a flow, or the empty place where it was forgotten.
    FlowEnd,
    /// Nested too deep, which has been told: not to be parsed.
    TooDeep {
        /// It stands in a flow.
        member: bool,
    },
    /// A stray brace, which has been told.
    Stray,
}

/// Cuts `text`.
pub(super) fn outline(file: FileId, text: &str) -> Outline {
    let mut cutter = Cutter::new(file, text);
    while cutter.step() {}
    cutter.finish()
}

/// After these words a name follows, even one that looks like a keyword.
const JOINTS: [&str; 12] =
    ["and", "or", "not", "is", "in", "to", "passes", "with", "than", "when", "carry", "else"];

/// The words that may go on a member without braces on a further line.
const CONTINUATIONS: [&str; 12] =
    ["and", "at", "else", "from", "if", "in", "is", "only", "or", "passes", "to", "with"];

struct Cutter<'t> {
    file: FileId,
    text: &'t str,
    scanner: Scanner<'t>,
    /// The next tokens, the nearest first.
    ahead: [Token; 3],
    /// A name must follow the token before; only outside of braces, where it is asked for.
    joint: bool,
    /// Where the open braces of the current piece stand.
    braces: Vec<usize>,
    parens: usize,
    /// Where the current piece began.
    piece: Option<usize>,
    /// The `{` of the open flow.
    flow: Option<usize>,
    /// The `{` of the open flow is missing.
    headless: bool,
    /// The current piece is a flow's head.
    head: bool,
    too_deep: bool,
    last_end: usize,
    out: Outline,
}

impl<'t> Cutter<'t> {
    fn new(file: FileId, text: &'t str) -> Cutter<'t> {
        let mut scanner = Scanner::new(file, text);
        let ahead = [scanner.next(), scanner.next(), scanner.next()];
        let out = Outline { pieces: Vec::new(), comments: Vec::new(), diagnostics: Vec::new() };
        Cutter {
            file,
            text,
            scanner,
            ahead,
            joint: false,
            braces: Vec::new(),
            parens: 0,
            piece: None,
            flow: None,
            headless: false,
            head: false,
            too_deep: false,
            last_end: 0,
            out,
        }
    }

    /// Takes one token; false at the end.
    fn step(&mut self) -> bool {
        let [token, ..] = self.ahead;
        if token.kind == TokenKind::End || self.out.pieces.len() >= MAX_PIECES {
            return false;
        }
        if self.head && token.first && words::begins(self.word(token), Place::Flow) && self.has_head() {
            self.end_head();
        } else if self.begins_piece() {
            self.cut_before(token);
        }
        if self.piece.is_none() && token.kind == TokenKind::Close {
            self.close_outside(token);
        } else {
            self.take(token);
        }
        self.advance();
        true
    }

    fn advance(&mut self) {
        let [taken, second, third] = self.ahead;
        self.joint = self.braces.is_empty()
            && (taken.kind == TokenKind::Joint || taken.kind == TokenKind::Word && self.is_joint(taken));
        self.last_end = taken.end;
        self.ahead = [second, third, self.scanner.next()];
    }

    /// Whether a name must follow that word; one that is itself such a name, as in `-> when`, is no joint.
    fn is_joint(&self, word: Token) -> bool {
        let word = self.word(word);
        JOINTS.contains(&word) && (!self.joint || word == "not")
    }

    fn word(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    /// Whether the next token begins a new piece although the current one may not be closed.
    fn begins_piece(&self) -> bool {
        let [token, ..] = self.ahead;
        if token.kind != TokenKind::Word || self.piece.is_none() && self.flow.is_none() {
            return false;
        }
        let inside_braces = !self.braces.is_empty();
        if inside_braces && !(token.first && self.has_head()) {
            return false;
        }
        if self.begins_declaration(token) {
            return if inside_braces || self.flow.is_some() {
                token.first && self.has_head()
            } else {
                !self.joint
            };
        }
        if self.piece.is_none() || self.flow.is_none() {
            return false;
        }
        if !words::begins(self.word(token), Place::Flow) {
            return !inside_braces && !self.joint && token.first && self.is_beside(token);
        }
        // The token after `->` and its like stands on their line; what begins the next one does not belong to them.
        inside_braces || token.first && self.has_head() || !self.joint && (token.first || self.has_head())
    }

    /// Whether a word that begins a line, and is no keyword, can't go on a member that has no braces.
    fn is_beside(&self, token: Token) -> bool {
        matches!(self.first_word(), "default" | "intake" | "prove")
            && !CONTINUATIONS.contains(&self.word(token))
    }

    fn begins_declaration(&self, token: Token) -> bool {
        let [_, next, third] = self.ahead;
        let goes_on = matches!(self.word(next), "is" | "in" | "and" | "or") && self.word(third) != ":";
        let follows = next.kind == TokenKind::Word && !goes_on || next.kind == TokenKind::Text;
        follows && words::begins(self.word(token), Place::Top)
    }

    /// Whether the next tokens are the beginning of a declaration or member that nothing else can be.
    fn has_head(&self) -> bool {
        let [token, second, third] = self.ahead;
        let opens = third.kind == TokenKind::Open;
        let colon = self.word(third) == ":";
        match (self.word(token), second.kind) {
            ("state" | "approval" | "wait" | "call" | "flow" | "asset" | "enum", TokenKind::Word) => opens,
            ("end" | "actor" | "threshold", TokenKind::Word) => colon,
            ("intake", TokenKind::Word) => self.word(third) == "from" || self.word(third) == "->",
            ("default", TokenKind::Word) => matches!(self.word(second), "deadline" | "failure"),
            ("prove", TokenKind::Word) => true,
            ("context", _) => second.kind == TokenKind::Open,
            ("scenario", TokenKind::Text) => opens,
            _ => false,
        }
    }

    /// Ends the current piece before `token`, as one whose closing braces were forgotten if any are open.
    fn cut_before(&mut self, token: Token) {
        self.end_piece(self.last_end);
        if self.flow.is_some() && self.begins_declaration(token) {
            self.forgotten_flow_end();
        }
    }

    fn end_piece(&mut self, end: usize) {
        let Some(start) = self.piece.take() else { return };
        if let Some(&open) = self.braces.first() {
            self.report_unclosed(open, self.braces.len());
        }
        let span = Span::new(self.file, start, end);
        let kind = match (self.too_deep, self.flow) {
            (true, flow) => PieceKind::TooDeep { member: flow.is_some() },
            (false, Some(_)) => PieceKind::Member,
            (false, None) => PieceKind::Declaration,
        };
        let missing_braces = u16::try_from(self.braces.len()).unwrap_or(0);
        self.out.pieces.push(Piece { span, kind, missing_braces });
        self.braces.clear();
        self.parens = 0;
        self.head = false;
        self.too_deep = false;
    }

    fn report_unclosed(&mut self, open: usize, count: usize) {
        let span = Span::new(self.file, open, open + 1);
        let braces = if count == 1 { "`}` is" } else { "closing braces are" };
        self.out.diagnostics.push(
            Diagnostic::new(Code::Syntax, span, "this `{` is never closed")
                .label("opened here")
                .help(format!("the {braces} missing before what follows; write `}}` at its end")),
        );
    }

    fn forgotten_flow_end(&mut self) {
        if let Some(open) = self.flow.take() {
            if !std::mem::take(&mut self.headless) {
                self.report_unclosed(open, 1);
            }
            let span = Span::new(self.file, self.last_end, self.last_end);
            self.out.pieces.push(Piece { span, kind: PieceKind::FlowEnd, missing_braces: 0 });
        }
    }

    /// A `}` where no piece is open: it closes the flow, or is one too many.
    fn close_outside(&mut self, token: Token) {
        let span = Span::new(self.file, token.start, token.end);
        let kind = if self.flow.is_some() && !self.member_follows() {
            self.flow = None;
            self.headless = false;
            PieceKind::FlowEnd
        } else {
            self.report_surplus(span);
            PieceKind::Stray
        };
        self.out.pieces.push(Piece { span, kind, missing_braces: 0 });
    }

    fn report_surplus(&mut self, span: Span) {
        self.out.diagnostics.push(
            Diagnostic::new(Code::Syntax, span, "this `}` closes nothing")
                .label("nothing is open here")
                .help("remove it, or write the `{` that it was meant to close")
                .fix("remove the `}`", span, ""),
        );
    }

    /// Whether behind the next token, a `}`, a member of a flow follows: then the brace does not close the flow.
    fn member_follows(&self) -> bool {
        let [_, next, after] = self.ahead;
        next.kind == TokenKind::Word
            && match self.word(next) {
                "state" | "approval" | "wait" | "call" | "end" | "intake" | "default" | "prove" => {
                    after.kind == TokenKind::Word
                }
                "scenario" => after.kind == TokenKind::Text,
                "context" => after.kind == TokenKind::Open,
                _ => false,
            }
    }

    /// A member outside of any flow: the flow's head was forgotten, and what follows are its members.
    fn report_headless(&mut self, token: Token) {
        let word = self.word(token);
        let span = Span::new(self.file, token.start, token.end);
        self.out.diagnostics.push(
            Diagnostic::new(Code::Syntax, span, format!("`{word}` stands outside of a flow"))
                .help("write `flow NAME {` before it, or move it into a flow"),
        );
        self.flow = Some(token.start);
        self.headless = true;
    }

    /// Adds `token` to the current piece, which it may begin or end.
    fn take(&mut self, token: Token) {
        if self.piece.is_none() {
            if self.flow.is_none() && self.has_head() && words::begins(self.word(token), Place::Flow) {
                self.report_headless(token);
            }
            self.piece = Some(token.start);
            self.head = self.flow.is_none() && self.word(token) == "flow";
        }
        match token.kind {
            TokenKind::Open if self.head => self.open_flow(token),
            TokenKind::Open => self.open(token),
            TokenKind::Close => self.close(token),
            TokenKind::Joint if self.word(token) == "(" => self.nest(token),
            TokenKind::Other if self.word(token) == ")" => self.parens = self.parens.saturating_sub(1),
            TokenKind::Text if self.is_use() => self.end_piece(token.end),
            _ => {}
        }
    }

    fn is_use(&self) -> bool {
        let start = self.piece.unwrap_or(0);
        self.flow.is_none() && self.text.get(start..).is_some_and(|text| text.starts_with("use"))
    }

    /// A member follows a flow's head that has no `{`; the grammar says so of the head.
    fn end_head(&mut self) {
        let Some(start) = self.piece.take() else { return };
        let span = Span::new(self.file, start, self.last_end);
        self.out.pieces.push(Piece { span, kind: PieceKind::FlowHead, missing_braces: 0 });
        self.flow = Some(start);
        self.headless = true;
        self.head = false;
    }

    fn open_flow(&mut self, token: Token) {
        let start = self.piece.take().unwrap_or(token.start);
        let span = Span::new(self.file, start, token.end);
        self.out.pieces.push(Piece { span, kind: PieceKind::FlowHead, missing_braces: 0 });
        self.flow = Some(token.start);
        self.head = false;
    }

    fn open(&mut self, token: Token) {
        self.braces.push(token.start);
        self.check_depth(token);
    }

    fn nest(&mut self, token: Token) {
        self.parens += 1;
        self.check_depth(token);
    }

    fn check_depth(&mut self, token: Token) {
        if self.braces.len() + self.parens > MAX_DEPTH && !self.too_deep {
            self.too_deep = true;
            let span = Span::new(self.file, token.start, token.end);
            self.out.diagnostics.push(too_deep(span));
        }
    }

    /// A `}` in a piece: it closes one of its braces, or, if none is open, ends it.
    fn close(&mut self, token: Token) {
        if self.braces.pop().is_some() {
            if self.braces.is_empty() && !self.guard_goes_on() {
                self.end_piece(token.end);
            }
            return;
        }
        if self.is_rest() {
            return self.end_piece(token.end);
        }
        self.end_piece(self.last_end);
        self.close_outside(token);
    }

    /// Whether the next token, a `}`, ends a set inside a guard: `(x in {a, b}) and …`.
    fn guard_goes_on(&self) -> bool {
        let [_, next, _] = self.ahead;
        self.parens > 0 || matches!(self.word(next), "and" | "or")
    }

    /// Whether the current piece lacks its `{`, or stood in a state that was closed too early: then the next token, a
    /// `}`, belongs to it.
    fn is_rest(&self) -> bool {
        let [_, next, _] = self.ahead;
        let word = self.first_word();
        if self.flow.is_none() {
            return matches!(word, "enum" | "asset" | "actor");
        }
        let braced = words::begins(word, Place::Flow) && !matches!(word, "default" | "intake" | "prove");
        braced || words::is_clause(word) && (next.kind == TokenKind::Close || self.member_follows())
    }

    /// The word with which the current piece begins.
    fn first_word(&self) -> &str {
        let text = self.piece.and_then(|start| self.text.get(start..)).unwrap_or("");
        text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("")
    }

    fn finish(mut self) -> Outline {
        let [token, ..] = self.ahead;
        if token.kind != TokenKind::End {
            let span = Span::new(self.file, token.start, token.end);
            let message = format!("a file can't hold more than {MAX_PIECES} declarations");
            self.out
                .diagnostics
                .push(Diagnostic::new(Code::Syntax, span, message).help("split it into several files"));
            self.braces.clear();
        }
        self.end_piece(self.last_end);
        self.forgotten_flow_end();
        self.out.comments = self.scanner.comments;
        self.out
    }
}

/// Brackets, `not` or `list of` nest beyond the bound.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Syntax, span, format!("nested deeper than {MAX_DEPTH} levels"))
        .help("name a part of it as a `threshold`, or write it with fewer brackets")
}
