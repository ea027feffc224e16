//! Replies that were recorded, in the place of owners.
//!
//! Must not know: how owners are reached. The file holds the protocol's replies, a JSON object a line, `visit` saying to
//! what: `page-1/drafting#2` for one visit, `drafting#2` for the second visit of any item, `drafting` for all visits.
//! What is said first for the same is the reply to the first attempt, and so on; the last one stays.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::run::Key;

/// Recorded replies by what they are for.
#[derive(Clone, Debug, Default)]
pub struct Replay(BTreeMap<String, Vec<Value>>);

impl Replay {
    /// Reads a file of recorded replies.
    ///
    /// # Errors
    /// At the first line that is none: its number, from 1, and why.
    pub fn read(text: &str) -> Result<Replay, (usize, String)> {
        let mut replay = Replay::default();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let mut reply: Value = serde_json::from_str(line).map_err(|error| (number, error.to_string()))?;
            let visit = reply.as_object_mut().and_then(|reply| reply.shift_remove("visit"));
            let Some(Value::String(visit)) = visit else {
                return Err((number, "it is no object with a `visit`".to_owned()));
            };
            let visit = visit.parse::<Key>().map_or(visit, |key| key.visit().to_string());
            replay.0.entry(visit).or_default().push(reply);
        }
        Ok(replay)
    }

    /// What was replied to an attempt.
    #[must_use]
    pub fn reply(&self, attempt: &Key) -> Option<Value> {
        let Key { state, number, attempt: count, .. } = attempt;
        let names = [attempt.visit().to_string(), format!("{state}#{number}"), state.to_string()];
        let replies = names.iter().find_map(|name| self.0.get(name))?;
        let nth = usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX).saturating_sub(1);
        replies.get(nth).or(replies.last()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_most_particular_reply_counts() {
        let text = r#"
            {"visit": "drafting", "made": 1}
            {"visit": "drafting#2", "made": 2}
            {"visit": "a/drafting#2", "fail": "x"}
            {"visit": "a/drafting#2.2", "made": 3}
        "#;
        let replay = Replay::read(text).unwrap();
        let made = |attempt: &str| replay.reply(&attempt.parse().unwrap());
        assert_eq!(made("a/drafting#1.1"), Some(json!({ "made": 1 })));
        assert_eq!(made("b/drafting#2.3"), Some(json!({ "made": 2 })));
        assert_eq!(made("a/drafting#2.1"), Some(json!({ "fail": "x" })));
        assert_eq!(made("a/drafting#2.2"), Some(json!({ "made": 3 })));
        assert_eq!(made("a/drafting#2.9"), Some(json!({ "made": 3 })));
        assert_eq!(made("a/review#1.1"), None);
    }

    #[test]
    fn what_is_no_reply_has_its_line() {
        assert_eq!(Replay::read("\n{}").unwrap_err().0, 2);
        assert_eq!(Replay::read("[1]").unwrap_err().1, "it is no object with a `visit`");
        assert_eq!(Replay::read("{\"visit\": \"a\"}\nx").unwrap_err().0, 2);
    }
}
