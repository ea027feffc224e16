//! `baton init`: a starter pipeline that passes its own check.
//!
//! Must not know: the language. The pipeline is `templates/init/pipeline.flow`.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

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
    let path = match arguments.folder.as_os_str() {
        here if here == "." => PathBuf::from(NAME),
        _ => arguments.folder.join(NAME),
    };
    let staged = stage(&path, TEMPLATE.as_bytes()).map_err(|error| unwritable(&path, &error))?;
    staged.persist_noclobber(&path).map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(format!("`{}` exists already, and stays as it is", path.display()))
                .help("name another folder: `baton init DIR`")
        }
        _ => unwritable(&path, &error.error),
    })?;
    let path = path.display();
    writeln!(out, "wrote {path}\n\nnext:")?;
    writeln!(out, "  baton check {path}                       what is proved of it")?;
    writeln!(out, "  baton graph {path} --format mermaid      a picture of it")?;
    writeln!(out, "  baton build {path} --target asl          what AWS Step Functions runs")?;
    Ok(Outcome::Clean)
}
