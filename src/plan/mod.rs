//! The plan: the resolved, ordered, target-neutral pipeline. The only thing that emitters and the runner read.
//!
//! Must not know: the tree, and any engine.
