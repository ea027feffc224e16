//! Work on many things side by side; on few where it stands, since starting threads costs more than they save.
//!
//! Must not know: what is done.

use rayon::prelude::*;

/// What becomes of each of these things, in their order. One alone is no reason for a thread.
pub(crate) fn map<'t, T: Sync, R: Send>(things: &'t [T], each: impl Fn(&'t T) -> R + Sync + Send) -> Vec<R> {
    match things {
        [] | [_] => things.iter().map(each).collect(),
        many => many.par_iter().map(each).collect(),
    }
}

/// The same for the numbers below `count`, in pieces of so many.
pub(crate) fn below<R: Send>(
    count: usize,
    piece: usize,
    each: impl Fn(usize) -> Option<R> + Sync + Send,
) -> Vec<R> {
    if count <= piece {
        return (0..count).filter_map(each).collect();
    }
    (0..count).into_par_iter().with_min_len(piece).filter_map(each).collect()
}
