//! `baton run` and the commands that talk to it, from outside: what owners do, well and badly, and what people answer.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{baton, folder, stderr, stdout};

/// A desk that writes, and a person who decides.
const FLOW: &str = r#"
asset Page { text: text max 100 }
actor writer: script { runs "sh write.sh 'two words'"  responds within 1s }
actor editor: human  { contact "editor@example.com"     responds within 1h }
flow pages {
  context {
    page:  Page
    draft: Page
    score: percent
    notes: text max 50?
    fee:   money EUR
  }
  default failure -> dead
  intake page from "desk" -> writing
  state writing {
    owner    writer
    asset    page
    goal     "A draft"
    needs    notes?
    makes    draft, score
    deadline DEADLINE else -> late
    RETRY
    handoff  -> review when score >= 50%
    handoff  -> dead   otherwise
  }
  approval review {
    owner    editor
    asset    draft
    goal     "Somebody answers for it"
    asks     "Publish it?"
    shows    score
    options  publish, again
    makes    notes, fee
    accept   30m else -> dead
    deadline 2h else -> dead
    handoff  -> done    when decision is publish
    handoff  -> writing when decision is again at most 2 times else -> dead
  }
  end done: success { owner editor  receipt draft }
  end late: failure { owner editor  reason "It took too long" }
  end dead: failure { owner editor  reason "Nothing came of it" }
}
"#;

const GOOD: &str = r#"
read -r task
echo "$task" >>tasks
echo '{"made": {"draft": {"text": "Bread"}, "score": 0.9}}'
"#;

fn flow(deadline: &str, retry: &str) -> String {
    FLOW.replace("DEADLINE", deadline).replace("RETRY", retry)
}

/// A folder with the pipeline, a record, and a writer that runs this script.
fn desk(script: &str, deadline: &str, retry: &str) -> TempDir {
    let record = r#"{"text": "bread"}"#;
    folder(&[("pages.flow", &flow(deadline, retry)), ("write.sh", script), ("page.json", record)])
}

const RUN: [&str; 7] = ["run", "pages.flow", "--input", "page.json", "--item", "p", "--no-wait"];

/// Where the item is after all that can be done without people.
#[track_caller]
fn place(folder: &Path) -> String {
    let output = baton(folder, &["status", "--format", "json"]).assert().code(0);
    let items: Value = serde_json::from_str(&stdout(&output)).unwrap();
    items[0]["place"].as_str().unwrap().to_owned()
}

/// The reasons for which attempts have failed.
fn failures(folder: &Path) -> Vec<String> {
    let output = baton(folder, &["log", "p", "--format", "json"]).assert().code(0);
    let lines: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let failed =
        lines.as_array().unwrap().iter().filter_map(|line| line["entry"]["failed"]["reason"].as_str());
    failed.map(str::to_owned).collect()
}

/// What is refused, and changes nothing.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], why: &str) {
    let before = baton(folder, &["log", "p"]).assert().code(0);
    let output = baton(folder, arguments).assert().code(1).stdout_eq("");
    assert!(stderr(&output).contains(why), "{arguments:?}: {}", stderr(&output));
    assert_eq!(stdout(&baton(folder, &["log", "p"]).assert()), stdout(&before));
}

