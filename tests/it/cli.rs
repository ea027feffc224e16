//! The binary from outside: exit codes, inputs, colours, formats.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use baton::diagnostics::Code;
use snapbox::cmd::{Command, OutputAssert};
use tempfile::TempDir;

use crate::pages::{broken, repaired};

pub(crate) fn baton(folder: &Path, arguments: &[&str]) -> Command {
    let variables = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK"];
    let command = Command::new(env!("CARGO_BIN_EXE_baton")).args(arguments).current_dir(folder);
    variables.iter().fold(command, |command, variable| command.env_remove(variable))
}

/// A folder with these files, made with the folders above them.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(crate) fn good() -> String {
    repaired(Code::UnboundedLoop)
}

pub(crate) fn bad() -> String {
    broken(Code::UnboundedLoop)
}

pub(crate) fn warned() -> String {
    broken(Code::ThinEvidence)
}

pub(crate) fn stdout(output: &OutputAssert) -> String {
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &OutputAssert) -> String {
    String::from_utf8(output.get_output().stderr.clone()).unwrap()
}

/// The paths that findings are reported in, in order, each once.
fn paths(output: &OutputAssert) -> Vec<String> {
    let text = stdout(output);
    let mut paths: Vec<String> =
        text.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    paths.dedup();
    paths
}

#[test]
fn a_clean_check_says_what_was_proved() {
    let folder = folder(&[("a.flow", &good())]);
    let proved = "write_article: 2 states, 4 handoffs, 2 ends; \
                  all owned, one handoff for every value, no dead end, nothing read that is not made; ends within 2h40m\n";
    baton(folder.path(), &["check", "a.flow"]).assert().code(0).stdout_eq(proved).stderr_eq("");
    baton(folder.path(), &["check", "a.flow", "--format", "short"])
        .assert()
        .code(0)
        .stdout_eq("")
        .stderr_eq("");
}

#[test]
fn errors_end_with_one() {
    let folder = folder(&[("a.flow", &bad())]);
    for format in ["rich", "short", "json"] {
        let output =
            baton(folder.path(), &["check", "a.flow", "--format", format]).assert().code(1).stderr_eq("");
        assert!(stdout(&output).contains("B305"));
    }
}

#[test]
fn warnings_end_with_one_only_if_denied() {
    let folder = folder(&[("a.flow", &warned())]);
    let output = baton(folder.path(), &["check", "a.flow", "--format", "short"]).assert().code(0);
    assert!(stdout(&output).contains("warning[B602]"));
    baton(folder.path(), &["check", "a.flow", "--deny-warnings"]).assert().code(1);
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = folder(&[("notes.txt", "nothing")]);
    for arguments in
        [&[][..], &["chek"], &["check", "--formt", "short"], &["check", "--format", "xml"], &["check"]]
    {
        let output = baton(folder.path(), arguments).assert().code(2).stdout_eq("");
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
    }
    baton(folder.path(), &["--version"]).assert().code(0).stderr_eq("");
    baton(folder.path(), &["--help"]).assert().code(0).stderr_eq("");
}

#[test]
fn what_cannot_be_read_is_reported_and_ends_with_two() {
    let folder = folder(&[("a.flow", &bad())]);
    fs::write(folder.path().join("latin.flow"), b"// caf\xe9\n").unwrap();
    let arguments = ["check", "gone.flow", "a.flow/b.flow", "latin.flow", "a.flow", "--format", "short"];
    let output = baton(folder.path(), &arguments).assert().code(2).stderr_eq("");
    let text = stdout(&output);
    assert!(
        text.contains("gone.flow:1:1: error[B003]: `gone.flow` can't be read: no such file or directory\n"),
        "{text}"
    );
    assert!(text.contains("a.flow/b.flow:1:1: error[B003]"), "{text}");
    assert!(
        text.contains("latin.flow:1:1: error[B003]: `latin.flow` can't be read: it is not UTF-8"),
        "{text}"
    );
    assert!(text.contains("error[B305]"), "the others are checked: {text}");
}

