//! Flows of any size in a few shapes, for `benches/scale.rs` and `benches/compare.py`.
//!
//! `cargo run --release --example shapes -- chain 1000` prints one. Every flow is clean: each has its owner, its
//! deadline, its ways out, and guards without a gap.

use std::fmt::Write;

/// A shape by its name, with what writes it.
pub(crate) type Shape = (&'static str, fn(usize) -> String);

/// All shapes.
pub(crate) const SHAPES: [Shape; 5] =
    [("chain", chain), ("cycle", cycle), ("star", star), ("guards", guards), ("enums", enums)];

/// State after state, each with a counted way back to itself and one to failure: ladders of rework.
pub(crate) fn chain(states: usize) -> String {
    let mut text = head("  quality: number 0..1\n  risk: Risk", "s0");
    for at in 0..states {
        let next = step(at, states);
        state(
            &mut text,
            &format!("s{at}"),
            "quality, risk",
            &format!(
                "    handoff  -> {next} when quality >= 0.60 and risk is not high\n    \
                 handoff  -> s{at} when quality < 0.60 at most 3 times else -> stuck\n    \
                 handoff  -> stuck when risk is high and quality >= 0.60\n"
            ),
        );
    }
    end(text, states, "s0")
}

/// One cycle through all states, which may be gone through three times.
pub(crate) fn cycle(states: usize) -> String {
    let mut text = head("  quality: number 0..1", "s0");
    for at in 0..states {
        let handoffs = if at + 1 < states {
            format!(
                "    handoff  -> s{} when quality >= 0.60\n    handoff  -> stuck when quality < 0.60\n",
                at + 1
            )
        } else {
            "    handoff  -> done when quality >= 0.60\n    \
             handoff  -> s0 when quality < 0.60 at most 3 times else -> stuck\n"
                .to_owned()
        };
        state(&mut text, &format!("s{at}"), "quality", &handoffs);
    }
    end(text, states, "s0")
}

/// One state that sends work to each of the others, by a number.
pub(crate) fn star(states: usize) -> String {
    let leaves = states.saturating_sub(1).max(1);
    let mut text = head(&format!("  pick: int 1..{leaves}\n  quality: number 0..1"), "hub");
    let mut handoffs = String::new();
    for leaf in 1..=leaves {
        let _ = writeln!(handoffs, "    handoff  -> s{leaf} when pick is {leaf}");
    }
    state(&mut text, "hub", "pick", &handoffs);
    for leaf in 1..=leaves {
        let handoffs =
            "    handoff  -> done when quality >= 0.60\n    handoff  -> stuck when quality < 0.60\n";
        state(&mut text, &format!("s{leaf}"), "quality", handoffs);
    }
    end(text, states.max(2), "hub")
}

/// State after state, each with guards in which brackets nest six deep.
pub(crate) fn guards(states: usize) -> String {
    const DEPTH: usize = 6;
    let mut text = head("  quality: number 0..1\n  risk: Risk\n  size: int 0..100\n  fit: percent", "s0");
    let tests = ["quality >= 0.60", "risk is low", "size < 50", "fit >= 70%"].iter().cycle().take(DEPTH);
    let deep = tests.enumerate().fold("size is 7".to_owned(), |inner, (level, test)| {
        let joint = if level % 2 == 0 { "or" } else { "and" };
        if level % 3 == 0 {
            format!("not ({inner} {joint} {test})")
        } else {
            format!("({inner} {joint} {test})")
        }
    });
    for at in 0..states {
        let next = step(at, states);
        let handoffs =
            format!("    handoff  -> {next} when {deep}\n    handoff  -> stuck when not ({deep})\n");
        state(&mut text, &format!("s{at}"), "quality, risk, size, fit", &handoffs);
    }
    end(text, states, "s0")
}

/// State after state, each asking for a member of one of a thousand enums.
pub(crate) fn enums(states: usize) -> String {
    const ENUMS: usize = 1_000;
    let mut text = String::new();
    let mut fields = String::new();
    for at in 0..ENUMS {
        let members: Vec<String> = (0..8).map(|member| format!("m{at}_{member}")).collect();
        let _ = writeln!(text, "enum E{at} {{ {} }}", members.join(", "));
        let _ = writeln!(fields, "  f{at}: E{at}");
    }
    text.push_str(&head(fields.trim_end(), "s0"));
    for at in 0..states.max(ENUMS) {
        let (next, field) = (step(at, states.max(ENUMS)), at % ENUMS);
        let handoffs = format!(
            "    handoff  -> {next} when f{field} in {{m{field}_0, m{field}_1, m{field}_2}}\n    \
             handoff  -> stuck otherwise\n"
        );
        state(&mut text, &format!("s{at}"), &format!("f{field}"), &handoffs);
    }
    end(text, states.max(ENUMS), "s0")
}

/// The state after `at`.
fn step(at: usize, states: usize) -> String {
    if at + 1 < states { format!("s{}", at + 1) } else { "done".to_owned() }
}

fn head(fields: &str, first: &str) -> String {
    format!(
        "enum Risk {{ low, medium, high }}\n\
         asset Draft {{ title: text max 70, body: text max 20000, risk: Risk? }}\n\
         actor writer: model {{ uses \"writer-large\" responds within 10m costs 0.15 USD }}\n\
         actor boss: human {{ contact \"boss@example.com\" }}\n\
         flow big {{\n  context {{\n  draft: Draft\n{fields}\n  }}\n  \
         default failure -> stuck\n  intake draft from \"queue\" -> {first}\n\n"
    )
}

fn state(text: &mut String, name: &str, makes: &str, handoffs: &str) {
    let _ = write!(
        text,
        "  state {name} {{\n    owner    writer\n    asset    draft\n    goal     \"A full draft inside the brief\"\n    \
         makes    draft, {makes}\n    deadline 30m else -> stuck\n{handoffs}  }}\n\n"
    );
}

/// The ends, and proofs that hold of every shape.
fn end(mut text: String, states: usize, first: &str) -> String {
    let _ = write!(
        text,
        "  end done: success {{ owner boss receipt draft }}\n  end stuck: failure {{ owner boss reason \"it failed\" }}\n\n  \
         prove ends within {hours}h\n  prove costs at most {hours} USD\n  \
         prove every path to done passes {first}\n}}\n",
        hours = 2 * states
    );
    text
}

/// `shapes SHAPE STATES`
#[allow(dead_code, clippy::disallowed_methods, clippy::print_stdout)] // only the example runs it
fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, states] = arguments.as_slice() else { return Err("usage: shapes SHAPE STATES".to_owned()) };
    let (_, write) = SHAPES.iter().find(|(known, _)| known == name).ok_or("there is no such shape")?;
    print!("{}", write(states.parse().map_err(|_| "STATES is a number")?));
    Ok(())
}
