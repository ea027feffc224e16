//! A fix does what it says: wherever a marker file or a page has a finding with a fix, the fix takes the finding away
//! and brings no new one that is worse.

use std::collections::BTreeMap;

use baton::Compilation;
use baton::diagnostics::{Code, Diagnostic, Family, Fix};
use baton::source::Sources;

use crate::support::{Texts, files, none, read, relative};

#[test]
fn every_fix_takes_its_finding_away() {
    let texts = files("tests/flows", ".flow").into_iter().map(|path| (relative(&path), read(&path)));
    let texts: BTreeMap<String, String> = texts.collect();
    let disk = Texts(texts.clone());
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (path, text) in &texts {
        let before = check(path, text, &disk);
        for finding in before.diagnostics.iter().filter(|finding| is_in(&before, finding, path)) {
            for fix in &finding.fixes {
                tried += 1;
                let repaired = repaired(text, fix);
                let after = check(path, &repaired, &disk);
                wrong.extend(complaint(&before, finding, &after).map(|why| {
                    format!(
                        "{path}: {} `{}`: fix `{}`: {why}\n{repaired}",
                        finding.code.id(),
                        finding.message,
                        fix.title
                    )
                }));
            }
        }
    }
    assert!(tried > 20, "only {tried} fixes were tried");
    none(wrong, "fixes that do not repair");
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

/// What is wrong with the text after the fix. Of two mistakes in one guard the second may show only now.
fn complaint(before: &Compilation, finding: &Diagnostic, after: &Compilation) -> Option<String> {
    let titles = |finding: &Diagnostic| finding.fixes.iter().map(|fix| fix.title.clone()).collect::<Vec<_>>();
    let key = |finding: &Diagnostic| (finding.code, finding.message.clone(), titles(finding));
    let same = |of: &Compilation| of.diagnostics.iter().filter(|other| key(other) == key(finding)).count();
    if same(after) >= same(before) {
        return Some("the finding is still there".to_owned());
    }
    let basic = |of: &Compilation| of.diagnostics.iter().filter(|found| is_basic(found.code)).count();
    (basic(after) > basic(before)).then(|| {
        let found: Vec<&str> = after.diagnostics.iter().map(|found| found.message.as_str()).collect();
        format!("it brings {found:?}")
    })
}

fn is_basic(code: Code) -> bool {
    matches!(code.family(), Family::Syntax | Family::Names | Family::Types)
}
