//! The model: names and types resolved, arrows spelled out. All that follows reads only this.
//!
//! Must not know: the spelling of the text (the tree's business), nor any rule of `checks`. What could not be
//! resolved is said to be unknown (`Type::Unknown`, `Guard::Unknown`, `Arrow::to == None`, the `unknown` flags), so
//! that verdicts which it could change are withheld.
//!
//! Data lives in arenas of plain vectors, addressed by typed ids; [`walk`] has Copy walkers over them.

mod asked;
mod declared;
mod flow;
mod guard;
mod ids;
mod lower;
mod state;
pub mod walk;
pub mod words;

pub use asked::*;
pub use declared::*;
pub use flow::*;
pub use guard::*;
pub use ids::*;
pub use lower::lower;
pub use state::*;

use crate::source::{FileId, Span};
pub use crate::syntax::tree::{Comment, CompareOp, Currency, Name, StateKind, Text};

/// Everything that the checked files and what they use declare.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The files, in the order in which they were loaded.
    pub files: Vec<ModelFile>,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Assets.
    pub assets: Vec<Asset>,
    /// Actors.
    pub actors: Vec<Actor>,
    /// Thresholds.
    pub thresholds: Vec<Threshold>,
    /// Flows.
    pub flows: Vec<Flow>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// Which.
    pub file: FileId,
    /// Its comments.
    pub comments: Vec<Comment>,
    /// It was asked for, not only used by another: its warnings are shown too.
    pub checked: bool,
    /// It has syntax errors or unreadable declarations: a name might be used there.
    pub faulty: bool,
    /// Its `use` declarations.
    pub uses: Vec<ModelUse>,
}

/// `use "team.flow"`, resolved
#[derive(Clone, Debug)]
pub struct ModelUse {
    /// The declaration.
    pub span: Span,
    /// The file it brings in, if it could be read.
    pub file: Option<FileId>,
    /// Some name of that file is used here.
    pub used: bool,
}
