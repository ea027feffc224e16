//! The typed ids of the arenas, and asking an arena by its id.
//!
//! Must not know: what the items are.

use super::{Actor, Arrow, Asset, Enum, Field, Flow, Handoff, Intake, Model, Path, State, Threshold};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its arena.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of that position.
            #[must_use]
            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// In [`Model::enums`].
    EnumId,
    /// In [`Model::assets`].
    AssetId,
    /// In [`Model::actors`].
    ActorId,
    /// In [`Model::thresholds`].
    ThresholdId,
    /// In [`Model::flows`].
    FlowId,
    /// In [`Flow::context`].
    FieldId,
    /// In [`Flow::states`]: a state, approval, wait, call or end.
    StateId,
    /// In [`Flow::intakes`].
    IntakeId,
    /// In [`Flow::handoffs`].
    HandoffId,
    /// In [`Flow::arrows`].
    ArrowId,
    /// In [`Flow::paths`].
    PathId,
}

/// Lets an arena's owner be asked by id: `flow[state]`. Panics only with an id of another owner.
macro_rules! arenas {
    ($($owner:ident.$arena:ident: $id:ident => $item:ident),* $(,)?) => {$(
        impl std::ops::Index<$id> for $owner {
            type Output = $item;

            #[allow(clippy::indexing_slicing)] // ids are only made for items that stand in the arena
            fn index(&self, id: $id) -> &$item {
                &self.$arena[id.index()]
            }
        }

        impl std::ops::IndexMut<$id> for $owner {
            #[allow(clippy::indexing_slicing)] // as above
            fn index_mut(&mut self, id: $id) -> &mut $item {
                &mut self.$arena[id.index()]
            }
        }
    )*};
}

arenas! {
    Model.enums: EnumId => Enum,
    Model.assets: AssetId => Asset,
    Model.actors: ActorId => Actor,
    Model.thresholds: ThresholdId => Threshold,
    Model.flows: FlowId => Flow,
    Flow.context: FieldId => Field,
    Flow.states: StateId => State,
    Flow.intakes: IntakeId => Intake,
    Flow.handoffs: HandoffId => Handoff,
    Flow.arrows: ArrowId => Arrow,
    Flow.paths: PathId => Path,
}
