//! Every `.flow` file under `tests/flows` and `tests/transcriptions` says at the line's end what is reported there.
//! A folder with a `main.flow` is one case of several files; every other file is a case by itself.

use std::path::{Path, PathBuf};

use baton::source::Sources;
use baton::{Compilation, compile};

use crate::support::{Mark, files, marks, mismatches, none, read, relative, tested};

#[test]
fn findings_stand_where_the_markers_say() {
    let cases: Vec<PathBuf> =
        ["tests/flows", "tests/transcriptions"].iter().flat_map(|folder| cases(folder)).collect();
    none(
        cases.iter().flat_map(|case| differences(case)).collect(),
        "differences between findings and markers",
    );
}

#[test]
fn the_examples_are_clean() {
    let examples = files("examples", ".flow");
    none(examples.iter().flat_map(|example| differences(example)).collect(), "findings in the examples");
}

/// The files that are checked by themselves.
fn cases(folder: &str) -> Vec<PathBuf> {
    let all = files(folder, ".flow");
    let of_several = |file: &Path| {
        file.file_name().is_some_and(|name| name != "main.flow")
            && file.ancestors().skip(1).any(|folder| folder.join("main.flow").exists())
    };
    all.into_iter().filter(|file| !of_several(file)).collect()
}

fn differences(case: &Path) -> Vec<String> {
    let compilation = tested(check(case));
    let expected: Vec<Mark> =
        compilation.sources.iter().flat_map(|(_, file)| marks(file.path(), file.text())).collect();
    mismatches(&compilation, &expected)
}

pub(crate) fn check(case: &Path) -> Compilation {
    let mut sources = Sources::new();
    sources.add(relative(case), read(case));
    compile(sources, &Disk)
}

/// The project's files, by their paths in it.
struct Disk;

impl baton::Load for Disk {
    fn load(&self, path: &str) -> Result<std::sync::Arc<str>, String> {
        let text = std::fs::read_to_string(crate::support::project(path));
        text.map(Into::into).map_err(|error| error.to_string())
    }
}
