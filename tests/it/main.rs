//! The one integration binary.

// Tests read files, and stop at what is wrong.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod breakages;
mod build;
mod cli;
mod context;
mod documents;
mod door;
mod emitted;
mod fixes;
mod fmt;
mod generated;
mod graph;
mod init;
mod markdown;
mod markers;
mod model;
mod pages;
mod picture;
mod planned;
mod properties;
mod published;
mod random_flow;
mod render;

mod run;
mod running;
mod scenarios;
mod schema;
mod schemas;
mod sizes;
mod support;
mod suppress;
mod theorem;
mod worst;
