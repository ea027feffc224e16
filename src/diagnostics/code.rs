//! The public table of codes: identifiers, slugs, severities and one-line meanings. They never change.
//!
//! Must not know: when a rule holds; that is the business of `syntax`, `model`, `checks` and `emit`.

/// How grave a finding is. Errors break the theorem or a `prove`, or mean that something written can never take
/// effect; all else is a warning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// It must be repaired.
    Error,
    /// It is advice, and may be allowed with a reason.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// The groups of codes, as the language's contract has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // the titles say it
pub enum Family {
    Syntax,
    Names,
    Types,
    Ownership,
    Thresholds,
    DeadEnds,
    Time,
    Context,
    Approvals,
    Asked,
    Hygiene,
    Targets,
}

impl Family {
    /// The words for people: `dead ends`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Family::Syntax => "syntax",
            Family::Names => "names",
            Family::Types => "types",
            Family::Ownership => "ownership",
            Family::Thresholds => "thresholds",
            Family::DeadEnds => "dead ends",
            Family::Time => "time",
            Family::Context => "context",
            Family::Approvals => "approvals",
            Family::Asked => "asked-for proofs",
            Family::Hygiene => "hygiene",
            Family::Targets => "targets",
        }
    }
}

/// A rule of the language, in the order of its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // `Code::summary` says it
pub enum Code {
    Syntax,
    BadLiteral,
    Io,
    ForeignFile,
    UnknownName,
    DuplicateName,
    WrongKind,
    MissingClause,
    RepeatedClause,
    BadUse,
    RecursiveType,
    RecursiveCall,
    ReservedName,
    TypeMismatch,
    OutOfRange,
    UnknownField,
    BadOption,
    EmptyRange,
    MissingOwner,
    WrongOwnerKind,
    MissingGoal,
    MissingAsset,
    MissingBinding,
    MissingThreshold,
    NeverTrue,
    WeakThreshold,
    LoneOtherwise,
    TooComplex,
    Gap,
    Overlap,
    NoExit,
    Unreachable,
    UnboundedLoop,
    NoSuccess,
    Doomed,
    MissingFailure,
    MissingDeadline,
    AcceptAfterDeadline,
    RetryPastDeadline,
    TightDeadline,
    Unassigned,
    Dropped,
    UnreadCarry,
    UnreadField,
    Unmapped,
    NoReceipt,
    UnhandledOption,
    ThinEvidence,
    MissingQuestion,
    SilenceApproves,
    SelfEscalation,
    SwallowedOptions,
    NotProved,
    ScenarioFailed,
    Unused,
    UselessAllow,
    BadAllow,
    NotExpressible,
}

struct Row {
    code: Code,
    id: &'static str,
    slug: &'static str,
    severity: Severity,
    family: Family,
    summary: &'static str,
}

const fn row(
    code: Code,
    id: &'static str,
    slug: &'static str,
    severity: Severity,
    family: Family,
    summary: &'static str,
) -> Row {
    Row { code, id, slug, severity, family, summary }
}

use Severity::{Error, Warning};

