//! `baton graph`: pictures on standard output, and nothing else there.

use crate::cli::{bad, baton, folder, good, stderr, stdout, warned};

/// Two flows in two files.
const TWO: [&str; 2] = ["one.flow", "two.flow"];

fn two() -> tempfile::TempDir {
    let renamed = good().replace(&format!("flow {}", name(&good())), "flow second");
    folder(&[(TWO[0], &good()), (TWO[1], &renamed)])
}

fn name(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("flow ")).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn one_flow_is_drawn_as_it_is() {
    let folder = folder(&[("a.flow", &good())]);
    let mermaid = stdout(&baton(folder.path(), &["graph", "a.flow", "--format", "mermaid"]).assert().code(0));
    assert!(mermaid.starts_with("flowchart "));
    let dot = stdout(&baton(folder.path(), &["graph", "a.flow", "--format", "dot"]).assert().code(0));
    assert!(dot.starts_with("digraph ") && dot.ends_with("}\n"));
    let input = baton(folder.path(), &["graph", "-", "--format", "dot"]).stdin(good()).assert().code(0);
    assert_eq!(stdout(&input), dot);
}

#[test]
fn several_flows_come_one_after_the_other() {
    let folder = two();
    let dot = stdout(&baton(folder.path(), &["graph", "--format", "dot"]).assert().code(0));
    assert_eq!(dot.matches("digraph ").count(), 2);
    let mermaid = stdout(&baton(folder.path(), &["graph", "--format", "mermaid"]).assert().code(0));
    assert_eq!(mermaid.matches("```mermaid\nflowchart ").count(), 2);
    assert_eq!(mermaid.matches("\n```\n").count(), 2);
    assert!(mermaid.contains("## second\n"));
}

#[test]
fn one_flow_can_be_chosen() {
    let folder = two();
    let chosen =
        |format| baton(folder.path(), &["graph", "--format", format, "--flow", "second"]).assert().code(0);
    assert!(stdout(&chosen("mermaid")).starts_with("flowchart "));
    let dot = stdout(&chosen("dot"));
    assert!(dot.starts_with("digraph \"second\"") && dot.matches("digraph ").count() == 1, "{dot}");
    let unknown = baton(folder.path(), &["graph", "--format", "dot", "--flow", "third"]).assert().code(2);
    assert!(stderr(&unknown).contains("there is no flow `third`"));
    assert!(stderr(&unknown).contains("`second`"));
}

#[test]
fn what_is_wrong_is_said_aside() {
    let folder = folder(&[("bad.flow", &bad()), ("warned.flow", &warned()), ("none.flow", "enum A { x }\n")]);
    let wrong = baton(folder.path(), &["graph", "bad.flow", "--format", "dot"]).assert().code(1);
    assert_eq!(stdout(&wrong), "");
    assert!(stderr(&wrong).contains("B305"));
    let warned = baton(folder.path(), &["graph", "warned.flow", "--format", "dot"]).assert().code(0);
    assert!(stdout(&warned).starts_with("digraph "));
    assert!(stderr(&warned).contains("B602"));
    baton(folder.path(), &["graph", "none.flow", "--format", "dot"]).assert().code(2);
    baton(folder.path(), &["graph", "missing.flow", "--format", "dot"]).assert().code(2);
    baton(folder.path(), &["graph", "bad.flow"]).assert().code(2);
    baton(folder.path(), &["graph", "bad.flow", "--format", "png"]).assert().code(2);
}
