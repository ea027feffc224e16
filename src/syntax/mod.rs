//! From text to tree. Never fails: whatever the text is, a tree comes back, with diagnostics.
//!
//! Must not know: what names mean. pest types do not leave this folder.

mod build;
mod format;
mod grammar;
mod outline;
mod recover;
mod scan;
#[cfg(test)]
mod tests;
pub mod tree;
mod words;

use std::borrow::Cow;

use pest::Parser;
use rayon::prelude::*;
use smol_str::SmolStr;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};
use build::Builder;
pub use format::format;
use grammar::{Grammar, Rule};
use outline::{Outline, Piece, PieceKind, outline};
use tree::{Comment, FlowItem, Item, Junk, Keyword, Member, Name, Tree};
pub use words::RESERVED;

/// A file may hold so many bytes.
pub const MAX_BYTES: usize = 512 * 1024 * 1024;
/// So many pieces are read before they are put in place; fewer than that are not worth a second thread.
const BATCH: usize = 4_096;

/// Parses the text of one file.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    if let Some(unreadable) = too_large(file, text).or_else(|| foreign(file, text)) {
        return (Tree { file, items: Vec::new(), comments: Vec::new() }, vec![unreadable]);
    }
    let Outline { pieces, comments, mut diagnostics } = outline(file, text);
    diagnostics.extend(lone_return(file, text));
    let mut items = Vec::new();
    let mut flow = None;
    for batch in pieces.chunks(BATCH) {
        for ((parsed, found), piece) in read_batch(batch, text, &comments).into_iter().zip(batch) {
            diagnostics.extend(found);
            place(parsed, piece.span, &mut flow, &mut items);
        }
    }
    items.extend(flow.map(Item::Flow));
    (Tree { file, items, comments }, diagnostics)
}

/// What a piece turned out to be.
enum Parsed {
    Item(Item),
    FlowHead(FlowItem),
    Member(Member),
    FlowEnd,
    Nothing,
}

/// Puts a piece where it belongs: into the open flow, or among the declarations.
fn place(parsed: Parsed, span: Span, flow: &mut Option<FlowItem>, items: &mut Vec<Item>) {
    match parsed {
        Parsed::Item(item) => items.push(item),
        Parsed::FlowHead(head) => items.extend(flow.replace(head).map(Item::Flow)),
        Parsed::Member(member) => match flow {
            Some(flow) => flow.members.push(member),
            None => items.push(Item::Junk(headless(&member, span))),
        },
        Parsed::FlowEnd => {
            if let Some(mut flow) = flow.take() {
                flow.span = flow.span.to(span);
                items.push(Item::Flow(flow));
            }
        }
        Parsed::Nothing => {}
    }
}

/// A member without a flow; what it says is not checked.
fn headless(member: &Member, span: Span) -> Junk {
    match member {
        Member::Junk(junk) => junk.clone(),
        _ => Junk { span, keyword: None, name: None },
    }
}

fn read_batch(pieces: &[Piece], text: &str, comments: &[Comment]) -> Vec<(Parsed, Vec<Diagnostic>)> {
    let read = |piece: &Piece| read(*piece, text, comments);
    if pieces.len() < BATCH {
        pieces.iter().map(read).collect()
    } else {
        pieces.par_iter().map(read).collect()
    }
}

fn read(piece: Piece, text: &str, comments: &[Comment]) -> (Parsed, Vec<Diagnostic>) {
    let mut builder = Builder { piece: piece.span, file_text: text, comments, found: Vec::new() };
    let parsed = read_piece(piece, &mut builder);
    (parsed, builder.found)
}

fn read_piece(piece: Piece, builder: &mut Builder) -> Parsed {
    let rule = match piece.kind {
        PieceKind::Declaration => Rule::one_declaration,
        PieceKind::FlowHead => Rule::one_flow_head,
        PieceKind::Member => Rule::one_member,
        PieceKind::FlowEnd => return Parsed::FlowEnd,
        PieceKind::Unreadable => return junk(piece, builder),
    };
    let text = builder.file_text.get(piece.span.range()).unwrap_or("");
    let readable = readable(piece, text, builder.comments);
    let pair = Grammar::parse(rule, &readable).ok().and_then(|mut pairs| pairs.next());
    let parsed = pair.and_then(|pair| match piece.kind {
        PieceKind::FlowHead => builder.flow_head(pair).map(Parsed::FlowHead),
        PieceKind::Member => builder.member(pair).map(Parsed::Member),
        _ => builder.item(pair).map(Parsed::Item),
    });
    parsed.unwrap_or_else(|| {
        if piece.missing_braces == 0 {
            builder.found.push(recover::explain(rule, text, piece.span.file, piece.span.start as usize));
        }
        junk(piece, builder)
    })
}

