//! Rows of tables, and what flows back to them.

use super::blocks::each_chunk;
use super::{Slot, written};

/// The rows of `[lanes · vocabulary, channels]` that `index` names, one after another.
pub fn rows(table: &[f32], channels: usize, index: &[usize]) -> Vec<f32> {
    let write = |out: &mut [Slot]| {
        for (out, row) in out.chunks_exact_mut(channels).zip(index) {
            out.write_copy_of_slice(&table[row * channels..][..channels]);
        }
    };
    // SAFETY: every index has a row of slots.
    unsafe { written(index.len() * channels, write) }
}

/// The gradient of a table of `size` numbers in `lanes` lanes: the rows of `gradient`, each added to
/// the row that it came from, in their order.
pub fn rows_gradient(
    gradient: &[f32],
    channels: usize,
    index: &[usize],
    (size, lanes): (usize, usize),
) -> Vec<f32> {
    let mut table = vec![0.0; size];
    let (lane_size, per_lane) = (size / lanes, index.len() / lanes);
    each_chunk(&mut table, lane_size, |lane, table| {
        let index = &index[lane * per_lane..][..per_lane];
        let gradient = &gradient[lane * per_lane * channels..][..per_lane * channels];
        for (row, gradient) in index.iter().zip(gradient.chunks_exact(channels)) {
            let row = &mut table[row * channels - lane * lane_size..][..channels];
            row.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
        }
    });
    table
}

/// Adds `positions`, `[lanes, context, channels]`, to every window of `[lanes, windows, context,
/// channels]`.
pub fn add_positions(x: &[f32], positions: &[f32], lanes: usize) -> Vec<f32> {
    let (size, window) = (x.len() / lanes, positions.len() / lanes);
    assert!(size.is_multiple_of(window) && x.len() == lanes * size);
    let write = |lane: usize, out: &mut [Slot]| {
        let positions = &positions[lane * window..][..window];
        let windows = out.chunks_exact_mut(window).zip(x[lane * size..].chunks_exact(window));
        for (out, x) in windows {
            for ((out, x), position) in out.iter_mut().zip(x).zip(positions) {
                out.write(x + position);
            }
        }
    };
    // SAFETY: every window has its slots.
    unsafe { written(x.len(), |out| each_chunk(out, size, write)) }
}

/// The gradient of the positions, `[lanes, window]`: sums over the windows.
pub fn positions_gradient(gradient: &[f32], window: usize, lanes: usize) -> Vec<f32> {
    let size = gradient.len() / lanes;
    let mut sums = vec![0.0; lanes * window];
    each_chunk(&mut sums, window, |lane, sums| {
        super::linear::add_rows(sums, &gradient[lane * size..][..size]);
    });
    sums
}
