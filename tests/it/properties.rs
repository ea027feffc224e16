//! Whatever the text is: no panic, places inside it, output that keeps to its schema.

use baton::diagnostics::render::{Findings, Format, Look, render};
use baton::diagnostics::{Code, Diagnostic};
use baton::source::{Sources, Span};
use baton::{Compilation, diagnostics};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{check, files, read};

/// What a text is mutated with: whatever means something to the language, and some things that don't.
const WORDS: &[&str] = &[
    "->",
    "when",
    "otherwise",
    "else",
    "at most 2 times",
    "state",
    "approval",
    "flow f {",
    "}",
    "{",
    "(",
    ")",
    ",",
    ":",
    "\"",
    "//",
    "///",
    "//! x",
    "// allow(B504): x\n",
    "\n",
    "0",
    "-1",
    "25x",
    "130%",
    "1d12h",
    "0.1 USD",
    "..",
    "..<",
    "in {",
    "is not",
    "not",
    "and",
    "or",
    "ä",
    "\u{0}",
    "\u{feff}",
    "\r\n",
    "🦀",
    "99999999999999999999999999999999999",
];

/// The project's own pipelines.
fn texts() -> Vec<String> {
    let found =
        ["examples", "tests/flows", "tests/transcriptions"].iter().flat_map(|folder| files(folder, ".flow"));
    found.map(read).collect()
}

/// Cuts, repetitions and insertions at any place.
#[derive(Clone, Debug)]
enum Mutation {
    Cut(Index, Index),
    Repeat(Index, Index),
    Insert(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let two = (any::<Index>(), any::<Index>());
    prop_oneof![
        two.clone().prop_map(|(a, b)| Mutation::Cut(a, b)),
        two.clone().prop_map(|(a, b)| Mutation::Repeat(a, b)),
        two.prop_map(|(a, b)| Mutation::Insert(a, b)),
    ]
}

fn mutated(mut text: String, mutations: &[Mutation]) -> String {
    for mutation in mutations {
        match mutation {
            Mutation::Cut(at, to) => text.replace_range(stretch(&text, at, to), ""),
            Mutation::Repeat(at, to) => {
                let range = stretch(&text, at, to);
                let again = text[range.clone()].to_owned();
                text.insert_str(range.end, &again);
            }
            Mutation::Insert(at, word) => {
                let range = stretch(&text, at, at);
                text.insert_str(range.start, WORDS[word.index(WORDS.len())]);
            }
        }
    }
    text
}

/// Up to forty bytes, on character boundaries.
fn stretch(text: &str, at: &Index, length: &Index) -> std::ops::Range<usize> {
    let boundary =
        |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let start = boundary(at.index(text.len() + 1));
    start..boundary(start + length.index(40)).max(start)
}

/// All places of a finding.
fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
    let labels = diagnostic.labels.iter().map(|label| label.span);
    std::iter::once(diagnostic.place).chain(labels).chain(edits)
}

fn holds(compilation: &Compilation) {
    let Compilation { sources, diagnostics, .. } = compilation;
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty());
        assert!(diagnostic.help.is_some() || diagnostic.code != Code::Syntax, "{diagnostic:?}");
        for place in places(diagnostic) {
            let inside = sources.file(place.file).text().get(place.range());
            assert!(inside.is_some(), "{place:?} is not a place of the text: {diagnostic:?}");
        }
    }
    let mut sorted = diagnostics.clone();
    diagnostics::sort(&mut sorted);
    assert_eq!(&sorted, diagnostics, "findings are in order, each once");
    is_rendered(sources, diagnostics);
}

fn is_rendered(sources: &Sources, diagnostics: &[Diagnostic]) {
    let findings = Findings { sources, diagnostics, files: 1 };
    crate::schema::json(findings);
    for format in [Format::Rich, Format::Short] {
        let mut out = Vec::new();
        render(findings, format, Look::plain(), &mut out).unwrap();
        assert_eq!(out.is_empty(), diagnostics.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC*|([a-z{}(),:>-]|\\n| |\"|[0-9]){0,200}") {
        holds(&check(&text));
    }

    #[test]
    fn any_words_are_survived(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        holds(&check(&words.join(" ")));
    }

    #[test]
    fn damaged_pipelines_are_survived(
        text in prop::sample::select(texts()),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        holds(&check(&mutated(text, &mutations)));
    }

    #[test]
    fn a_cut_pipeline_is_survived(text in prop::sample::select(texts()), at in any::<Index>()) {
        let end = stretch(&text, &at, &at).start;
        holds(&check(&text[..end]));
    }
}
