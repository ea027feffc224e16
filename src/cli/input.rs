//! Which files are meant, and their texts: arguments, folders, standard input, and files that others use.
//!
//! Must not know: what the texts mean.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::output::reason;
use crate::Load;
use crate::diagnostics::{Code, Diagnostic};
use crate::parallel;
use crate::source::{Sources, Span};
use crate::syntax::MAX_BYTES;

/// What the commands that read files have in common.
#[derive(Args, Debug)]
pub(super) struct InputArguments {
    /// Files, folders that are searched for `.flow` files, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// The path under which standard input is shown, and from which it uses other files
    #[arg(long, value_name = "PATH", default_value = "stdin.flow")]
    pub(super) stdin_filename: PathBuf,
}

/// The texts that were asked for.
#[derive(Default)]
pub(super) struct Input {
    /// Those that could be read.
    pub(super) sources: Sources,
    /// Where each of them was read, in their order; `None` for standard input.
    pub(super) origins: Vec<Option<PathBuf>>,
    /// Those that could not: the path as shown, and why.
    pub(super) unreadable: Vec<Unreadable>,
    /// Their paths as shown, by where they really are.
    seen: BTreeMap<PathBuf, String>,
}

/// A file without a text.
pub(super) struct Unreadable {
    path: String,
    why: NoText,
}

/// Why there is no text: in words that follow `can't be read`, and what to do about it.
struct NoText {
    why: String,
    help: &'static str,
}

impl NoText {
    fn new(why: impl Into<String>, help: &'static str) -> NoText {
        NoText { why: why.into(), help }
    }
}

impl From<std::io::Error> for NoText {
    fn from(error: std::io::Error) -> NoText {
        let help = match error.kind() {
            ErrorKind::PermissionDenied => "give yourself leave to read it, or leave it out",
            _ => "name a file that is there, or leave it out",
        };
        NoText::new(reason(&error), help)
    }
}

impl Input {
    /// Reads everything that the arguments name, each file once, folders in the order of their paths.
    ///
    /// # Errors
    /// If there is no `.flow` file at all.
    pub(super) fn read(arguments: &InputArguments) -> Result<Input, Failure> {
        let mut input = Input::default();
        for path in &arguments.paths {
            if path.as_os_str() == "-" {
                let text = read_bounded(std::io::stdin().lock(), 0);
                input.add(Found { origin: None, ..Found::new(&arguments.stdin_filename, text) });
            } else if path.is_dir() {
                input.search(path);
            } else {
                input.add(Found::read(path));
            }
        }
        if input.sources.is_empty() && input.unreadable.is_empty() {
            let places: Vec<_> = arguments.paths.iter().map(|path| format!("`{}`", path.display())).collect();
            return Err(Failure::new(format!("there is no `.flow` file in {}", places.join(", ")))
                .help("name a file, or run `baton init` for a starter pipeline"));
        }
        Ok(input)
    }

    fn search(&mut self, folder: &Path) {
        let walk = ignore::WalkBuilder::new(folder)
            .require_git(false) // `.gitignore` counts outside of a repository too
            .sort_by_file_path(Ord::cmp)
            .build();
        let entries: Vec<_> = walk.filter(|entry| entry.as_ref().map_or(true, is_flow_file)).collect();
        let found = parallel::map(&entries, |entry| match entry {
            Ok(entry) => Found::read(entry.path()),
            Err(ignore::Error::WithPath { path, err }) => Found::new(path, Err(unsearched(err))),
            Err(error) => Found::new(folder, Err(unsearched(error))),
        });
        found.into_iter().for_each(|found| self.add(found));
    }

    fn add(&mut self, found: Found) {
        let Entry::Vacant(new) = self.seen.entry(found.place) else { return };
        let path = new.insert(found.path).clone();
        match found.text {
            Ok(text) => {
                self.sources.add(path, text);
                self.origins.push(found.origin);
            }
            Err(why) => self.unreadable.push(Unreadable { path, why }),
        }
    }
}

