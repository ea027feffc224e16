//! Edits that several families propose, made from the text so that they fit its layout.
//!
//! Must not know: any rule.

use super::facts::At;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// Where an author finds it: a clause is padded to the column at which its value stands.
const CLAUSE_COLUMN: usize = 9;

/// With a repair that writes a clause as the last of a state, if the state's text is whole.
pub(super) fn add_clause(found: Diagnostic, at: At<'_>, keyword: &str, value: &str) -> Diagnostic {
    let span = at.state.span;
    let text = at.facts.sources.text(span);
    let Some(inside) = text.strip_suffix('}') else { return found };
    let clause = format!("{keyword:<CLAUSE_COLUMN$}{value}");
    let before = inside.trim_end_matches([' ', '\t']);
    let brace = Span { start: span.end - 1, ..span };
    let title = format!("add `{keyword} {value}`");
    if before.ends_with('\n') {
        let indent = inside.get(before.len()..).unwrap_or_default();
        found.fix(title, point(brace), format!("  {clause}\n{indent}"))
    } else {
        let gap = if before.len() == inside.len() { " " } else { "" };
        found.fix(title, point(brace), format!("{gap}{keyword} {value} "))
    }
}

/// With a repair that takes out what stands at `place`, together with its line where it stands alone.
pub(super) fn delete(found: Diagnostic, at: At<'_>, title: &str, place: Span) -> Diagnostic {
    let around = at.state.span;
    let text = at.facts.sources.text(around);
    let split = |end: u32| text.split_at_checked(end.checked_sub(around.start)? as usize);
    let Some(((before, _), (_, after))) = split(place.start).zip(split(place.end)) else { return found };
    let line = before.trim_end_matches([' ', '\t']);
    let stands_alone = line.ends_with('\n') && after.trim_start_matches([' ', '\t']).starts_with('\n');
    let start = if stands_alone { line.len() - 1 } else { line.len() };
    let start = around.start + u32::try_from(start).unwrap_or_default();
    found.fix(title, Span { start, ..place }, "")
}

/// The empty span where `span` starts.
fn point(span: Span) -> Span {
    Span { end: span.start, ..span }
}
