//! A panic anywhere becomes one clean message and exit code 2.
//!
//! Must not know: what the process was doing.

use std::panic::{PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;

/// Runs `work`; if it panics, says so in one sentence.
pub(super) fn guard(work: impl FnOnce() -> ExitCode + std::panic::UnwindSafe) -> ExitCode {
    set_hook(Box::new(report));
    catch_unwind(work).unwrap_or(ExitCode::from(2))
}

fn report(panic: &PanicHookInfo<'_>) {
    use std::io::Write;
    let what = words(panic).unwrap_or("no message");
    let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "internal error: {what}{place}");
    let _ = writeln!(stderr, "this is a bug in baton; please report it with the file that caused it");
}

fn words<'a>(panic: &'a PanicHookInfo<'_>) -> Option<&'a str> {
    let payload = panic.payload();
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_two() {
        let code = guard(|| panic!("on purpose"));
        let _ = std::panic::take_hook();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(2)));
    }
}
