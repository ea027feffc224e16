//! How findings look, made by hand where a check would rarely make them: several files, huge texts, hostile ones.

use std::time::{Duration, Instant};

use baton::diagnostics::render::{Findings, Format, Look, Report, render};
use baton::diagnostics::{Code, Diagnostic, Label};
use baton::source::{Sources, Span};

fn rendered(sources: &Sources, diagnostics: &[Diagnostic], format: Format, look: Look) -> String {
    let mut out = Vec::new();
    render(Findings { sources, diagnostics, files: sources.len() }, format, look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The span of the `n`th occurrence of `words`, from 0.
fn place(sources: &Sources, file: usize, words: &str, n: usize) -> Span {
    let (id, source) = sources.iter().nth(file).unwrap();
    let (at, _) = source.text().match_indices(words).nth(n).unwrap();
    Span::new(id, at, at + words.len())
}

/// Two files, an error with places in both and a fix, and a warning.
fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let main = "use \"team.flow\"\n\nactor writer: model {\n  uses \"writer-large\"\n}\n\nflow page {\n  state draft {\n    \
                owner writter\n  }\n}\n";
    sources.add("pipelines/main.flow", main);
    sources.add(
        "pipelines/team.flow",
        "/// The people.\nactor writer: human {\n  contact \"w@example.com\"\n}\n",
    );
    let twice =
        Diagnostic::new(Code::DuplicateName, place(&sources, 0, "writer", 0), "`writer` is declared twice")
            .label("declared here")
            .also(place(&sources, 1, "writer", 0), "and here, which `use \"team.flow\"` brings in")
            .help("rename one of the two");
    let unknown =
        Diagnostic::new(Code::UnknownName, place(&sources, 0, "writter", 0), "`writter` is not declared")
            .also(place(&sources, 0, "draft", 0), "nobody owns this state")
            .help("declare it with `actor writter: … { … }`, or name another actor")
            .fix("change to `writer`", place(&sources, 0, "writter", 0), "writer");
    let unused = Diagnostic::new(Code::Unused, place(&sources, 0, "page", 0), "nothing uses `page`");
    (sources, vec![twice, unknown, unused])
}

#[test]
fn rich_shows_every_file_with_help_and_fixes() {
    let (sources, diagnostics) = sample();
    insta::assert_snapshot!("rich", rendered(&sources, &diagnostics, Format::Rich, Look::plain()));
}

#[test]
fn rich_in_colours_with_links_says_the_same() {
    let (sources, diagnostics) = sample();
    let look = Look { colour: true, links: true, width: 100 };
    let coloured = rendered(&sources, &diagnostics, Format::Rich, look);
    assert!(coloured.contains("\x1b]8;;https://"), "codes are hyperlinks");
    let strip = |text: &str| anstream::adapter::strip_str(text).to_string().replace(" \n", "\n");
    let plain = rendered(&sources, &diagnostics, Format::Rich, Look::plain());
    assert_eq!(strip(&coloured), strip(&plain));
}

#[test]
fn short_is_one_line_a_finding() {
    let (sources, mut diagnostics) = sample();
    diagnostics[0].message.push_str("\nwith a second line");
    insta::assert_snapshot!("short", rendered(&sources, &diagnostics, Format::Short, Look::plain()));
    let coloured = rendered(&sources, &diagnostics, Format::Short, Look { colour: true, ..Look::plain() });
    assert!(coloured.contains("\x1b["));
    assert_eq!(coloured.lines().count(), 3);
}

#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let (sources, diagnostics) = sample();
    let text = rendered(&sources, &diagnostics, Format::Rich, Look { width: 50, ..Look::plain() });
    let help: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("  help: declare")).take(2).collect();
    assert!(help.iter().all(|line| line.chars().count() <= 50), "{help:?}");
}

#[test]
fn what_steers_a_terminal_does_not_get_through() {
    let mut sources = Sources::new();
    let file = sources.add("a\x1b]0;b.flow", "x \x1b[2J y \u{202e}z\rw\n");
    let hostile = Diagnostic::new(Code::UnknownName, Span::new(file, 0, 1), "`\x1b[2J` is not declared")
        .label("\x1b[2J")
        .help("\u{9b}2J")
        .fix("\x1b[2J", Span::new(file, 0, 1), "");
    for format in [Format::Rich, Format::Short] {
        let text = rendered(&sources, std::slice::from_ref(&hostile), format, Look::plain());
        assert!(!text.contains(['\x1b', '\u{9b}', '\u{202e}', '\r']), "{text:?}");
    }
}

