//! Baton: the compiler for `.flow`.
