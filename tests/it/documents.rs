//! The documents are executed: their files are written to a folder, their `console` blocks run there, and what
//! they show is compared. `BLESS=1` writes what really comes out into the document.
//!
//! ````text
//! ```flow lead.flow          a file, written when the reader reaches it; `toml`, `sh` and `json` too
//! ```console exit=1          commands after `$`, each followed by its output; `exit` is that of the last
//! ````

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton::diagnostics::Family;

use crate::markdown::{Block, anchors, blocks, links};
use crate::support::{blessing, check, files, none, project, read, relative};

#[test]
fn what_documents_show_is_what_comes_out() {
    none(documents().iter().flat_map(|path| run(path)).collect(), "differences between documents and output");
}

#[test]
fn links_lead_somewhere() {
    none(documents().iter().flat_map(|path| broken_links(path)).collect(), "broken links");
}

/// A block without a name is a piece of a file: of the top level, of a flow, of a state, an end or an actor; or the
/// head of a state.
#[test]
fn pieces_in_the_reference_are_of_the_language() {
    let reference = read("docs/language.md");
    let pieces = blocks(&reference).into_iter().filter(|block| block.info == "flow");
    let foreign = pieces.filter(|piece| {
        !around().iter().any(|(before, after)| {
            let found = check(&format!("{before}{}{after}", piece.text)).diagnostics;
            !found.iter().any(|found| found.code.family() == Family::Syntax)
        })
    });
    none(foreign.map(|piece| piece.text).collect(), "pieces that are not of the language");
}

fn around() -> [(&'static str, &'static str); 6] {
    [
        ("", ""),
        ("flow f {\n", "}\n"),
        ("flow f {\nstate s {\n", "}\n}\n"),
        ("flow f {\nend e: failure {\n", "}\n}\n"),
        ("actor a: model {\n", "}\n"),
        ("flow f {\n", "}\n}\n"),
    ]
}

fn documents() -> Vec<PathBuf> {
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(project);
    top.into_iter()
        .filter(|path| path.exists())
        .chain(files("docs", ".md"))
        .chain(files("examples", ".md"))
        .collect()
}

/// A command that a block shows, with what it shows of its output.
struct Shown {
    command: String,
    output: String,
}

fn run(document: &Path) -> Vec<String> {
    let text = read(document);
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&project("examples"), &folder.path().join("examples"));
    let mut wrong = Vec::new();
    let mut blessed = text.clone();
    let mut shift = 0_isize;
    for block in blocks(&text) {
        let info: Vec<&str> = block.info.split_whitespace().collect();
        match info[..] {
            ["flow" | "toml" | "sh" | "json", name] => write(&folder.path().join(name), &block.text),
            ["console", ..] => {
                let real = execute(&block, exit(&info), folder.path(), &mut wrong);
                if real != block.text && blessing() {
                    let start = block.range.start.checked_add_signed(shift).unwrap();
                    blessed.replace_range(start..start + block.range.len(), &real);
                    shift += real.len() as isize - block.range.len() as isize;
                } else if real != block.text {
                    wrong.push(format!("the document shows\n{}\nbut what comes out is\n{real}", block.text));
                }
            }
            ["text" | "sh" | "bash"] => {
                for line in block.text.lines().filter_map(as_baton) {
                    if let (code @ 1.., output) = baton(&line, folder.path()) {
                        wrong.push(format!("`{line}` ends with {code}:\n{output}"));
                    }
                }
            }
            _ => {}
        }
    }
    if blessed != text {
        fs::write(document, blessed).unwrap();
    }
    wrong.into_iter().map(|line| format!("{}: {line}", relative(document))).collect()
}

/// The block with the real outputs in place of those shown.
fn execute(block: &Block, exit: i32, folder: &Path, wrong: &mut Vec<String>) -> String {
    let shown = shown(&block.text);
    let last = shown.len().saturating_sub(1);
    let mut real = String::new();
    for (index, Shown { command, output }) in shown.into_iter().enumerate() {
        real.push_str(&format!("$ {command}\n"));
        let Some(line) = as_baton(&command) else {
            real.push_str(&output); // other programs are not run
            continue;
        };
        let (code, now) = baton(&line, folder);
        let expected = if index == last { exit } else { 0 };
        if code == expected {
            real.push_str(&now);
        } else {
            real.push_str(&output);
            wrong.push(format!("`{command}` ends with {code} instead of {expected}:\n{now}"));
        }
    }
    real
}

fn shown(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), shown.last_mut()) {
            (Some(command), _) => shown.push(Shown { command: command.to_owned(), output: String::new() }),
            (None, Some(last)) => last.output.push_str(&format!("{line}\n")),
            (None, None) => panic!("a console block begins with `$ `, not with {line}"),
        }
    }
    shown
}

fn exit(info: &[&str]) -> i32 {
    info.iter().find_map(|word| word.strip_prefix("exit=")).map_or(0, |code| code.parse().unwrap())
}

/// The command line without the way to the program, if it is ours.
fn as_baton(command: &str) -> Option<String> {
    let ways = ["baton ", "cargo run --release -- "];
    ways.iter().find_map(|way| command.strip_prefix(way)).map(str::to_owned)
}

/// Exit code, and both outputs without spaces at the ends of lines.
fn baton(arguments: &str, folder: &Path) -> (i32, String) {
    let arguments = arguments.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.args(arguments).current_dir(folder);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let lines: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    (output.status.code().unwrap(), lines)
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).unwrap();
    for entry in entries.map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn broken_links(document: &Path) -> Vec<String> {
    let text = read(document);
    let folder = document.parent().unwrap();
    let broken = |link: &String| {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { document.to_owned() } else { folder.join(path) };
        let known = || {
            target.extension().is_none_or(|kind| kind != "md")
                || anchors(&read(&target)).contains(&anchor.into())
        };
        !target.exists() || (!anchor.is_empty() && !known())
    };
    let relative_ones = links(&text).into_iter().filter(|link| !link.contains(':'));
    relative_ones.filter(broken).map(|link| format!("{}: {link}", relative(document))).collect()
}
