//! What `baton test` says of scenarios: words, ways, formats, coverage.

use std::fs;

use baton::scenarios::{Tested, json_schema, test};
use baton::{Compilation, plan};
use serde_json::Value;

use crate::cli::{bad, baton, folder, good, stderr, stdout};
use crate::support::{check, files, read, relative, same_as_file};

fn tested(text: &str) -> Vec<Tested> {
    let Compilation { model, worst, .. } = check(text);
    test(&model, &plan::build(&model, &worst).unwrap(), |_| true).unwrap()
}

/// The findings about a file's scenarios: title, message, help.
fn words(path: &str) -> String {
    let said = tested(&read(path)).into_iter().map(|tested| {
        let found = tested.failure.map_or_else(
            || "comes out as expected".to_owned(),
            |found| {
                let labels: String =
                    found.labels.iter().map(|label| format!("\n  {}", label.message)).collect();
                format!("{}{labels}\n  help: {}", found.message, found.help.unwrap_or_default())
            },
        );
        format!("{}: {found}\n", tested.scenario.title)
    });
    said.collect()
}

#[test]
fn what_is_wrong_is_said_with_what_to_write() {
    insta::assert_snapshot!("expectations", words("tests/flows/B702/expectations.flow"));
    insta::assert_snapshot!("lines", words("tests/flows/B702/lines.flow"));
}

#[test]
fn a_failure_shows_the_way_that_work_took() {
    let found = tested(&read("tests/flows/B702/expectations.flow"));
    let steps = |at: usize| -> Vec<String> {
        let trace = found[at].failure.as_ref().unwrap().trace.iter();
        trace.map(|step| step.message.clone()).collect()
    };
    let rework = [
        "work comes in as `lead`",
        "`qualifying` hands on to itself",
        "the bound of 1 is used up: `qualifying` hands on to `lost`",
    ];
    assert_eq!(steps(3), rework);
    assert_eq!(steps(2), ["work comes in as `lead`", "`qualifying` fails and goes to `lost`"]);
}

#[test]
fn every_hop_of_a_story_is_known() {
    let found = tested(&read("tests/flows/B702/stories.flow"));
    let hops = |title: &str| {
        let of = found.iter().find(|tested| tested.scenario.title == title).unwrap();
        of.story.hops.join(" ")
    };
    let silent = "intake-2 reading/deadline reading/deadline#1";
    assert_eq!(hops("silence is counted"), silent);
    let fails = "intake-1 reading/failure asking/deadline";
    assert_eq!(hops("failure, after the retries"), fails);
    let paused = "intake-1 reading/handoff-1 writing/deadline";
    assert_eq!(hops("the pauses are longer than the deadline"), paused);
    let call =
        "intake-2 reading/handoff-3 sorting/handoff-1 asking/handoff-1 checks/handoff-1 writing/handoff-1";
    assert_eq!(hops("a call gives"), call);
    let counted = "intake-1 reading/accept sorting/handoff-1 asking/handoff-3 resting/wait asking/handoff-3 resting/wait asking/handoff-3#1";
    assert_eq!(hops("nobody accepts, and nobody says more"), counted);
}

#[test]
fn the_examples_tell_true_stories() {
    let examples: Vec<_> = files("examples", ".flow").iter().map(|path| relative(path)).collect();
    let root = crate::support::project("");
    let arguments: Vec<_> = ["test"].into_iter().chain(examples.iter().map(String::as_str)).collect();
    let output = baton(&root, &arguments).assert().code(0).stderr_eq("");
    assert!(stdout(&output).ends_with("scenarios come out as expected\n"));
}

const STORY: &str = r#"asset A { n: int 0..9 }
actor o: human { contact "o@example.com" }
flow f {
  context { x: A }
  default failure -> lost
  intake x from "s" -> work
  state work { owner o asset x goal "g" makes x
    deadline 1h else -> lost
    handoff -> done when x.n > 5
    handoff -> lost otherwise
  }
  end done: success { owner o receipt x }
  end lost: failure { owner o reason "r" }
  scenario "much is enough" {
    start x
    at work x.n = 6
    expect done
  }
  scenario "<some> & \"more\"" {
    start x
    at work x.n = 4
    expect done
  }
}
"#;

