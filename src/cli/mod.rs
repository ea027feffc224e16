//! The commands, one file each: the only place that touches files, clock, environment and terminal.
//!
//! Must not know: any rule of the language. A command reads its arguments, calls the library, and writes what
//! came back; [`input`], [`output`] and [`crash`] hold what they share.

#![allow(clippy::disallowed_methods)] // this is the place for them

mod answer;
mod build;
mod cancel;
mod check;
mod checked;
mod crash;
mod explain;
mod fmt;
mod graph;
mod inbox;
mod init;
mod input;
mod intake;
mod log;
mod output;
mod place;
mod run;
mod set;
mod settings;
mod status;
mod stored;
mod test;
mod told;
mod worst;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{Choice, Output};

#[derive(Parser)]
#[command(
    name = "baton",
    version,
    about = "The compiler for `.flow`: pipelines whose handoffs cannot dead-end"
)]
#[command(max_term_width = 100, disable_help_subcommand = true, infer_subcommands = false)]
struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Choice::Auto)]
    color: Choice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[command(defer = true)] // the arguments of the command that is called are enough
enum Command {
    /// Check files: every handoff, owner, deadline and exit
    Check(check::CheckArguments),
    /// Say what a code means, with a bad example and a good one
    Explain(explain::ExplainArguments),
    /// Play the scenarios: does work take the ways that they tell?
    Test(test::TestArguments),
    /// Turn checked files into what an engine runs, or another program reads
    Build(build::BuildArguments),
    /// Draw the flows
    Graph(graph::GraphArguments),
    /// Show the longest and the dearest run of each flow, loop by loop
    Worst(worst::WorstArguments),
    /// Lay files out, always in the same way
    Fmt(fmt::FmtArguments),
    /// Run a pipeline on this machine: give work to its owners until all of it has ended
    Run(run::RunArguments),
    /// Let work in, for a `baton run` that is going on or comes later
    Submit(run::SubmitArguments),
    /// List what waits for people and queues
    Inbox(inbox::InboxArguments),
    /// Decide on an approval
    Decide(answer::DecideArguments),
    /// Deliver what a state makes
    Deliver(answer::DeliverArguments),
    /// Acknowledge that work has reached you
    Accept(answer::AcceptArguments),
    /// Report that work can't be done
    Fail(answer::FailArguments),
    /// Stop an item
    Cancel(cancel::CancelArguments),
    /// Say where all items are
    Status(status::StatusArguments),
    /// Show what has happened to an item: every handoff, who, when, on which values
    Log(log::LogArguments),
    /// Start a pipeline that passes its own check
    Init(init::InitArguments),
}

/// How a command ended; the numbers are the process's exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Nothing to report.
    Clean = 0,
    /// Problems were found.
    Problems = 1,
    /// An input could not be read.
    Unreadable = 2,
}

/// Why a command could not do its work: wrong usage, or a file that can't be written.
#[derive(Debug)]
struct Failure {
    message: String,
    help: Option<String>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(format!("can't write the output: {error}"))
    }
}

/// Runs the command that the process was given. Exit codes: 0 clean, 1 problems found, 2 wrong usage, unreadable
/// input or an internal error.
#[must_use]
pub fn main() -> ExitCode {
    crash::guard(|| match Arguments::try_parse() {
        Ok(arguments) => run(arguments),
        Err(usage) => {
            let _ = usage.print(); // nobody is left to tell
            ExitCode::from(if usage.use_stderr() { 2 } else { 0 })
        }
    })
}

fn run(arguments: Arguments) -> ExitCode {
    let Arguments { color, command } = arguments;
    let mut out = Output::stdout(color);
    let outcome = match command {
        Command::Check(arguments) => check::run(&arguments, &mut out),
        Command::Explain(arguments) => explain::run(&arguments, &mut out),
        Command::Test(arguments) => test::run(&arguments, &mut out),
        Command::Build(arguments) => build::run(&arguments, &mut out),
        Command::Graph(arguments) => graph::run(&arguments, &mut out),
        Command::Worst(arguments) => worst::run(&arguments, &mut out),
        Command::Run(arguments) => run::run(&arguments, &mut out),
        Command::Submit(arguments) => run::submit(&arguments, &mut out),
        Command::Inbox(arguments) => inbox::run(&arguments, &mut out),
        Command::Decide(arguments) => answer::decide(&arguments, &mut out),
        Command::Deliver(arguments) => answer::deliver(&arguments, &mut out),
        Command::Accept(arguments) => answer::accept(&arguments, &mut out),
        Command::Fail(arguments) => answer::fail(&arguments, &mut out),
        Command::Cancel(arguments) => cancel::run(&arguments, &mut out),
        Command::Status(arguments) => status::run(&arguments, &mut out),
        Command::Log(arguments) => log::run(&arguments, &mut out),
        Command::Init(arguments) => init::run(&arguments, &mut out),
        Command::Fmt(arguments) => fmt::run(&arguments, &mut out),
    };
    match outcome.and_then(|outcome| out.finish().map(|()| outcome).map_err(Failure::from)) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        Err(failure) => {
            output::complain(color, &failure.message, failure.help.as_deref());
            ExitCode::from(2)
        }
    }
}
