//! `baton build`: all files are in place or none, and nothing that a person wrote is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::cli::{bad, baton, folder, good, stderr, stdout, warned};

/// What every file below a folder holds, by its path.
fn held(folder: &Path) -> BTreeMap<String, String> {
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).build().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().unwrap().is_file());
    let path = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
    files.map(|entry| (path(entry.path()), fs::read_to_string(entry.path()).unwrap())).collect()
}

fn paths(folder: &Path) -> Vec<String> {
    held(folder).into_keys().collect()
}

#[test]
fn each_target_has_its_folder() {
    let folder = folder(&[("a.flow", &good())]);
    let output = baton(folder.path(), &["build", "a.flow", "--target", "plan,dot", "--target", "plan"])
        .assert()
        .code(0);
    let built = paths(&folder.path().join("build"));
    let name = built[1].strip_prefix("dot/").unwrap();
    assert_eq!(built, ["dot/.baton-dot", &format!("dot/{name}"), "plan/.baton-plan", "plan/plan.json"]);
    let expected = format!(
        "wrote build/plan/plan.json\nplan: 1 file in build/plan, all new or changed\n\
         wrote build/dot/{name}\ndot: 1 file in build/dot, all new or changed\n"
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn out_is_the_folder_of_one_target_and_holds_those_of_several() {
    let folder = folder(&[("a.flow", &good())]);
    baton(folder.path(), &["build", "a.flow", "--target", "plan", "--out", "one"]).assert().code(0);
    assert_eq!(paths(&folder.path().join("one")), [".baton-plan", "plan.json"]);
    baton(folder.path(), &["build", "a.flow", "--target", "plan,mermaid", "--out", "x/y"]).assert().code(0);
    let both = paths(&folder.path().join("x/y"));
    assert!(
        both.contains(&"plan/plan.json".to_owned()) && both.contains(&"mermaid/.baton-mermaid".to_owned())
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = folder(&[("a.flow", &good())]);
    let build = |out: &str| {
        let arguments = ["build", "a.flow", "--target", "plan,jsonschema,dot,mermaid", "--out", out];
        baton(folder.path(), &arguments).assert().code(0)
    };
    build("one");
    build("two");
    assert_eq!(held(&folder.path().join("one")), held(&folder.path().join("two")));
    assert!(stdout(&build("two")).lines().all(|line| line.ends_with(", as before")));
}

#[test]
fn nothing_is_written_when_there_is_an_error() {
    let folder = folder(&[("bad.flow", &bad()), ("none.flow", "enum A { x }\n")]);
    let wrong = baton(folder.path(), &["build", "bad.flow", "--target", "plan"]).assert().code(1);
    assert!(stdout(&wrong).contains("B305"));
    baton(folder.path(), &["build", "missing.flow", "--target", "plan"]).assert().code(2);
    let none = baton(folder.path(), &["build", "none.flow", "--target", "plan"]).assert().code(2);
    assert!(stderr(&none).contains("there is no flow"));
    assert_eq!(paths(folder.path()), ["bad.flow", "none.flow"]);
}

#[test]
fn warnings_are_shown_and_do_not_stop_a_build() {
    let folder = folder(&[("a.flow", &warned())]);
    let output = baton(folder.path(), &["build", "a.flow", "--target", "plan"]).assert().code(0);
    assert!(stdout(&output).contains("B602"));
    assert!(folder.path().join("build/plan/plan.json").is_file());
}

#[test]
fn unknown_targets_and_senseless_factors_are_wrong_usage() {
    let folder = folder(&[("a.flow", &good())]);
    let unknown = baton(folder.path(), &["build", "a.flow", "--target", "plan,bpnm"]).assert().code(2);
    assert!(stderr(&unknown).contains("'bpnm'") && stderr(&unknown).contains("jsonschema"));
    baton(folder.path(), &["build", "a.flow"]).assert().code(2);
    let timed = baton(folder.path(), &["build", "a.flow", "--target", "plan", "--time-scale", "0.5"])
        .assert()
        .code(2);
    assert!(stderr(&timed).contains("`--time-scale` is for the target `asl` alone"));
    for factor in ["0", "-1", "fast"] {
        let arguments = ["build", "a.flow", "--target", "plan", &format!("--time-scale={factor}")];
        let output = baton(folder.path(), &arguments).assert().code(2);
        assert!(stderr(&output).contains("no number above 0"));
    }
    assert_eq!(paths(folder.path()), ["a.flow"]);
}

#[test]
fn what_a_person_wrote_is_not_replaced() {
    let folder = folder(&[("a.flow", &good()), ("out/plan.json", "mine")]);
    let build = |more: &[&str]| {
        let arguments = [&["build", "a.flow", "--target", "plan", "--out", "out"], more].concat();
        baton(folder.path(), &arguments)
    };
    let plan = folder.path().join("out/plan.json");
    let foreign = build(&[]).assert().code(2);
    assert!(stderr(&foreign).contains("`out/plan.json` was not written by a build"));
    assert_eq!(paths(&folder.path().join("out")), ["plan.json"]);
    build(&["--force"]).assert().code(0);
    let built = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, "changed").unwrap();
    let changed = build(&[]).assert().code(2);
    assert!(stderr(&changed).contains("was changed since it was built"));
    assert_eq!(fs::read_to_string(&plan).unwrap(), "changed");
    fs::remove_file(&plan).unwrap();
    build(&[]).assert().code(0);
    assert_eq!(fs::read_to_string(&plan).unwrap(), built);
}

#[test]
fn what_people_fill_in_is_theirs_and_earlier_plans_stay() {
    let folder = folder(&[("a.flow", &good())]);
    let build = |more: &[&str]| {
        baton(folder.path(), &[&["build", "a.flow", "--target", "temporal"], more].concat()).assert().code(0)
    };
    build(&[]);
    let built = held(&folder.path().join("build/temporal"));
    let stubs: Vec<&String> = built.keys().filter(|path| path.starts_with("owners/")).collect();
    let plans =
        |files: &BTreeMap<String, String>| files.keys().filter(|path| path.ends_with("/plan.json")).count();
    assert!(!stubs.is_empty());
    assert_eq!(plans(&built), 1);
    let stub = folder.path().join("build/temporal").join(stubs[0]);
    fs::write(&stub, "mine").unwrap();
    assert!(stdout(&build(&[])).ends_with(", as before\n"));
    let changed =
        fs::read_to_string(folder.path().join("a.flow")).unwrap().replacen("reason \"", "reason \"Now: ", 1);
    assert!(changed.contains("Now: "));
    fs::write(folder.path().join("a.flow"), changed).unwrap();
    build(&["--force"]);
    let built = held(&folder.path().join("build/temporal"));
    assert_eq!(fs::read_to_string(&stub).unwrap(), "mine");
    assert_eq!(plans(&built), 2);
}

#[test]
fn waits_can_be_shortened_for_tests() {
    let folder = folder(&[("a.flow", &good())]);
    let build = |more: &[&str], out: &str| {
        let arguments = [&["build", "a.flow", "--target", "asl", "--out", out], more].concat();
        baton(folder.path(), &arguments).assert().code(0);
        held(&folder.path().join(out))
    };
    let (real, shortened) = (build(&[], "real"), build(&["--time-scale", "0.001"], "short"));
    let machine = |files: &BTreeMap<String, String>| {
        files.iter().find(|(path, _)| path.ends_with(".asl.json")).map(|(_, text)| text.clone()).unwrap()
    };
    assert_ne!(machine(&real), machine(&shortened));
}

#[test]
fn one_target_that_is_in_the_way_stops_all() {
    let folder = folder(&[("a.flow", &good()), ("out/plan/plan.json", "mine")]);
    baton(folder.path(), &["build", "a.flow", "--target", "mermaid,plan", "--out", "out"]).assert().code(2);
    assert_eq!(paths(folder.path()), ["a.flow", "out/plan/plan.json"]);
}

#[test]
fn what_earlier_builds_left_is_named_and_stays() {
    let renamed = good().replace("flow ", "flow new_");
    let folder = folder(&[("old.flow", &good()), ("new.flow", &renamed)]);
    let build =
        |path: &str| stdout(&baton(folder.path(), &["build", path, "--target", "dot"]).assert().code(0));
    build("old.flow");
    let before = held(&folder.path().join("build/dot"));
    let old = before.keys().find(|path| path.ends_with(".dot")).unwrap();
    assert!(build("new.flow").ends_with(&format!("dot: 1 file of earlier builds still there: {old}\n")));
    assert_eq!(held(&folder.path().join("build/dot"))[old], before[old]);
    build("old.flow");
    assert_eq!(fs::read_to_string(folder.path().join("build/dot").join(old)).unwrap(), before[old]);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("a.flow", &good()), ("elsewhere/precious.txt", "mine")]);
    fs::create_dir_all(folder.path().join("out/file")).unwrap();
    symlink("../elsewhere", folder.path().join("out/assets")).unwrap();
    symlink("../../elsewhere/precious.txt", folder.path().join("out/file/plan.json")).unwrap();
    let through = |target: &str, out: &str| {
        let output =
            baton(folder.path(), &["build", "a.flow", "--target", target, "--out", out]).assert().code(2);
        assert!(stderr(&output).contains("is a link, and nothing is written there"));
    };
    through("jsonschema", "out");
    through("plan", "out/file");
    assert_eq!(paths(&folder.path().join("elsewhere")), ["precious.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("elsewhere/precious.txt")).unwrap(), "mine");
}

#[test]
fn folders_and_files_in_the_way_are_named() {
    let folder = folder(&[("a.flow", &good()), ("out/plan.json/x", ""), ("flat/assets", ""), ("file", "")]);
    let fails = |target: &str, out: &str, words: &str| {
        let output =
            baton(folder.path(), &["build", "a.flow", "--target", target, "--out", out]).assert().code(2);
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    };
    fails("plan", "out", "is a folder, and nothing is written there");
    fails("jsonschema", "flat", "is a file, and nothing is written there");
    fails("plan", "file", "can't write `file/");
    assert_eq!(paths(folder.path()), ["a.flow", "file", "flat/assets", "out/plan.json/x"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_record_is_checked_by_sha256sum() {
    let folder = folder(&[("a.flow", &good())]);
    baton(folder.path(), &["build", "a.flow", "--target", "jsonschema", "--out", "out"]).assert().code(0);
    let out = folder.path().join("out");
    let record = fs::read_to_string(out.join(".baton-jsonschema")).unwrap();
    assert_eq!(record.lines().count(), paths(&out).len() - 1);
    let arguments = ["--check", "--strict", "--quiet", ".baton-jsonschema"];
    snapbox::cmd::Command::new("sha256sum").args(arguments).current_dir(&out).assert().code(0);
}
