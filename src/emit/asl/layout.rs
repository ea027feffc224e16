//! JSON laid out for people: whatever fits into a line stands on one.
//!
//! Must not know: what it says.

use serde_json::Value;

/// The longest line that several members share.
const WIDTH: usize = 110;

/// The value's text, with a line end. As deep as the value, which definitions bound.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    lay(value, 0, 0, &mut text);
    text + "\n"
}

/// Writes `value` at `indent`, where `before` characters of its line are taken.
fn lay(value: &Value, indent: usize, before: usize, text: &mut String) {
    match value {
        Value::Object(members) if !fits(value, before) => {
            let lines =
                members.iter().map(|(key, member)| (format!("{}: ", Value::from(key.as_str())), member));
            lines_of(lines, ('{', '}'), indent, text);
        }
        Value::Array(entries) if !fits(value, before) => {
            lines_of(entries.iter().map(|entry| (String::new(), entry)), ('[', ']'), indent, text);
        }
        value => one_line(value, text),
    }
}

fn lines_of<'v>(
    entries: impl Iterator<Item = (String, &'v Value)>,
    (open, close): (char, char),
    indent: usize,
    text: &mut String,
) {
    text.push(open);
    for (index, (key, entry)) in entries.enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("{:1$}{key}", "", indent + 2));
        lay(entry, indent + 2, indent + 2 + key.chars().count(), text);
    }
    text.push_str(&format!("\n{:indent$}{close}", ""));
}

/// Whether it fits into what is left of the line. Looks no further than the line is long.
fn fits(value: &Value, before: usize) -> bool {
    let mut left = WIDTH.saturating_sub(before);
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        let width = match value {
            Value::Object(members) => {
                pending.extend(members.values().take(WIDTH));
                4 + members.keys().take(WIDTH).map(|key| key.len() + 6).sum::<usize>()
            }
            Value::Array(entries) => {
                pending.extend(entries.iter().take(WIDTH));
                2 + 2 * entries.len()
            }
            Value::String(content) => content.len() + 2,
            scalar => scalar.to_string().len(),
        };
        match left.checked_sub(width) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

fn one_line(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (index, (key, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "{ " } else { ", " });
                text.push_str(&format!("{}: ", Value::from(key.as_str())));
                one_line(member, text);
            }
            text.push_str(" }");
        }
        Value::Array(entries) => {
            text.push('[');
            for (index, entry) in entries.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                one_line(entry, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_values_share_a_line() {
        let long = "x".repeat(100);
        let value = json!({ "a": { "b": [1, {}], "c": null }, "d": [long, 2], "e": [] });
        let expected = format!(
            "{{\n  \"a\": {{ \"b\": [1, {{}}], \"c\": null }},\n  \"d\": [\n    \"{long}\",\n    2\n  ],\n  \"e\": []\n}}\n"
        );
        assert_eq!(text(&value), expected);
        assert_eq!(serde_json::from_str::<Value>(&text(&value)).unwrap(), value);
    }
}