#[test]
fn a_line_a_scenario_then_what_is_wrong() {
    let folder = folder(&[("a.flow", STORY)]);
    let output = baton(folder.path(), &["test", "--coverage"]).assert().code(1).stderr_eq("");
    insta::assert_snapshot!("test", stdout(&output));
    let passed = "f\n  ok    much is enough: 1 visit, at most 1h\n\n\
        f: 2 of 5 arrows are taken\n1 scenario comes out as expected\n";
    baton(folder.path(), &["test", "--filter", "enough"]).assert().code(0).stdout_eq(passed).stderr_eq("");
    let none = baton(folder.path(), &["test", "--filter", "nothing"]).assert().code(2).stdout_eq("");
    assert!(stderr(&none).contains("no scenario has `nothing` in its title"));
}

#[test]
fn arrows_that_nobody_takes_can_be_a_failure() {
    let folder = folder(&[("a.flow", STORY)]);
    let test = |percent: &str| {
        baton(folder.path(), &["test", "--filter", "enough", "--min-coverage", percent]).assert()
    };
    test("40").code(0).stderr_eq("");
    let short = test("41").code(1);
    assert_eq!(stderr(&short), "f: only 40 % of its arrows are taken, not 41 %\n");
}

#[test]
fn files_with_errors_are_not_played() {
    let folder = folder(&[("a.flow", &bad()), ("good/b.flow", &good())]);
    let output = baton(folder.path(), &["test", "a.flow"]).assert().code(1).stdout_eq("");
    assert!(stderr(&output).contains("B305"));
    let none = baton(folder.path(), &["test", "good"]).assert().code(0).stderr_eq("");
    assert!(stdout(&none).ends_with("there is no scenario\n"));
}

#[test]
fn programs_get_json() {
    same_as_file("schema/test.schema.json", &json_schema());
    let folder = folder(&[("a.flow", STORY)]);
    let output = baton(folder.path(), &["test", "--format", "json"]).assert().code(1).stderr_eq("");
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    jsonschema::validate(&schema, &document).unwrap_or_else(|error| panic!("{error}\n{document:#}"));
    assert_eq!(document["scenarios"][1]["states"], serde_json::json!(["work", "lost"]));
    assert_eq!(document["scenarios"][1]["passed"], false);
    assert_eq!(document["diagnostics"][0]["code"], "B702");
    assert_eq!(document["coverage"][0]["missed"][0]["id"], "work/deadline");
}

/// The arrows of a log, in their order.
fn arrows(log: &Value) -> Vec<Value> {
    let hops = log.as_array().unwrap().iter().map(|line| &line["entry"]["handed"]["hop"]);
    hops.filter(|hop| hop.is_string()).cloned().collect()
}

/// What a scenario's play says, the runner does: the same arrows, and the same end.
#[test]
fn a_play_goes_the_same_way_on_the_runner() {
    let folder = folder(&[("a.flow", &read("examples/content_refresh.flow"))]);
    let output = baton(folder.path(), &["test", "--format", "json"]).assert().success();
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let scenarios = document["scenarios"].as_array().unwrap();
    let in_no_time = |scenario: &&Value| !scenario["arrows"].to_string().contains("/deadline");
    let played: Vec<_> = scenarios.iter().filter(in_no_time).take(3).collect();
    assert_eq!(played.len(), 3);
    for scenario in played {
        let play = &scenario["play"];
        let (item, record) = (play["item"].as_str().unwrap(), play["record"].to_string());
        let replies: Vec<_> = play["replies"].as_array().unwrap().iter().map(Value::to_string).collect();
        fs::write(folder.path().join("record.json"), record).unwrap();
        fs::write(folder.path().join("replies.jsonl"), replies.join("\n")).unwrap();
        let run = ["run", "a.flow", "--input", "record.json", "--item", item, "--replay", "replies.jsonl"];
        baton(folder.path(), &run).assert().success();
        let log = baton(folder.path(), &["log", item, "--format", "json"]).assert().success();
        let log: Value = serde_json::from_str(&stdout(&log)).unwrap();
        assert_eq!(arrows(&log), *scenario["arrows"].as_array().unwrap(), "{log:#}");
    }
}

#[test]
fn ci_servers_get_junit() {
    let folder = folder(&[("a.flow", STORY)]);
    let output = baton(folder.path(), &["test", "--format", "junit"]).assert().code(1).stderr_eq("");
    insta::assert_snapshot!("junit", stdout(&output));
}
