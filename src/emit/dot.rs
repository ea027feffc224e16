//! The target `dot`: a Graphviz picture of each flow, from top to bottom.
//!
//! Must not know: what arrows mean (see `picture`).

use std::fmt::Write as _;

use super::picture::{FILLS, Line, Node, Picture, Shape, Style, picture};
use super::{File, Options, Target};
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;

/// The colour of escalation.
const AMBER: &str = "#b45309";

/// A picture for Graphviz.
pub(super) static TARGET: Target = Target {
    name: "dot",
    summary: "a picture of each flow for Graphviz",
    supports: super::picture::SUPPORTS,
    emit,
};

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let files = plan
        .flows
        .iter()
        .map(|(name, flow)| File::new(format!("{name}.dot"), graph(name, &picture(plan, flow))));
    Ok(files.collect())
}

fn graph(name: &str, picture: &Picture<'_>) -> String {
    let mut text = format!("digraph {} {{\n", quoted(name));
    text.push_str("  graph [rankdir=TB, nodesep=0.5, ranksep=0.6, fontname=\"Helvetica\"]\n");
    text.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#475569\", ");
    text.push_str("fontname=\"Helvetica\", fontsize=12, margin=\"0.15,0.08\"]\n");
    text.push_str(
        "  edge [color=\"#334155\", fontname=\"Helvetica\", fontsize=9, fontcolor=\"#334155\"]\n\n",
    );
    picture.nodes.iter().for_each(|drawn| node(drawn, &mut text));
    bottom(picture, &mut text);
    text.push('\n');
    picture.lines.iter().for_each(|drawn| line(drawn, &mut text));
    text.push_str("}\n");
    text
}

fn node(node: &Node<'_>, text: &mut String) {
    let fill = node.colour.and_then(|colour| FILLS.get(colour));
    let fill = fill.map(|fill| format!(", fillcolor=\"{fill}\"")).unwrap_or_default();
    let _ = writeln!(
        text,
        "  {} [label=<<b>{}</b><br/><font point-size=\"9\">{}</font>{}>{}{fill}]",
        quoted(node.id),
        markup(node.title),
        markup(&node.subtitle),
        notes(node),
        look(node.shape),
    );
}

fn notes(node: &Node<'_>) -> String {
    let small =
        |note: &String| format!("<br/><font point-size=\"8\" color=\"{AMBER}\">{}</font>", markup(note));
    node.notes.iter().map(small).collect()
}

fn look(shape: Shape) -> &'static str {
    match shape {
        Shape::Intake => ", shape=cds, style=filled, margin=\"0.25,0.12\", fillcolor=\"#f8fafc\"",
        Shape::State => "",
        Shape::Approval => ", shape=hexagon, style=filled, penwidth=1.5",
        Shape::Wait => ", shape=ellipse, style=filled",
        Shape::Call => ", shape=component, style=filled",
        Shape::Success => ", color=\"#15803d\", fillcolor=\"#dcfce7\", penwidth=2",
        Shape::Failure => ", color=\"#b91c1c\", fillcolor=\"#fee2e2\", penwidth=2",
    }
}

/// The ends stand on the last line.
fn bottom(picture: &Picture<'_>, text: &mut String) {
    let ends = picture.nodes.iter().filter(|node| matches!(node.shape, Shape::Success | Shape::Failure));
    let ends: String = ends.map(|end| format!("; {}", quoted(end.id))).collect();
    let _ = writeln!(text, "  {{ rank=sink{ends} }}");
}

fn line(line: &Line<'_>, text: &mut String) {
    let mut attributes = Vec::new();
    if !line.words.is_empty() {
        let words: Vec<_> = line.words.iter().map(|words| format!("  {words}  ")).collect(); // off the line
        attributes.push(format!("label={}", quoted(&words.join("\n"))));
    }
    attributes.extend(match line.style {
        Style::Handoff => None,
        Style::Counted => Some("style=dashed".to_owned()),
        Style::Escalation => Some(format!("style=dashed, color=\"{AMBER}\", fontcolor=\"{AMBER}\"")),
    });
    if !line.firm {
        attributes.push("constraint=false".to_owned());
    }
    let attributes =
        if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
    let _ = writeln!(text, "  {} -> {}{attributes}", quoted(line.from), quoted(line.to));
}

/// A quoted string of DOT.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A text inside an HTML-like label.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_markup_can_not_break_out() {
        assert_eq!(quoted("is \"a\\b\"\nor"), r#""is \"a\\b\"\nor""#);
        assert_eq!(markup("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
