//! How long the guards of each flow of a text on standard input take, witnesses included: a line a flow with its name
//! and nanoseconds, the least of several times.
//!
//! `benches/compare.py` holds this against z3.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton::analysis::guards::Guards;
use baton::model::{Flow, Model};
use baton::source::Sources;
use baton::{Load, compile};

const TIMES: usize = 20;

/// The flows use no files.
struct Nothing;

impl Load for Nothing {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        Err(format!("`{path}` is not there"))
    }
}

fn least(model: &Model, flow: &Flow) -> Duration {
    let once = || {
        let began = Instant::now();
        let guards = std::hint::black_box(Guards::new(model, flow));
        let took = began.elapsed();
        drop(guards);
        took
    };
    std::iter::repeat_with(once).take(TIMES).min().unwrap_or_default()
}

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut sources = Sources::new();
    sources.add("guards.flow", text);
    let model = compile(sources, &Nothing).model;
    for flow in &model.flows {
        println!("{} {}", flow.name.text, least(&model, flow).as_nanos());
    }
    Ok(())
}
