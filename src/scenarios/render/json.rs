//! The results as JSON, for programs; its schema is published as `schema/test.schema.json`.
//!
//! Must not know: other formats. Fields are only ever added; a change of meaning raises `version`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::Results;
use super::play::Play;
use crate::diagnostics::render::{JsonDiagnostic, json_diagnostics};
use crate::plan::Money;
use crate::run::story::Cost;
use crate::scenarios;
use crate::source::Sources;

/// What `baton test --format json` writes.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Baton test results")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u32,
    /// The scenarios, in the order of their files.
    scenarios: Vec<Scenario<'a>>,
    /// What went wrong: one finding a scenario that failed, in their order.
    diagnostics: Vec<JsonDiagnostic<'a>>,
    /// Which arrows were taken, flow by flow.
    coverage: Vec<Coverage<'a>>,
}

/// A scenario and the way that work took.
#[derive(Serialize, JsonSchema)]
struct Scenario<'a> {
    /// The flow.
    flow: &'a str,
    /// What it is called.
    title: &'a str,
    /// The file, as it was named.
    path: &'a str,
    /// The line of its title, from 1.
    line: usize,
    /// It came out as expected.
    passed: bool,
    /// The states that were visited, in their order, and the end.
    states: &'a [SmolStr],
    /// The arrows that were taken, by the ids of the plan's hops.
    arrows: &'a [SmolStr],
    /// Where it ended; null if it could not be told to its end.
    end: Option<&'a str>,
    /// It takes so many seconds at most.
    seconds: u64,
    /// It costs so much at most; null where nobody has a price, or a model says none.
    cost: Option<&'a Money>,
    /// What it takes to see the same on an engine.
    play: Play<'a>,
}

/// Which arrows of a flow were taken.
#[derive(Serialize, JsonSchema)]
struct Coverage<'a> {
    /// The flow.
    flow: &'a str,
    /// How many arrows it has.
    arrows: usize,
    /// Those that no scenario takes.
    missed: Vec<Arrow<'a>>,
}

/// An arrow.
#[derive(Serialize, JsonSchema)]
struct Arrow<'a> {
    /// The id of the plan's hop.
    id: &'a str,
    /// The state or intake in which it starts.
    from: &'a str,
    /// The state or end to which it leads.
    to: &'a str,
}

/// The JSON Schema of the output, as published.
#[must_use]
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document<'static>>();
    format!("{:#}\n", schema.to_value())
}

pub(super) fn render(results: Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failures = results.failures();
    let document = Document {
        version: 1,
        scenarios: (1..)
            .zip(results.tested)
            .map(|(number, tested)| scenario(results.sources, number, tested))
            .collect(),
        diagnostics: json_diagnostics(results.sources, &failures),
        coverage: results.coverage.iter().map(coverage).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// The scenario with this place among all.
fn scenario<'a>(sources: &'a Sources, number: usize, tested: &'a scenarios::Tested) -> Scenario<'a> {
    let scenarios::Tested { scenario, story, failure } = tested;
    let file = sources.file(scenario.span.file);
    Scenario {
        flow: &scenario.flow,
        title: &scenario.title,
        path: file.path(),
        line: file.line_column(scenario.span.start).line,
        passed: failure.is_none(),
        states: &story.states,
        arrows: &story.hops,
        end: story.end().map(SmolStr::as_str),
        seconds: u64::try_from(story.seconds).unwrap_or(u64::MAX),
        cost: match &story.cost {
            Cost::Known(cost) => cost.as_ref(),
            Cost::Unpriced(_) => None,
        },
        play: Play::new(format_smolstr!("{}-{number}", scenario.flow), &scenario.intake, story),
    }
}

fn coverage<'a>(of: &'a scenarios::Coverage<'a>) -> Coverage<'a> {
    let missed = of.missed.iter().map(|missed| Arrow { id: missed.id, from: missed.from, to: missed.to });
    Coverage { flow: of.flow, arrows: of.arrows, missed: missed.collect() }
}
