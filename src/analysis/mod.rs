//! Facts about flows, without words: what is proved, and the witness where it is not.
//!
//! Must not know: diagnostics, texts, the tree. Each part decides exactly or says that it could not; the procedures are
//! those of `docs/proofs.md`.

pub mod assigned;
pub mod context;
pub mod cover;
pub mod guards;
pub mod live;
pub mod present;
mod sets;
mod spread;
pub mod uses;
pub mod worst;
