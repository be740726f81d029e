//! Cuts work into blocks for the threads of the caller's rayon pool. The cut depends on shapes alone.

use rayon::prelude::*;

/// Calls `work` with every chunk of `size` values and its place.
pub fn each_chunk<T: Send>(values: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    // A pool of one thread would pay for queues that nobody shares.
    if rayon::current_num_threads() == 1 {
        values.chunks_mut(size).enumerate().for_each(|(place, chunk)| work(place, chunk));
    } else {
        values.par_chunks_mut(size).enumerate().for_each(|(place, chunk)| work(place, chunk));
    }
}

/// The same over two lists in step.
pub fn each_pair<T: Send, U: Send>(
    (left, left_size): (&mut [T], usize),
    (right, right_size): (&mut [U], usize),
    work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    if rayon::current_num_threads() == 1 {
        let pairs = left.chunks_mut(left_size).zip(right.chunks_mut(right_size));
        pairs.enumerate().for_each(|(place, (left, right))| work(place, left, right));
    } else {
        let pairs = left.par_chunks_mut(left_size).zip(right.par_chunks_mut(right_size));
        pairs.enumerate().for_each(|(place, (left, right))| work(place, left, right));
    }
}
