//! The spelling of things in a definition: names of its states, keys beside the context, JSONPath.
//!
//! Must not know: what they are names of.
//!
//! A state of the flow keeps its name; what the machine needs besides has a `/` in its name, as has every arrow's id,
//! and no name in a flow can have one.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// The longest name of a state, in characters.
const LONGEST: usize = 80;

/// The name of a state. One that is too long is cut and gets a mark of the whole name: a `~` and 16 digits; the whole
/// name stands in the table of shortened names.
pub(super) fn state(full: &str) -> Cow<'_, str> {
    if full.chars().nth(LONGEST).is_none() {
        return Cow::Borrowed(full);
    }
    let kept: String = full.chars().take(LONGEST - 17).collect();
    let digest = Sha256::digest(full.as_bytes());
    let mark: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Cow::Owned(format!("{kept}~{mark}"))
}

/// A name as a key that an intrinsic function can reach: plain ASCII, and no word of a JSONPath dialect. `index` is
/// the name's place in its table.
pub(super) fn key(name: &str, index: usize) -> Cow<'_, str> {
    let stands_for_another = name.strip_prefix("n_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    if is_plain(name) && !stands_for_another { Cow::Borrowed(name) } else { Cow::Owned(format!("n_{index}")) }
}

/// The path one step below `base`.
pub(super) fn below(base: &str, name: &str) -> String {
    if is_plain(name) {
        return format!("{base}.{name}");
    }
    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
    format!("{base}['{quoted}']")
}

/// The path that leads from `base` along `names`.
pub(super) fn along<'n>(base: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().fold(base.to_owned(), |path, name| below(&path, name))
}

fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    starts && characters.all(|c| c.is_ascii_alphanumeric() || c == '_') && !WORDS.contains(&name)
}

/// What some readers of JSONPath take for an operator.
const WORDS: &[&str] = &["parent", "where", "wherenot"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "s".repeat(81);
        let other = format!("{long}x");
        assert_eq!(state("drafting/fits"), "drafting/fits");
        assert_eq!(state(&"s".repeat(80)), "s".repeat(80));
        assert_eq!(state(&long).chars().count(), 80);
        assert_ne!(state(&long), state(&other));
    }

    #[test]
    fn keys_are_plain_and_unique() {
        assert_eq!(key("drafting", 3), "drafting");
        assert_eq!(key("überprüfung", 4), "n_4");
        assert_eq!(key("where", 5), "n_5");
        assert_eq!(key("n_4", 6), "n_6");
    }

    #[test]
    fn paths_are_quoted_where_they_must_be() {
        assert_eq!(along("$.raw", ["input", "Company name"]), "$.raw.input['Company name']");
        assert_eq!(below("$", "it's"), "$['it\\'s']");
        assert_eq!(below("$.context", "größe"), "$.context['größe']");
    }
}
