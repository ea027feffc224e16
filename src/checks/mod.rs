//! From facts to diagnostics: one file a family, wording beside the rule.
//!
//! Must not know: the tree, pest, output formats. A new check is a function in its family's file, named for its rule,
//! and a line in [`ALL`].

mod approvals;
mod asked;
mod context;
mod coverage;
mod dead_ends;
mod facts;
mod hygiene;
mod ownership;
pub(crate) mod regions;
mod repairs;
pub(crate) mod runs;
mod samples;
mod thresholds;
mod time;
mod words;

use crate::analysis::worst::Cases;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{Arrow, FlowId, Handoff, Model};
use crate::parallel;
use crate::source::Sources;
use facts::{At, FlowFacts};

/// A check: the code that it reports, and how it finds it.
#[derive(Debug)]
pub struct Check {
    /// What it reports.
    pub code: Code,
    rule: Rule,
}

/// A rule, by the sort of thing that it looks at one by one.
#[derive(Debug)]
enum Rule {
    Model(fn(&Model) -> Vec<Diagnostic>),
    Flow(fn(&FlowFacts<'_>) -> Vec<Diagnostic>),
    State(fn(At<'_>) -> Option<Diagnostic>),
    Handoff(fn(At<'_>, &Handoff) -> Option<Diagnostic>),
    Arrow(fn(At<'_>, &Arrow) -> Option<Diagnostic>),
    Worst(fn(&FlowFacts<'_>, FlowId, &Cases) -> Vec<Diagnostic>),
}

const fn check(code: Code, rule: Rule) -> Check {
    Check { code, rule }
}

/// Every check, in the order of the codes.
pub static ALL: &[Check] = &[
    check(Code::MissingOwner, Rule::State(ownership::missing_owner)),
    check(Code::WrongOwnerKind, Rule::State(ownership::wrong_owner_kind)),
    check(Code::MissingGoal, Rule::State(ownership::missing_goal)),
    check(Code::MissingAsset, Rule::State(ownership::missing_asset)),
    check(Code::MissingBinding, Rule::Model(ownership::missing_binding)),
    check(Code::MissingThreshold, Rule::Handoff(thresholds::missing_threshold)),
    check(Code::NeverTrue, Rule::Flow(coverage::never_true)),
    check(Code::WeakThreshold, Rule::Handoff(thresholds::weak_threshold)),
    check(Code::LoneOtherwise, Rule::Handoff(thresholds::lone_otherwise)),
    check(Code::TooComplex, Rule::Flow(coverage::too_complex)),
    check(Code::Gap, Rule::Flow(coverage::gap)),
    check(Code::Overlap, Rule::Flow(coverage::overlap)),
    check(Code::NoExit, Rule::State(dead_ends::no_exit)),
    check(Code::Unreachable, Rule::Flow(dead_ends::unreachable)),
    check(Code::UnboundedLoop, Rule::Flow(dead_ends::unbounded_loop)),
    check(Code::NoSuccess, Rule::Flow(dead_ends::no_success)),
    check(Code::Doomed, Rule::Flow(dead_ends::doomed)),
    check(Code::MissingFailure, Rule::State(dead_ends::missing_failure)),
    check(Code::MissingDeadline, Rule::State(time::missing_deadline)),
    check(Code::MissingDeadline, Rule::Flow(time::default_without_target)),
    check(Code::AcceptAfterDeadline, Rule::State(time::accept_after_deadline)),
    check(Code::RetryPastDeadline, Rule::State(time::retry_past_deadline)),
    check(Code::TightDeadline, Rule::State(time::tight_deadline)),
    check(Code::TightDeadline, Rule::Worst(time::tight_call)),
    check(Code::Unassigned, Rule::Flow(context::unassigned)),
    check(Code::Dropped, Rule::Flow(context::dropped)),
    check(Code::UnreadCarry, Rule::Flow(context::unread_carry)),
    check(Code::UnreadField, Rule::Flow(context::unread_field)),
    check(Code::NoReceipt, Rule::State(context::no_receipt)),
    check(Code::NoReceipt, Rule::Flow(context::receipt_not_made)),
    check(Code::UnhandledOption, Rule::Flow(approvals::unhandled_option)),
    check(Code::ThinEvidence, Rule::State(approvals::thin_evidence)),
    check(Code::MissingQuestion, Rule::State(approvals::missing_question)),
    check(Code::SilenceApproves, Rule::Arrow(approvals::silence_approves)),
    check(Code::SelfEscalation, Rule::Arrow(approvals::self_escalation)),
    check(Code::SwallowedOptions, Rule::Flow(approvals::swallowed_options)),
    check(Code::NotProved, Rule::Worst(asked::not_proved)),
    check(Code::Unused, Rule::Model(hygiene::unused)),
];

/// What comes of all checks.
#[derive(Debug)]
pub struct Outcome {
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The worst cases of the flows.
    pub worst: Cases,
}

/// Runs every check over the model. The texts are only there to be quoted and repaired.
#[must_use]
pub fn run(model: &Model, sources: &Sources) -> Outcome {
    let facts = parallel::map(&model.flows, |flow| FlowFacts::new(model, sources, flow));
    let worst = Cases::new(model, &facts.iter().map(|facts| &facts.graph).collect::<Vec<_>>());
    let of_flow = |(flow, facts): &(FlowId, &FlowFacts<'_>)| {
        let found = |check: &Check| check.rule.in_flow(facts, *flow, &worst);
        ALL.iter().flat_map(found).collect::<Vec<_>>()
    };
    let mut diagnostics: Vec<_> = ALL.iter().flat_map(|check| check.rule.in_model(model)).collect();
    let flows: Vec<_> = (0..).map(FlowId::new).zip(&facts).collect();
    diagnostics.extend(parallel::map(&flows, of_flow).into_iter().flatten());
    Outcome { diagnostics, worst }
}

impl Rule {
    fn in_model(&self, model: &Model) -> Vec<Diagnostic> {
        match self {
            Rule::Model(rule) => rule(model),
            _ => Vec::new(),
        }
    }

    fn in_flow(&self, facts: &FlowFacts<'_>, flow: FlowId, worst: &Cases) -> Vec<Diagnostic> {
        match self {
            Rule::Model(_) => Vec::new(),
            Rule::Flow(rule) => rule(facts),
            Rule::Worst(rule) => rule(facts, flow, worst),
            Rule::State(rule) => facts.states().filter_map(rule).collect(),
            Rule::Handoff(rule) => facts
                .states()
                .flat_map(|at| at.handoffs().filter_map(move |handoff| rule(at, handoff)))
                .collect(),
            Rule::Arrow(rule) => {
                facts.states().flat_map(|at| at.arrows().filter_map(move |arrow| rule(at, arrow))).collect()
            }
        }
    }
}
