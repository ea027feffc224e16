//! How the whole check of one file grows with its states, shape by shape.
//!
//! `cargo bench` runs it; a million states, memory and the peers are for `benches/compare.py`.

#![allow(missing_docs)] // what the macros make

#[allow(dead_code)] // its `main` is that of an example
mod shapes;

use std::sync::Arc;

use baton::source::Sources;
use baton::{Load, compile};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// The flows use no files.
struct Nothing;

impl Load for Nothing {
    fn load(&self, path: &str) -> Result<Arc<str>, String> {
        Err(format!("`{path}` is not there"))
    }
}

fn check(text: &Arc<str>) {
    let mut sources = Sources::new();
    sources.add("big.flow", Arc::clone(text));
    let found = compile(sources, &Nothing).diagnostics;
    assert!(found.is_empty(), "{:?}", found.first());
}

fn scale(criterion: &mut Criterion) {
    for (shape, write) in shapes::SHAPES {
        let mut group = criterion.benchmark_group(shape);
        group.sample_size(10);
        for states in SIZES {
            let text: Arc<str> = write(states).into();
            group.throughput(Throughput::Elements(states as u64));
            group.bench_with_input(BenchmarkId::from_parameter(states), &text, |bencher, text| {
                bencher.iter(|| check(text));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, scale);
criterion_main!(benches);
