//! The `baton` binary: everything is in [`baton::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    baton::cli::main()
}
