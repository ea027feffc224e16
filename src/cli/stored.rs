//! Where the runner's store lies, and what the commands that talk to it share.
//!
//! Must not know: what happens to an item.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, reason};
use super::settings::folder_of;
use super::{Failure, Outcome};
use crate::run::store::{Fault, Store};
use crate::run::{Key, Refusal};

/// The folder beside a `.flow` file, and the file in it.
const FOLDER: &str = ".baton";
const FILE: &str = "runs.db";

#[derive(Args, Debug)]
pub(super) struct StoreArguments {
    /// The file in which the runner keeps its items [default: .baton/runs.db beside the `.flow` file; for commands without
    /// one, in this folder or the nearest one above it]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

/// A store with its path.
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) path: PathBuf,
}

impl StoreArguments {
    /// The store of a `.flow` file, made if it is missing.
    pub(super) fn beside(&self, flow: &Path) -> Result<Opened, Failure> {
        let path = match &self.store {
            Some(path) => path.clone(),
            None => folder_of(flow)?.join(FOLDER).join(FILE),
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() && !folder.is_dir() {
            let made = std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(folder.join(".gitignore"), "*\n")); // nothing in it is for others
            made.map_err(|error| {
                Failure::new(format!("can't write `{}`: {}", folder.display(), reason(&error)))
            })?;
        }
        let store = Store::open(&path).map_err(|fault| unusable(&path, &fault))?;
        Ok(Opened { store, path })
    }

    /// The store that is there already.
    pub(super) fn find(&self) -> Result<Opened, Failure> {
        let path = match &self.store {
            Some(path) => path.clone(),
            None => nearest()?,
        };
        let store = Store::open_existing(&path).map_err(|fault| unusable(&path, &fault))?;
        Ok(Opened { store, path })
    }
}

impl Opened {
    pub(super) fn failure(&self, fault: &Fault) -> Failure {
        unusable(&self.path, fault)
    }

    /// The visit that an argument names: that of an item that is open now, or any by its own name.
    pub(super) fn visit(&mut self, named: &str) -> Result<Result<Key, Refusal>, Failure> {
        let unusable = |fault| unusable(&self.path, &fault);
        if let Some(item) = self.store.item(named).map_err(unusable)? {
            return Ok(item.key().ok_or_else(|| Refusal::Late("the item has ended".to_owned())));
        }
        Ok(named.parse().map_err(|_| Refusal::Unknown(format!("there is no item `{named}`"))))
    }

    /// Makes this process the only one that runs the items of the store, for as long as the file is open.
    pub(super) fn lock(&self) -> Result<File, Failure> {
        let mut path = self.path.clone().into_os_string();
        path.push("-runner");
        let file = File::create(&path)
            .map_err(|error| Failure::new(format!("can't write `{}`: {}", path.display(), reason(&error))))?;
        file.try_lock().map_err(|_| {
            Failure::new(format!("another `baton run` is at work on `{}`", self.path.display()))
                .help("let work in with `baton submit`, which leaves running to the other one")
        })?;
        Ok(file)
    }
}

fn nearest() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("this folder can't be read: {}", reason(&error))))?;
    let mut paths = here.ancestors().map(|folder| folder.join(FOLDER).join(FILE));
    paths.find(|path| path.is_file()).ok_or_else(|| {
        Failure::new(format!("there is no `{FOLDER}/{FILE}` here or in a folder above"))
            .help("go to the folder of the `.flow` file, or name the file with `--store`")
    })
}

fn unusable(path: &Path, fault: &Fault) -> Failure {
    Failure::new(format!("`{}` can't be used: {fault}", path.display()))
}

/// Says why something was refused; nothing has changed.
pub(super) fn refused(refusal: &Refusal, out: &mut Output) -> Result<Outcome, Failure> {
    out.complain(&format!("refused as {refusal}"))?;
    Ok(Outcome::Problems)
}
