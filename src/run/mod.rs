//! The interpreter of a plan: what becomes of a work item when something happens to it. The reference with which every
//! engine is compared.
//!
//! Must not know: the model, files, clock or a store. It is data in, data out: [`start`] and [`step`] get an item, what
//! happened and the time, and return the item as it is then with what is to be done about it; or they refuse, and nothing
//! has changed. Where an owner has to be told of work, [`task`] says what. What runs a plan for real stands beside it:
//! [`owners`],
//! the [`store`] and the runner that [`serve`]s both.
//!
//! What was proved of the plan is looked at again: that exactly one handoff holds, that a bound leads on, that what
//! the next owner reads is there and of its type. Were it not so, the step is refused as [`Refusal::Broken`].

mod door;
mod event;
mod fit;
mod guard;
mod item;
mod key;
mod leave;
mod number;
pub mod owners;
pub mod serve;
mod step;
pub mod store;
pub mod story;
mod task;
mod timers;

pub use door::{start, start_run};
pub use event::{Effect, Event, Handover, Misfit, Refusal, RunStart};
pub use item::{At, Item, Outcome, Phase, RunState, Visit, Visits};
pub use key::Key;
pub use step::step;
pub use task::{Task, task};
pub use timers::next_due;

/// Values by name.
pub type Record = serde_json::Map<String, serde_json::Value>;

/// An item after something has happened, and what is to be done about it, in this order.
pub type Next = (Item, Vec<Effect>);
