//! The pipeline of the compiler, from texts to findings: what every command and the editor call.
//!
//! Must not know: where texts come from (see [`Load`]), nor how findings are shown.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::analysis::worst::Cases;
use crate::checks;
use crate::diagnostics::{Code, Diagnostic, Severity, sort, suppress};
use crate::model::{Model, lower};
use crate::parallel;
use crate::source::{FileId, Sources};
use crate::syntax::{
    self,
    tree::{Item, StateHead, Text, Tree},
};

/// Where texts come from: the disk, unsaved buffers, a test.
pub trait Load {
    /// The text of a file that another file uses, by the path that [`crate::source::SourceFile::path`] has; the
    /// words of the error are shown after `can't read`.
    ///
    /// # Errors
    /// In words for people, if there is no such text.
    fn load(&self, path: &str) -> Result<Arc<str>, String>;

    /// The path under which that file is among the sources already, where it is there under another: one file is read
    /// once, by whatever path it is named.
    fn known_as(&self, _path: &str) -> Option<String> {
        None
    }
}

/// What is known of a set of files.
#[derive(Debug)]
pub struct Compilation {
    /// The texts, those that were only used included.
    pub sources: Sources,
    /// The model of all files.
    pub model: Model,
    /// The worst case of each flow.
    pub worst: Cases,
    /// The findings, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the files that `sources` has, and loads what they use.
#[must_use]
pub fn compile(sources: Sources, load: &dyn Load) -> Compilation {
    let asked = sources.len();
    let Parsed { sources, trees, uses, mut diagnostics } = parse_all(sources, load);
    let checked: Vec<bool> = (0..trees.len()).map(|index| index < asked).collect();
    let text = |file| &**sources.file(file).text();
    let (model, found) = syntax::states(&trees, text, |states| lower(&trees, states, &uses, &checked));
    drop(trees); // nothing later reads them
    diagnostics.extend(found);
    let checks::Outcome { diagnostics: found, worst } = checks::run(&model, &sources);
    diagnostics.extend(found);
    suppress(&sources, &model, &mut diagnostics);
    // What is wrong in a used file breaks its user; advice about it is for those who check it.
    let is_asked = |file: FileId| checked.get(file.0 as usize).copied().unwrap_or(true);
    diagnostics.retain(|found| found.severity() == Severity::Error || is_asked(found.place.file));
    sort(&mut diagnostics);
    Compilation { sources, model, worst, diagnostics }
}

/// All files with what their `use` declarations bring in.
struct Parsed {
    sources: Sources,
    trees: Vec<Tree<StateHead>>,
    uses: Vec<Vec<Option<FileId>>>,
    diagnostics: Vec<Diagnostic>,
}

/// Parses file after file until every used file is there, those of one round side by side.
fn parse_all(sources: Sources, load: &dyn Load) -> Parsed {
    let known = sources.iter().map(|(file, source)| (source.path().to_owned(), Ok(file))).collect();
    let mut loader = Loader { sources, load, known, diagnostics: Vec::new() };
    let (mut trees, mut uses) = (Vec::new(), Vec::new());
    while trees.len() < loader.sources.len() {
        for (tree, found) in parse_round(&loader.sources, trees.len()) {
            loader.diagnostics.extend(found);
            uses.push(loader.uses(&tree));
            trees.push(tree);
        }
    }
    Parsed { sources: loader.sources, trees, uses, diagnostics: loader.diagnostics }
}

fn parse_round(sources: &Sources, from: usize) -> Vec<(Tree<StateHead>, Vec<Diagnostic>)> {
    let files: Vec<_> = sources.iter().skip(from).collect();
    parallel::map(&files, |(file, source)| syntax::skim(*file, source.text()))
}

struct Loader<'l> {
    sources: Sources,
    load: &'l dyn Load,
    /// Files by path, or why they can't be read.
    known: FxHashMap<String, Result<FileId, String>>,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// What each `use` of a file brings in.
    fn uses(&mut self, tree: &Tree<StateHead>) -> Vec<Option<FileId>> {
        let uses = tree.items.iter().filter_map(|item| match item {
            Item::Use(used) => Some(&used.path),
            _ => None,
        });
        uses.map(|path| self.find(tree.file, path)).collect()
    }

    fn find(&mut self, user: FileId, used: &Text) -> Option<FileId> {
        let path = beside(self.sources.file(user).path(), &used.value);
        let path = self.load.known_as(&path).unwrap_or(path);
        let known = self.known.entry(path).or_insert_with_key(|path| {
            let text = self.load.load(path)?;
            Ok(self.sources.add(path.clone(), text))
        });
        known.as_ref().map_err(|why| self.diagnostics.push(unreadable(used, why))).ok().copied()
    }
}

fn unreadable(used: &Text, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadUse, used.span, format!("`{}` can't be read: {why}", used.value))
        .help("the path is relative to the file that says `use`")
}

/// The path of a file that the file at `user` names, with `.` and `..` resolved.
fn beside(user: &str, used: &str) -> String {
    let folder = user.rsplit_once('/').map_or("", |(folder, _)| folder);
    let rooted = used.starts_with('/') || folder.is_empty() && user.starts_with('/');
    let base = if used.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(used.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let rooted = rooted || base.starts_with('/');
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_path_is_relative_to_its_user() {
        assert_eq!(beside("flows/a.flow", "team.flow"), "flows/team.flow");
        assert_eq!(beside("a.flow", "./shared/../team.flow"), "team.flow");
        assert_eq!(beside("flows/a.flow", "../../team.flow"), "../team.flow");
        assert_eq!(beside("/srv/a.flow", "b.flow"), "/srv/b.flow");
        assert_eq!(beside("flows/a.flow", "/srv/b.flow"), "/srv/b.flow");
        assert_eq!(beside("/a.flow", "b.flow"), "/b.flow");
    }
}
