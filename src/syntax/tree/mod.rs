//! The tree of one file: what stands in the text, with a span on everything.
//!
//! Must not know: what names mean, and pest. It is for spans and formatting; checks read the model. What could not
//! be read stands as `Junk`, `Faulty` or `None`, so that later stages know what is unknown.

mod declaration;
mod flow;
mod guard;
mod scenario;
mod state;
mod types;

pub use declaration::*;
pub use flow::*;
pub use guard::*;
pub use scenario::*;
pub use state::*;
pub use types::*;

use smol_str::SmolStr;

use crate::source::{FileId, Span};

pub use iso_currency::Currency;

/// One file, with its states as `S`: read, or only their heads.
#[derive(Clone, Debug)]
pub struct Tree<S = StateItem> {
    /// Which file.
    pub file: FileId,
    /// Declarations in the order of the text.
    pub items: Vec<Item<S>>,
    /// All comments in the order of the text, those inside junk included.
    pub comments: Vec<Comment>,
}

impl Tree<StateHead> {
    /// The heads of all states, in the order of the text.
    pub fn heads(&self) -> impl Iterator<Item = &StateHead> {
        let members = self.items.iter().flat_map(|item| match item {
            Item::Flow(flow) => flow.members.as_slice(),
            _ => &[],
        });
        members.filter_map(|member| match member {
            Member::State(head) => Some(head),
            _ => None,
        })
    }

    /// The tree with its states read, which come in the order of their heads.
    #[must_use]
    pub fn with(self, mut states: impl Iterator<Item = Result<StateItem, Junk>>) -> Tree {
        let Tree { file, items, comments } = self;
        let items = items.into_iter().map(|item| item.with(&mut states)).collect();
        Tree { file, items, comments }
    }
}

/// A comment, `//` included, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// Which sort.
    pub kind: CommentKind,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// The three sorts of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Plain,
    /// `/// …`, documentation of the declaration that follows
    Doc,
    /// `//! …`, documentation of the file
    File,
}

/// An identifier where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its letters.
    pub text: SmolStr,
    /// Its place.
    pub span: Span,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// A text literal, its escapes resolved.
pub type Text = Spanned<Box<str>>;

/// A top-level declaration.
#[derive(Clone, Debug)]
pub enum Item<S = StateItem> {
    /// `use "team.flow"`
    Use(Use),
    /// `enum Risk { low, high }`
    Enum(EnumItem),
    /// `asset Draft { … }`
    Asset(AssetItem),
    /// `actor writer: model { … }`
    Actor(ActorItem),
    /// `threshold publishable: …`
    Threshold(ThresholdItem),
    /// `flow refresh { … }`
    Flow(FlowItem<S>),
    /// A declaration that could not be read; the diagnostic has been given.
    Junk(Junk),
}

impl Item<StateHead> {
    fn with(self, states: &mut impl Iterator<Item = Result<StateItem, Junk>>) -> Item {
        match self {
            Item::Flow(flow) => Item::Flow(flow.with(states)),
            Item::Use(item) => Item::Use(item),
            Item::Enum(item) => Item::Enum(item),
            Item::Asset(item) => Item::Asset(item),
            Item::Actor(item) => Item::Actor(item),
            Item::Threshold(item) => Item::Threshold(item),
            Item::Junk(junk) => Item::Junk(junk),
        }
    }
}

/// What a declaration or flow member that could not be read was meant to be.
#[derive(Clone, Debug)]
pub struct Junk {
    /// All of it.
    pub span: Span,
    /// The keyword it began with, or nearly.
    pub keyword: Option<Keyword>,
    /// The name it declares, which counts as declared.
    pub name: Option<Name>,
}

/// The words that begin a declaration, a member or a clause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // each is its word
pub enum Keyword {
    Use,
    Enum,
    Asset,
    Actor,
    Threshold,
    Flow,
    Context,
    Intake,
    Default,
    State,
    Approval,
    Wait,
    Call,
    End,
    Prove,
    Scenario,
    Owner,
    Goal,
    Needs,
    Makes,
    Accept,
    Deadline,
    Failure,
    Retry,
    Handoff,
    Asks,
    Shows,
    Options,
    For,
    Runs,
    Join,
    Receipt,
    Reason,
    Map,
    Start,
    At,
    Expect,
    Uses,
    Calls,
    Contact,
    Named,
    Responds,
    Costs,
}
