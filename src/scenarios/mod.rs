//! Scenarios: played and judged (`test`), and written as an author would, so that they take every arrow of a flow
//! (`generate`).
//!
//! Must not know: how a story is played (see [`crate::run::story`]).

mod generated;
mod render;
mod tested;
mod verdict;
mod write;

pub use generated::{Generated, Untaken, generate};
pub use render::{Format, Results, json_schema, render};
pub use tested::{Coverage, Missed, Tested, coverage, taken, test};
