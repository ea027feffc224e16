//! `// allow(B503): the CMS wants it` silences a warning on the next line that holds a token.
//!
//! Must not know: when a rule holds, nor who reports it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Diagnostic, Edit, Family, Fix, Severity};
use crate::model::{Comment, Model, ModelFile};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::syntax::tree::CommentKind;

/// Takes out the warnings that are allowed, and adds those about the comments that allow (B802, B803).
pub fn suppress(sources: &Sources, model: &Model, diagnostics: &mut Vec<Diagnostic>) {
    let mut allows = Vec::new();
    let mut found = Vec::new();
    for file in &model.files {
        for allow in in_file(sources.file(file.file), file) {
            found.extend(allow.faults);
            allows.extend(allow.entries);
        }
    }
    if allows.is_empty() && found.is_empty() {
        return;
    }
    silence(sources, &mut allows, diagnostics);
    let doubt = Doubt::new(diagnostics);
    let useless = allows.iter().filter(|entry| !entry.used && !doubt.covers(entry, model));
    found.extend(useless.map(|entry| entry.useless(sources)));
    diagnostics.append(&mut found);
}

/// One comment, read.
struct Allow {
    entries: Vec<Entry>,
    faults: Vec<Diagnostic>,
}

/// One code of a comment.
struct Entry {
    code: Code,
    span: Span,
    /// The line that it speaks of, from 1; `None` at the end of the file.
    line: Option<usize>,
    /// What to delete if it is useless.
    delete: Span,
    used: bool,
}

fn in_file(source: &SourceFile, file: &ModelFile) -> Vec<Allow> {
    let texts =
        file.comments.iter().filter(|comment| comment.kind == CommentKind::Plain).filter_map(|comment| {
            let text = source.text().get(comment.span.range())?;
            let list = text.strip_prefix("//")?.trim_start().strip_prefix("allow")?.trim_start();
            list.starts_with('(').then_some((comment, text))
        });
    let texts: Vec<(&Comment, &str)> = texts.collect();
    if texts.is_empty() {
        return Vec::new();
    }
    let lines = lines_with_tokens(source.text());
    texts.into_iter().map(|(comment, text)| read(source, comment, text, &lines)).collect()
}

/// The numbers of the lines that hold more than a comment. Texts end with their line, so a line can be read alone.
fn lines_with_tokens(text: &str) -> Vec<usize> {
    let tokens = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    (1..).zip(text.lines()).filter(|(_, line)| tokens(line)).map(|(number, _)| number).collect()
}

/// Reads `// allow(B503, unread-field): reason`.
fn read(source: &SourceFile, comment: &Comment, text: &str, lines: &[usize]) -> Allow {
    let open = text.find('(').map_or(text.len(), |at| at + 1);
    let Some(close) = text.find(')').filter(|&close| close >= open) else {
        let fault = fault(comment.span, "the list of allowed codes is not closed");
        return Allow { entries: Vec::new(), faults: vec![fault.help("write `// allow(B504): the reason`")] };
    };
    let here = source.line_column(comment.span.start).line;
    let line = lines.get(lines.partition_point(|&line| line <= here)).copied();
    let mut allow = Allow { entries: Vec::new(), faults: Vec::new() };
    let names: Vec<(usize, &str)> = pieces(text, open, close);
    for &(at, name) in &names {
        let span = part(comment, at, at + name.len());
        match warning(name, span) {
            Ok(code) => {
                let delete = deletion(source, comment, text, (at, name), names.len());
                allow.entries.push(Entry { code, span, line, delete, used: false });
            }
            Err(fault) => allow.faults.push(*fault),
        }
    }
    let reason = text.get(close + 1..).and_then(|rest| rest.trim_start().strip_prefix(':')).map(str::trim);
    if allow.faults.is_empty() && reason.is_none_or(str::is_empty) {
        let start = text.find("allow").unwrap_or_default();
        let fault = fault(part(comment, start, close + 1), "a warning is allowed without a reason");
        allow.faults.push(fault.help("add a colon and the reason: `// allow(B504): the CMS wants it`"));
    }
    if !allow.faults.is_empty() {
        allow.entries.iter_mut().for_each(|entry| entry.used = true); // once it is repaired, that is asked
    }
    allow
}

