//! The targets, one file each: capabilities and `fn(&Plan) -> files`.
//!
//! Must not know: the model, and the disk: the command line writes.
//!
//! A target says for every [`Feature`] whether its output keeps it, so that `docs/targets.md` and the help of B901
//! never promise more than the code does. What it can't express it refuses; it never leaves anything out in silence.

mod asl;
mod bpmn;
mod clock;
mod dot;
mod jsonschema;
mod mermaid;
mod picture;
mod plan_json;
pub mod schema;
mod serverless_workflow;
mod spelled;
mod temporal;
mod yaml;

use rust_decimal::Decimal;

use crate::diagnostics::{Code, Diagnostic};
use crate::plan::Plan;
use crate::source::Span;

/// Every target, in the order in which they are shown.
pub static ALL: &[&Target] = &[
    &plan_json::TARGET,
    &jsonschema::TARGET,
    &asl::TARGET,
    &temporal::TARGET,
    &bpmn::TARGET,
    &serverless_workflow::TARGET,
    &dot::TARGET,
    &mermaid::TARGET,
];

/// A form that a plan can be turned into.
#[derive(Debug)]
pub struct Target {
    /// What follows `--target`.
    pub name: &'static str,
    /// One line for people, without a full stop.
    pub summary: &'static str,
    /// What its output does about which features; [`Support::None`] for those that are not named.
    pub supports: &'static [(Support, &'static [Feature])],
    /// Turns a plan into files.
    pub emit: Emit,
}

/// Turns a plan into files, or says as B901 what can't be expressed.
pub type Emit = fn(&Plan, &Options) -> Result<Vec<File>, Vec<Diagnostic>>;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the target's folder, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Where files stand that people fill in.
const STUBS: &str = "owners/";

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> File {
        File { path: path.into(), text: text.into() }
    }

    /// Whether people fill it in: then it is theirs, and no build replaces it once it was changed.
    #[must_use]
    pub fn is_stub(&self) -> bool {
        self.path.starts_with(STUBS)
    }
}

/// What the user may ask of a target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Every wait is multiplied by this, rounded up to whole seconds, at least 1: for tests only.
    pub time_scale: Option<Decimal>,
}

/// What a pipeline asks of whatever runs it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Feature {
    /// The next owner is told the asset, the goal, the state, the threshold and that it owns the work.
    Envelope,
    /// Guards choose the handoff, exactly one.
    Guards,
    /// What an owner delivers is checked against its types before any guard.
    Receipt,
    /// Deadlines fire and lead on.
    Deadline,
    /// Acknowledgement has a time limit of its own.
    Accept,
    /// Failures lead on, after the retries.
    Failure,
    /// Counted arrows are counted.
    Bounds,
    /// A person is asked, and each option leads where it says.
    Approval,
    /// A fixed time passes.
    Wait,
    /// Other flows run, and all of them are waited for.
    JoinAll,
    /// Other flows run, and not all of them are waited for.
    JoinSome,
    /// Raw records are mapped, and those that do not fit are refused.
    Intake,
    /// What is not carried is gone.
    Carry,
    /// Constants of more than 15 significant digits are compared exactly.
    Digits,
    /// Work may last longer than a year.
    Years,
    /// Work may be handed on any number of times.
    Long,
    /// Work may be of any size.
    Size,
    /// A flow may be of any size.
    Definition,
}

impl Feature {
    /// Every feature, in the order in which they are shown.
    pub const ALL: &'static [Feature] = &[
        Feature::Envelope,
        Feature::Guards,
        Feature::Receipt,
        Feature::Deadline,
        Feature::Accept,
        Feature::Failure,
        Feature::Bounds,
        Feature::Approval,
        Feature::Wait,
        Feature::JoinAll,
        Feature::JoinSome,
        Feature::Intake,
        Feature::Carry,
        Feature::Digits,
        Feature::Years,
        Feature::Long,
        Feature::Size,
        Feature::Definition,
    ];

    /// What every engine's output keeps.
    pub const CORE: &'static [Feature] = &[
        Feature::Envelope,
        Feature::Guards,
        Feature::Receipt,
        Feature::Deadline,
        Feature::Accept,
        Feature::Failure,
        Feature::Bounds,
        Feature::Approval,
        Feature::Wait,
        Feature::JoinAll,
        Feature::Intake,
        Feature::Carry,
    ];

    /// For people: what is kept.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Feature::Envelope => "the next owner is told asset, goal, state and threshold",
            Feature::Guards => "guards choose exactly one handoff",
            Feature::Receipt => "what is delivered is checked against its types",
            Feature::Deadline => "deadlines fire and lead on",
            Feature::Accept => "`accept` has its own time limit",
            Feature::Failure => "failures lead on, after the retries",
            Feature::Bounds => "`at most` is counted",
            Feature::Approval => "a person decides among options",
            Feature::Wait => "`wait` lets time pass",
            Feature::JoinAll => "`call` with `join all`",
            Feature::JoinSome => "`call` with `join any` or `join N`",
            Feature::Intake => "raw records are mapped or refused",
            Feature::Carry => "what is not carried is gone",
            Feature::Digits => "constants of more than 15 digits",
            Feature::Years => "work that lasts over a year",
            Feature::Long => "work that is handed on any number of times",
            Feature::Size => "work of any size",
            Feature::Definition => "a flow of any number of states",
        }
    }
}

/// What a target's output does about a feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// The output itself keeps it when it runs on its engine.
    Enforced,
    /// The output says it in full, for another program to keep.
    Stated,
    /// The output shows it to people.
    Drawn,
    /// None of these: what only describes leaves it out, an engine's target refuses it as B901.
    None,
}

impl Target {
    /// What its output does about `feature`.
    #[must_use]
    pub fn support(&self, feature: Feature) -> Support {
        let found = self.supports.iter().find(|(_, features)| features.contains(&feature));
        found.map_or(Support::None, |&(support, _)| support)
    }
}

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    ALL.iter().find(|target| target.name == name).copied()
}

/// B901 at `place`: `message` says what the target can't do and why; the help names the targets that can.
#[must_use]
pub fn not_expressible(feature: Feature, place: Span, message: impl Into<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NotExpressible, place, message);
    match able(feature).as_slice() {
        [] => diagnostic,
        names => diagnostic.help(format!("build it with {}, which can", names.join(" or "))),
    }
}

/// The targets that keep `feature`; if none enforces it, those that state it for another program.
fn able(feature: Feature) -> Vec<String> {
    let having = |support: Support| {
        let able = ALL.iter().filter(|target| target.support(feature) == support);
        able.map(|target| format!("`--target {}`", target.name)).collect::<Vec<_>>()
    };
    match having(Support::Enforced) {
        none if none.is_empty() => having(Support::Stated),
        some => some,
    }
}

/// A JSON document as people read it, ended by a line feed.
fn json(document: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