#[test]
fn work_goes_from_a_script_to_a_person_and_back() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    baton(here, &RUN).assert().code(0).stdout_eq(
        "p: desk -> writing, the record fits page\n\
         p: writing -> review, score >= 50% (score = 0.9)\n\
         1 item: 1 in review\n\
         `baton inbox` lists what waits for people\n",
    );
    let inbox = stdout(&baton(here, &["inbox", "editor@example.com"]).assert().code(0));
    for said in [
        "p/review#1: for editor",
        "due in 30m",
        "Publish it?",
        "score = 0.9",
        "again        -> writing or dead",
    ] {
        assert!(inbox.contains(said), "{said}: {inbox}");
    }
    baton(here, &["inbox", "writer"]).assert().code(0).stdout_eq("nothing waits for anybody\n");
    baton(here, &["accept", "p", "--by", "ed"]).assert().code(0);
    assert!(stdout(&baton(here, &["inbox"]).assert()).contains("due in 120m, accepted"));

    baton(here, &["decide", "p", "again", "--set", "fee=1.50 EUR", "--set", "notes=Shorter", "--by", "ed"])
        .assert()
        .code(0)
        .stdout_eq("taken: p is in `writing`\n");
    baton(here, &["run", "pages.flow", "--no-wait", "--quiet"]).assert().code(0);
    let tasks = fs::read_to_string(here.join("tasks")).unwrap();
    let tasks: Vec<Value> = tasks.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        [&tasks[0]["context"]["notes"], &tasks[1]["context"]["notes"]],
        [&Value::Null, &json!("Shorter")]
    );
    assert_eq!(tasks[1]["attempt"], "p/writing#2.1");

    baton(here, &["decide", "p", "publish", "--set", "fee=0 EUR"])
        .assert()
        .code(0)
        .stdout_eq("taken: p has ended: `done`\n");
    let log = stdout(&baton(here, &["log", "p"]).assert().code(0));
    for said in [
        "(by ed)",
        "threshold  decision is again",
        "value    decision = again",
        "carries    page, notes",
        "goal       A draft",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    baton(here, &["run", "pages.flow"]).assert().code(0).stdout_eq("1 item: 1 done\n");
}

#[test]
fn what_people_bring_is_refused_with_a_reason_and_changes_nothing() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    baton(here, &RUN).assert().code(0);
    let fee = ["--set", "fee=1 EUR"];
    refused(
        here,
        &["decide", "p", "never", fee[0], fee[1]],
        "misfit: `decision` expected one of publish, again",
    );
    refused(here, &["decide", "p", "again"], "misfit: `made.fee` is missing");
    refused(
        here,
        &["decide", "p", "again", "--set", "fee=1 EUR", "--set", "notes=a\u{1}"],
        "misfit: `made.notes`",
    );
    refused(here, &["deliver", "p", fee[0], fee[1]], "misfit: `decision`");
    refused(here, &["decide", "nobody", "again"], "unknown: there is no item `nobody`");
    refused(here, &["decide", "p/review#2", "again", fee[0], fee[1]], "unknown: there is no `p/review#2`");
    refused(
        here,
        &["decide", "p/writing#1", "again", fee[0], fee[1]],
        "`writing` is for writer, a script, to answer",
    );
    for (wrong, why) in [
        ("fee=1 USD", "expected an amount, such as `0.15 EUR`"),
        ("score=70%", "`score` is not made there; there are notes, fee"),
        ("fee.x=1", "nothing is below `fee.x`"),
        ("fee", "it is written `field=value`"),
    ] {
        let output = baton(here, &["decide", "p", "again", "--set", wrong]).assert().code(2);
        assert!(stderr(&output).contains(why), "{wrong}: {}", stderr(&output));
    }
    baton(here, &["decide", "p", "publish", fee[0], fee[1]]).assert().code(0);
    refused(here, &["decide", "p", "again", fee[0], fee[1]], "late: the item has ended");
    refused(
        here,
        &["decide", "p/review#1", "again", fee[0], fee[1]],
        "duplicate: it has been answered already",
    );
    refused(here, &["cancel", "p"], "late: the item has ended");
}

#[test]
fn people_fail_and_items_are_cancelled() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    baton(here, &RUN).assert().code(0);
    baton(here, &["fail", "p", "--reason", "I am biased"])
        .assert()
        .code(0)
        .stdout_eq("taken: p has ended: `dead`\n");
    assert_eq!(failures(here), ["I am biased"]);
    let again = ["run", "pages.flow", "--input", "page.json", "--item", "q", "--no-wait", "-q"];
    baton(here, &again).assert().code(0);
    baton(here, &["cancel", "q", "--reason", "not needed"]).assert().code(0);
    baton(here, &["run", "pages.flow"]).assert().code(0).stdout_eq("2 items: 1 cancelled, 1 dead\n");
    refused(here, &["decide", "q/review#1", "publish"], "late");
}

