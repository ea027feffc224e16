//! Copy walkers over the model, so that checks read `state.owner()` rather than indices.
//!
//! Must not know: any rule of `checks`.
