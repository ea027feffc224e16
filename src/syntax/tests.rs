//! The pieces add up to the grammar: what `file` reads whole is what the outline cuts and the builders read.

use std::path::Path;

use pest::Parser;

use super::grammar::{Grammar, Rule};
use super::parse;
use super::piece::readable;
use super::tree::{Item, Tree};
use crate::diagnostics::Diagnostic;
use crate::source::Sources;

fn read(text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let file = sources.add("main.flow", text);
    parse(file, text)
}

/// The number of declarations, members included.
fn size(tree: &Tree) -> usize {
    let members = tree.items.iter().map(|item| match item {
        Item::Flow(flow) => 1 + flow.members.len(),
        _ => 1,
    });
    members.sum()
}

/// The same, by the rule `file`.
fn size_by_grammar(text: &str) -> Option<usize> {
    let text = readable(text, 0);
    let file = Grammar::parse(Rule::file, &text).ok()?.next()?;
    let plain = |rule| !matches!(rule, Rule::EOI | Rule::flow_head);
    let declarations = file.into_inner().filter(|pair| plain(pair.as_rule()));
    let count = declarations.map(|pair| match pair.as_rule() {
        Rule::flow => 1 + pair.into_inner().filter(|member| plain(member.as_rule())).count(),
        _ => 1,
    });
    Some(count.sum())
}

#[test]
fn the_pieces_of_every_example_add_up_to_the_grammar() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for entry in ignore::Walk::new(folder)
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "flow"))
    {
        #[allow(clippy::disallowed_methods)] // a test may read its examples
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let (tree, found) = read(&text);
        assert_eq!(found, [], "{}", entry.path().display());
        assert_eq!(Some(size(&tree)), size_by_grammar(&text), "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 6, "only {seen} examples were found");
}

#[test]
fn one_line_is_as_good_as_many() {
    let text = "enum A { x, y } asset B { a: text, b: int 1..5 } threshold t: a and not (b is x or c) \
        flow f { context { a: B } intake a -> s state s { owner o asset a goal \"g\" handoff -> e when t } \
        prove ends within 6d prove s only if state is x default failure -> e end e: success { owner o receipt a } }";
    let (tree, found) = read(text);
    assert_eq!(found, []);
    assert_eq!(Some(size(&tree)), size_by_grammar(text));
}

#[test]
fn between_tokens_are_only_blanks_and_line_feeds() {
    assert_eq!(readable("a\t\"b\tc // d\" // e\r\n}", 1), "a \"b\tc // d\"     \n\n}\n}");
    assert_eq!(readable("state s { goal \"g\" }", 0), "state s { goal \"g\" }");
}

#[test]
fn keywords_are_free_as_names() {
    let text = "asset flow { state: text\n owner: int }\nthreshold actor: flow.state is \"x\" and\n state is present\n\
        flow state { context { when: flow } intake when -> owner state owner { owner end asset when handoff -> when when when.owner > 3 } }";
    let (tree, found) = read(text);
    assert_eq!(found.len(), 1, "after `and` the next token begins on the same line: {found:?}");
    assert_eq!(tree.items.len(), 3);
    let (tree, found) = read(
        "flow f {\n  default failure -> when\n  state when { owner carry }\n  state to { owner else }\n}\n",
    );
    assert_eq!(found, []);
    assert_eq!(size(&tree), 4);
}

#[test]
fn brackets_up_to_the_bound_are_read_and_deeper_ones_refused() {
    let nested = |depth: usize| format!("threshold t: {}x{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(read(&nested(256)).1, []);
    assert_eq!(read(&nested(257)).1.len(), 1);
    let long = |count: usize| format!("threshold t: {}x", "not ".repeat(count));
    assert_eq!(read(&long(256)).1, []);
    assert_eq!(read(&long(100_000)).1.len(), 1);
}

#[test]
fn each_slip_is_told_once_where_it_stands() {
    let told = |text: &str| -> Vec<String> {
        let (_, found) = read(text);
        found.iter().map(|d| format!("{}: {}", text.get(d.place.range()).unwrap_or("?"), d.message)).collect()
    };
    let state = |clauses: &str| {
        format!("flow f {{\n  state s {{\n{clauses}\n  }}\n  end e: failure {{ owner o reason \"r\" }}\n}}\n")
    };
    let cases = [
        ("    owner\n    goal \"g\"", vec![": expected a name, found the end of the line"]),
        ("    makes a, b,\n    deadline 15m else -> e", vec![",: nothing follows this `,` in its list"]),
        ("    accept 4h\n    goal \"g\"", vec![": expected `else`, found the end of the line"]),
        ("    deadline 15m els -> e", vec!["els: expected `else`, found `els`"]),
        ("    deadlin 15m else -> e", vec!["deadlin: `deadlin` does not begin a clause of a state"]),
        (
            "    handoff -> e whne x",
            vec!["whne: expected `at`, `carry`, `otherwise` or `when`, found `whne`"],
        ),
        ("    handoff -> when x > 3", vec!["->: expected the name of a state or end after `->`"]),
        ("    handoff -> e when x = 3", vec!["=: guards are not written with `=`"]),
        ("    goal \"g\n    owner o", vec!["\"g: this text has no closing `\"`"]),
        (
            "    retry 2times every 5m\n    owner 5",
            vec![
                "2times: `2times` is not a number, a percentage or a duration",
                "5: expected a name, found `5`",
            ],
        ),
    ];
    for (clauses, expected) in cases {
        assert_eq!(told(&state(clauses)), expected, "{clauses}");
    }
}

#[test]
fn a_forgotten_brace_is_told_once() {
    let text = "flow f {\n  context {\n    a: text\n  }\n  default failure -> e\n  intake a -> s\n  state s {\n    \
        owner o\n  }\n  prove ends within 1d\n  end e: failure { owner o reason \"r\" }\n}\nenum E { x }\n";
    let (whole, found) = read(text);
    assert_eq!(found, []);
    for (at, _) in text.match_indices(['{', '}']) {
        let mut broken = text.to_owned();
        broken.replace_range(at..=at, "");
        let (tree, found) = read(&broken);
        assert_eq!(found.len(), 1, "{broken}\n{found:#?}");
        assert_eq!(size(&tree), size(&whole), "{broken}");
    }
}

#[test]
fn nodes_stay_small() {
    use super::tree::{Clause, GuardExpr, Hop, Member};
    assert!(size_of::<Clause>() <= 136, "{}", size_of::<Clause>());
    assert!(size_of::<GuardExpr>() <= 168, "{}", size_of::<GuardExpr>());
    assert!(size_of::<Hop>() <= 96, "{}", size_of::<Hop>());
    assert!(size_of::<Member>() <= 248, "{}", size_of::<Member>());
}