#[test]
fn a_record_comes_in_once_or_is_refused_with_the_field() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    baton(here, &RUN).assert().code(0);
    baton(here, &RUN)
        .assert()
        .code(0)
        .stdout_eq("1 item: 1 in review\n`baton inbox` lists what waits for people\n");
    fs::write(here.join("more"), "{\"text\": \"x\"}\n{\"text\": 7}\n{\"text\": \"y\"}").unwrap();
    let more = ["submit", "pages.flow", "--input", "more", "--id-from", "text"];
    let output = baton(here, &more).assert().code(1).stdout_eq("2 items in\n");
    assert!(
        stderr(&output).contains("`7` is refused as misfit: `raw.text` expected a text"),
        "{}",
        stderr(&output)
    );
    fs::write(here.join("more"), "[{\"text\": \"a\"}, {\"text\": \"b\"}]").unwrap();
    baton(here, &["submit", "pages.flow", "--input", "more"]).assert().code(0).stdout_eq("2 items in\n");
    let output = baton(here, &["submit", "pages.flow", "--input", "more", "--item", "z"]).assert().code(2);
    assert!(stderr(&output).contains("`--item` is for one record, and there are 2"));
    let output =
        baton(here, &["submit", "pages.flow", "--input", "more", "--intake", "web"]).assert().code(2);
    assert!(stderr(&output).contains("no work comes in by the intake `web`"));
}

/// Scripts that do their worst end in the state's `failure`, or in its `deadline`, and never in a broken runner.
#[test]
fn hostile_owners_end_in_failure_or_deadline() {
    for (script, end, why) in [
        ("exit 3", "dead", "it ended with status 3"),
        ("echo oops >&2; kill -11 $$", "dead", "it was ended by signal 11: oops"),
        ("yes '{'", "dead", "it wrote more than 4194304 bytes"),
        ("echo nonsense", "dead", "its reply is not JSON"),
        ("echo '[1]'", "dead", "its reply does not fit: expected an object"),
        (r#"echo '{"accept": true}'"#, "dead", "it said nothing but that it accepts"),
        (
            r#"echo '{"visit": "q/writing#1", "made": {}}'"#,
            "dead",
            "its reply does not fit: `visit` names another visit",
        ),
        (r#"echo '{"made": {"score": 0.9}}'"#, "dead", "`made.draft` is missing"),
        (r#"echo '{"made": {"draft": {"text": "a"}, "score": 90}}'"#, "dead", "`made.score` is above 1"),
        (r#"echo '{"fail": "no idea"}'"#, "dead", "no idea"),
        ("head -c 100000 /dev/zero | tr '\\0' '['", "dead", "its reply is not JSON"),
        ("sleep 60", "late", ""),
        ("sleep 60 & exec >&-; sleep 60", "late", ""),
    ] {
        let folder = desk(script, "1s", "");
        baton(folder.path(), &RUN).assert().code(0);
        assert_eq!(place(folder.path()), end, "{script}");
        let said = failures(folder.path()).join(" ");
        assert!(said.contains(why), "{script}: {said}");
    }
}

#[test]
fn an_attempt_that_fails_is_repeated() {
    let script = "echo x >>tries; [ $(wc -l <tries) -lt 3 ] && exit 1\n".to_owned() + GOOD;
    let folder = desk(&script, "1m", "retry 2 times every 1s");
    baton(folder.path(), &RUN).assert().code(0);
    assert_eq!(place(folder.path()), "review");
    assert_eq!(failures(folder.path()).len(), 2);
    let task: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("tasks")).unwrap()).unwrap();
    assert_eq!(task["attempt"], "p/writing#1.3");
}

#[test]
fn secrets_do_not_reach_the_store() {
    let script = r#"echo "{\"made\": {\"draft\": {\"text\": \"$TOKEN\"}, \"score\": 0.9}}"; echo $TOKEN >&2; exit $CODE"#;
    for code in ["0", "1"] {
        let folder = desk(script, "1m", "");
        let here = folder.path();
        fs::write(here.join("baton.toml"), "actors.writer.secrets = [\"TOKEN\"]\n").unwrap();
        let output = baton(here, &RUN).env("TOKEN", "sesame-7").env("CODE", code).assert().code(0);
        assert!(!stdout(&output).contains("sesame"));
        for file in fs::read_dir(here.join(".baton")).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"sesame"));
        }
        assert!(stdout(&baton(here, &["log", "p", "--replies"]).assert()).contains("[secret]"));
    }
}

