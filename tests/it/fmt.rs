//! `baton fmt`: the one look, and that it changes nothing but the look.

use std::fs;
use std::path::Path;
use std::time::Instant;

use baton::source::FileId;
use baton::syntax::tree::{Clause, Item, Member, Tree};
use baton::syntax::{format, parse};
use proptest::prelude::*;

use crate::cli::{baton, folder, stderr, stdout};
use crate::random_flow::flow;
use crate::support::{check, files, none, read, relative};

/// Formats a text that parses.
fn formatted(text: &str) -> String {
    let (tree, found) = parse(FileId(0), text);
    assert!(found.is_empty(), "{found:?} in\n{text}");
    format(text, &tree)
}

/// Both texts look like the second.
#[track_caller]
fn look(text: &str, expected: &str) {
    for text in [text, expected] {
        snapbox::Assert::new().eq(formatted(text), snapbox::Data::text(expected.to_owned()).raw());
    }
}

/// What a text says: its declarations without their places, clauses in one order.
fn meaning(text: &str) -> String {
    let (mut tree, found) = parse(FileId(0), text);
    assert!(found.is_empty(), "{found:?} in\n{text}");
    sort_clauses(&mut tree);
    let places = format!("{:#?}", tree.items);
    let mut said = String::new();
    let mut inside = false;
    for line in places.lines() {
        inside |= line.ends_with("Span {");
        if !inside {
            said.push_str(line.trim());
            said.push('\n');
        }
        inside &= !line.trim().starts_with('}');
    }
    said
}

fn sort_clauses(tree: &mut Tree) {
    for item in &mut tree.items {
        match item {
            Item::Actor(actor) => actor.clauses.sort_by_key(|clause| word(&clause.kind)),
            Item::Flow(flow) => flow.members.iter_mut().for_each(sort_members_clauses),
            _ => {}
        }
    }
}

fn sort_members_clauses(member: &mut Member) {
    match member {
        Member::State(state) => state.clauses.sort_by_key(|clause: &Clause| word(&clause.kind)),
        Member::End(end) => end.clauses.sort_by_key(|clause| word(&clause.kind)),
        _ => {}
    }
}

fn word(kind: &impl std::fmt::Debug) -> String {
    let kind = format!("{kind:?}");
    kind.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// All comments, in alphabetical order, each `allow` with the word that follows it.
fn comments(text: &str) -> Vec<String> {
    let text = &text.replace("==", " is ").replace("!=", " is not ");
    let (tree, _) = parse(FileId(0), text);
    let mut comments: Vec<String> = Vec::new();
    for (index, comment) in tree.comments.iter().enumerate() {
        let said = text[comment.span.range()].trim_end();
        let mut after = comment.span.range().end;
        for next in &tree.comments[index + 1..] {
            if text[after..next.span.range().start].trim_matches(is_space).is_empty() {
                after = next.span.range().end;
            }
        }
        let rest = text[after..].trim_start_matches(is_space);
        let next =
            rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        let next = if said.contains("allow(") { next } else { "" };
        comments.push(format!("{said} {next}"));
    }
    comments.sort();
    comments
}

/// White space, or a comma, which nothing is ever said about.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || letter == ','
}

/// The codes of all findings, in alphabetical order.
fn findings(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<_> = check(text).diagnostics.iter().map(|found| found.code.id()).collect();
    codes.sort_unstable();
    codes
}

/// The formatted text says the same, is in the look already, and is tidy.
fn sound(text: &str) {
    let once = formatted(text);
    assert_eq!(meaning(text), meaning(&once), "changed its meaning:\n{text}\n---\n{once}");
    assert_eq!(comments(text), comments(&once), "changed its comments:\n{text}\n---\n{once}");
    assert_eq!(once, formatted(&once), "changes again:\n{text}");
    assert_eq!(findings(text), findings(&once), "other findings:\n{text}\n---\n{once}");
    let ends = once.replace("\r\n", "\n");
    assert!(!ends.contains("\n\n\n"), "two blank lines:\n{once}");
    assert!(ends.lines().all(|line| line.trim_end() == line), "white space at a line's end:\n{once}");
    assert!(ends.is_empty() || ends.ends_with('\n'), "no line end at the end:\n{once}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_flows_keep_their_meaning(text in prop::collection::vec(any::<u8>(), 0..600).prop_map(flow)) {
        sound(&text);
    }
}