/// The text of a piece with blanks for its comments and with the braces that were forgotten at its end: what the
/// grammar would pass over slowly, or stumble on.
fn readable<'t>(piece: Piece, text: &'t str, comments: &[Comment]) -> Cow<'t, str> {
    let first = comments.partition_point(|comment| comment.span.start < piece.span.start);
    let inside = |comment: &&Comment| comment.span.start < piece.span.end;
    let mut comments = comments.iter().skip(first).take_while(inside).peekable();
    if comments.peek().is_none() && piece.missing_braces == 0 {
        return Cow::Borrowed(text);
    }
    let start = piece.span.start as usize;
    let mut out = String::with_capacity(text.len() + usize::from(piece.missing_braces) + 1);
    let mut done = 0;
    for comment in comments {
        let range = comment.span.range();
        out.push_str(text.get(done..range.start - start).unwrap_or(""));
        out.extend(std::iter::repeat_n(' ', range.len()));
        done = range.end - start;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    if piece.missing_braces > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n('}', piece.missing_braces.into()));
    }
    Cow::Owned(out)
}

/// A piece that can't be read; the name that it declares counts as declared.
fn junk(piece: Piece, builder: &Builder) -> Parsed {
    let span = piece.span;
    let text = builder.file_text.get(span.range()).unwrap_or("");
    let word = recover::first_word(text);
    let place = if piece.kind == PieceKind::Member { words::Place::Flow } else { words::Place::Top };
    let meant = if words::begins(word, place) {
        words::keyword(word)
    } else {
        words::meant(word, place).map(|(_, keyword)| keyword)
    };
    let name = meant.filter(|keyword| declares(*keyword)).and_then(|_| declared(text, word.len(), span));
    match piece.kind {
        PieceKind::FlowHead => match name {
            Some(name) => Parsed::FlowHead(FlowItem { span, doc: None, name, members: Vec::new() }),
            None => Parsed::FlowHead(FlowItem { span, doc: None, name: nameless(span), members: Vec::new() }),
        },
        PieceKind::Member => Parsed::Member(Member::Junk(Junk { span, keyword: meant, name })),
        PieceKind::Unreadable => Parsed::Nothing,
        _ => Parsed::Item(Item::Junk(Junk { span, keyword: meant, name })),
    }
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

fn too_large(file: FileId, text: &str) -> Option<Diagnostic> {
    let found = Diagnostic::new(Code::Io, Span::new(file, 0, 0), "the file is larger than 512 MiB");
    (text.len() > MAX_BYTES).then(|| found.help("split it into several files"))
}

/// A line that ends as on old machines, with a carriage return alone: whether it ends there is not for us to guess.
fn lone_return(file: FileId, text: &str) -> Option<Diagnostic> {
    let ends_a_line = |&(at, _): &(usize, &str)| text.as_bytes().get(at + 1) == Some(&b'\n');
    let (at, _) = text.match_indices('\r').find(|found| !ends_a_line(found))?;
    let found = Diagnostic::new(
        Code::Syntax,
        Span::new(file, at, at + 1),
        "a line ends with a carriage return alone",
    );
    Some(found.help("save the file with line ends LF, or CR LF"))
}

/// Another product keeps JSON in `.flow` files.
fn foreign(file: FileId, text: &str) -> Option<Diagnostic> {
    let start = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    let found = text.get(start..)?.starts_with('{');
    found.then(|| {
        let span = Span::new(file, start, start + 1);
        Diagnostic::new(
            Code::ForeignFile,
            span,
            "this is a JSON file of another product that also uses `.flow`, not a pipeline",
        )
        .help("leave it out of the check, or name the pipelines to check")
    })
}