#[test]
fn a_bad_configuration_changes_nothing() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    fs::write(here.join("baton.toml"), "[actors.writer]\nfolde = \"x\"\n").unwrap();
    let output = baton(here, &RUN).assert().code(2).stdout_eq("");
    assert!(stderr(&output).contains("baton.toml:2:1: unknown field `folde`"), "{}", stderr(&output));
    fs::write(here.join("baton.toml"), "actors.editor.command = \"yes\"\n").unwrap();
    let output = baton(here, &RUN).assert().code(2).stdout_eq("");
    assert!(stderr(&output).contains("`editor` is a human, and no command can answer for it"));
    assert!(!here.join(".baton").exists());
}

#[test]
fn people_are_told_of_what_waits_for_them() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    let config = "[actors.editor]\nnotify = \"sh tell.sh\"\nremind = \"40m\"\n";
    fs::write(here.join("baton.toml"), config).unwrap();
    fs::write(here.join("tell.sh"), "cat >>told; echo >>told; exit 1").unwrap();
    baton(here, &RUN).assert().code(0);
    baton(here, &["accept", "p"]).assert().code(0);
    baton(here, &["run", "pages.flow", "--no-wait"]).assert().code(0);
    let told = fs::read_to_string(here.join("told")).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["notice"], &told[0]["contact"]), (&json!("arrival"), &json!("editor@example.com")));
    assert_eq!(told[0]["task"]["visit"], "p/review#1");
    assert!(
        stdout(&baton(here, &["log", "p"]).assert()).contains("a notice is not sent: it ended with status 1")
    );
}

#[test]
fn recorded_replies_take_the_same_path() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    baton(here, &RUN).assert().code(0);
    baton(here, &["decide", "p", "again", "--set", "fee=1 EUR", "--set", "notes=b"]).assert().code(0);
    baton(here, &["run", "pages.flow", "--no-wait"]).assert().code(0);
    baton(here, &["decide", "p", "publish", "--set", "fee=1 EUR"]).assert().code(0);
    let replies = stdout(&baton(here, &["log", "p", "--replies"]).assert().code(0));
    assert_eq!(replies.lines().count(), 4);
    fs::write(here.join("replies"), replies.replace("p/", "")).unwrap();
    fs::write(here.join("write.sh"), "exit 1").unwrap();
    let replay = [
        "run",
        "pages.flow",
        "--input",
        "page.json",
        "--store",
        "other.db",
        "--replay",
        "replies",
        "--quiet",
    ];
    let output = stdout(&baton(here, &replay).assert().code(0));
    assert!(output.starts_with("1 item: 1 done\n4 handoffs in "), "{output}");
    fs::write(here.join("replies"), "{}").unwrap();
    let output = baton(here, &replay).assert().code(2);
    assert!(stderr(&output).contains("replies:1: that is no recorded reply"));
}

