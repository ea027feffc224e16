//! The documentation of every code, as `docs/checks` has it: `baton explain` shows it, tests run its examples.
//!
//! Must not know: how it is shown.

use super::Code;

macro_rules! pages {
    ($($name:literal)*) => { &[$(include_str!(concat!("../../docs/checks/", $name, ".md"))),*] };
}

/// In the order of [`Code`].
static PAGES: &[&str] = pages! {
    "B001-syntax"
    "B002-bad-literal"
    "B003-io"
    "B004-foreign-file"
    "B010-unknown-name"
    "B011-duplicate-name"
    "B012-wrong-kind"
    "B013-missing-clause"
    "B014-repeated-clause"
    "B015-bad-use"
    "B016-recursive-type"
    "B017-recursive-call"
    "B018-reserved-name"
    "B020-type-mismatch"
    "B021-out-of-range"
    "B022-unknown-field"
    "B023-bad-option"
    "B024-empty-range"
    "B101-missing-owner"
    "B102-wrong-owner-kind"
    "B103-missing-goal"
    "B104-missing-asset"
    "B105-missing-binding"
    "B201-missing-threshold"
    "B202-never-true"
    "B203-weak-threshold"
    "B204-lone-otherwise"
    "B205-too-complex"
    "B301-gap"
    "B302-overlap"
    "B303-no-exit"
    "B304-unreachable"
    "B305-unbounded-loop"
    "B306-no-success"
    "B307-doomed"
    "B308-missing-failure"
    "B401-missing-deadline"
    "B402-accept-after-deadline"
    "B403-retry-past-deadline"
    "B404-tight-deadline"
    "B501-unassigned"
    "B502-dropped"
    "B503-unread-carry"
    "B504-unread-field"
    "B505-unmapped"
    "B506-no-receipt"
    "B601-unhandled-option"
    "B602-thin-evidence"
    "B603-missing-question"
    "B604-silence-approves"
    "B605-self-escalation"
    "B606-swallowed-options"
    "B701-not-proved"
    "B702-scenario-failed"
    "B801-unused"
    "B802-useless-allow"
    "B803-bad-allow"
    "B901-not-expressible"
};

impl Code {
    /// Its page in Markdown: what it means, why it matters, a bad example, the repaired one.
    #[must_use]
    pub fn page(self) -> &'static str {
        PAGES.get(self as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        for code in Code::all() {
            let heading = format!("# {}: {}\n", code.id(), code.slug());
            assert!(code.page().starts_with(&heading), "the page of {heading}");
            let grade = format!("**{}** · {}", code.severity().word(), code.family().title());
            assert_eq!(code.page().lines().nth(2), Some(grade.as_str()), "the page of {heading}");
        }
        assert_eq!(PAGES.len(), Code::all().count());
    }
}
