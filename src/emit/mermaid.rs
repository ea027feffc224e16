//! The target `mermaid`: a flowchart of each flow for Markdown pages.
//!
//! Must not know: what arrows mean (see `picture`).

use std::fmt::Write as _;

use super::picture::{FILLS, Line, Node, Picture, Shape, Style, picture};
use super::{File, Options, Target};
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;

/// A picture for Mermaid.
pub(super) static TARGET: Target = Target {
    name: "mermaid",
    summary: "a picture of each flow for Markdown pages that render Mermaid",
    supports: super::picture::SUPPORTS,
    emit,
};

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let files = plan
        .flows
        .iter()
        .map(|(name, flow)| File::new(format!("{name}.mmd"), flowchart(&picture(plan, flow))));
    Ok(files.collect())
}

fn flowchart(picture: &Picture<'_>) -> String {
    let mut text = "flowchart TB\n".to_owned();
    picture.nodes.iter().for_each(|drawn| node(drawn, &mut text));
    picture.lines.iter().for_each(|drawn| line(drawn, &mut text));
    styles(picture, &mut text);
    text
}

fn node(node: &Node<'_>, text: &mut String) {
    let (open, close) = brackets(node.shape);
    let (title, subtitle) = (escaped(node.title), escaped(&node.subtitle));
    let notes: String = node.notes.iter().map(|note| format!("<br/><i>{}</i>", escaped(note))).collect();
    let _ = writeln!(text, "  {}{open}\"<b>{title}</b><br/>{subtitle}{notes}\"{close}", key(node.id));
}

fn brackets(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Intake => ("[/", "/]"),
        Shape::State => ("[", "]"),
        Shape::Approval => ("{{", "}}"),
        Shape::Wait => ("(", ")"),
        Shape::Call => ("[[", "]]"),
        Shape::Success | Shape::Failure => ("([", "])"),
    }
}

fn line(line: &Line<'_>, text: &mut String) {
    let arrow = if line.style == Style::Handoff { "-->" } else { "-.->" };
    let words: Vec<_> = line.words.iter().map(|words| escaped(words)).collect();
    let label = if words.is_empty() { String::new() } else { format!("|\"{}\"|", words.join("<br/>")) };
    let _ = writeln!(text, "  {} {arrow}{label} {}", key(line.from), key(line.to));
}

/// The classes that are used, and who belongs to each; a node and its class stand on a line of their own.
fn styles(picture: &Picture<'_>, text: &mut String) {
    let used: std::collections::BTreeSet<_> = picture.nodes.iter().filter_map(class).collect();
    for (class, style) in used {
        let _ = writeln!(text, "  classDef {class} {style}");
    }
    for node in &picture.nodes {
        if let Some((class, _)) = self::class(node) {
            let _ = writeln!(text, "  class {} {class}", key(node.id));
        }
    }
}

/// The name and the look of a node's class.
fn class(node: &Node<'_>) -> Option<(String, String)> {
    let (name, fill, stroke) = match (node.shape, node.colour) {
        (Shape::Success, _) => ("success".to_owned(), "#dcfce7", "#15803d"),
        (Shape::Failure, _) => ("failure".to_owned(), "#fee2e2", "#b91c1c"),
        (_, Some(colour)) => (format!("owner{}", colour + 1), *FILLS.get(colour)?, "#475569"),
        (_, None) => return None,
    };
    Some((name, format!("fill:{fill},stroke:{stroke},color:#0f172a")))
}

/// A node's key: never a word of Mermaid's, and of plain letters only.
fn key(id: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    id.chars().fold("s_".to_owned(), |mut key, letter| {
        let _ =
            if plain(letter) { write!(key, "{letter}") } else { write!(key, "_u{:x}_", u32::from(letter)) };
        key
    })
}

/// A text inside a quoted label, which Mermaid reads as markup.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        let _ = match letter {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '*' => {
                write!(escaped, "#{};", u32::from(letter))
            }
            other => write!(escaped, "{other}"),
        };
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_can_not_break_out() {
        assert_eq!(escaped("a < \"b\" #1"), "a #60; #34;b#34; #35;1");
    }

    #[test]
    fn keys_are_never_words_of_mermaid() {
        assert_eq!(key("end"), "s_end");
        assert_eq!(key("intake-1"), "s_intake_u2d_1");
        assert_eq!(key("prüfen"), "s_pr_ufc_fen");
    }
}
