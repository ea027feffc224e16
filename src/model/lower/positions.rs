//! Where a name stands among the fields of an asset, the members of an enum or the options of an approval.
//!
//! Must not know: what is asked for by that name. Short lists are searched, long ones are indexed when they are first
//! asked for, so that many names in a long list take no longer each.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::model::{AssetId, EnumId, FlowId, StateId};

/// Lists up to this length are searched from their start.
const SHORT: usize = 16;

/// Whose list it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ListOf {
    Asset(AssetId),
    Enum(EnumId),
    Approval(FlowId, StateId),
}

/// The long lists that have been asked for.
#[derive(Default)]
pub(super) struct Positions {
    indexed: FxHashMap<ListOf, FxHashMap<SmolStr, usize>>,
}

impl Positions {
    /// The position of `name` in the list, whose names differ; `of` must always mean the same list.
    pub(super) fn find<'n>(
        &mut self,
        of: ListOf,
        mut names: impl ExactSizeIterator<Item = &'n SmolStr>,
        name: &SmolStr,
    ) -> Option<usize> {
        if names.len() <= SHORT {
            return names.position(|other| other == name);
        }
        let index = || names.enumerate().map(|(at, name)| (name.clone(), at)).collect();
        self.indexed.entry(of).or_insert_with(index).get(name).copied()
    }
}
