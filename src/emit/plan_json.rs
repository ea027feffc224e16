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
    supports: &[(Support::Stated, Feature::ALL)],
    emit,
};

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    Ok(vec![File::new("plan.json", super::json(plan))])
}