/// All pipelines of the project that parse.
fn pipelines() -> Vec<(String, String)> {
    let folders = ["examples", "templates", "tests/flows", "tests/transcriptions"];
    let found = folders.iter().flat_map(|folder| files(folder, ".flow"));
    let texts = found.map(|path| (relative(&path), read(&path)));
    texts.filter(|(_, text)| parse(FileId(0), text).1.is_empty()).collect()
}

#[test]
fn the_projects_own_flows_keep_their_meaning() {
    let pipelines = pipelines();
    assert!(pipelines.len() > 30, "only {} files parse", pipelines.len());
    pipelines.iter().for_each(|(_, text)| sound(text));
}

#[test]
fn examples_have_the_look() {
    let shown = |path: &str| path.starts_with("examples/") || path.starts_with("templates/");
    let differ = pipelines().into_iter().filter(|(path, text)| shown(path) && formatted(text) != *text);
    none(differ.map(|(path, _)| path).collect(), "examples to be formatted with `baton fmt`");
}

#[test]
fn clauses_stand_in_their_order_and_column() {
    look(
        r#"
flow f {
  approval review { handoff -> b when decision is no handoff -> a when decision is yes
    makes notes options yes,
      no deadline 1h else -> c shows risk asks "Well?" goal "Done" asset draft owner ann needs x?, y.z
    failure -> c accept 5m else ->c }
  wait w { for 3d->a goal "Wait" asset x owner y }
  call c { handoff ->a otherwise join all runs g(x) gives y runs f ( x.y ) gives z owner o retry 2 times every 3s }
}"#,
        r#"flow f {
  approval review {
    owner    ann
    asset    draft
    goal     "Done"
    needs    x?, y.z
    asks     "Well?"
    shows    risk
    options  yes, no
    makes    notes
    accept   5m else -> c
    deadline 1h else -> c
    failure  -> c
    handoff  -> b when decision is no
    handoff  -> a when decision is yes
  }

  wait w {
    owner    y
    asset    x
    goal     "Wait"
    for      3d -> a
  }

  call c {
    owner    o
    runs     g(x) gives y
    runs     f(x.y) gives z
    join     all
    retry    2 times every 3s
    handoff  -> a otherwise
  }
}
"#,
    );
}

#[test]
fn neighbours_share_their_columns() {
    look(
        r#"enum A{x}
enum Longer { y, z }
asset B { a: text }
asset Cde {
  a: url
  longer: list max 3 of text max 5?
}
actor one: model { costs 1 USD uses "m" }
actor second: human { contact "somebody@example.com" responds within 3h }
actor third:human{contact "x"responds within 24h}
actor lone: action { calls "POST https://a-very-long-address.example.com/pages" responds within 3m }
threshold a:b
threshold cd: e>=1

threshold apart:f
"#,
        r#"enum A      { x }
enum Longer { y, z }

asset B { a: text }
asset Cde {
  a:      url
  longer: list max 3 of text max 5?
}

actor one:    model  { uses "m"                        costs 1 USD }
actor second: human  { contact "somebody@example.com"  responds within 3h }
actor third:  human  { contact "x"                     responds within 24h }
actor lone:   action { calls "POST https://a-very-long-address.example.com/pages"  responds within 3m }

threshold a:  b
threshold cd: e >= 1

threshold apart: f
"#,
    );
}

#[test]
fn long_lines_are_broken() {
    look(
        r#"threshold wide: aaaaaaaaaaaaaaaaaaaaaaaaa is present and (bbbbbbbbbbbbbbbbbbbbbbb or ccccccccccccccccccccc) and ddd > 3
asset Wide { aaaaaaaaaaaaaaaaaaaaaaaaaa: url, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: url, cccccccccccccccccccccccccccccc: url, d: url }
flow f {
  state s {
    needs aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccc, ddddddddddddd, eeeee
    deadline 5m else -> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa at most 2 times else -> bbbbbbbbbbbbbbbbbbbbb
    handoff -> short when a
    handoff -> long when quality >= 0.85 and risk is not high at most 3 times else -> somewhere carry draft, quality
  }
}
"#,
        r#"threshold wide: aaaaaaaaaaaaaaaaaaaaaaaaa is present
  and (bbbbbbbbbbbbbbbbbbbbbbb or ccccccccccccccccccccc) and ddd > 3

asset Wide {
  aaaaaaaaaaaaaaaaaaaaaaaaaa:     url
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: url
  cccccccccccccccccccccccccccccc: url
  d:                              url
}

flow f {
  state s {
    needs    aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccc,
             ddddddddddddd, eeeee
    deadline 5m else -> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             at most 2 times else -> bbbbbbbbbbbbbbbbbbbbb
    handoff  -> short when a
    handoff  -> long
                when quality >= 0.85 and risk is not high
                at most 3 times else -> somewhere
                carry draft, quality
  }
}
"#,
    );
}

