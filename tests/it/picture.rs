//! The picture on top of the README is what `baton check` prints of the README's first pipeline, and the drawn examples are
//! those of today.

use std::process::Command;

use baton::emit::File;
use sha2::{Digest, Sha256};

use crate::emitted::{emitted, examples};
use crate::markdown::blocks;
use crate::support::{project, read, same_as_file};

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

/// The pictures in the documentation were drawn from what is emitted today: `docs/pictures/draw` does it again.
#[test]
fn the_drawn_examples_are_of_today() {
    let mut stale = Vec::new();
    for (_, plan) in examples() {
        for (target, folder, ending) in [("dot", "", ".dot"), ("bpmn", "generic/", ".bpmn")] {
            for File { path, text } in emitted(target, &plan) {
                let Some(source) = path.strip_prefix(folder).filter(|source| source.ends_with(ending)) else {
                    continue;
                };
                let picture = format!("docs/pictures/{}.svg", source.trim_end_matches(".dot"));
                let drawn = std::fs::read_to_string(project(&picture)).unwrap_or_default();
                let digits =
                    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                if !drawn.contains(&digits) {
                    stale.push(picture);
                }
            }
        }
    }
    assert!(stale.is_empty(), "these pictures are of another day: {stale:?}");
}
