//! What the model says of a text where no finding shows it: sources of clauses, arrows, sharing, and sizes that must
//! not overflow a stack.

use std::fmt::Write;

use baton::diagnostics::Code;
use baton::model::{
    Arrow, ArrowKind, Assigned, Flow, Guard, Kind, MapValue, Provenance, ScenarioLineKind, Slot, Test, Type,
    Value, When,
};

use crate::support::{check, check_all};

const HEAD: &str = "enum Risk { low, high }
asset A { n: int 0..9, q: number 0..1 }
actor o: human { contact \"o@example.com\" responds within 2h }
actor m: model { uses \"small\" }
threshold good: x.q >= 0.5 and risk is low
";

fn flow_of(members: &str) -> Flow {
    let text = format!("{HEAD}flow f {{ context {{ x: A, risk: Risk, note: text? }} {members} }}");
    check(&text).model.flows.remove(0)
}

fn target<'f>(flow: &'f Flow, arrow: &Arrow) -> &'f str {
    arrow.to.map_or("?", |to| &flow[to].name.text)
}

fn arrows(flow: &Flow) -> Vec<String> {
    let shown = |arrow: &Arrow| {
        let kind = match arrow.kind {
            ArrowKind::Handoff(_) => "handoff".to_owned(),
            kind => format!("{kind:?}").to_lowercase(),
        };
        let bound = arrow.bound.map(|bound| format!(" {bound}x")).unwrap_or_default();
        let inherited = if arrow.inherited { " default" } else { "" };
        format!("{kind}{} {}{bound}{inherited}", arrow.hop, target(flow, arrow))
    };
    flow.arrows.iter().map(shown).collect()
}

