//! Worst cases in an author's words: `baton worst`, and the runs that B701 shows.

use crate::cli::{bad, baton, folder, stderr, stdout};
use crate::support::{check, read};

const REWORK: &str = r#"asset A { n: int 0..9 }
actor o: human { contact "o@example.com" }
actor m: model { uses "model" costs 0.105 USD }
flow f {
  context { x: A }
  default failure -> lost
  default deadline 1h else -> lost
  intake x from "s" -> work
  state work { owner m asset x goal "g" makes x
    retry 1 times every 30s
    handoff -> look when x.n > 5
    handoff -> work otherwise at most 3 times else -> lost
  }
  state look { owner o asset x goal "g" makes x
    deadline 2h else -> lost
    handoff -> done when x.n > 7
    handoff -> work otherwise at most 2 times else -> lost
  }
  end done: success { owner o receipt x }
  end lost: failure { owner o reason "r" }
}
"#;

const SHOWN: &str = "\
f: ends within 12h, costs at most 1.26 USD

The longest run:

        intake -> work
  2 times, 6h in all:
  │ 1h  work -> look    when x.n > 5
  │ 2h  look -> work    otherwise
  3 times, 3h in all:
  │ 1h  work -> work    otherwise
    1h  work -> look    when x.n > 5
    2h  look -> lost    deadline

The dearest run:

              intake -> work
  2 times, 0.42 USD in all:
  │ 0.21 USD  work -> look    when x.n > 5
  │    0 USD  look -> work    otherwise
  3 times, 0.63 USD in all:
  │ 0.21 USD  work -> work    otherwise
    0.21 USD  work -> lost    deadline
";

#[test]
fn runs_are_shown_loop_by_loop() {
    let folder = folder(&[("a.flow", REWORK)]);
    baton(folder.path(), &["worst"]).assert().code(0).stdout_eq(SHOWN).stderr_eq("");
    baton(folder.path(), &["worst", "--flow", "f", "-"]).stdin(REWORK).assert().code(0).stdout_eq(SHOWN);
    let unknown = baton(folder.path(), &["worst", "--flow", "g"]).assert().code(2);
    assert!(stderr(&unknown).contains("there is no flow `g`") && stderr(&unknown).contains("`f`"));
}

#[test]
fn what_is_wrong_comes_first() {
    let folder = folder(&[("a.flow", &bad())]);
    let output = baton(folder.path(), &["worst"]).assert().code(1).stdout_eq("");
    assert!(stderr(&output).contains("B305"));
}

#[test]
fn what_is_not_known_is_said() {
    let shown = |text: &str| {
        let folder = folder(&[("a.flow", text)]);
        stdout(&baton(folder.path(), &["worst"]).assert().code(0).stderr_eq(""))
    };
    let unpriced = shown(&REWORK.replace(" costs 0.105 USD", ""));
    assert!(unpriced.starts_with("f: ends within 12h\n"), "{unpriced}");
    assert!(unpriced.ends_with("What it costs is not known: a model has no `costs`.\n"), "{unpriced}");
    let free = shown(
        &REWORK.replace("m: model", "m: script").replace("uses \"model\" costs 0.105 USD", "runs \"r\""),
    );
    assert!(!free.contains("cost"), "{free}");
    let bound = shown(&REWORK.replace("at most 2 times", "at most 2_000_000 times"));
    assert!(
        bound.starts_with("f: ends within 250000d6h (a bound), costs at most 420000.84 USD (a bound)\n"),
        "{bound}"
    );
    let parts = "\
  From `work` on there are too many rounds to follow each; never more than
    250000d  2000000 times look -> work, 3h each
    3h  3 times work -> work, 1h each
    3h  once through to an end
";
    assert!(bound.contains(parts), "{bound}");
    let endless = shown(&REWORK.replace("at most 2 times", &format!("at most {} times", u64::MAX)));
    assert!(endless.starts_with("f: may take longer than can be counted, "), "{endless}");
}

/// The steps of the run that each finding shows.
fn traces(text: &str) -> Vec<Vec<String>> {
    let found = check(text).diagnostics;
    found.into_iter().map(|found| found.trace.into_iter().map(|step| step.message).collect()).collect()
}

#[test]
fn a_broken_proof_shows_its_run() {
    let costs = REWORK.replace("  end done", "  prove costs at most 1.25 USD\n  end done");
    let expected = [
        "work comes in as `x`",
        "`work` hands on to `look`, 0.21 USD",
        "`look` hands on to `work`; steps 2 to 3: 2 times, 0.42 USD in all",
        "`work` hands on to itself, 0.21 USD; 3 times, 0.63 USD in all",
        "`work` is not done within 1h: on to `lost`, 0.21 USD",
    ];
    assert_eq!(traces(&costs), [expected]);
    let visits = REWORK.replace("  end done", "  prove at most 2 visits to look\n  end done");
    assert_eq!(
        traces(&visits)[0].last().unwrap(),
        "`work` hands on to `look`",
        "the run ends with the visit"
    );
    let bound = REWORK
        .replace("at most 2 times", "at most 2_000_000 times")
        .replace("  end done", "  prove ends within 1d\n  end done");
    let expected = [
        "work comes in as `x`",
        "`look` hands on to `work`, at most 2000000 times, 3h each",
        "`work` hands on to itself, at most 3 times, 1h each",
    ];
    assert_eq!(traces(&bound), [expected], "where no run is followed, what each loop adds");
    let owners = check(&read("tests/flows/B701/decided-by.flow")).diagnostics;
    let labels: Vec<_> = owners[0].labels.iter().map(|label| label.message.as_str()).collect();
    assert_eq!(labels, ["`o`, reached at desk@example.com", "`o2`, reached at desk@example.com"]);
}
