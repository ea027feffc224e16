//! `baton init`: a start that holds, and that never costs anybody a file.

use std::fs;

use crate::cli::{baton, folder, stderr, stdout};

#[test]
fn the_starter_passes_its_own_check_in_the_one_look() {
    let folder = folder(&[]);
    baton(folder.path(), &["init", "new/pipeline"]).assert().code(0);
    let check = baton(folder.path(), &["check", "--deny-warnings", "new/pipeline"]).assert().code(0);
    assert!(stdout(&check).starts_with("answer_question: 3 states"));
    baton(folder.path(), &["fmt", "--check", "new/pipeline"]).assert().code(0);
}

#[test]
fn what_comes_next_can_be_typed_in() {
    let folder = folder(&[]);
    let output = stdout(&baton(folder.path(), &["init"]).assert().code(0));
    assert!(output.starts_with("wrote pipeline.flow\n"));
    let commands: Vec<_> = output.lines().filter_map(|line| line.strip_prefix("  baton ")).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let command = command.split("  ").next().unwrap();
        let arguments: Vec<_> = command.split(' ').collect();
        baton(folder.path(), &arguments).assert().code(0);
    }
}

#[test]
fn a_file_that_is_there_stays() {
    let folder = folder(&[("pipeline.flow", "mine")]);
    let output = baton(folder.path(), &["init"]).assert().code(2);
    assert!(stderr(&output).contains("`pipeline.flow` exists already"));
    assert_eq!(fs::read_to_string(folder.path().join("pipeline.flow")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder(&[("taken", "")]);
    let output = baton(folder.path(), &["init", "taken"]).assert().code(2);
    assert!(stderr(&output).contains("`taken` is the name of a file"));
    let output = baton(folder.path(), &["init", "taken/below"]).assert().code(2);
    assert!(stderr(&output).contains("can't write `taken/below/pipeline.flow`"));
    let output = baton(folder.path(), &["init", "new.flow"]).assert().code(2);
    assert!(stderr(&output).contains("`new.flow` is the name of a file"));
    assert!(!folder.path().join("new.flow").exists());
}

#[test]
fn a_path_with_a_blank_is_quoted() {
    let folder = folder(&[]);
    let output = stdout(&baton(folder.path(), &["init", "my team's"]).assert().code(0));
    assert!(output.starts_with("wrote my team's/pipeline.flow\n"), "{output}");
    #[cfg(unix)]
    assert!(output.contains(r"  baton check 'my team'\''s/pipeline.flow'  "), "{output}");
}