#[test]
fn arrows_stand_in_their_order_with_their_chains() {
    let flow = flow_of(
        "default failure -> lost
         default deadline 1h else -> work at most 2 times else -> lost
         intake x from \"s\" -> work
         state work { owner m asset x goal \"g\" makes x
           handoff -> next when x.q > 0.5
           handoff -> work otherwise at most 3 times else -> lost
           deadline 5m else -> lost
           accept 1m else -> next }
         state next { owner m asset x goal \"g\" makes x handoff -> done when x.q > 0.5 }
         end done: success { owner o receipt x }
         end lost: failure { owner o reason \"r\" }",
    );
    assert_eq!(
        arrows(&flow),
        [
            "intake0 work",
            "accept0 next",
            "deadline0 lost",
            "failure0 lost default",
            "handoff0 next",
            "handoff0 work 3x",
            "handoff1 lost",
            "deadline0 work 2x default",
            "deadline1 lost default",
            "failure0 lost default",
            "handoff0 done",
        ]
    );
}

#[test]
fn a_deadline_takes_its_time_from_the_state_then_the_actor_then_the_default() {
    let state = |owner: &str, clause: &str| {
        let flow = flow_of(&format!(
            "default failure -> lost default deadline 1h else -> lost intake x -> work
             state work {{ owner {owner} asset x goal \"g\" makes x {clause} handoff -> done when delivered }}
             end done: success {{ owner o receipt x }} end lost: failure {{ owner o reason \"r\" }}"
        ));
        let deadline = flow.states[0].deadline.get().expect("a deadline").clone();
        (deadline.seconds, deadline.source, deadline.route_source)
    };
    assert_eq!(state("o", "deadline 5m"), (Some(300), Provenance::State, Provenance::Default));
    assert_eq!(state("o", "deadline else -> lost"), (Some(7200), Provenance::Actor, Provenance::State));
    assert_eq!(state("m", ""), (Some(3600), Provenance::Default, Provenance::Default));
    assert_eq!(state("nobody", ""), (None, Provenance::Default, Provenance::Default));
}

#[test]
fn a_default_is_never_copied_into_the_state_that_it_leads_to() {
    let flow = flow_of(
        "default failure -> late default deadline 1h else -> late intake x -> work
         state work { owner m asset x goal \"g\" makes x handoff -> done when delivered }
         state late { owner m asset x goal \"g\" makes x handoff -> done when delivered }
         end done: success { owner o receipt x }",
    );
    assert!(flow.states[1].deadline.is_missing() && flow.states[1].failure.is_missing());
    assert_eq!(flow.states[0].deadline.get().map(|timer| timer.route_source), Some(Provenance::Default));
}

#[test]
fn a_threshold_is_resolved_once_in_a_flow_and_shared() {
    let flow = flow_of(
        "default failure -> lost default deadline 1h else -> lost intake x -> work
         state work { owner m asset x goal \"g\" makes x handoff -> done when good handoff -> lost when not good }
         end done: success { owner o receipt x } end lost: failure { owner o reason \"r\" }",
    );
    let When::Guard(_, Guard::Threshold { guard: first, .. }) = &flow.handoffs[0].when else { panic!() };
    let When::Guard(_, Guard::Not(second)) = &flow.handoffs[1].when else { panic!() };
    let Guard::Threshold { guard: second, .. } = &**second else { panic!() };
    assert!(std::sync::Arc::ptr_eq(first, second));
    assert_eq!(flow.paths.iter().map(|path| path.text.as_str()).collect::<Vec<_>>(), ["x.q", "risk"]);
}

#[test]
fn a_field_hides_a_threshold_and_decision_is_each_approvals_own() {
    let text = "asset A { n: int 0..9 }
actor o: human { contact \"o@example.com\" }
threshold ok: decision is yes
threshold sure: x.n > 5
flow f { context { x: A, sure: bool } default failure -> lost default deadline 1h else -> lost intake x -> one
  approval one { owner o asset x goal \"g\" asks \"q\" options no, yes makes sure
    handoff -> two when ok and sure handoff -> lost otherwise }
  approval two { owner o asset x goal \"g\" asks \"q\" options yes, no makes sure
    handoff -> done when ok handoff -> lost otherwise }
  end done: success { owner o receipt sure } end lost: failure { owner o reason \"r\" } }";
    let flow = check(text).model.flows.remove(0);
    let When::Guard(_, Guard::And(parts)) = &flow.handoffs[0].when else { panic!() };
    assert!(matches!(&parts[1], Guard::Atom(atom) if atom.test == Test::True));
    let option = |guard: &Guard| match guard {
        Guard::Threshold { guard, .. } => match &**guard {
            Guard::Atom(atom) => (flow[atom.path].ty.clone(), atom.test.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let When::Guard(_, second) = &flow.handoffs[2].when else { panic!() };
    let is = |option| Test::Compare(baton::model::CompareOp::Is, Value::Option(option));
    assert_eq!(option(&parts[0]), (Type::Options(baton::model::StateId(0)), is(1)));
    assert_eq!(option(second), (Type::Options(baton::model::StateId(1)), is(0)));
}

#[test]
fn maps_and_scenarios_hold_values_of_their_fields() {
    let flow = flow_of(
        "default failure -> lost default deadline 1h else -> lost
         intake x from \"s\" -> work { map n = raw[\"a b\"].c map q = 0.5 }
         state work { owner m asset x goal \"g\" makes x, risk handoff -> done when good handoff -> lost otherwise }
         end done: success { owner o receipt x } end lost: failure { owner o reason \"r\" }
         scenario \"s\" { start x x.n = 3 at work risk = high expect lost }",
    );
    let maps = flow.intakes[0].maps.as_ref().expect("maps");
    assert!(matches!(&maps[0].value, MapValue::Raw(keys) if keys.len() == 2));
    assert!(matches!(&maps[1].value, MapValue::Constant(Value::Number(_))));
    let ScenarioLineKind::At(_, _, values) = &flow.scenarios[0].lines[1].kind else { panic!() };
    assert!(matches!(values[0].value, Assigned::Value(Value::Member(_, 1))));
    assert!(!flow.scenarios[0].unknown);
}

#[test]
fn what_could_not_be_read_or_resolved_is_unknown_and_not_missing() {
    let flow = flow_of(
        "default failure -> lost default deadline 1h else -> lost intake x -> work
         state work { owner nobody asset y
           goal 5
           makes x handoff -> nowhere when x.zz > 1 }
         end done: success { owner o receipt x } end lost: failure { owner o reason \"r\" }",
    );
    let work = &flow.states[0];
    assert_eq!((&work.owner, &work.asset, &work.goal), (&Slot::Unknown, &Slot::Unknown, &Slot::Unknown));
    assert!(matches!(flow.handoffs[0].when, When::Guard(_, Guard::Unknown)));
    assert_eq!(flow[baton::model::ArrowId(flow.handoffs[0].arrows.start)].to, None);
}

#[test]
fn a_call_knows_its_flow_and_the_intake_that_takes_its_argument() {
    let text = format!(
        "{HEAD}flow f {{ context {{ x: A, y: A? }} default failure -> lost default deadline 1h else -> lost
           intake x from \"s\" -> work
           call work {{ owner o asset x goal \"g\" runs g(x) gives y join any handoff -> done when y is present
             handoff -> lost otherwise }}
           end done: success {{ owner o receipt x }} end lost: failure {{ owner o reason \"r\" }} }}
         flow g {{ context {{ t: text, x: A, risk: Risk }} default failure -> lost default deadline 1h else -> lost
           intake t -> work intake x -> work
           state work {{ owner m asset x goal \"g\" makes x, risk handoff -> done when good handoff -> lost otherwise }}
           end done: success {{ owner o receipt x }} end lost: failure {{ owner o reason \"r\" }} }}"
    );
    let model = check(&text).model;
    let Kind::Call(call) = &model.flows[0].states[0].kind else { panic!() };
    assert_eq!(
        (call.runs[0].flow.map(|flow| flow.0), call.runs[0].intake.map(|at| at.0)),
        (Some(1), Some(1))
    );
    assert!(call.join.waits_for_all(1) && model.flows[1].called && !model.flows[0].called);
}

#[test]
fn a_name_is_used_through_the_file_that_brings_it_in() {
    let main = "use \"team.flow\"\nuse \"other.flow\"\nactor m: model { uses \"small\" }\n";
    let found = check_all(&[
        ("main.flow", &format!("{main}asset B {{ a: A }}")),
        ("team.flow", "use \"other.flow\"\nasset A { b: C }"),
        ("other.flow", "use \"main.flow\"\nasset C { n: int }"),
    ]);
    let uses = &found.model.files[0].uses;
    assert_eq!((uses[0].used, uses[1].used), (true, false));
    assert_eq!(found.model.assets.iter().map(|asset| asset.used).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn long_chains_of_declarations_do_not_overflow_a_stack() {
    const LENGTH: usize = 30_000;
    let mut text = String::from("asset A0 { n: int }\nthreshold t0: x.q > 0.5\n");
    for at in 1..LENGTH {
        let before = at - 1;
        write!(text, "asset A{at} {{ a: A{before} }}\nthreshold t{at}: t{before}\n").expect("a String");
    }
    write!(
        text,
        "asset A {{ q: number }} actor m: model {{ uses \"small\" }}
         flow f {{ context {{ x: A }} default failure -> lost default deadline 1h else -> lost intake x -> work
         state work {{ owner m asset x goal \"g\" makes x handoff -> done when t{last} handoff -> lost otherwise }}
         end done: success {{ owner m receipt x }} end lost: failure {{ owner m reason \"r\" }} }}",
        last = LENGTH - 1
    )
    .expect("a String");
    let found = check(&text);
    let deep: Vec<_> = found.diagnostics.iter().filter(|found| found.code == Code::TooComplex).collect();
    assert!(!deep.is_empty() && deep[0].message.contains("nested too deep"), "{deep:?}");
}

#[test]
fn a_circle_of_many_flows_is_told_once() {
    const LENGTH: usize = 3_000;
    let mut text = String::from("asset A { n: int }\nactor o: human { contact \"o@example.com\" }\n");
    for at in 0..LENGTH {
        let next = (at + 1) % LENGTH;
        write!(
            text,
            "flow f{at} {{ context {{ x: A }} default failure -> lost default deadline 1h else -> lost intake x -> c
             call c {{ owner o asset x goal \"g\" runs f{next}(x) gives x handoff -> done when x.n > 5
             handoff -> lost otherwise }}
             end done: success {{ owner o receipt x }} end lost: failure {{ owner o reason \"r\" }} }}\n"
        )
        .expect("a String");
    }
    let found = check(&text);
    assert_eq!(found.diagnostics.iter().filter(|found| found.code == Code::RecursiveCall).count(), 1);
}