/// What is at a path that was asked for.
struct Found {
    /// The path as shown.
    path: String,
    /// Where it was read; `None` for standard input.
    origin: Option<PathBuf>,
    /// Where it really is: one file is one file, by whatever link it is reached.
    place: PathBuf,
    text: Result<String, NoText>,
}

impl Found {
    fn new(path: &Path, text: Result<String, NoText>) -> Found {
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Found { path: shown(path), origin: Some(path.to_owned()), place, text }
    }

    fn read(path: &Path) -> Found {
        Found::new(path, read_file(path))
    }
}

impl Unreadable {
    /// Adds the file, without a text, and says that it could not be read.
    pub(super) fn diagnose(&self, sources: &mut Sources) -> Diagnostic {
        let file = sources.add(self.path.clone(), "");
        let message = format!("`{}` can't be read: {}", self.path, self.why.why);
        Diagnostic::new(Code::Io, Span::new(file, 0, 0), message).help(self.why.help)
    }
}

fn is_flow_file(entry: &ignore::DirEntry) -> bool {
    entry.path().extension().is_some_and(|extension| extension == "flow")
        && entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink())
}

/// Why a folder could not be searched.
fn unsearched(error: &ignore::Error) -> NoText {
    let why = error.io_error().map_or_else(|| error.to_string(), reason);
    NoText::new(why, "make it a folder that you may read, or leave it out")
}

/// Reads what files use, from the disk.
pub(super) struct Disk {
    /// What could not be read, which is told where it is used.
    missed: RefCell<BTreeSet<String>>,
    /// The paths under which files were read, by where they really are.
    known: RefCell<BTreeMap<PathBuf, String>>,
}

impl Disk {
    /// For files that the input uses.
    pub(super) fn of(input: &Input) -> Disk {
        Disk { missed: RefCell::default(), known: RefCell::new(input.seen.clone()) }
    }

    /// Whether the file was to be used and could not be.
    pub(super) fn has_missed(&self, file: &Unreadable) -> bool {
        self.missed.borrow().contains(&file.path)
    }
}

impl Load for Disk {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        read_file(Path::new(path)).map(Arc::from).map_err(|missing| {
            self.missed.borrow_mut().insert(path.to_owned());
            missing.why
        })
    }

    fn known_as(&self, path: &str) -> Option<String> {
        let place = Path::new(path).canonicalize().ok()?;
        Some(self.known.borrow_mut().entry(place).or_insert_with(|| path.to_owned()).clone())
    }
}

/// The text of a file that is no pipeline, or of standard input for `-`.
///
/// # Errors
/// If it can't be read, is no UTF-8, or is too large.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let text = match path.as_os_str() == "-" {
        true => read_bounded(std::io::stdin().lock(), 0),
        false => read_file(path),
    };
    text.map_err(|why| {
        Failure::new(format!("`{}` can't be read: {}", path.display(), why.why)).help(why.help)
    })
}

fn read_file(path: &Path) -> Result<String, NoText> {
    if path.is_dir() {
        return Err(NoText::new("it is a folder", "name a file in it"));
    }
    let file = std::fs::File::open(path)?;
    let size = file.metadata().map_or(0, |data| data.len());
    read_bounded(file, size)
}

/// Reads to the end; `size` says how much that may be.
fn read_bounded(reader: impl Read, size: u64) -> Result<String, NoText> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).map_or(0, |size| size.min(MAX_BYTES)));
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(NoText::new("it is larger than 512 MiB", "split it into several files"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        NoText::new(format!("it is not UTF-8 (the byte at offset {at} fits nowhere)"), "save it as UTF-8")
    })
}

/// The path for people: `/` between the parts, no `.` and no `name/..` inside, so that one file has one path.
fn shown(path: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let whole: PathBuf = parts.iter().collect();
    whole.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_path() {
        for path in ["a/b.flow", "./a/b.flow", "a/./b.flow", "a/x/../b.flow"] {
            assert_eq!(shown(Path::new(path)), "a/b.flow");
        }
        assert_eq!(shown(Path::new("../x/b.flow")), "../x/b.flow");
        assert_eq!(shown(Path::new("/x/../b.flow")), "/b.flow");
    }
}
