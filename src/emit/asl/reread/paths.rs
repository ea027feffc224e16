//! JSONPath as definitions use it, and values that hold such paths.
//!
//! Must not know: who wrote them: `$.a.b` and `$['a']['b']` are one.

use serde_json::Value;

/// The steps below `$`; none if it is no such path.
pub(super) fn steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix("['") {
            Some(quoted) => quoted_step(quoted)?,
            None => plain_step(rest.strip_prefix('.')?),
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

fn plain_step(text: &str) -> (String, &str) {
    let (step, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    (step.to_owned(), rest)
}

fn quoted_step(text: &str) -> Option<(String, &str)> {
    let mut step = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => step.push(characters.next()?.1),
            '\'' => return Some((step, text.get(at..)?.strip_prefix("']")?)),
            other => step.push(other),
        }
    }
    None
}

/// The path of these steps, always quoted.
pub(super) fn path<'s>(steps: impl IntoIterator<Item = &'s str>) -> String {
    steps.into_iter().fold("$".to_owned(), |path, step| {
        format!("{path}['{}']", step.replace('\\', "\\\\").replace('\'', "\\'"))
    })
}

/// Whether two values say the same: members in any order, paths however they are spelled. As deep as the values.
pub(super) fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let member = |(key, value): (&String, &Value)| {
                let other = expected.get(key);
                other.is_some_and(|other| {
                    if key.ends_with(".$") { same_path(value, other) } else { same(value, other) }
                })
            };
            found.len() == expected.len() && found.iter().all(member)
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| same(found, expected))
        }
        (found, expected) => found == expected,
    }
}

fn same_path(found: &Value, expected: &Value) -> bool {
    let both = found.as_str().and_then(steps).zip(expected.as_str().and_then(steps));
    found == expected || both.is_some_and(|(found, expected)| found == expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_are_one() {
        assert_eq!(steps("$.raw['it\\'s'].b"), Some(vec!["raw".into(), "it's".into(), "b".into()]));
        assert_eq!(
            steps(&path(["raw", "it's", "a\\b"])),
            Some(vec!["raw".into(), "it's".into(), "a\\b".into()])
        );
        assert_eq!([steps("raw"), steps("$['a"), steps("$x")], [None, None, None]);
        assert!(same(&json!({ "a.$": "$.b['c']", "d": [1] }), &json!({ "d": [1], "a.$": "$['b'].c" })));
        assert!(!same(&json!({ "a.$": "$.b" }), &json!({ "a.$": "$.c" })));
        assert!(!same(&json!({ "a": "$.b" }), &json!({ "a": "$['b']" })));
        assert!(!same(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
    }
}
