//! The target `jsonschema`: a schema for each asset, each intake's record, each owner's reply and each handover's
//! envelope, so that every receiver can verify what it gets.
//!
//! Must not know: how a schema is made (see [`super::schema`]).

use super::{Feature, File, Options, Support, Target, schema};
use crate::diagnostics::Diagnostic;
use crate::plan::{Flow, Kind, Plan};

/// Schemas for receivers.
pub(super) static TARGET: Target = Target {
    name: "jsonschema",
    summary: "a JSON Schema for each asset, intake, reply and handover, so that every receiver can verify receipt",
    supports: &[(
        Support::Stated,
        &[Feature::Envelope, Feature::Receipt, Feature::Intake, Feature::Carry, Feature::Digits],
    )],
    emit,
};

fn emit(plan: &Plan, _: &Options) -> Result<Vec<File>, Vec<Diagnostic>> {
    let assets = plan.assets.keys().map(|name| File {
        path: format!("assets/{name}.schema.json"),
        text: super::json(&schema::asset(plan, name)),
    });
    let flows = plan.flows.iter();
    let flows = flows.flat_map(|(name, flow)| {
        doors(plan, name, flow).chain(replies(plan, name, flow)).chain(envelopes(plan, name, flow))
    });
    Ok(assets.chain(flows).collect())
}

/// What the intakes take: raw records where these are mapped.
fn doors<'p>(plan: &'p Plan, name: &'p str, flow: &'p Flow) -> impl Iterator<Item = File> + 'p {
    flow.intakes.iter().map(move |(id, intake)| File {
        path: format!("intakes/{name}/{id}.schema.json"),
        text: super::json(&schema::raw(plan, flow, intake)),
    })
}

/// What the owners of the states and approvals answer.
fn replies<'p>(plan: &'p Plan, name: &'p str, flow: &'p Flow) -> impl Iterator<Item = File> + 'p {
    let answered =
        flow.states.iter().filter(|(_, state)| matches!(state.kind, Kind::State | Kind::Approval(_)));
    answered.map(move |(state_name, state)| File {
        path: format!("replies/{name}/{state_name}.schema.json"),
        text: super::json(&schema::reply(plan, flow, state)),
    })
}

/// What comes along each arrow.
fn envelopes<'p>(plan: &'p Plan, name: &'p str, flow: &'p Flow) -> impl Iterator<Item = File> + 'p {
    flow.hops().map(move |hop| File {
        path: hop.envelope.verification.schema.to_string(),
        text: super::json(&schema::envelope(plan, name, flow, &hop.envelope)),
    })
}
