//! Owners that are commands: the task on standard input, the reply on standard output, no shell between.
//!
//! A command may write without end, hang, or leave others behind: what it says is bounded, it has until its time, and all
//! that it started ends with it. Must not know: what a task or a reply says.

use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::MAX_REPLY;
use crate::config::CommandLine;

/// So many bytes of what a command says on standard error are kept: the last ones.
const TAIL: usize = 2048;
/// So many of its last lines are shown.
const LAST_LINES: usize = 3;
/// How long standard error may stay open behind a command that has ended.
const GRACE: Duration = Duration::from_millis(200);
const LATE: &str = "it did not end in time";

/// A program, what it is given, and where it runs.
#[derive(Clone, Debug)]
pub(super) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl Program {
    /// A path to a program is relative to `base`; a bare name is looked for where the system looks for programs.
    pub(super) fn new(command: &CommandLine, base: &Path, folder: PathBuf) -> Program {
        let CommandLine { program, arguments } = command;
        let is_path = program.contains(std::path::is_separator);
        let path = if is_path { base.join(program) } else { PathBuf::from(program) };
        Program { path, arguments: arguments.clone(), folder }
    }

    /// Runs it to its end, and returns what it wrote to standard output.
    ///
    /// # Errors
    /// If it can't be started, says too much, takes too long, or ends with another status than 0.
    pub(super) fn run(&self, input: &str, time: Duration) -> Result<Vec<u8>, String> {
        let until = Instant::now() + time;
        let mut running = self.start(input).map_err(|error| {
            format!("`{}` can't be started in `{}`: {error}", self.path.display(), self.folder.display())
        })?;
        let output = running.output(until)?;
        let status = running.status(until)?;
        if status.success() { Ok(output) } else { Err(running.complaint(status)) }
    }

    fn start(&self, input: &str) -> std::io::Result<Running> {
        let mut given = tempfile::tempfile()?; // a pipe would have to be filled while the output is read
        given.write_all(input.as_bytes())?;
        given.rewind()?;
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).current_dir(&self.folder);
        command.stdin(given).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(Running::new)
    }
}

/// A process that ends, with all of its group, when this goes.
struct Running {
    child: Child,
    output: Receiver<Vec<u8>>,
    errors: Receiver<()>,
    tail: Arc<Mutex<Vec<u8>>>,
}

impl Running {
    /// Reads on threads of their own, which end when whoever could write has closed the pipes.
    fn new(mut child: Child) -> Running {
        let (say, output) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || say.send(head(stdout)));
        }
        let (end, errors) = channel();
        let tail = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = child.stderr.take() {
            let tail = Arc::clone(&tail);
            std::thread::spawn(move || {
                keep_tail(stderr, &tail);
                end.send(())
            });
        }
        Running { child, output, errors, tail }
    }

    fn output(&self, until: Instant) -> Result<Vec<u8>, String> {
        let output = self.output.recv_timeout(left(until)).map_err(|_| LATE.to_owned())?;
        if output.len() > MAX_REPLY {
            Err(format!("it wrote more than {MAX_REPLY} bytes"))
        } else {
            Ok(output)
        }
    }

    /// Waits for its end: most commands end as they close their output.
    fn status(&mut self, until: Instant) -> Result<ExitStatus, String> {
        let mut pause = Duration::from_micros(200);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if left(until).is_zero() => return Err(LATE.to_owned()),
                Ok(None) => std::thread::sleep(pause.min(left(until))),
                Err(error) => return Err(format!("its end can't be awaited: {error}")),
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// How it ended, with the last lines that it said.
    fn complaint(&self, status: ExitStatus) -> String {
        let _ = self.errors.recv_timeout(GRACE); // what was said so far will do
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = String::from_utf8_lossy(&tail);
        let lines: Vec<&str> = tail.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join(" / ");
        let ended = ended(status);
        if last.is_empty() { ended } else { format!("{ended}: {last}") }
    }
}

impl Drop for Running {
    /// Ends the group also where its first process has left others behind.
    fn drop(&mut self) {
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.kill(); // it may have ended long ago
        let _ = self.child.wait();
    }
}

/// `it ended with status 3`, `it was ended by signal 9`
fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("it ended with status {code}"),
        None => "it did not end by itself".to_owned(),
    }
}

/// The first bytes of a stream: one more than a reply may have tells that there are too many.
fn head(stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.take(MAX_REPLY as u64 + 1).read_to_end(&mut bytes); // what could be read is what was said
    bytes
}

/// Reads a stream to its end and keeps its last bytes.
fn keep_tail(mut stream: impl Read, tail: &Mutex<Vec<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(piece.get(..count).unwrap_or_default());
        let excess = tail.len().saturating_sub(TAIL);
        tail.drain(..excess);
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}