#[test]
fn people_are_told_again_before_it_is_too_late() {
    let folder = desk(GOOD, "1m", "");
    let here = folder.path();
    let short =
        flow("1m", "").replace("accept   30m else -> dead\n", "").replace("deadline 2h", "deadline 3s");
    fs::write(here.join("pages.flow"), short).unwrap();
    fs::write(here.join("baton.toml"), "[actors.editor]\nnotify = \"sh tell.sh\"\nremind = \"2s\"\n")
        .unwrap();
    fs::write(here.join("tell.sh"), "cat >>told; echo >>told").unwrap();
    baton(here, &["run", "pages.flow", "--input", "page.json", "--item", "p"]).assert().code(0);
    assert_eq!(place(here), "dead");
    let told = fs::read_to_string(here.join("told")).unwrap();
    let notices = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["notice"].clone());
    assert_eq!(notices.collect::<Vec<_>>(), ["arrival", "reminder"]);
}

/// A page whose facts and links are checked side by side, each by a flow of its own.
const CALLS: &str = r#"
asset Page { text: text max 100 }
asset Fact { sure: bool }
actor checker: script { runs "sh check.sh"            responds within 1m }
actor editor:  human  { contact "editor@example.com"  responds within 1h }
flow pages {
  context {
    page:  Page
    facts: Fact?
    links: Fact?
  }
  default failure -> dead
  intake page from "desk" -> checks
  call checks {
    owner    editor
    asset    page
    goal     "Checked"
    runs     fact_check(page) gives facts
    runs     link_check(page) gives links
    join     JOIN
    deadline 1h else -> dead
    handoff  -> done when links is present
    handoff  -> dead otherwise
  }
  end done: success { owner editor  receipt links }
  end dead: failure { owner editor  reason "Nothing came of it" }
}
flow fact_check {
  context {
    page: Page
    fact: Fact
  }
  default failure -> bad
  default deadline else -> bad
  intake page -> checking
  state checking {
    owner   checker
    asset   page
    goal    "The facts are right"
    makes   fact
    handoff -> good when fact.sure
    handoff -> bad  otherwise
  }
  end good: success { owner editor  receipt fact }
  end bad:  failure { owner editor  reason "Wrong" }
}
"#;

/// Checks facts as `facts` says, links as `links` does.
fn checked(join: &str, facts: bool, links: bool) -> TempDir {
    let (pages, fact_check) = CALLS.split_once("flow fact_check").unwrap();
    let link_check = fact_check.replace("The facts", "The links");
    let text =
        format!("{pages}flow fact_check{fact_check}\nflow link_check{link_check}").replace("JOIN", join);
    let script = format!(
        "read -r task\ncase \"$task\" in *'The facts'*) sure={facts};; *) sleep 0.3; sure={links};; esac\n\
         echo '{{\"made\": {{\"fact\": {{\"sure\": '$sure'}}}}}}'\n"
    );
    folder(&[("pages.flow", &text), ("check.sh", &script), ("page.json", r#"{"text": "bread"}"#)])
}

#[test]
fn a_call_waits_for_its_runs_and_their_items_end_by_themselves() {
    for (join, facts, links, end) in [
        ("all", true, true, "done"),
        ("all", true, false, "dead"),
        ("any", true, true, "dead"),
        ("any", false, true, "done"),
    ] {
        let folder = checked(join, facts, links);
        let here = folder.path();
        let arguments =
            ["run", "pages.flow", "--flow", "pages", "--input", "page.json", "--item", "p", "--quiet"];
        baton(here, &arguments).assert().code(0);
        let status = stdout(&baton(here, &["status", "--format", "json"]).assert().code(0));
        let items: Vec<Value> = serde_json::from_str(&status).unwrap();
        let place = |id: &str| items.iter().find(|item| item["item"] == id).unwrap()["place"].clone();
        assert_eq!(place("p"), end, "{join}: {status}");
        let ends = |good: bool| if good { "good" } else { "bad" };
        assert_eq!(place("p/checks#1/fact_check"), ends(facts), "{status}");
        assert_eq!(place("p/checks#1/link_check"), ends(links), "{status}");
    }
}
