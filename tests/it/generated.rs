//! Scenarios that are written for a flow: they take every arrow, and are good text.

use std::collections::BTreeSet;

use baton::model::Flow;
use baton::scenarios::{Generated, generate};
use baton::source::FileId;
use baton::syntax::{format, parse};

use crate::markers;
use crate::support::{files, read};

/// The text with these scenarios at the end of the flow.
fn with(text: &str, flow: &Flow, generated: &Generated) -> String {
    let end = flow.span.end as usize - 1;
    format!("{}\n{}{}", &text[..end], generated.text, &text[end..])
}

#[test]
fn the_examples_are_covered() {
    for example in files("examples", ".flow") {
        let compilation = markers::check(&example);
        let text = read(&example);
        for flow in compilation.model.flows.iter().filter(|flow| flow.name.span.file == FileId(0)) {
            let generated = generate(&compilation.model, flow, &BTreeSet::new());
            let with = with(&text, flow, &generated);
            println!(
                "{} {:?} {} {}",
                generated.text, generated.untaken, generated.scenarios, generated.takeable
            );
            assert_eq!(formatted(&with), with, "{}", example.display());
        }
    }
}

fn formatted(text: &str) -> String {
    let (tree, found) = parse(FileId(0), text);
    assert_eq!(found, []);
    format(text, &tree)
}
