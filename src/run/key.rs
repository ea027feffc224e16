//! The names of visits and attempts: `ITEM/STATE#N` and `ITEM/STATE#N.K`.
//!
//! Must not know: whether there is such a visit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The N-th entry of an item into a state, and perhaps the K-th attempt there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "String")]
pub struct Key {
    /// The item. That of a run is `VISIT/RUN`.
    pub item: SmolStr,
    /// The state.
    pub state: SmolStr,
    /// From 1.
    pub number: u64,
    /// From 1; without it, the visit as a whole.
    pub attempt: Option<u64>,
}

/// The text names no visit and no attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey;

impl Key {
    /// Without the attempt.
    #[must_use]
    pub fn visit(&self) -> Key {
        Key { attempt: None, ..self.clone() }
    }

    /// The visit to which the run with this item's id belongs, and its name there.
    #[must_use]
    pub fn of_run(item: &str) -> Option<(Key, &str)> {
        let (visit, run) = item.rsplit_once('/')?;
        Some((visit.parse().ok()?, run))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.item, self.state, self.number)?;
        self.attempt.map_or(Ok(()), |attempt| write!(f, ".{attempt}"))
    }
}

impl FromStr for Key {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Key, NoKey> {
        parse(text).ok_or(NoKey)
    }
}

fn parse(text: &str) -> Option<Key> {
    let (place, counts) = text.rsplit_once('#')?;
    let (item, state) =
        place.rsplit_once('/').filter(|(item, state)| !item.is_empty() && !state.is_empty())?;
    let (number, attempt) = match counts.split_once('.') {
        Some((number, attempt)) => (number, Some(count(attempt)?)),
        None => (counts, None),
    };
    Some(Key { item: item.into(), state: state.into(), number: count(number)?, attempt })
}

/// A number from 1, written in one way only.
pub(super) fn count(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("that is not the name of a visit, such as `ITEM/STATE#1`")
    }
}

impl std::error::Error for NoKey {}

impl TryFrom<SmolStr> for Key {
    type Error = NoKey;

    fn try_from(text: SmolStr) -> Result<Key, NoKey> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for text in ["a/work#1", "a/work#12.3", "a/checks#1/fact_check/work#2.1", "x#1/y/work#1"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in
            ["", "work#1", "a/work", "a/work#0", "a/work#01", "a/work#1.", "a/work#1.0", "/work#1", "a/#1"]
        {
            assert_eq!(text.parse::<Key>(), Err(NoKey), "{text}");
        }
    }

    #[test]
    fn a_run_knows_its_call() {
        let (call, run) = Key::of_run("a/checks#2/fact_check-2").unwrap();
        assert_eq!((call.to_string().as_str(), run), ("a/checks#2", "fact_check-2"));
        assert_eq!(Key::of_run("orders/17"), None);
    }
}
