//! Every stage gets what it needs: B506, as far as the clause alone tells.
//!
//! Must not know: what is made on which path.

use super::facts::At;
use super::samples::made;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::Kind;

/// B506: nothing proves the success.
pub(super) fn no_receipt(at: At<'_>) -> Option<Diagnostic> {
    let Kind::End(end) = &at.state.kind else { return None };
    if end.success != Some(true) || !end.receipt.is_missing() {
        return None;
    }
    let message = format!("nothing proves the success of `{}`: it has no receipt", at.name());
    let found = Diagnostic::new(Code::NoReceipt, at.state.name.span, message);
    let field = at.facts.graph.arriving(at.id).find_map(|(_, from)| made(at.facts.at(from)).next());
    let field = field.map_or("FIELD", |id| &at.flow[id].name.text);
    Some(found.help(format!("name the field, made on the way, that proves it: `receipt {field}`")))
}
