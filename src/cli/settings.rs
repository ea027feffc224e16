//! `baton.toml`: found upwards from a file, and read.
//!
//! Must not know: what it says.

use std::path::{Path, PathBuf};

use super::Failure;
use super::input::text;
use super::output::reason;
use crate::config::{self, Config, NAME};
use crate::source::Sources;

/// What the nearest `baton.toml` says, with its folder; without one, nothing is said, in the file's own folder.
pub(super) fn settings(beside: &Path) -> Result<(Config, PathBuf), Failure> {
    let folder = folder_of(beside)?;
    let Some(home) = folder.ancestors().find(|folder| folder.join(NAME).is_file()) else {
        return Ok((Config::default(), folder));
    };
    let path = home.join(NAME);
    let text = text(&path)?;
    let config = config::parse(&text).map_err(|fault| {
        let mut sources = Sources::new();
        let file = sources.add(path.display().to_string(), text.as_str());
        let at = sources.file(file).line_column(u32::try_from(fault.place.start).unwrap_or(u32::MAX));
        Failure::new(format!("{}:{}:{}: {}", path.display(), at.line, at.column, fault.message))
            .help("what may stand there is in schema/baton.schema.json and in docs/running.md")
    })?;
    Ok((config, home.to_owned()))
}

/// The folder in which a file lies, from the root on.
pub(super) fn folder_of(file: &Path) -> Result<PathBuf, Failure> {
    let unreadable = |error| Failure::new(format!("`{}` can't be read: {}", file.display(), reason(&error)));
    let file = file.canonicalize().map_err(unreadable)?;
    Ok(file.parent().unwrap_or(Path::new("/")).to_owned())
}
