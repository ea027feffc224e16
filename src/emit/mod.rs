//! The targets, one file each: capabilities and `fn(&Plan) -> files`.
//!
//! Must not know: the model, and the disk: the command line writes.
