//! B501 and B504 against a plain exploration of all runs, on small random pipelines.

use std::collections::BTreeSet;

use baton::diagnostics::Code;
use proptest::prelude::*;

use crate::support::check;

const STATES: usize = 5;
const FIELDS: usize = 3;

/// A state: the fields that it needs and makes, and where its two handoffs and its failure lead; `STATES` is the end.
#[derive(Clone, Debug)]
struct Stage {
    needs: BTreeSet<usize>,
    makes: BTreeSet<usize>,
    handoffs: [usize; 2],
    failure: usize,
}

fn stage() -> impl Strategy<Value = Stage> {
    let fields = || prop::collection::btree_set(0..FIELDS, 0..3);
    let to = || 0..=STATES;
    (fields(), fields(), [to(), to()], 0..STATES).prop_map(|(needs, makes, handoffs, failure)| Stage {
        needs,
        makes,
        handoffs,
        failure,
    })
}

/// One state a line from line 8 on: its needs, then its makes.
fn text(stages: &[Stage]) -> String {
    let name = |state: usize| if state == STATES { "done".to_owned() } else { format!("s{state}") };
    let list =
        |fields: &BTreeSet<usize>| fields.iter().map(|field| format!(", f{field}")).collect::<String>();
    let state = |(at, stage): (usize, &Stage)| {
        let [one, other] = stage.handoffs.map(name);
        format!(
            "state s{at} {{ owner o asset x goal \"g\" needs x{} makes z{} failure -> {} deadline 1h else -> lost \
             handoff -> {one} when z > 5 handoff -> {other} otherwise }}\n",
            list(&stage.needs),
            list(&stage.makes),
            name(stage.failure)
        )
    };
    let states: String = stages.iter().enumerate().map(state).collect();
    format!(
        "asset A {{ n: int 0..9 }}\nactor o: human {{ contact \"o@example.com\" }}\nflow f {{\n\
         context {{ x: A, z: int 0..9, f0: A, f1: A, f2: A }}\nintake x from \"s\" -> s0\n\
         end done: success {{ owner o receipt z }}\nend lost: failure {{ owner o reason \"r\" }}\n{states}}}\n"
    )
}

/// What is found of a code, by state and field.
fn found(text: &str, code: Code) -> BTreeSet<(usize, usize)> {
    let compilation = check(text);
    let found = compilation.diagnostics.iter().filter(|found| found.code == code);
    let place = |span: baton::source::Span| {
        let (_, file) = compilation.sources.iter().next().unwrap();
        let field = compilation.sources.text(span).strip_prefix('f')?.parse().ok()?;
        Some((file.line_column(span.start).line - 8, field))
    };
    found.filter_map(|found| place(found.place)).collect()
}

/// All that some run reads before it is made; told at a state, it counts as made from there on.
fn unassigned(stages: &[Stage]) -> BTreeSet<(usize, usize)> {
    let mut told = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(0, BTreeSet::new())];
    while let Some((state, mut made)) = open.pop() {
        if state == STATES || !seen.insert((state, made.clone())) {
            continue;
        }
        let stage = &stages[state];
        told.extend(stage.needs.difference(&made).map(|&field| (state, field)));
        made.extend(&stage.needs);
        open.push((stage.failure, made.clone()));
        made.extend(&stage.makes);
        open.extend(stage.handoffs.map(|to| (to, made.clone())));
    }
    told
}

/// Where work can come to from these states by arrows that a stage lets through.
fn reached(from: &[usize], stages: &[Stage], arrows: impl Fn(&Stage) -> Vec<usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(state) = open.pop() {
        if seen.insert(state) && state != STATES {
            open.extend(arrows(&stages[state]));
        }
    }
    seen
}

/// What is made where work comes and may succeed, and on no run read before it is made anew.
fn unread(stages: &[Stage]) -> BTreeSet<(usize, usize)> {
    let all = |stage: &Stage| vec![stage.handoffs[0], stage.handoffs[1], stage.failure];
    let mut found = BTreeSet::new();
    for state in reached(&[0], stages, all) {
        if state == STATES || !reached(&[state], stages, all).contains(&STATES) {
            continue;
        }
        for &field in &stages[state].makes {
            let kept = |stage: &Stage| {
                if stage.makes.contains(&field) { vec![stage.failure] } else { all(stage) }
            };
            let later = reached(&stages[state].handoffs, stages, kept);
            if !later.iter().any(|&later| later != STATES && stages[later].needs.contains(&field)) {
                found.insert((state, field));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_missing_is_what_some_run_misses(stages in prop::collection::vec(stage(), STATES)) {
        let text = text(&stages);
        prop_assert_eq!(found(&text, Code::Unassigned), unassigned(&stages), "{}", text);
    }

    #[test]
    fn what_is_made_in_vain_is_read_on_no_run(stages in prop::collection::vec(stage(), STATES)) {
        let text = text(&stages);
        prop_assert_eq!(found(&text, Code::UnreadField), unread(&stages), "{}", text);
    }
}
