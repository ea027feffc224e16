//! A long walk, folded: what comes several times in a row is said once.
//!
//! Must not know: why work walks there.

use rustc_hash::FxHashMap;

use crate::model::ArrowId;

/// Arrows that are taken one after the other, all of them so many times in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lap {
    /// The arrows of one round; never empty.
    pub arrows: Vec<ArrowId>,
    /// How many rounds.
    pub times: u64,
}

/// The walk in laps.
#[must_use]
pub fn laps(walk: &[ArrowId]) -> Vec<Lap> {
    let mut rounds = Rounds { walk, again: again(walk), period: 0, same_until: 0 };
    let mut laps: Vec<Lap> = Vec::new();
    let mut at = 0;
    while let Some(&arrow) = walk.get(at) {
        let (length, times) = rounds.at(at);
        match laps.last_mut() {
            Some(lap) if times == 1 && lap.times == 1 => lap.arrows.push(arrow),
            _ => {
                let arrows = walk.get(at..at + length).unwrap_or_default().to_vec();
                laps.push(Lap { arrows, times: times as u64 });
            }
        }
        at += length * times;
    }
    laps
}

/// For each place where the same arrow is taken again.
fn again(walk: &[ArrowId]) -> Vec<Option<usize>> {
    let mut later = FxHashMap::default();
    let mut again: Vec<_> =
        walk.iter().enumerate().rev().map(|(at, arrow)| later.insert(arrow, at)).collect();
    again.reverse();
    again
}

struct Rounds<'w> {
    walk: &'w [ArrowId],
    again: Vec<Option<usize>>,
    /// So far ahead the walk is the same, up to there.
    period: usize,
    same_until: usize,
}

impl Rounds<'_> {
    /// How long the round is that begins there, and how often it is gone in a row.
    fn at(&mut self, start: usize) -> (usize, usize) {
        let Some(next) = self.again.get(start).copied().flatten() else { return (1, 1) };
        let period = next - start;
        if self.period != period || self.same_until < start {
            let ahead = self.walk.iter().skip(start).zip(self.walk.iter().skip(next));
            self.same_until = start + ahead.take_while(|(one, other)| one == other).count();
            self.period = period;
        }
        match 1 + (self.same_until - start) / period {
            1 => (1, 1),
            times => (period, times),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(walk: &str, expected: &[(&str, u64)]) {
        let arrows = |text: &str| text.bytes().map(|letter| ArrowId(letter.into())).collect::<Vec<_>>();
        let laps = laps(&arrows(walk));
        let expected: Vec<_> =
            expected.iter().map(|&(round, times)| Lap { arrows: arrows(round), times }).collect();
        assert_eq!(laps, expected);
    }

    #[test]
    fn what_repeats_is_said_once() {
        check("", &[]);
        check("abc", &[("abc", 1)]);
        check("aaab", &[("a", 3), ("b", 1)]);
        check("xababaay", &[("x", 1), ("ab", 2), ("a", 2), ("y", 1)]);
        check("abcabd", &[("abcabd", 1)]);
        check("abbabbc", &[("abb", 2), ("c", 1)]);
    }

    #[test]
    fn two_long_rounds_that_differ_at_their_end() {
        let round: Vec<ArrowId> = (0..200_000).map(ArrowId).collect();
        let mut walk = [round.clone(), round].concat();
        walk.pop();
        assert_eq!(laps(&walk).len(), 1);
    }
}
