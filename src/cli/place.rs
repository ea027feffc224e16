//! Puts the files of a build in place: all of them, or none.
//!
//! Each target's folder has a record of what was built there, a line a file as `sha256sum` writes and checks it. A file
//! is replaced only if it is as a build left it, so that nothing that a person wrote is lost, and nothing is ever
//! deleted. Must not know: what the files say.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::Failure;
use super::output::{reason, stage, unwritable};
use crate::emit::File;

/// What a target makes, and where it goes.
pub(super) struct Delivery {
    pub(super) target: &'static str,
    pub(super) folder: PathBuf,
    pub(super) files: Vec<File>,
}

/// What became of a delivery.
pub(super) struct Place {
    /// The files that are new or different.
    pub(super) written: Vec<PathBuf>,
    /// What earlier builds have made there and this one has not, below the folder.
    pub(super) earlier: Vec<String>,
}

/// Puts all deliveries in place.
///
/// # Errors
/// If a file can't be written, or must not be: a person's work stands there, and `force` is not given. Then nothing
/// has changed.
pub(super) fn place(deliveries: &[Delivery], force: bool) -> Result<Vec<Place>, Failure> {
    let mut places = Vec::new();
    let mut staged = Vec::new();
    for delivery in deliveries {
        let record = Record::read(delivery)?;
        let written = differing(delivery, &record, force)?;
        for (path, file) in &written {
            staged.push(Staged::new(path.clone(), file.text.as_bytes())?);
        }
        let (new, earlier) = record.updated(delivery);
        if new != record {
            staged.push(Staged::new(Record::path(delivery), new.text().as_bytes())?);
        }
        places.push(Place { written: written.into_iter().map(|(path, _)| path).collect(), earlier });
    }
    commit(staged)?;
    Ok(places)
}

/// The files of a delivery that are not there yet as they are, after it has been seen that they may be written.
fn differing<'d>(
    delivery: &'d Delivery,
    record: &Record,
    force: bool,
) -> Result<Vec<(PathBuf, &'d File)>, Failure> {
    let mut differing = Vec::new();
    for file in &delivery.files {
        let path = safe_path(&delivery.folder, &file.path)?;
        let old = content(&path)?;
        if old.as_deref() == Some(file.text.as_bytes()) {
            continue;
        }
        if let Some(old) = old.filter(|_| !force || file.is_stub()) {
            match record.permits(&file.path, &old, &path) {
                Err(_) if file.is_stub() => continue,
                verdict => verdict?,
            }
        }
        differing.push((path, file));
    }
    Ok(differing)
}

/// The path of a file below a folder, through real folders only.
fn safe_path(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let mut whole = folder.to_owned();
    let mut parts = Path::new(path).components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else {
            return Err(
                Failure::new(format!("`{path}` leads out of the folder")).help("this is a bug in baton")
            );
        };
        whole.push(part);
        let is_last = parts.peek().is_none();
        let kind = std::fs::symlink_metadata(&whole).ok().map(|found| found.file_type());
        match kind {
            Some(kind) if kind.is_symlink() => return Err(in_the_way(&whole, "a link")),
            Some(kind) if kind.is_dir() && is_last => return Err(in_the_way(&whole, "a folder")),
            Some(kind) if kind.is_file() && !is_last => return Err(in_the_way(&whole, "a file")),
            _ => {}
        }
    }
    Ok(whole)
}

fn in_the_way(path: &Path, what: &str) -> Failure {
    Failure::new(format!("`{}` is {what}, and nothing is written there", path.display()))
        .help("move it away, or name another folder with `--out`")
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Failure::new(format!("can't read `{}`: {}", path.display(), reason(&error)))),
    }
}

/// What was built into a folder for a target: the hash of each file by its path below the folder.
#[derive(PartialEq, Eq)]
struct Record(BTreeMap<String, String>);

impl Record {
    fn path(delivery: &Delivery) -> PathBuf {
        delivery.folder.join(format!(".baton-{}", delivery.target))
    }

    fn read(delivery: &Delivery) -> Result<Record, Failure> {
        let bytes = content(&Record::path(delivery))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| line.split_once("  "));
        Ok(Record(lines.map(|(hash, path)| (path.to_owned(), hash.to_owned())).collect()))
    }

    /// Whether a file may be replaced: it must be as a build left it.
    fn permits(&self, name: &str, old: &[u8], path: &Path) -> Result<(), Failure> {
        let path = path.display();
        match self.0.get(name) {
            Some(built) if *built == hash(old) => Ok(()),
            Some(_) => {
                Err(Failure::new(format!("`{path}` was changed since it was built, and stays as it is"))
                    .help("move your changes elsewhere, or replace the file with `--force`"))
            }
            None => Err(Failure::new(format!("`{path}` was not written by a build, and stays as it is"))
                .help("name another folder with `--out`, or replace the file with `--force`")),
        }
    }

    /// The record after the delivery, and the paths of what is still there from earlier ones.
    fn updated(&self, delivery: &Delivery) -> (Record, Vec<String>) {
        let built = delivery.files.iter().map(|file| (file.path.clone(), hash(file.text.as_bytes())));
        let mut record: BTreeMap<String, String> = built.collect();
        let there = |path: &str| safe_path(&delivery.folder, path).is_ok_and(|path| path.is_file());
        let mut earlier = Vec::new();
        for (path, hash) in &self.0 {
            if !record.contains_key(path) && there(path) {
                earlier.push((path.clone(), hash.clone()));
            }
        }
        let names = earlier.iter().map(|(path, _)| path.clone()).collect();
        record.extend(earlier);
        (Record(record), names)
    }

    fn text(&self) -> String {
        self.0.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that is ready beside its place.
struct Staged {
    path: PathBuf,
    file: NamedTempFile,
    old: Option<Vec<u8>>,
}

impl Staged {
    fn new(path: PathBuf, bytes: &[u8]) -> Result<Staged, Failure> {
        let old = content(&path)?;
        let file = stage(&path, bytes).map_err(|error| unwritable(&path, &error))?;
        Ok(Staged { path, file, old })
    }
}

/// Renames all files to their places; if one can't be, those before it get back what they held.
fn commit(staged: Vec<Staged>) -> Result<(), Failure> {
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for Staged { path, file, old } in staged {
        if let Err(error) = file.persist(&path) {
            let failure = unwritable(&path, &error.error);
            return match done.into_iter().rev().try_for_each(|(path, old)| restore(&path, old)) {
                Ok(()) => Err(failure),
                Err(_) => Err(failure.help("files that were written before it could not be taken back")),
            };
        }
        done.push((path, old));
    }
    Ok(())
}

fn restore(path: &Path, old: Option<Vec<u8>>) -> io::Result<()> {
    match old {
        Some(bytes) => stage(path, &bytes)?.persist(path).map(drop).map_err(|error| error.error),
        None => std::fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_place_is_taken_back_when_a_later_file_fails() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new, taken] = ["old", "new", "taken"].map(|name| folder.path().join(name));
        std::fs::write(&old, "before").unwrap();
        std::fs::create_dir_all(taken.join("inside")).unwrap();
        let staged = [&old, &new].map(|path| Staged::new(path.clone(), b"after").unwrap());
        let blocked = Staged { path: taken.clone(), file: stage(&taken, b"after").unwrap(), old: None };
        assert!(commit(staged.into_iter().chain([blocked]).collect()).is_err());
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "before");
        assert!(!new.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
