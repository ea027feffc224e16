//! Which values were made up, and whether a decision hangs on one of them.
//!
//! Must not know: how values are made up.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use smol_str::SmolStr;

use crate::plan::{Flow, Guard, Path, State, When};
use crate::run::guard::{Values, decide, paths};

/// What is not really known of the values in a story.
#[derive(Clone, Debug, Default)]
pub(super) struct Guess {
    /// The paths that are there, with a value that was made up.
    pub(super) made_up: BTreeSet<SmolStr>,
    /// The fields of which nobody has said whether they are there; `decision` without an option.
    pub(super) open: BTreeSet<SmolStr>,
}

impl Guess {
    /// What is left to guess once these fields are made anew.
    pub(super) fn without<'f>(&self, fields: impl Iterator<Item = &'f SmolStr>) -> Guess {
        let mut left = self.clone();
        for field in fields {
            left.open.remove(field);
            left.made_up.retain(|path| path.split('.').next() != Some(field));
        }
        left
    }

    /// The paths of which more has to be known to say which handoff holds; none if that is clear.
    pub(super) fn undecided(&self, flow: &Flow, state: &State, values: Values<'_>) -> Vec<SmolStr> {
        let known = |guard| decide(flow, guard, |test| self.tells(test).then(|| values.test(test)));
        let guards = || state.handoffs.iter().filter_map(|handoff| guard_of(&handoff.when));
        let answers: Vec<_> = guards().map(known).collect();
        if answers.contains(&Some(true)) || answers.iter().all(|answer| *answer == Some(false)) {
            return Vec::new();
        }
        let read = guards().flat_map(|guard| paths(flow, guard).into_values());
        let guessed: IndexSet<_> = read.filter(|path| self.is_guessed(path)).map(|path| &path.text).collect();
        guessed.into_iter().cloned().collect()
    }

    /// Whether a test asks for nothing that was made up. Whether something is there is known of all but open fields.
    fn tells(&self, test: &Guard) -> bool {
        match test {
            Guard::Present { path, .. } => !self.is_open(path),
            Guard::Compare { path, .. }
            | Guard::Range { path, .. }
            | Guard::Set { path, .. }
            | Guard::True(path) => !self.is_guessed(path),
            _ => true,
        }
    }

    fn is_guessed(&self, path: &Path) -> bool {
        self.is_open(path) || self.made_up.contains(&path.text)
    }

    fn is_open(&self, path: &Path) -> bool {
        path.names.first().is_some_and(|root| self.open.contains(root))
    }
}

fn guard_of(when: &When) -> Option<&Guard> {
    match when {
        When::Guard(guard) => Some(guard),
        When::Otherwise => None,
    }
}
