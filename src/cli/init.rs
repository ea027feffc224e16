//! `baton init`: a starter pipeline that passes its own check.
//!
//! Must not know: the language. The pipeline is `templates/init/pipeline.flow`.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, stage, unwritable};
use super::{Failure, Outcome};

const NAME: &str = "pipeline.flow";
const TEMPLATE: &str = include_str!("../../templates/init/pipeline.flow");

#[derive(Args, Debug)]
pub(super) struct InitArguments {
    /// The folder for `pipeline.flow`; made if it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &InitArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let folder = &arguments.folder;
    if folder.is_file() || folder.extension().is_some_and(|extension| extension == "flow") {
        let folder = folder.display();
        return Err(Failure::new(format!("`{folder}` is the name of a file, and a folder is due"))
            .help(format!("name the folder that is to hold `{NAME}`, or none for this one")));
    }
    let path = match folder.as_os_str() {
        here if here == "." => PathBuf::from(NAME),
        _ => folder.join(NAME),
    };
    let staged = stage(&path, TEMPLATE.as_bytes()).map_err(|error| unwritable(&path, &error))?;
    staged.persist_noclobber(&path).map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(format!("`{}` exists already, and stays as it is", path.display()))
                .help("name another folder: `baton init DIR`")
        }
        _ => unwritable(&path, &error.error),
    })?;
    writeln!(out, "wrote {}\n\nnext:", path.display())?;
    let path = typed(&path);
    writeln!(out, "  baton check {path}                       what is proved of it")?;
    writeln!(out, "  baton graph {path} --format mermaid      a picture of it")?;
    writeln!(out, "  baton build {path} --target asl          what AWS Step Functions runs")?;
    Ok(Outcome::Clean)
}

/// The path as it is typed into a shell.
fn typed(path: &Path) -> String {
    let path = path.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "/\\:._-+@%".contains(c);
    match path.chars().all(is_plain) {
        true => path.into_owned(),
        false if cfg!(windows) => format!("\"{path}\""),
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}