/// In the order of [`Code`].
#[rustfmt::skip]
static TABLE: &[Row] = &[
    row(Code::Syntax, "B001", "syntax", Error, Family::Syntax, "the text does not parse"),
    row(Code::BadLiteral, "B002", "bad-literal", Error, Family::Syntax, "a literal is malformed or out of its domain"),
    row(Code::Io, "B003", "io", Error, Family::Syntax, "a file can't be read, is not UTF-8, or is too large"),
    row(Code::ForeignFile, "B004", "foreign-file", Error, Family::Syntax, "a `.flow` file of another product"),
    row(Code::UnknownName, "B010", "unknown-name", Error, Family::Names, "a name is not declared"),
    row(Code::DuplicateName, "B011", "duplicate-name", Error, Family::Names, "a name is declared twice in one scope"),
    row(Code::WrongKind, "B012", "wrong-kind", Error, Family::Names, "a name of another kind stands where it can't"),
    row(Code::MissingClause, "B013", "missing-clause", Error, Family::Names, "a required clause is absent"),
    row(Code::RepeatedClause, "B014", "repeated-clause", Error, Family::Names, "a clause stands twice, or where it has no meaning"),
    row(Code::BadUse, "B015", "bad-use", Error, Family::Names, "a used file is missing or can't be read"),
    row(Code::RecursiveType, "B016", "recursive-type", Error, Family::Names, "an asset contains itself, or a threshold uses itself"),
    row(Code::RecursiveCall, "B017", "recursive-call", Error, Family::Names, "flows call each other in a circle"),
    row(Code::ReservedName, "B018", "reserved-name", Error, Family::Names, "a reserved word stands as a name"),
    row(Code::TypeMismatch, "B020", "type-mismatch", Error, Family::Types, "a value does not fit its type"),
    row(Code::OutOfRange, "B021", "out-of-range", Error, Family::Types, "a constant that its type can never take"),
    row(Code::UnknownField, "B022", "unknown-field", Error, Family::Types, "a path into something that has no such field"),
    row(Code::BadOption, "B023", "bad-option", Error, Family::Types, "an enum value or option that does not exist"),
    row(Code::EmptyRange, "B024", "empty-range", Error, Family::Types, "a range, enum, asset or list of options with nothing in it"),
    row(Code::MissingOwner, "B101", "missing-owner", Error, Family::Ownership, "a state, call or end that nobody owns"),
    row(Code::WrongOwnerKind, "B102", "wrong-owner-kind", Error, Family::Ownership, "an approval that is not owned by a human"),
    row(Code::MissingGoal, "B103", "missing-goal", Error, Family::Ownership, "a state without a goal"),
    row(Code::MissingAsset, "B104", "missing-asset", Error, Family::Ownership, "a state without an asset"),
    row(Code::MissingBinding, "B105", "missing-binding", Error, Family::Ownership, "an actor that can't be reached"),
    row(Code::MissingThreshold, "B201", "missing-threshold", Error, Family::Thresholds, "a handoff without a threshold"),
    row(Code::NeverTrue, "B202", "never-true", Error, Family::Thresholds, "a guard that nothing can satisfy"),
    row(Code::WeakThreshold, "B203", "weak-threshold", Warning, Family::Thresholds, "a threshold that any output passes"),
    row(Code::LoneOtherwise, "B204", "lone-otherwise", Error, Family::Thresholds, "`otherwise` is the only handoff"),
    row(Code::TooComplex, "B205", "too-complex", Error, Family::Thresholds, "guards too complex to decide within the bound"),
    row(Code::Gap, "B301", "gap", Error, Family::DeadEnds, "some values satisfy no handoff"),
    row(Code::Overlap, "B302", "overlap", Error, Family::DeadEnds, "some values satisfy two handoffs"),
    row(Code::NoExit, "B303", "no-exit", Error, Family::DeadEnds, "a state without any handoff"),
    row(Code::Unreachable, "B304", "unreachable", Error, Family::DeadEnds, "a state or end that no intake reaches"),
    row(Code::UnboundedLoop, "B305", "unbounded-loop", Error, Family::DeadEnds, "a cycle of arrows, none of them counted"),
    row(Code::NoSuccess, "B306", "no-success", Error, Family::DeadEnds, "an intake from which no success end can be reached"),
    row(Code::Doomed, "B307", "doomed", Warning, Family::DeadEnds, "a state from which only failure ends can be reached"),
    row(Code::MissingFailure, "B308", "missing-failure", Error, Family::DeadEnds, "a state that says nothing of what happens when its owner can't"),
    row(Code::MissingDeadline, "B401", "missing-deadline", Error, Family::Time, "a state that can wait for ever"),
    row(Code::AcceptAfterDeadline, "B402", "accept-after-deadline", Error, Family::Time, "`accept` is not shorter than `deadline`"),
    row(Code::RetryPastDeadline, "B403", "retry-past-deadline", Warning, Family::Time, "retries that the deadline cuts off"),
    row(Code::TightDeadline, "B404", "tight-deadline", Warning, Family::Time, "a deadline shorter than the owner's response time allows"),
    row(Code::Unassigned, "B501", "unassigned", Error, Family::Context, "a field is read where some path has not made it"),
    row(Code::Dropped, "B502", "dropped", Error, Family::Context, "`carry` leaves out a field that is read later"),
    row(Code::UnreadCarry, "B503", "unread-carry", Warning, Family::Context, "`carry` names a field that nobody reads later"),
    row(Code::UnreadField, "B504", "unread-field", Warning, Family::Context, "a field is made but never read"),
    row(Code::Unmapped, "B505", "unmapped", Error, Family::Context, "an intake's `map` leaves a field without a value"),
    row(Code::NoReceipt, "B506", "no-receipt", Error, Family::Context, "a success end without a receipt that was made on every path"),
    row(Code::UnhandledOption, "B601", "unhandled-option", Error, Family::Approvals, "an option that no handoff takes"),
    row(Code::ThinEvidence, "B602", "thin-evidence", Warning, Family::Approvals, "an approval that shows neither a confidence nor a risk"),
    row(Code::MissingQuestion, "B603", "missing-question", Error, Family::Approvals, "an approval that asks nothing"),
    row(Code::SilenceApproves, "B604", "silence-approves", Warning, Family::Approvals, "silence leads where an approving option leads"),
    row(Code::SelfEscalation, "B605", "self-escalation", Warning, Family::Approvals, "a time-out that escalates to the same owner"),
    row(Code::SwallowedOptions, "B606", "swallowed-options", Warning, Family::Approvals, "`otherwise` takes two or more options"),
    row(Code::NotProved, "B701", "not-proved", Error, Family::Asked, "a `prove` does not hold"),
    row(Code::ScenarioFailed, "B702", "scenario-failed", Error, Family::Asked, "a scenario takes another path than it expects"),
    row(Code::Unused, "B801", "unused", Warning, Family::Hygiene, "a declaration that nothing uses"),
    row(Code::UselessAllow, "B802", "useless-allow", Warning, Family::Hygiene, "an `allow` that silences nothing"),
    row(Code::BadAllow, "B803", "bad-allow", Error, Family::Hygiene, "an `allow` without a reason, of an unknown code, or of an error"),
    row(Code::NotExpressible, "B901", "not-expressible", Error, Family::Targets, "the target engine has no way to say it"),
];

