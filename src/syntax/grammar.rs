//! The parser that pest derives from `grammar/flow.pest`, and nothing else.
#![allow(missing_docs)] // derived code has no words

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../grammar/flow.pest"]
pub(super) struct Grammar;
