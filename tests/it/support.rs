//! What the tests share: compiling texts, the project's files, markers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton::diagnostics::{Code, Diagnostic, Severity};
use baton::source::Sources;
use baton::{Compilation, Load, compile, plan, scenarios};

/// The texts of a case by path: the first is asked for, the others are there to be used.
pub(crate) struct Texts(pub(crate) BTreeMap<String, String>);

impl Load for Texts {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        self.0.get(path).map(|text| Arc::from(text.as_str())).ok_or_else(|| "no such file".to_owned())
    }
}

/// Checks one text.
pub(crate) fn check(text: &str) -> Compilation {
    check_all(&[("main.flow", text)])
}

/// Checks the first text; the others may be used by it.
pub(crate) fn check_all(texts: &[(&str, &str)]) -> Compilation {
    let mut sources = Sources::new();
    let (path, text) = texts[0];
    sources.add(path, text);
    let others = texts.iter().map(|&(path, text)| (path.to_owned(), text.to_owned()));
    compile(sources, &Texts(others.collect()))
}

/// A path inside the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the project.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = project(&path.as_ref().to_string_lossy());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder of the project with that ending, in the order of their paths; none if it is missing.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false if entry.to_string_lossy().ends_with(ending) => found.push(entry),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// A path of the project without the project's own.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(project("")).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Where a code is expected or found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Mark {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) code: Code,
}

/// The codes that a text expects: `//~ B305 B401` at the end of the line that they are reported on.
pub(crate) fn marks(path: &str, text: &str) -> Vec<Mark> {
    let lines = (1..).zip(text.lines());
    let marked = lines.filter_map(|(line, text)| Some((line, text.split_once("//~")?.1)));
    let codes = marked.flat_map(|(line, codes)| codes.split_whitespace().map(move |code| (line, code)));
    let mark = |(line, code)| {
        let code = Code::find(code).unwrap_or_else(|| panic!("{path}:{line}: no code {code}"));
        Mark { path: path.to_owned(), line, code }
    };
    codes.map(mark).collect()
}

/// Where a finding stands.
pub(crate) fn mark_of(sources: &Sources, diagnostic: &Diagnostic) -> Mark {
    let file = sources.file(diagnostic.place.file);
    let line = file.line_column(diagnostic.place.start).line;
    Mark { path: file.path().to_owned(), line, code: diagnostic.code }
}

/// With what `baton test` finds, where the check finds no error.
pub(crate) fn tested(mut compilation: Compilation) -> Compilation {
    if compilation.diagnostics.iter().all(|found| found.severity() == Severity::Warning) {
        let Compilation { model, worst, .. } = &compilation;
        let plan = plan::build(model, worst).unwrap();
        let tested = scenarios::test(model, &plan, |_| true).unwrap();
        compilation.diagnostics.extend(tested.into_iter().filter_map(|tested| tested.failure));
    }
    compilation
}

/// What differs between the findings and the marks, a line a difference; empty if nothing does.
pub(crate) fn mismatches(compilation: &Compilation, expected: &[Mark]) -> Vec<String> {
    let mut expected = expected.to_vec();
    let mut wrong = Vec::new();
    for diagnostic in &compilation.diagnostics {
        let found = mark_of(&compilation.sources, diagnostic);
        match expected.iter().position(|mark| *mark == found) {
            Some(at) => drop(expected.remove(at)),
            None => wrong.push((found, format!("unexpected: {}", diagnostic.message))),
        }
    }
    wrong.extend(expected.into_iter().map(|mark| (mark, "expected, but not reported".to_owned())));
    wrong.sort();
    let line =
        |(Mark { path, line, code }, why): (Mark, String)| format!("{path}:{line}: {} {why}", code.id());
    wrong.into_iter().map(line).collect()
}

/// Fails with all lines at once.
pub(crate) fn none(wrong: Vec<String>, what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n  {}\n", wrong.len(), wrong.join("\n  "));
}

/// Whether files that hold real output are to be written rather than compared: `BLESS=1`.
pub(crate) fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares a file of the project with what it should hold, or writes it.
pub(crate) fn same_as_file(path: &str, expected: &str) {
    if blessing() {
        std::fs::create_dir_all(project(path).parent().unwrap()).unwrap();
        std::fs::write(project(path), expected).unwrap();
    }
    let file = std::fs::read_to_string(project(path)).unwrap_or_default();
    snapbox::Assert::new().eq(file, snapbox::Data::text(expected.to_owned()).raw());
}
