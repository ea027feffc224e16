//! Scenarios that are written for a flow: good text, as it would be formatted, that takes every arrow.

use std::collections::BTreeSet;

use baton::scenarios::{generate, test};
use baton::source::FileId;
use baton::syntax::{format, parse};

use crate::markers;
use crate::support::{check, files, read};

/// The text with these scenarios at the end of the flow that ends at that place.
fn with(text: &str, end: u32, scenarios: &str) -> String {
    let (before, after) = text.split_at(end as usize - 1);
    format!("{before}\n{scenarios}{after}")
}

fn formatted(text: &str) -> String {
    let (tree, found) = parse(FileId(0), text);
    assert_eq!(found, []);
    format(text, &tree)
}

#[test]
fn the_examples_have_scenarios_for_all_that_can_happen() {
    for example in files("examples", ".flow") {
        let compilation = markers::check(&example);
        let text = read(&example);
        let Ok(plan) = baton::plan::build(&compilation.model, &compilation.worst) else { continue };
        let tested = test(&compilation.model, &plan, |_| true).unwrap();
        for flow in compilation.model.flows.iter().filter(|flow| flow.name.span.file == FileId(0)) {
            let taken = baton::scenarios::taken(flow, &plan, &tested);
            let missing = generate(&compilation.model, flow, &taken);
            assert_eq!(missing.text, "", "{}: baton test --generate writes them", example.display());
            let all = generate(&compilation.model, flow, &BTreeSet::new());
            let with = with(&text, flow.span.end, &all.text);
            assert_eq!(formatted(&with), with, "{}", example.display());
        }
    }
}

const FLOW: &str = r#"asset Item { size: int 0..9, due: date?, name: text max 9? }
actor o: human { contact "o@example.com" }
actor s: script { runs "s" responds within 1h }
flow f {
  context {
    item:  Item
    first: bool
    again: bool
  }
  default failure -> lost
  default deadline 1h else -> lost

  intake item from "door" -> sorting {
    map size = raw.size
    map due  = raw.due
    map name = raw.name
  }

  state sorting {
    owner    o
    asset    item
    goal     "g"
    makes    first
    accept   1m else -> cooling
    handoff  -> checking when first and item.due is present and item.name is not "x"
    handoff  -> cooling  otherwise
  }

  wait cooling {
    owner  o
    asset  item
    goal   "g"
    for    1d -> checking
  }

  state checking {
    owner    s
    asset    item
    goal     "g"
    makes    again
    handoff  -> checking when again and not first at most 2 times else -> done
    handoff  -> done     when again and first and item.name is "x"
    handoff  -> lost     otherwise
  }

  end done: success { owner o  receipt again }
  end lost: failure { owner o  reason "r" }
}
"#;

#[test]
fn values_that_must_be_there_and_ways_that_happen_by_themselves_are_told() {
    let text = FLOW.replace("accept   1m else -> cooling\n", "accept   1m else -> lost\n");
    let compilation = check(&text);
    assert_eq!(compilation.diagnostics, []);
    let generated = generate(&compilation.model, &compilation.model.flows[0], &BTreeSet::new());
    insta::assert_snapshot!(generated.text);
    let with = with(&text, compilation.model.flows[0].span.end, &generated.text);
    let compilation = check(&with);
    assert_eq!(compilation.diagnostics, []);
    let plan = baton::plan::build(&compilation.model, &compilation.worst).unwrap();
    for tested in test(&compilation.model, &plan, |_| true).unwrap() {
        assert!(tested.failure.is_none(), "{:?}", tested.failure);
    }
}

#[test]
fn what_no_run_takes_is_told_with_the_reason() {
    let text = FLOW
        .replace("when again and not first at most 2 times else -> done", "when again and not first")
        .replace(
            "handoff  -> checking when first and item.due is present and item.name is not \"x\"",
            "handoff  -> checking when first and item.size > 3 and item.size < 5",
        )
        .replace(
            "handoff  -> done     when again and first and item.name is \"x\"",
            "handoff  -> done     when again and first and item.size > 3 at most 2 times else -> lost",
        )
        .replace("handoff  -> checking when again and not first", "handoff  -> lost when again and not first")
        .replace("accept   1m else -> cooling\n", "");
    let compilation = check(&text);
    let errors: Vec<_> = compilation.diagnostics.iter().map(|found| &found.message).collect();
    assert_eq!(errors, Vec::<&String>::new());
    let generated = generate(&compilation.model, &compilation.model.flows[0], &BTreeSet::new());
    let told: Vec<_> =
        generated.untaken.iter().map(|arrow| format!("{}: {}", arrow.what, arrow.why)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// So many states in a row, each of which may begin again.
fn chain(states: usize) -> String {
    let state = |at: usize| {
        let next = if at + 1 < states { format!("s{}", at + 1) } else { "done".to_owned() };
        format!(
            "  state s{at} {{ owner o asset item goal \"g\" makes good\n    handoff -> {next} when good\n    \
             handoff -> s{at} otherwise at most 2 times else -> lost\n  }}\n"
        )
    };
    let states: String = (0..states).map(state).collect();
    format!(
        "asset Item {{ size: int 0..9 }}\nactor o: human {{ contact \"o@example.com\" }}\nflow f {{\n  \
         context {{ item: Item, good: bool }}\n  default failure -> lost\n  default deadline 1h else -> lost\n  \
         intake item from \"door\" -> s0\n{states}  end done: success {{ owner o receipt good }}\n  \
         end lost: failure {{ owner o reason \"r\" }}\n}}\n"
    )
}

#[test]
fn of_a_long_flow_the_near_arrows_are_told_and_the_others_named() {
    let compilation = check(&chain(400));
    assert_eq!(compilation.diagnostics, []);
    let generated = generate(&compilation.model, &compilation.model.flows[0], &BTreeSet::new());
    let (lines, untaken) = (generated.text.lines().count(), generated.untaken);
    assert!((50_000..120_000).contains(&lines), "{lines}");
    let place = |what: &str| what[1..].split(' ').next().unwrap().parse::<usize>().unwrap();
    let nearest = untaken.iter().map(|arrow| place(&arrow.what)).min().unwrap();
    assert!((150..250).contains(&nearest), "{nearest}");
    assert!(untaken.iter().all(|arrow| arrow.why.starts_with("the scenarios for the other arrows")));
}