/// The names between the parentheses with their offsets in the comment.
fn pieces(text: &str, open: usize, close: usize) -> Vec<(usize, &str)> {
    let mut at = open;
    let list = text.get(open..close).unwrap_or("");
    let piece = |piece| {
        let start = at + leading_space(piece);
        at += piece.len() + 1;
        (start, piece.trim())
    };
    list.split(',').map(piece).collect()
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn part(comment: &Comment, start: usize, end: usize) -> Span {
    let base = comment.span.start as usize;
    Span::new(comment.span.file, base + start, base + end)
}

/// The warning of that name, or what is wrong with the name.
fn warning(name: &str, span: Span) -> Result<Code, Box<Diagnostic>> {
    let Some(code) = Code::find(name) else {
        return Err(Box::new(unknown(name, span)));
    };
    match code.severity() {
        Severity::Warning => Ok(code),
        Severity::Error => Err(Box::new(
            fault(span, format!("`{name}` is an error, and errors can't be allowed")).help(format!(
                "repair what `{}` ({}) reports, and delete this",
                code.id(),
                code.slug()
            )),
        )),
    }
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    if name.is_empty() {
        return fault(span, "an `allow` names no code").help("name a warning: `// allow(B504): the reason`");
    }
    let fault = fault(span, format!("there is no code `{name}`"));
    match Code::nearest(name) {
        Some(code) => fault.help(format!("did you mean `{}` ({})?", code.id(), code.slug())).fix(
            format!("change to `{}`", code.id()),
            span,
            code.id(),
        ),
        None => fault.help("`baton check` prints the code of each warning, such as `B504`"),
    }
}

fn fault(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadAllow, span, message)
}

/// What goes if that one name is useless: the name with its comma, or the whole comment (with its line).
fn deletion(source: &SourceFile, comment: &Comment, text: &str, name: (usize, &str), names: usize) -> Span {
    let (at, name) = name;
    let end = at + name.len();
    if names > 1 {
        let after = text.get(end..).unwrap_or("");
        return match after.trim_start().strip_prefix(',') {
            Some(next) => part(comment, at, text.len() - next.trim_start().len()),
            None => part(comment, text.get(..at).and_then(|before| before.rfind(',')).unwrap_or(at), end),
        };
    }
    let whole = comment.span.range();
    let before = source.text().get(..whole.start).unwrap_or("");
    let start = before.trim_end_matches([' ', '\t']).len();
    let after = source.text().get(whole.end..).unwrap_or("");
    let line_end = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
    let end = if comment.own_line { whole.end + line_end } else { whole.end };
    Span::new(comment.span.file, start, end)
}

/// Each warning on an allowed line goes, and the first entry that allows it counts as used.
fn silence(sources: &Sources, allows: &mut [Entry], diagnostics: &mut Vec<Diagnostic>) {
    let mut index: BTreeMap<(FileId, usize, Code), usize> = BTreeMap::new();
    for (at, entry) in allows.iter().enumerate() {
        if let Some(line) = entry.line {
            index.entry((entry.span.file, line, entry.code)).or_insert(at);
        }
    }
    diagnostics.retain(|diagnostic| {
        let Span { file, start, .. } = diagnostic.place;
        let line = sources.file(file).line_column(start).line;
        let entry = index.get(&(file, line, diagnostic.code)).and_then(|&at| allows.get_mut(at));
        let allowed = entry.map(|entry| entry.used = true);
        allowed.is_none()
    });
}

/// Files of which something could not be read or resolved: a warning may be missing only for that reason.
struct Doubt {
    files: BTreeSet<FileId>,
    /// Files with dead ends or missing thresholds: some warnings are withheld beside them.
    blocked: BTreeSet<FileId>,
}

impl Doubt {
    fn new(diagnostics: &[Diagnostic]) -> Doubt {
        let basic = |code: Code| matches!(code.family(), Family::Syntax | Family::Names | Family::Types);
        let blocks = |code: Code| {
            matches!(code.family(), Family::DeadEnds | Family::Thresholds)
                && code.severity() == Severity::Error
        };
        let those = |of: &dyn Fn(Code) -> bool| {
            diagnostics.iter().filter(|found| of(found.code)).map(|found| found.place.file).collect()
        };
        Doubt { files: those(&basic), blocked: those(&blocks) }
    }

    /// Whether it can't be said that the entry is useless.
    fn covers(&self, entry: &Entry, model: &Model) -> bool {
        let file = model.files.iter().find(|file| file.file == entry.span.file);
        let sound = |file: &ModelFile| {
            let used = file.uses.iter().filter_map(|used| used.file);
            file.checked && !used.chain([file.file]).any(|file| self.files.contains(&file))
        };
        !file.is_some_and(sound)
            || (entry.code == Code::Unused && !self.files.is_empty())
            || (waits_for_arrows(entry.code) && self.blocked.contains(&entry.span.file))
    }
}

/// Whether a warning is withheld where an arrow that is missing could change it.
fn waits_for_arrows(code: Code) -> bool {
    matches!(code, Code::Doomed | Code::UnreadCarry | Code::UnreadField)
}

impl Entry {
    fn useless(&self, sources: &Sources) -> Diagnostic {
        let name = sources.text(self.span);
        let message = match self.line {
            Some(line) => format!("`allow({name})` silences nothing on line {line}"),
            None => format!("`allow({name})` silences nothing: no line follows"),
        };
        let edit = Edit { span: self.delete, text: String::new() };
        let mut diagnostic = Diagnostic::new(Code::UselessAllow, self.span, message)
            .help("delete it; an `allow` speaks for the next line that holds more than a comment");
        diagnostic.fixes.push(Fix { title: format!("delete `{name}`"), edits: vec![edit] });
        diagnostic
    }
}