#[test]
fn comments_stay_with_what_they_are_about() {
    look(
        r#"//! The file.
// Words about nothing yet.

/// What A is.
enum A { // the set
  one, // first
  // before two
  two
  // after two
} // behind A
flow f { // the flow
  state s { // the state
    // why this goal
    goal "g" // behind the goal
    handoff -> a // here
      // and here
      when x // because
    owner o
    // the end
  }


  // of nothing
}
// the end
"#,
        r#"//! The file.

// Words about nothing yet.

/// What A is.
enum A {  // the set
  one,  // first
  // before two
  two
  // after two
}  // behind A

flow f {  // the flow
  state s {  // the state
    owner    o
    // why this goal
    goal     "g"  // behind the goal
    handoff  -> a  // here
                // and here
                when x  // because
    // the end
  }

  // of nothing
}
// the end
"#,
    );
}

#[test]
fn what_is_allowed_stays_allowed() {
    look(
        r#"flow f {
  state s { // allow(B504): the CMS wants it
    makes a
    asset b // allow(B503): it is read elsewhere
    handoff -> x otherwise carry aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, c
    // allow(B503): so is this
    handoff -> y when z
      carry a
    owner o
  }
}
"#,
        r#"flow f {
  state s {
    owner    o
    asset    b
    // allow(B504): the CMS wants it
    makes    a
    // allow(B503): it is read elsewhere
    handoff  -> x otherwise carry aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, c
    // allow(B503): so is this
    handoff  -> y when z
                carry a
  }
}
"#,
    );
}

#[test]
fn spelling_is_the_authors() {
    look(
        r#"threshold t: not(a==1_000.50 or((b!=x)))and c in{"\u{41}",70%}and d in -3..<0.60
flow f { intake a from "x"->s{map b.c=raw["a \"b\""].d map e=1d12h} }
"#,
        r#"threshold t: not (a is 1_000.50 or ((b is not x))) and c in {"\u{41}", 70%} and d in -3..<0.60

flow f {
  intake a from "x" -> s {
    map b.c = raw["a \"b\""].d
    map e   = 1d12h
  }
}
"#,
    );
}

#[test]
fn an_empty_text_stays_empty() {
    look("", "");
    look("\n\n  \n", "");
    look("  // only this", "// only this\n");
}

#[test]
fn line_ends_are_those_of_the_first_line() {
    assert_eq!(formatted("enum A { x }\r\nenum B { x }\n"), "enum A { x }\r\nenum B { x }\r\n");
}

/// A flow of so many states, not in the look.
fn large(states: usize) -> String {
    let state = |at: usize| {
        format!(
            "state s{at} {{ owner writer asset draft goal \"A full draft\" makes draft, quality // made\n\
             deadline 30m else -> stuck handoff -> s{} when quality >= 0.60 and risk is not high and not (a or b)\n\
             handoff -> s{at} otherwise at most 3 times else -> rejected carry draft, quality }}\n",
            at + 1
        )
    };
    format!("flow f {{\n{}}}\n", (0..states).map(state).collect::<String>())
}

#[test]
fn time_is_linear_in_the_text() {
    let time = |states: usize| {
        let text = large(states);
        let (tree, _) = parse(FileId(0), &text);
        let start = Instant::now();
        assert!(format(&text, &tree).len() > text.len());
        start.elapsed().as_secs_f64()
    };
    time(100);
    let (small, great) = (time(1_000), time(10_000));
    assert!(great < small * 40.0, "10 times the text took {:.0} times as long", great / small);
}

