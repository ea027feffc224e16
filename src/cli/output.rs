//! The terminal and the disk as seen by commands: colours, links, width, a reader that goes away, atomic files.
//!
//! Must not know: what is written.

use std::fs::Permissions;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use tempfile::NamedTempFile;

use super::Failure;

/// The width of lines where no terminal gives one.
const DEFAULT_WIDTH: usize = 100;

/// `--color`
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Choice {
    /// As the terminal and `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` say
    Auto,
    /// Also into files and pipes
    Always,
    /// Plain text
    Never,
}

impl From<Choice> for ColorChoice {
    fn from(choice: Choice) -> ColorChoice {
        match choice {
            Choice::Auto => ColorChoice::Auto,
            Choice::Always => ColorChoice::Always,
            Choice::Never => ColorChoice::Never,
        }
    }
}

/// Standard output. What is written goes out as it is, so ask [`Output::colour`] before styling; a reader that has
/// gone away (`baton check | head`) is no error.
pub(super) struct Output {
    stream: BufWriter<AutoStream<io::StdoutLock<'static>>>,
    choice: Choice,
    colour: bool,
    gone: bool,
}

impl Output {
    pub(super) fn stdout(choice: Choice) -> Output {
        let stdout = io::stdout().lock();
        let colour = match choice {
            Choice::Auto => AutoStream::choice(&stdout) != ColorChoice::Never,
            Choice::Always => true,
            Choice::Never => false,
        };
        let stream = if colour { AutoStream::always(stdout) } else { AutoStream::always_ansi(stdout) };
        Output { stream: BufWriter::new(stream), choice, colour, gone: false }
    }

    /// Standard error, in colour as for standard output was asked.
    pub(super) fn aside(&self) -> AutoStream<io::StderrLock<'static>> {
        stderr(self.choice)
    }

    /// `error: …` on standard error, after what standard output holds so far.
    pub(super) fn complain(&mut self, message: &str) -> io::Result<()> {
        self.flush()?;
        complain(self.choice, message, None);
        Ok(())
    }

    /// Whether escape sequences for colour reach the reader.
    pub(super) fn colour(&self) -> bool {
        self.colour
    }

    /// Whether the terminal makes hyperlinks of OSC 8 sequences.
    pub(super) fn links(&self) -> bool {
        self.colour && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
    }

    /// Columns of the terminal, within what reads well.
    pub(super) fn width(&self) -> usize {
        if !io::stdout().is_terminal() {
            return DEFAULT_WIDTH;
        }
        terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0).clamp(40, 120))
    }

    /// Writes out what is buffered.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }

    fn tolerate<T>(&mut self, result: io::Result<T>, gone: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(gone)
            }
            other => other,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let result = self.stream.write(bytes);
        self.tolerate(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let result = self.stream.flush();
        self.tolerate(result, ())
    }
}

fn stderr(choice: Choice) -> AutoStream<io::StderrLock<'static>> {
    AutoStream::new(io::stderr().lock(), choice.into())
}

/// `error: …` and perhaps `help: …` on standard error.
pub(super) fn complain(choice: Choice, message: &str, help: Option<&str>) {
    let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let mut stderr = stderr(choice);
    let _ = writeln!(stderr, "{red}error{red:#}: {message}");
    if let Some(help) = help {
        let _ = writeln!(stderr, "{cyan}help{cyan:#}: {help}");
    }
}

/// Writes a whole file or nothing of it: readers see the old bytes or the new ones. Missing folders are made, a link
/// is followed, permissions stay.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let written = stage(&target, bytes).and_then(|file| Ok(file.persist(&target)?));
    written.map(drop).map_err(|error| unwritable(path, &error))
}

/// A file beside `target` that holds what it shall hold, to be renamed to it; it goes by itself if it is dropped.
pub(super) fn stage(target: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = permissions(target) {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// ``can't write `a.flow`: permission denied``
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("can't write `{}`: {}", path.display(), reason(error)))
}

/// Those of the file that is replaced, else what the user's mask leaves of "everybody reads and writes".
fn permissions(target: &Path) -> Option<Permissions> {
    let old = std::fs::metadata(target).ok().map(|file| file.permissions());
    #[cfg(unix)]
    let old = old.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    old
}

/// The words of an error without the number of the operating system: `permission denied`.
pub(super) fn reason(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