impl Code {
    #[allow(clippy::indexing_slicing)] // the table has a row for every code, in order; a test holds it to that
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// All codes, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Code> {
        TABLE.iter().map(|row| row.code)
    }

    /// The stable identifier: `B305`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// The stable name: `unbounded-loop`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// Error or warning; fixed per code.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// The group it belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        self.row().family
    }

    /// When it holds, in one line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.row().summary
    }

    /// Where its page is read in a browser.
    #[must_use]
    pub fn url(self) -> String {
        format!("{}/blob/main/docs/checks/{}-{}.md", env!("CARGO_PKG_REPOSITORY"), self.id(), self.slug())
    }

    /// The code whose identifier or slug is most like `name`, if one is rather like it.
    #[must_use]
    pub fn nearest(name: &str) -> Option<Code> {
        let name = name.to_ascii_lowercase();
        let distance = |code: Code| {
            let id = strsim::osa_distance(&name, &code.id().to_ascii_lowercase());
            id.min(strsim::osa_distance(&name, code.slug()))
        };
        let best = Code::all().min_by_key(|&code| distance(code))?;
        (name.len() <= 40 && distance(best) <= 1 + name.len() / 4).then_some(best)
    }

    /// The code with that identifier (any case) or slug.
    #[must_use]
    pub fn find(name: &str) -> Option<Code> {
        let found = |row: &&Row| row.id.eq_ignore_ascii_case(name) || row.slug.eq_ignore_ascii_case(name);
        TABLE.iter().find(found).map(|row| row.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_codes() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, index, "{}", row.id);
        }
    }
}
