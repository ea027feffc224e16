//! The picture on top of the README is what `baton check` prints of the README's first pipeline.

use std::process::Command;

use crate::markdown::blocks;
use crate::support::{read, same_as_file};

#[test]
fn the_first_error_is_real_output() {
    let readme = read("README.md");
    let broken = blocks(&readme).into_iter().find(|block| block.info == "flow broken.flow").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.flow"), broken.text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["check", "broken.flow", "--color", "always"])
        .env_remove("FORCE_HYPERLINK")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let screen = format!("$ baton check broken.flow\n{}", String::from_utf8(output.stdout).unwrap());
    let picture = anstyle_svg::Term::new().render_svg(screen.trim_end());
    same_as_file("docs/assets/first-error.svg", &picture);
}
