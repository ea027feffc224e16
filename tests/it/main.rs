//! The one integration binary.

// Tests read files, and stop at what is wrong.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod published;
mod schemas;
