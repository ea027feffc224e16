//! The ids of elements: names of XML, in plain ASCII, each unique in its file.
//!
//! Must not know: what they are ids of.
//!
//! A state keeps its name. All else has a `.` or a `-` in its id, which no name in a flow can have.

use std::borrow::Cow;

use crate::plan::Flow;

/// A name as an id. One that XML has no place for everywhere gets the number of its place in its table.
pub(super) fn id(name: &str, index: Option<usize>) -> Cow<'_, str> {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let stands_for_another = name.strip_prefix("n_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    if letters && begins && !stands_for_another {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("n_{}", index.unwrap_or_default()))
    }
}

/// The id of a state.
pub(super) fn state<'n>(flow: &Flow, name: &'n str) -> Cow<'n, str> {
    id(name, flow.states.get_index_of(name))
}

/// The id of an arrow: `drafting.handoff-2`, and `drafting.handoff-2.1` for the way on when the first is used up.
pub(super) fn hop(flow: &Flow, hop: &str) -> String {
    match hop.split_once('/') {
        Some((name, arrow)) => format!("{}.{}", state(flow, name), arrow.replace('#', ".")),
        None => hop.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_unique() {
        assert_eq!(id("drafting", Some(3)), "drafting");
        assert_eq!(id("überprüfung", Some(4)), "n_4");
        assert_eq!(id("n_4", Some(6)), "n_6");
    }
}
