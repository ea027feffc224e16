//! A fix does what it says: wherever a marker file, a page or a breakage has a finding with a fix, the fix takes the
//! finding away and brings no new one that is worse.

use baton::Compilation;
use baton::diagnostics::{Code, Diagnostic, Family, Fix};
use baton::source::Sources;

use crate::support::{Texts, files, none, read, relative};

#[test]
fn every_fix_takes_its_finding_away() {
    let texts: Vec<_> =
        files("tests/flows", ".flow").into_iter().map(|path| (relative(&path), read(&path))).collect();
    let disk = Texts(texts.iter().cloned().collect());
    let pages = Code::all()
        .flat_map(|code| crate::pages::examples(code).into_iter().map(move |case| (code.id(), case)));
    let mut trial = Trial::default();
    texts.iter().for_each(|(path, text)| trial.run(path, path, text, &disk, Asked::Takes));
    for (name, case) in pages {
        let disk = Texts(case.iter().cloned().collect());
        case.iter().take(1).for_each(|(path, text)| trial.run(name, path, text, &disk, Asked::Takes));
    }
    trial.end(100);
}

/// What was broken in one place only is whole after the fix.
#[test]
fn the_fix_of_a_breakage_repairs_it() {
    let disk = Texts(files("examples", ".flow").iter().map(|path| (relative(path), read(path))).collect());
    let mut trial = Trial::default();
    for (path, broken) in crate::breakages::all() {
        trial.run(&path, &path, &broken, &disk, Asked::Repairs);
    }
    trial.end(50);
}

/// What a fix has to do.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// Its finding goes, and none comes that is worse: of two mistakes in one guard the second may show only now.
    Takes,
    /// Its finding goes, and none comes.
    Repairs,
}

#[derive(Default)]
struct Trial {
    tried: usize,
    wrong: Vec<String>,
}

impl Trial {
    /// Applies each fix of the text by itself.
    fn run(&mut self, name: &str, path: &str, text: &str, disk: &Texts, asked: Asked) {
        let before = check(path, text, disk);
        for finding in before.diagnostics.iter().filter(|finding| is_in(&before, finding, path)) {
            for fix in &finding.fixes {
                self.tried += 1;
                let after = check(path, &repaired(text, fix), disk);
                let why = complaint(&before, finding, &after, asked);
                let what = (finding.code.id(), &finding.message, &fix.title);
                self.wrong.extend(why.map(|why| format!("{name}: {what:?}: {why}")));
            }
        }
    }

    fn end(self, least: usize) {
        assert!(self.tried >= least, "only {} fixes were tried", self.tried);
        none(self.wrong, "fixes that do not repair");
    }
}

fn check(path: &str, text: &str, disk: &Texts) -> Compilation {
    let mut sources = Sources::new();
    sources.add(path, text);
    baton::compile(sources, disk)
}

/// The finding and its fixes stand in the file that was asked for.
fn is_in(compilation: &Compilation, finding: &Diagnostic, path: &str) -> bool {
    let edits = finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span.file);
    edits.chain([finding.place.file]).all(|file| compilation.sources.file(file).path() == path)
}

fn repaired(text: &str, fix: &Fix) -> String {
    let mut repaired = text.to_owned();
    for edit in fix.edits.iter().rev() {
        repaired.replace_range(edit.span.range(), &edit.text);
    }
    repaired
}

/// What is wrong with the text after the fix.
fn complaint(
    before: &Compilation,
    finding: &Diagnostic,
    after: &Compilation,
    asked: Asked,
) -> Option<String> {
    let titles = |finding: &Diagnostic| finding.fixes.iter().map(|fix| fix.title.clone()).collect::<Vec<_>>();
    let key = |finding: &Diagnostic| (finding.code, finding.message.clone(), titles(finding));
    let same = |of: &Compilation| of.diagnostics.iter().filter(|other| key(other) == key(finding)).count();
    if same(after) >= same(before) {
        return Some("the finding is still there".to_owned());
    }
    let counts = |found: &&Diagnostic| asked == Asked::Repairs || is_basic(found.code);
    let count = |of: &Compilation| of.diagnostics.iter().filter(counts).count();
    let allowed = if asked == Asked::Repairs { count(before) - 1 } else { count(before) };
    (count(after) > allowed).then(|| {
        let found: Vec<&str> = after.diagnostics.iter().map(|found| found.message.as_str()).collect();
        format!("it brings {found:?}")
    })
}

fn is_basic(code: Code) -> bool {
    matches!(code.family(), Family::Syntax | Family::Names | Family::Types)
}
