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

/// The empty span where `span` starts.
fn point(span: Span) -> Span {
    Span { end: span.start, ..span }
}
