//! A JSON value as YAML in block style. Texts are quoted as JSON quotes them, which YAML reads alike; those that would have
//! to be escaped stand between single quotes, as they are.
//!
//! Must not know: what the value says.

use serde_json::Value;

/// The value's lines. It nests no deeper than templates do.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                text.push_str(&format!("{:indent$}{}:", "", scalar_key(key)));
                below(member, indent, text);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                entry_lines(entry, indent, text);
            }
        }
        value => text.push_str(&format!("{:indent$}{}\n", "", scalar(value))),
    }
}

/// What follows a key: a scalar on its line, anything else below it.
fn below(value: &Value, indent: usize, text: &mut String) {
    if is_flow(value) {
        text.push_str(&format!(" {}\n", scalar(value)));
    } else {
        text.push('\n');
        block(value, indent + 2, text);
    }
}

/// An entry of a list: its first line goes behind the dash.
fn entry_lines(entry: &Value, indent: usize, text: &mut String) {
    if is_flow(entry) {
        return text.push_str(&format!("{:indent$}- {}\n", "", scalar(entry)));
    }
    let mut lines = String::new();
    block(entry, indent + 2, &mut lines);
    text.push_str(&format!("{:indent$}- {}", "", lines.trim_start()));
}

fn is_flow(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(entries) => {
            entries.is_empty() || entries.iter().all(|entry| !entry.is_object() && !entry.is_array())
        }
        _ => true,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains(['"', '\\']) && !text.contains(char::is_control) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        value => value.to_string(),
    }
}

fn scalar_key(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c)) && !key.ends_with(':');
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic());
    if plain && starts { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_lists_and_scalars() {
        let value = json!({ "A": { "Fn::Sub": "x: y" }, "B": [{ "C": 1, "D": [true, "e"] }, {}], "2": null, "q": "it's \"\\" });
        let expected = "A:\n  Fn::Sub: \"x: y\"\nB:\n  - C: 1\n    D: [true,\"e\"]\n  - {}\n\"2\": null\nq: 'it''s \"\\'\n";
        assert_eq!(yaml(&value), expected);
    }
}
