//! Which files are meant, and their texts: arguments, folders, standard input, and files that others use.
//!
//! Must not know: what the texts mean.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::output::reason;
use crate::Load;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{Sources, Span};

/// No file may be larger.
const LIMIT: u64 = 512 << 20;

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
    seen: BTreeSet<String>,
}

/// A file without a text.
pub(super) struct Unreadable {
    path: String,
    why: String,
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
                input.add(&arguments.stdin_filename, None, read_bounded(std::io::stdin().lock()));
            } else if path.is_dir() {
                input.search(path);
            } else {
                input.add(path, Some(path), read_file(path));
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
        for entry in walk {
            match entry {
                Ok(entry) if is_flow_file(&entry) => {
                    self.add(entry.path(), Some(entry.path()), read_file(entry.path()))
                }
                Ok(_) => {}
                Err(ignore::Error::WithPath { path, err }) => self.add(&path, None, Err(words(&err))),
                Err(error) => self.add(folder, None, Err(words(&error))),
            }
        }
    }

    fn add(&mut self, path: &Path, origin: Option<&Path>, text: Result<String, String>) {
        let path = shown(path);
        if !self.seen.insert(path.clone()) {
            return;
        }
        match text {
            Ok(text) => {
                self.sources.add(path, text);
                self.origins.push(origin.map(Path::to_owned));
            }
            Err(why) => self.unreadable.push(Unreadable { path, why }),
        }
    }
}

impl Unreadable {
    /// Adds the file, without a text, and says that it could not be read.
    pub(super) fn diagnose(&self, sources: &mut Sources) -> Diagnostic {
        let file = sources.add(self.path.clone(), "");
        let message = format!("`{}` can't be read: {}", self.path, self.why);
        Diagnostic::new(Code::Io, Span::new(file, 0, 0), message)
    }
}

fn is_flow_file(entry: &ignore::DirEntry) -> bool {
    entry.path().extension().is_some_and(|extension| extension == "flow")
        && entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink())
}

/// Why a folder could not be searched.
fn words(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), reason)
}

/// Reads what files use, from the disk.
pub(super) struct Disk;

impl Load for Disk {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        read_file(Path::new(path)).map(Arc::from)
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    read_bounded(std::fs::File::open(path).map_err(|error| reason(&error))?)
}

fn read_bounded(reader: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    reader.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err("it is larger than 512 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("it is not UTF-8 (the byte at offset {} fits nowhere)", error.utf8_error().valid_up_to())
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
