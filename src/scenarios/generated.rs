//! Scenarios that take every arrow of a flow, as an author would write them.
//!
//! Must not know: how the runs are found (see [`crate::analysis::cover`]).

use std::collections::BTreeSet;

use super::write::{Writer, way};
use crate::analysis::cover::{Cover, Run, Why, cover};
use crate::analysis::guards::Guards;
use crate::graph::Graph;
use crate::model::{ArrowId, Flow, Model};
use crate::source::FileId;
use crate::syntax::{format, parse};

/// Scenarios for one flow.
#[derive(Clone, Debug)]
pub struct Generated {
    /// They as `.flow` text, formatted as in a flow, with a blank line between them.
    pub text: String,
    /// How many they are.
    pub scenarios: usize,
    /// The arrows that none of them takes.
    pub untaken: Vec<Untaken>,
}

/// An arrow that no scenario takes.
#[derive(Clone, Debug)]
pub struct Untaken {
    /// Which.
    pub arrow: ArrowId,
    /// What it is, in words.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Writes as few scenarios as it takes for each arrow of the flow but those that are taken already to be taken by one of
/// them, if some run takes it. Only for a flow without an error.
#[must_use]
pub fn generate(model: &Model, flow: &Flow, taken: &BTreeSet<ArrowId>) -> Generated {
    let guards = Guards::new(model, flow);
    let graph = Graph::new(flow, |_, arrow| guards.may_take(arrow));
    let Cover { runs, untaken, situations } = cover(&graph, &guards, taken);
    let words = |why| match why {
        Why::Impossible => {
            format!("no run takes it, whatever comes: {situations} situations are all that there are")
        }
        Why::NotFound => format!("no run was found that takes it among the first {situations} situations"),
        Why::TooLong => "the scenarios for the other arrows are as long together as they may be".to_owned(),
    };
    let told = |(arrow, why)| Untaken { arrow, what: way(flow, arrow), why: words(why) };
    let untaken = untaken.into_iter().map(told).collect();
    Generated { text: written(&guards, &runs), scenarios: runs.len(), untaken }
}

fn written(guards: &Guards<'_>, runs: &[Run]) -> String {
    let mut writer = Writer::new(&guards.space);
    let scenarios: Vec<String> = runs.iter().map(|run| writer.scenario(run)).collect();
    let (head, tail) = ("flow f {\n", "}\n");
    let text = format!("{head}{}{tail}", scenarios.join("\n"));
    let (tree, _) = parse(FileId(0), &text);
    let text = format(&text, &tree);
    text.strip_prefix(head).and_then(|text| text.strip_suffix(tail)).unwrap_or_default().to_owned()
}
