//! The target `plan`: the plan as it is, for interpreters and for other people's emitters.
//!
//! Must not know: any engine.

use super::{Feature, File, Options, Support, Target};
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;

/// The plan as JSON.
pub(super) static TARGET: Target = Target {
    name: "plan",
    summary: "the whole pipeline as target-neutral JSON, by the schema in `schema/plan.schema.json`",
    supports: &[
        (Feature::Envelope, Support::Stated),
        (Feature::Guards, Support::Stated),
        (Feature::Receipt, Support::Stated),
        (Feature::Deadline, Support::Stated),
        (Feature::Accept, Support::Stated),
        (Feature::Failure, Support::Stated),
        (Feature::Bounds, Support::Stated),
        (Feature::Approval, Support::Stated),
        (Feature::Wait, Support::Stated),
        (Feature::JoinAll, Support::Stated),
        (Feature::JoinSome, Support::Stated),
        (Feature::Intake, Support::Stated),
        (Feature::Carry, Support::Stated),
        (Feature::Digits, Support::Stated),
        (Feature::Years, Support::Stated),
        (Feature::Long, Support::Stated),
        (Feature::Size, Support::Stated),
        (Feature::Definition, Support::Stated),
    ],
    emit,
};

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    Ok(vec![File { path: "plan.json".to_owned(), text: super::json(plan) }])
}
