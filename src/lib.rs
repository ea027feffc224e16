//! Baton: the compiler for `.flow`, a language for pipelines in which models, scripts, services and people hand
//! work to one another.
//!
//! A text becomes a tree ([`syntax`]), trees become the [`model`], [`checks`] turn facts into [`diagnostics`], the
//! [`plan`] is what is left for [`emit`]. Nothing here but [`cli`] touches files, clock or environment.

extern crate alloc; // pest's derived code names it

pub mod analysis;
pub mod checks;
pub mod cli;
mod compile;
pub mod config;
pub mod diagnostics;
pub mod emit;
pub mod graph;
pub mod model;
mod parallel;
pub mod plan;
pub mod run;
pub mod scenarios;
pub mod source;
pub mod syntax;

pub use compile::{Compilation, Load, compile};
