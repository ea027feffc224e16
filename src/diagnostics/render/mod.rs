//! The output formats, one file a format.
//!
//! Must not know: how diagnostics were found.
