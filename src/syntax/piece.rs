//! Reads one piece of a text: parses it by its rule, builds its node, or says why that can't be done.
//!
//! Must not know: how the text was cut, nor what stands around the piece.

use std::borrow::Cow;

use pest::Parser;
use smol_str::SmolStr;

use super::build::{Builder, Pair};
use super::grammar::{Grammar, Rule};
use super::outline::{Piece, PieceKind};
use super::recover;
use super::scan::{Scanner, TokenKind};
use super::tree::{Comment, FlowItem, Item, Junk, Keyword, Member, Name, StateHead, StateItem, StateKind};
use super::words;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

/// What a piece turned out to be.
pub(super) enum Parsed {
    Item(Item<StateHead>),
    FlowHead(FlowItem<StateHead>),
    Member(Member<StateHead>),
    FlowEnd,
    Nothing,
}

/// Reads a piece; of a state only its head.
pub(super) fn read(piece: Piece, text: &str, comments: &[Comment]) -> (Parsed, Vec<Diagnostic>) {
    let mut builder = Builder { piece: piece.span, file_text: text, comments, found: Vec::new() };
    let parsed = read_piece(piece, &mut builder);
    (parsed, builder.found)
}

fn read_piece(piece: Piece, builder: &mut Builder) -> Parsed {
    let read = match piece.kind {
        PieceKind::Declaration => {
            build(piece, Rule::one_declaration, builder, |builder, pair| builder.item(pair)).map(Parsed::Item)
        }
        PieceKind::FlowHead => {
            build(piece, Rule::one_flow_head, builder, |builder, pair| builder.flow_head(pair))
                .map(Parsed::FlowHead)
        }
        PieceKind::Member => match head(piece, builder.file_text) {
            Some(head) => Some(Parsed::Member(Member::State(head))),
            None => build(piece, Rule::one_member, builder, |builder, pair| builder.member(pair))
                .map(Parsed::Member),
        },
        PieceKind::FlowEnd => Some(Parsed::FlowEnd),
        PieceKind::TooDeep { .. } | PieceKind::Stray => None,
    };
    read.unwrap_or_else(|| unread(piece, builder.file_text))
}

/// Reads the state of that head, or what it declares all the same.
pub(super) fn read_state(
    head: &StateHead,
    text: &str,
    comments: &[Comment],
) -> (Result<StateItem, Junk>, Vec<Diagnostic>) {
    let StateHead { span, missing_braces, .. } = *head;
    let piece = Piece { span, kind: PieceKind::Member, missing_braces };
    let mut builder = Builder { piece: span, file_text: text, comments, found: Vec::new() };
    let state = build(piece, Rule::one_member, &mut builder, |builder, pair| builder.state(pair));
    (state.ok_or_else(|| junk(piece, text)), builder.found)
}

/// Parses the piece; if it is no `rule`, says why.
fn build<'b, T>(
    piece: Piece,
    rule: Rule,
    builder: &mut Builder<'b>,
    node: impl FnOnce(&mut Builder<'b>, Pair) -> Option<T>,
) -> Option<T> {
    let text = builder.file_text.get(piece.span.range()).unwrap_or("");
    let readable = readable(text, piece.missing_braces);
    let pair = Grammar::parse(rule, &readable).ok().and_then(|mut pairs| pairs.next());
    let built = pair.and_then(|pair| node(builder, pair));
    if built.is_none() && piece.missing_braces == 0 {
        builder.found.push(recover::explain(rule, &readable, piece.span.file, piece.span.start as usize));
    }
    built
}

/// The head of the state that the piece is, if it is one and has a name.
fn head(piece: Piece, text: &str) -> Option<StateHead> {
    let Piece { span, missing_braces, .. } = piece;
    let text = text.get(span.range())?;
    let word = recover::first_word(text);
    let kind = StateKind::of(word)?;
    let name = declared(text, word.len(), span)?;
    Some(StateHead { span, kind, name, missing_braces })
}

/// The text with nothing but blanks and line feeds between its tokens, in the place of comments too, and with the braces
/// that were forgotten at its end: what the grammar would pass over slowly, or stumble on. Every token stays in its place.
pub(super) fn readable(text: &str, missing_braces: u16) -> Cow<'_, str> {
    let plain = memchr::memchr3(b'/', b'\t', b'\r', text.as_bytes()).is_none();
    if plain && missing_braces == 0 {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + usize::from(missing_braces) + 1);
    let mut scanner = Scanner::new(FileId::default(), text);
    loop {
        let token = scanner.next();
        let space = text.get(out.len()..token.start).unwrap_or_default();
        let breaks = |byte| matches!(byte, b'\n' | b'\r');
        out.extend(space.bytes().map(|byte| if breaks(byte) { '\n' } else { ' ' }));
        if token.kind == TokenKind::End {
            break;
        }
        out.push_str(text.get(token.start..token.end).unwrap_or_default());
    }
    if missing_braces > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n('}', missing_braces.into()));
    }
    Cow::Owned(out)
}

/// A piece that can't be read, and what it declares all the same.
fn unread(piece: Piece, text: &str) -> Parsed {
    let Piece { span, kind, .. } = piece;
    match kind {
        PieceKind::FlowHead => {
            let name = junk(piece, text).name.unwrap_or_else(|| nameless(span));
            Parsed::FlowHead(FlowItem { span, doc: None, name, members: Vec::new() })
        }
        PieceKind::Member | PieceKind::TooDeep { member: true } => {
            Parsed::Member(Member::Junk(junk(piece, text)))
        }
        PieceKind::Stray => Parsed::Nothing,
        _ => Parsed::Item(Item::Junk(junk(piece, text))),
    }
}

/// What the piece was meant to be; the name that it declares counts as declared.
fn junk(piece: Piece, text: &str) -> Junk {
    let span = piece.span;
    let text = text.get(span.range()).unwrap_or("");
    let word = recover::first_word(text);
    let place = match piece.kind {
        PieceKind::Member | PieceKind::TooDeep { member: true } => words::Place::Flow,
        _ => words::Place::Top,
    };
    let keyword = words::intended(word, place);
    let name = keyword.filter(|keyword| declares(*keyword)).and_then(|_| declared(text, word.len(), span));
    Junk { span, keyword, name }
}

/// A flow whose name could not be read still has members to check.
fn nameless(span: Span) -> Name {
    Name { text: SmolStr::new_static(""), span }
}

fn declares(keyword: Keyword) -> bool {
    !matches!(
        keyword,
        Keyword::Use
            | Keyword::Context
            | Keyword::Intake
            | Keyword::Default
            | Keyword::Prove
            | Keyword::Scenario
    )
}

/// The word behind the first `skip` bytes of a piece.
fn declared(text: &str, skip: usize, span: Span) -> Option<Name> {
    let rest = text.get(skip..)?;
    let trimmed = rest.trim_start();
    let word = recover::first_word(trimmed);
    let start = span.start as usize + text.len() - trimmed.len();
    (!word.is_empty())
        .then(|| Name { text: SmolStr::new(word), span: Span::new(span.file, start, start + word.len()) })
}