#[test]
fn a_line_of_any_length_is_formatted() {
    let list: Vec<String> = (0..30_000).map(|at| format!("field_{at}")).collect();
    let guard: Vec<String> = (0..30_000).map(|at| format!("a{at} > 3")).collect();
    let (list, guard) = (list.join(", "), guard.join(" and "));
    let once = formatted(&format!("flow f {{ state s {{ makes {list} handoff -> s when {guard} }} }}"));
    assert_eq!(once, formatted(&once));
    assert!(once.lines().all(|line| line.len() <= 100));
}

const UGLY: &str = "enum A{x,y}";
const PRETTY: &str = "enum A { x, y }\n";

fn held(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn files_are_rewritten_where_they_change() {
    let files =
        [("a.flow", UGLY), ("sub/b.flow", PRETTY), (".gitignore", "ignored.flow"), ("ignored.flow", UGLY)];
    let folder = folder(&files);
    let changed = |path: &str| fs::metadata(folder.path().join(path)).unwrap().modified().unwrap();
    let before = changed("sub/b.flow");
    let output = baton(folder.path(), &["fmt"]).assert().code(0);
    assert_eq!(stdout(&output), "formatted a.flow\n1 file formatted, 1 formatted already\n");
    assert_eq!(held(folder.path(), "a.flow"), PRETTY);
    assert_eq!(held(folder.path(), "ignored.flow"), UGLY);
    assert_eq!(changed("sub/b.flow"), before);
    let again = baton(folder.path(), &["fmt", "a.flow"]).assert().code(0);
    assert_eq!(stdout(&again), "1 file formatted already\n");
}

#[test]
fn check_shows_the_difference_and_changes_nothing() {
    let folder = folder(&[("a.flow", UGLY), ("b.flow", PRETTY)]);
    let output = baton(folder.path(), &["fmt", "--check"]).assert().code(1);
    let expected = "--- a.flow\n+++ a.flow (formatted)\n@@ -1 +1 @@\n-enum A{x,y}\n+enum A { x, y }\n\
                    1 file would change, 1 formatted already\n";
    assert_eq!(stdout(&output), expected);
    assert_eq!(held(folder.path(), "a.flow"), UGLY);
    baton(folder.path(), &["fmt", "--check", "b.flow"]).assert().code(0);
    let coloured = baton(folder.path(), &["--color", "always", "fmt", "--check", "a.flow"]).assert().code(1);
    assert!(stdout(&coloured).contains("\u{1b}[32m+enum A { x, y }\u{1b}[0m"));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = folder(&[]);
    let fmt =
        |arguments: &[&str], text: &str| baton(folder.path(), arguments).stdin(text.to_owned()).assert();
    assert_eq!(stdout(&fmt(&["fmt", "-"], UGLY).code(0)), PRETTY);
    assert_eq!(stdout(&fmt(&["fmt", "-"], PRETTY).code(0)), PRETTY);
    let broken = fmt(&["fmt", "-", "--stdin-filename", "x.flow"], "enum {").code(1);
    assert_eq!(stdout(&broken), "");
    assert!(stderr(&broken).contains("x.flow:1"));
    fmt(&["fmt", "-", "a.flow"], "").code(2);
}

#[test]
fn a_file_that_does_not_parse_stays_as_it_is() {
    let broken = "enum A{x,y}\nflow f {\n  state s { goal }\n}\n";
    let folder = folder(&[("a.flow", UGLY), ("broken.flow", broken)]);
    let output = baton(folder.path(), &["fmt"]).assert().code(1);
    assert_eq!(held(folder.path(), "broken.flow"), broken);
    assert_eq!(held(folder.path(), "a.flow"), PRETTY);
    assert!(stderr(&output).contains("broken.flow:3"));
    baton(folder.path(), &["fmt", "no-such.flow"]).assert().code(2);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("real/a.flow", UGLY)]);
    let real = folder.path().join("real/a.flow");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.flow", folder.path().join("link.flow")).unwrap();
    baton(folder.path(), &["fmt", "link.flow"]).assert().code(0);
    assert!(fs::symlink_metadata(folder.path().join("link.flow")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), PRETTY);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 1);
}

#[test]
fn a_comment_behind_a_full_line_stays_behind_it() {
    look(
        r#"flow f {
  state s {
    shows aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, // why both
      c
  }
}
"#,
        r#"flow f {
  state s {
    shows    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,  // why both
             c
  }
}
"#,
    );
}
