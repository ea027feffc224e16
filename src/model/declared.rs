//! What stands at the top level of files: types, actors, thresholds; and the fields of records.
//!
//! Must not know: flows.

use rust_decimal::Decimal;

use super::{AssetId, Currency, EnumId, Name, StateId, Text};
use crate::source::Span;

/// `enum Risk { … }`
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name; the file is that of its span.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its members, without repetitions.
    pub members: Vec<Name>,
    /// Part of it could not be read: it may have more members.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// `asset Draft { … }`
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its fields, without repetitions.
    pub fields: Vec<Field>,
    /// Part of it could not be read: it may have more fields.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// A field of an asset or a context.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its type.
    pub ty: FieldType,
    /// The type as written.
    pub ty_span: Span,
}

/// `T` or `T?`
#[derive(Clone, Debug, PartialEq)]
pub struct FieldType {
    /// T.
    pub ty: Type,
    /// It may be absent.
    pub optional: bool,
}

/// A type without its `?`.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Unicode text of at most `max` scalars.
    Text {
        /// The bound, if any.
        max: Option<u64>,
    },
    /// A URL, at most 2,048 characters.
    Url,
    /// true or false.
    Bool,
    /// A whole number.
    Int(Bounds),
    /// A decimal number.
    Number(Bounds),
    /// A fraction 0..1, written `70%`.
    Percent,
    /// Seconds, from 0 up.
    Duration,
    /// An amount from 0 up in one currency.
    Money(Currency),
    /// A day; it can only be asked for presence.
    Date,
    /// One of a closed set.
    Enum(EnumId),
    /// A record.
    Asset(AssetId),
    /// A list of at most `max` elements; it can only be asked for presence.
    List {
        /// The bound, if any.
        max: Option<u64>,
        /// The elements' type.
        of: Box<Type>,
    },
    /// One of the options of that approval: only `decision` has it, no field.
    Options(StateId),
    /// Could not be resolved.
    Unknown,
}

/// A closed range; `None` is unbounded on that side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Included.
    pub low: Option<Decimal>,
    /// Included, unless `open`.
    pub high: Option<Decimal>,
    /// The upper end does not belong to it.
    pub open: bool,
}

/// The kinds of actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ActorKind {
    /// A model route.
    Model,
    /// A command.
    Script,
    /// An HTTP call.
    Action,
    /// A person or team.
    Human,
    /// A queue.
    Queue,
}

/// `actor writer: model { … }`
#[derive(Clone, Debug)]
pub struct Actor {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Its kind; `None` if it could not be read.
    pub kind: Option<ActorKind>,
    /// How it is reached: the text of the clause that fits its kind.
    pub binding: Option<Text>,
    /// The keyword of another kind's binding that stands in its place, if one does; it has been reported.
    pub misfit: Option<Span>,
    /// `responds within`, in seconds.
    pub responds: Option<Spanned<u64>>,
    /// `costs`, per attempt.
    pub costs: Option<Spanned<Money>>,
    /// A clause could not be read.
    pub unknown: bool,
    /// Something uses it.
    pub used: bool,
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// A value with its place.
pub type Spanned<T> = crate::syntax::tree::Spanned<T>;

/// `threshold publishable: …`; resolved anew in each flow that uses it, since its paths are the flow's.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<Box<str>>,
    /// Something uses it.
    pub used: bool,
}