#[test]
fn what_is_used_and_named_and_cannot_be_read_is_told_once() {
    let folder = folder(&[("a.flow", &format!("use \"./gone.flow\"\n{}", good()))]);
    let output =
        baton(folder.path(), &["check", "a.flow", "gone.flow", "--format", "short"]).assert().code(2);
    assert!(stdout(&output).starts_with("a.flow:1:5: error[B015]"), "{}", stdout(&output));
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn one_file_is_one_file_by_whatever_path() {
    let folder = folder(&[("a.flow", &bad())]);
    std::os::unix::fs::symlink("a.flow", folder.path().join("b.flow")).unwrap();
    let absolute = folder.path().join("a.flow");
    let arguments = ["check", "a.flow", absolute.to_str().unwrap(), "b.flow", "--format", "short"];
    let output = baton(folder.path(), &arguments).assert().code(1);
    assert_eq!(paths(&output), ["a.flow"]);
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn colours_are_as_asked_on_standard_error_too() {
    let folder = folder(&[("a.flow", &bad())]);
    for (choice, coloured) in [("always", true), ("never", false), ("auto", false)] {
        let output =
            baton(folder.path(), &["graph", "a.flow", "--format", "dot", "--color", choice]).assert().code(1);
        assert_eq!(stderr(&output).contains('\u{1b}'), coloured, "{choice}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = folder(&[]);
    let huge = fs::File::create(folder.path().join("huge.flow")).unwrap();
    huge.set_len((512 << 20) + 1).unwrap(); // takes no room
    let output = baton(folder.path(), &["check", "huge.flow", "--format", "short"]).assert().code(2);
    assert!(stdout(&output).contains("it is larger than 512 MiB"), "{}", stdout(&output));
}

#[test]
fn standard_input_is_checked_under_a_name() {
    let folder = folder(&[("team/people.flow", "actor sales: human { contact \"sales@example.com\" }\n")]);
    let from_stdin =
        |arguments: &[&str], text: &str| baton(folder.path(), arguments).stdin(text.to_owned()).assert();
    from_stdin(&["check", "-"], &good()).code(0);
    let output =
        from_stdin(&["check", "-", "--format", "short", "--stdin-filename", "x/y.flow"], &bad()).code(1);
    assert_eq!(paths(&output), ["x/y.flow"]);
    let using = repaired(Code::BadUse);
    from_stdin(&["check", "-", "--stdin-filename", "team/main.flow"], &using).code(0);
    from_stdin(&["check", "-", "--stdin-filename", "main.flow"], &using).code(1);
}

#[test]
fn folders_are_searched_as_git_would() {
    let bad = bad();
    let folder = folder(&[
        (".gitignore", "build/\n"),
        (".ignore", "drafts\n"),
        ("b.flow", &bad),
        ("a/z.flow", &bad),
        ("a/y.flow", &bad),
        ("a/.gitignore", "y.flow\n"),
        ("build/c.flow", &bad),
        ("drafts/d.flow", &bad),
        (".hidden/e.flow", &bad),
        (".f.flow", &bad),
        ("notes.txt", &bad),
    ]);
    let check = |paths: &[&str]| {
        let arguments: Vec<&str> = ["check", "--format", "short"].iter().chain(paths).copied().collect();
        baton(folder.path(), &arguments).assert().code(1)
    };
    assert_eq!(paths(&check(&[])), ["a/z.flow", "b.flow"], "the default is the current folder");
    assert_eq!(paths(&check(&["./a", "b.flow", "."])), ["a/z.flow", "b.flow"], "each file once");
    assert_eq!(
        paths(&check(&["build/c.flow", ".f.flow", "notes.txt"])),
        ["build/c.flow", ".f.flow", "notes.txt"]
    );
}

#[test]
fn colours_follow_the_conventions() {
    let folder = folder(&[("a.flow", &bad())]);
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let arguments: Vec<&str> = ["check", "a.flow"].iter().chain(arguments).copied().collect();
        let command = baton(folder.path(), &arguments);
        let command = variables.iter().fold(command, |command, (key, value)| command.env(key, value));
        stdout(&command.assert().code(1)).contains('\x1b')
    };
    assert!(!coloured(&[], &[]), "a pipe gets no colours");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color", "always", "--format", "json"], &[]), "JSON has no colours");
}

#[test]
fn a_file_that_is_named_from_the_root_and_used_is_read_once() {
    let folder = folder(&[("a.flow", "use \"team.flow\""), ("team.flow", "enum Empty { }")]);
    let team = folder.path().join("team.flow");
    let output = baton(folder.path(), &["check", "a.flow", team.to_str().unwrap(), "--format", "short"]);
    let output = output.assert().code(1);
    assert_eq!(stdout(&output).matches("B024").count(), 1, "{}", stdout(&output));
}

#[test]
fn links_are_for_terminals_that_have_them() {
    let folder = folder(&[("a.flow", &bad())]);
    let linked = |color: &str| {
        let command =
            baton(folder.path(), &["check", "a.flow", "--color", color]).env("FORCE_HYPERLINK", "1");
        stdout(&command.assert().code(1)).contains("\x1b]8;;https://")
    };
    assert!(linked("always"));
    assert!(!linked("never"));
}

#[test]
fn a_reader_that_goes_away_is_no_accident() {
    let folder = folder(&[("a.flow", &bad())]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_baton"));
    command
        .args(["check", "a.flow"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn explain_shows_the_page() {
    let here = Path::new(".");
    let page = Code::UnboundedLoop.page();
    baton(here, &["explain", "B305"]).assert().code(0).stdout_eq(snapbox::Data::text(page).raw());
    baton(here, &["explain", "unbounded-loop"]).assert().code(0).stdout_eq(snapbox::Data::text(page).raw());
    let styled = stdout(&baton(here, &["explain", "b305", "--color", "always"]).assert().code(0));
    assert!(styled.contains("\x1b[") && !styled.contains("```"), "{styled}");
}

#[test]
fn explain_suggests_the_nearest_code() {
    let unknown =
        |word: &str| stderr(&baton(Path::new("."), &["explain", word]).assert().code(2).stdout_eq(""));
    assert_eq!(
        unknown("unbound-loop"),
        "error: there is no code `unbound-loop`\nhelp: did you mean `B305` (unbounded-loop)?\n"
    );
    assert!(unknown("B399").contains("help: did you mean `B3"));
    assert!(unknown("completely-different").contains("help: `baton check` prints the code of each finding"));
}
