//! That no work item gets larger than the plan says, and what is refused because it may get too large.

use baton::diagnostics::Code;
use baton::emit::{Options, target};
use baton::plan::{Hop, Plan};

use crate::planned::planned;

/// A pipeline with such fields, all of them made at once.
fn pipeline(fields: &str, makes: &str, carries: &str) -> Plan {
    let text = format!(
        "enum E {{ short, the_longest }}\nasset A {{ n: int 0..9, t: text max 10 }}\nasset R {{ a: A, all: list max 3 of A? }}\n\
         asset Deep {{ n: int 0..9, below: Deep? }}\n\
         actor o: human {{ contact \"o@example.com\" }}\n\
         flow f {{\n  context {{ x: A, {fields} }}\n  default failure -> lost\n  default deadline 1h else -> lost\n  \
         intake x from \"s\" -> work\n  \
         state work {{ owner o asset x goal \"g\" makes {makes} handoff -> next when delivered }}\n  \
         state next {{ owner o asset x goal \"g\" needs {carries} makes x handoff -> done when delivered }}\n  \
         end done: success {{ owner o receipt x }}\n  end lost: failure {{ owner o reason \"r\" }}\n}}\n"
    );
    planned(&[("main.flow", text.as_str())])
}

fn hop<'p>(plan: &'p Plan, id: &str) -> &'p Hop {
    plan.flows["f"].hops().find(|hop| hop.id == id).unwrap()
}

/// What one more field adds to the size of the context.
fn added(field: &str, ty: &str) -> u64 {
    let size = |plan: &Plan| hop(plan, "work/handoff-1").envelope.size.unwrap();
    let with = pipeline(
        &format!("{field}: {ty}, other: bool"),
        &format!("{field}, other"),
        &format!("{field}, other"),
    );
    let without = pipeline("other: bool", "other", "other");
    size(&with) - size(&without)
}

#[test]
fn every_type_takes_its_largest_value() {
    let worst = |ty: &str, value: &str| {
        let json = format!(r#""f":{value},"#);
        assert!(added("f", ty) >= json.len() as u64, "{ty}: {} < {}", added("f", ty), json.len());
        assert!(added("f", ty) <= json.len() as u64 + 24, "{ty}: {} >> {}", added("f", ty), json.len());
    };
    worst("text max 50", &format!("{:?}", "😀".repeat(50)));
    worst("text max 50", &format!("\"{}\"", "\u{10ffff}".repeat(50)));
    worst("url", &format!("\"{}\"", "x".repeat(2048)));
    worst("bool", "false");
    worst("number", "-1.23456789012345e-300");
    worst("percent", "0.000123456789012345");
    worst("date", "\"2026-11-22\"");
    worst("E", "\"the_longest\"");
    worst("list max 3 of bool", "[false,false,false]");
    worst("A", &format!(r#"{{"n":{},"t":"{}"}}"#, "9".repeat(24), "😀".repeat(10)));
    let a = format!(r#"{{"n":{},"t":"{}"}}"#, "9".repeat(24), "😀".repeat(10));
    worst("R", &format!(r#"{{"a":{a},"all":[{a},{a},{a}]}}"#));
}

#[test]
fn what_has_no_bound_has_no_size() {
    for ty in ["text", "list of bool", "list max 3 of text", "Deep"] {
        let plan = pipeline(&format!("f: {ty}"), "f", "f");
        assert_eq!(hop(&plan, "work/handoff-1").envelope.size, None, "{ty}");
        assert_eq!(hop(&plan, "intake-1").envelope.size, None, "{ty}: it is answered there");
        assert!(hop(&plan, "next/handoff-1").envelope.size.is_some(), "{ty}: it does not travel further");
    }
}

/// What Step Functions is told that it can't hold.
fn refused(plan: &Plan) -> Vec<String> {
    let found = (target("asl").unwrap().emit)(plan, &Options::default()).err().unwrap_or_default();
    assert!(found.iter().all(|found| found.code == Code::NotExpressible && found.help.is_some()));
    found.into_iter().map(|found| found.message).collect()
}

#[test]
fn step_functions_holds_256_kib() {
    assert!(refused(&pipeline("f: text max 30000", "f", "f")).is_empty());
    let large = refused(&pipeline("f: text max 70000", "f", "f"));
    let states: Vec<_> = large.iter().map(|message| message.split('`').nth(1).unwrap()).collect();
    assert_eq!(states, ["work", "next"], "it is answered there, and travels there: {large:?}");
    let unbounded = refused(&pipeline("f: R, g: list of Deep, h: text", "f, g, h", "f, g, h"));
    let told: Vec<_> = unbounded.iter().map(|message| message.split(' ').next().unwrap()).collect();
    assert_eq!(told, ["`g`", "`h`"]);
    assert_eq!(refused(&pipeline("f: Deep", "f", "f")).len(), 1);
}
