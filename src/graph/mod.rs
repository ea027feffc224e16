//! The flow as a graph: reachability, cycles, shortest witness paths.
//!
//! Must not know: words. It answers with ids.