#[test]
fn a_place_without_text_still_has_its_message() {
    let mut sources = Sources::new();
    let file = sources.add("gone.flow", "");
    let gone = Diagnostic::new(Code::Io, Span::new(file, 0, 0), "`gone.flow` can't be read: no such file");
    insta::assert_snapshot!("rich_without_text", rendered(&sources, &[gone], Format::Rich, Look::plain()));
}

#[test]
fn a_report_is_a_diagnostic_of_miette() {
    let (sources, diagnostics) = sample();
    let report: miette::Report = Report::new(&sources, &diagnostics[0]).into();
    assert_eq!(report.to_string(), "`writer` is declared twice");
    assert_eq!(report.labels().unwrap().count(), 2);
    assert_eq!(report.code().unwrap().to_string(), "B011 duplicate-name");
}

#[test]
fn many_places_are_counted_not_shown() {
    let mut sources = Sources::new();
    let file = sources.add("a.flow", "x\n".repeat(100));
    let mut crowd = Diagnostic::new(Code::UnboundedLoop, Span::new(file, 0, 1), "work can go round for ever");
    for line in 1..100 {
        crowd = crowd.also(Span::new(file, 2 * line, 2 * line + 1), "then here");
    }
    let text = rendered(&sources, &[crowd], Format::Rich, Look::plain());
    assert!(text.contains("88 more places are not shown"), "{text}");
    assert!(text.lines().count() < 50, "{text}");
}

/// A run of so many steps, one a line from the third line on.
fn run(sources: &Sources, steps: usize) -> Diagnostic {
    let (file, _) = sources.iter().next().unwrap();
    let step =
        |n: usize| Label { span: Span::new(file, 2 * n + 4, 2 * n + 5), message: format!("step to x{n}") };
    let place = Span::new(file, 0, 1);
    Diagnostic::new(Code::Unassigned, place, "`x` is not made")
        .label("read here")
        .trace((0..steps).map(step).collect(), 0)
}

#[test]
fn a_run_is_numbered() {
    let mut sources = Sources::new();
    sources.add("a.flow", "x\n".repeat(100));
    let text = rendered(&sources, &[run(&sources, 3)], Format::Rich, Look::plain());
    insta::assert_snapshot!("rich_run", text);
}

#[test]
fn of_a_long_run_both_ends_are_shown() {
    let mut sources = Sources::new();
    sources.add("a.flow", "x\n".repeat(100));
    let text = rendered(&sources, &[run(&sources, 30)], Format::Rich, Look::plain());
    assert!(text.contains("5. step to x4") && !text.contains("6. step to x5"), "{text}");
    assert!(!text.contains("25. step") && text.contains("26. step to x25"), "{text}");
    assert!(text.contains("20 more steps in the middle of the run are not shown"), "{text}");
}

#[test]
fn a_name_of_a_megabyte_is_not_repeated() {
    let mut sources = Sources::new();
    let name = "x".repeat(1_000_000);
    let file = sources.add("a.flow", format!("state {name} {{}}"));
    let place = Span::new(file, 6, 6 + name.len());
    let finding = Diagnostic::new(Code::MissingOwner, place, format!("nobody owns `{name}`"))
        .label(format!("`{name}`"))
        .help(format!("say who owns `{name}`"));
    for format in [Format::Rich, Format::Short, Format::Json] {
        let text = rendered(&sources, std::slice::from_ref(&finding), format, Look::plain());
        assert!(text.len() < 2_000, "{format:?}: {} bytes", text.len());
    }
}

/// The output of a finding in the middle of a long line, or of a long file, is as small as any other, and thousands
/// of findings there cost no more than elsewhere.
#[test]
fn huge_texts_cost_nothing_extra() {
    let started = Instant::now();
    for text in ["é".repeat(5_000_000), "handoff -> work\n".repeat(600_000)] {
        let mut sources = Sources::new();
        let file = sources.add("huge.flow", text);
        let at = |n: usize| Span::new(file, 8_000 * n, 8_000 * n + 2);
        let finding =
            |n| Diagnostic::new(Code::Unused, at(n), "nothing uses this").also(at(n + 1), "nor this");
        let findings: Vec<Diagnostic> = (0..1_000).map(finding).collect();
        for format in [Format::Rich, Format::Short, Format::Json] {
            let size = rendered(&sources, &findings, format, Look::plain()).len();
            assert!(size < findings.len() * 1_800, "{format:?}: {size} bytes");
        }
    }
    // Quadratic work would take minutes.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}
