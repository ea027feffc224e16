//! Top-level declarations but flows.
//!
//! Must not know: what names mean.

use super::{GuardExpr, Keyword, Literal, Name, Text, TypeExpr};
use crate::source::Span;

/// `use "team.flow"`
#[derive(Clone, Debug)]
pub struct Use {
    /// The whole declaration.
    pub span: Span,
    /// The path, relative to this file.
    pub path: Text,
}

/// `enum Risk { low, medium, high }`
#[derive(Clone, Debug)]
pub struct EnumItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines, joined by line ends.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its members.
    pub members: Vec<Name>,
    /// Part of the list could not be read.
    pub faulty: bool,
}

/// `asset Draft { title: text, … }`
#[derive(Clone, Debug)]
pub struct AssetItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<FieldItem>,
    /// Part of the list could not be read.
    pub faulty: bool,
}

/// `title: text max 70`, in an asset or a context
#[derive(Clone, Debug)]
pub struct FieldItem {
    /// All of it.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// Its type; `None` if it could not be read.
    pub ty: Option<TypeExpr>,
}

/// `actor writer: model { uses "writer-large"  costs 0.15 USD }`
#[derive(Clone, Debug)]
pub struct ActorItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// `model`, `script`, `action`, `human`, `queue`, or a word that is none of them.
    pub kind: Option<Name>,
    /// Its clauses in the order of the text.
    pub clauses: Vec<ActorClause>,
}

/// A clause of an actor.
#[derive(Clone, Debug)]
pub struct ActorClause {
    /// All of it.
    pub span: Span,
    /// Its first word.
    pub keyword: Span,
    /// What it says.
    pub kind: ActorClauseKind,
}

/// The clauses of an actor.
#[derive(Clone, Debug)]
pub enum ActorClauseKind {
    /// `uses`, `runs`, `calls`, `contact` or `name`, with its text
    Binding(Keyword, Text),
    /// `responds within 5m`
    Responds(Literal),
    /// `costs 0.15 USD`
    Costs(Literal),
    /// Could not be read; the keyword, where it is known.
    Junk(Option<Keyword>),
}

/// `threshold publishable: quality >= 0.85`
#[derive(Clone, Debug)]
pub struct ThresholdItem {
    /// The whole declaration.
    pub span: Span,
    /// Its `///` lines.
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Name,
    /// What it asks.
    pub guard: GuardExpr,
}
