//! Pieces of sentences that several families say: ways, kinds.
//!
//! Must not know: any rule.

use crate::model::ActorKind;

/// A name between backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// `a` -> `b` -> `c`; of a long way only both its ends.
pub(super) fn way<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    const END: usize = 2;
    let total = names.len();
    let cut = |index: usize| total > SHOWN && (SHOWN - END..total - END).contains(&index);
    let word = |(index, name)| match index {
        index if index == SHOWN - END && cut(index) => Some(format!("… {} more …", total - SHOWN)),
        index if cut(index) => None,
        _ => Some(quoted(name)),
    };
    names.enumerate().filter_map(word).collect::<Vec<_>>().join(" -> ")
}

/// `a model`, `an action` …
pub(super) fn kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Model => "a model",
        ActorKind::Script => "a script",
        ActorKind::Action => "an action",
        ActorKind::Human => "a human",
        ActorKind::Queue => "a queue",
    }
}
