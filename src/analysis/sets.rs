//! Sets of small numbers (fields, places in a list), one for every state or arrow, as bits.
//!
//! Must not know: what the numbers stand for.

const WORD: usize = u64::BITS as usize;

/// A set of numbers below a bound that all sets of one analysis share.
#[derive(Clone, Debug)]
pub(super) struct Set(Vec<u64>);

impl Set {
    pub(super) fn insert(&mut self, item: usize) {
        if let Some(word) = self.0.get_mut(item / WORD) {
            *word |= 1 << (item % WORD);
        }
    }

    pub(super) fn remove(&mut self, item: usize) {
        if let Some(word) = self.0.get_mut(item / WORD) {
            *word &= !(1 << (item % WORD));
        }
    }

    /// All numbers, or none.
    pub(super) fn fill(&mut self, with: bool) {
        self.0.fill(if with { u64::MAX } else { 0 });
    }

    pub(super) fn contains(&self, item: usize) -> bool {
        has(&self.0, item)
    }

    fn copy(&mut self, from: &[u64]) {
        self.0.clear();
        self.0.extend_from_slice(from);
    }
}

fn has(words: &[u64], item: usize) -> bool {
    words.get(item / WORD).is_some_and(|word| word & 1 << (item % WORD) != 0)
}

/// How two sets that come together become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meet {
    /// What is in both.
    All,
    /// What is in either.
    Any,
}

/// So many sets, in one vector: one for every state or arrow of a flow, by its index.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    /// So often the neutral set of a meet over so many numbers: everything for `All`, nothing for `Any`.
    pub(super) fn neutral(rows: usize, items: usize, meet: Meet) -> Sets {
        let words = items.div_ceil(WORD);
        let word = if meet == Meet::All { u64::MAX } else { 0 };
        Sets { words, bits: vec![word; rows * words] }
    }

    /// A set of the same numbers, empty.
    pub(super) fn empty(&self) -> Set {
        Set(vec![0; self.words])
    }

    pub(super) fn contains(&self, row: usize, item: usize) -> bool {
        has(self.row(row), item)
    }

    pub(super) fn copy_to(&self, row: usize, set: &mut Set) {
        set.copy(self.row(row));
    }

    /// Lets a set meet another; whether that changed it.
    pub(super) fn meet(&mut self, row: usize, with: &Set, meet: Meet) -> bool {
        let start = row * self.words;
        let words = self.bits.get_mut(start..start + self.words).unwrap_or_default();
        let mut changed = false;
        for (word, other) in words.iter_mut().zip(&with.0) {
            let met = if meet == Meet::All { *word & other } else { *word | other };
            changed |= met != *word;
            *word = met;
        }
        changed
    }

    /// The numbers in a set, in order.
    pub(super) fn items(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self.row(row).iter().enumerate();
        words.flat_map(|(at, &word)| {
            let rest = std::iter::successors(Some(word), |word| Some(word & word.checked_sub(1)?));
            let rest = rest.take_while(|&word| word != 0);
            rest.map(move |word| at * WORD + word.trailing_zeros() as usize)
        })
    }

    fn row(&self, row: usize) -> &[u64] {
        let start = row * self.words;
        self.bits.get(start..start + self.words).unwrap_or_default()
    }
}
