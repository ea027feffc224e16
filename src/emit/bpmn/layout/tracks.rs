//! Lines side by side: in each channel between columns, and in each gutter between rows, every line has a track, and two
//! that would lie on one another have different ones (the left-edge algorithm of Hashimoto and Stevens, 1971).
//!
//! Must not know: what the lines are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// From where to where, both included.
pub(super) type Span = (usize, usize);

/// The track of each span, and how many tracks there are.
pub(super) fn tracks(spans: &[Span]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|at| spans.get(*at).copied().unwrap_or_default());
    let mut tracks = vec![0; spans.len()];
    let mut free = BinaryHeap::new();
    let mut count = 0;
    for at in order {
        let (start, end) = spans.get(at).copied().unwrap_or_default();
        let reused = match free.peek() {
            Some(&Reverse((until, track))) if until < start => {
                free.pop();
                Some(track)
            }
            _ => None,
        };
        let track = reused.unwrap_or(count);
        count = count.max(track + 1);
        free.push(Reverse((end, track)));
        if let Some(place) = tracks.get_mut(at) {
            *place = track;
        }
    }
    (tracks, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_kept_apart() {
        assert_eq!(tracks(&[(0, 2), (2, 4), (3, 5), (6, 6)]), (vec![0, 1, 0, 1], 2));
        assert_eq!(tracks(&[]), (vec![], 0));
    }
}
