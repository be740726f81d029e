//! From scores to weights and back, by tiles.

use std::ops::Range;

use super::Heads;
use super::tiles::{Left, Rows, TILE, multiply};
use crate::simd::{Chunk, WIDTH, exp, fma, fold, larger};

/// What turns the scores of a row into weights: `(score − most).exp() · inverse`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scale {
    most: f32,
    pub(super) inverse: f32,
}

/// The scores of a tile's rows with all columns that its chunks cover, −∞ where a row does not see;
/// the highest of each row in each place of a chunk. `out` begins with the tile's first row.
#[inline(always)]
pub(super) fn scores<const BITS: usize>(
    out: &mut [f32],
    stride: usize,
    queries: Rows,
    key_turned: Rows,
    first: usize,
    heads: &Heads,
) -> [Chunk; TILE] {
    let scale = heads.scale();
    let mut most = [[f32::NEG_INFINITY; WIDTH]; TILE];
    let columns = heads.columns(first, TILE);
    let left = Left::rows(queries.from(first));
    multiply::<BITS>(left, key_turned, 0..heads.head, columns.clone(), out, stride);
    for row in 0..TILE {
        let seen = heads.first_key(first + row)..first + row + 1;
        let chunks = out[row * stride..][columns.clone()].as_chunks_mut::<WIDTH>().0;
        let mut highest = [f32::NEG_INFINITY; WIDTH];
        for (place, chunk) in chunks.iter_mut().enumerate() {
            let column = columns.start + place * WIDTH;
            chunk.iter_mut().for_each(|score| *score *= scale);
            if column < seen.start || column + WIDTH > seen.end {
                hide(chunk, column, seen.clone());
            }
            for place in 0..WIDTH {
                highest[place] = larger(highest[place], chunk[place]);
            }
        }
        most[row] = highest;
    }
    most
}

/// Puts −∞ where a chunk of scores, which begins at `column`, lies outside of what is seen.
#[inline(always)]
fn hide(chunk: &mut Chunk, column: usize, seen: Range<usize>) {
    /// A chunk of zeros between two of ones: a chunk out of it hides the places before or after one.
    const HIDDEN: [f32; 3 * WIDTH] = {
        let mut hidden = [1.0; 3 * WIDTH];
        let mut place = WIDTH;
        while place < 2 * WIDTH {
            hidden[place] = 0.0;
            place += 1;
        }
        hidden
    };
    let before = seen.start.saturating_sub(column).min(WIDTH);
    let after = (column + WIDTH).saturating_sub(seen.end).min(WIDTH);
    let before: &Chunk = HIDDEN[WIDTH - before..].first_chunk().expect("three chunks");
    let after: &Chunk = HIDDEN[WIDTH + after..].first_chunk().expect("three chunks");
    for place in 0..WIDTH {
        let hidden = before[place] + after[place] > 0.0;
        chunk[place] = if hidden { f32::NEG_INFINITY } else { chunk[place] };
    }
}

/// Products of a tile's rows with all columns that its chunks cover.
#[inline(always)]
pub(super) fn row_products<const BITS: usize>(
    out: &mut [f32],
    stride: usize,
    left: Rows,
    right: Rows,
    first: usize,
    heads: &Heads,
) {
    let left = Left::rows(left.from(first));
    let columns = heads.columns(first, TILE);
    multiply::<BITS>(left, right, 0..heads.head, columns, out, stride);
}

/// Turns the scores of a tile into exponentials below the highest of each row, and says what is to be
/// done to them.
#[inline(always)]
pub(super) fn exponentials<const BITS: usize>(
    scores: &mut [f32],
    stride: usize,
    most: &[Chunk; TILE],
    first: usize,
    heads: &Heads,
) -> [Scale; TILE] {
    // The rows go side by side: one alone would wait for its own sums.
    let mut scales = [Scale::default(); TILE];
    for row in 0..TILE {
        scales[row].most = fold(most[row], larger);
    }
    let mut totals = [[0.0; WIDTH]; TILE];
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        for row in 0..TILE {
            let place_in_row = row * stride + column;
            let mut chunk = chunk_at(scores, place_in_row);
            for place in 0..WIDTH {
                chunk[place] = exp::<BITS>(chunk[place] - scales[row].most);
                totals[row][place] += chunk[place];
            }
            put(scores, place_in_row, chunk);
        }
    }
    for row in 0..TILE {
        scales[row].inverse = 1.0 / fold(totals[row], |a, b| a + b);
    }
    scales
}

/// A chunk of a list, read as a whole: what is written afterwards may lie anywhere, as far as compilers know.
#[inline(always)]
fn chunk_at(values: &[f32], start: usize) -> Chunk {
    *values[start..].first_chunk().expect("whole chunks")
}

/// Writes a chunk in one move.
#[inline(always)]
fn put(values: &mut [f32], start: usize, chunk: Chunk) {
    *values[start..].first_chunk_mut().expect("whole chunks") = chunk;
}

/// Turns the scores of a tile into weights, and the gradients of the weights into those of the scores. With `KEPT` the
/// weights come from exponentials below the highest score of each row instead, `[TILE, columns]`.
#[inline(always)]
pub(super) fn weigh<const BITS: usize, const KEPT: bool>(
    scores: &mut [f32],
    kept: &[f32],
    slopes: &mut [f32],
    stride: usize,
    scales: &[Scale; TILE],
    first: usize,
    heads: &Heads,
) {
    let columns = heads.columns(first, TILE);
    let mut inner = [[0.0; WIDTH]; TILE];
    for column in columns.clone().step_by(WIDTH) {
        for row in 0..TILE {
            let place_in_row = row * stride + column;
            let slopes = chunk_at(slopes, place_in_row);
            let mut weights = match KEPT {
                true => chunk_at(kept, row * columns.len() + column - columns.start),
                false => chunk_at(scores, place_in_row),
            };
            for place in 0..WIDTH {
                if !KEPT {
                    weights[place] = exp::<BITS>(weights[place] - scales[row].most);
                }
                weights[place] *= scales[row].inverse;
                inner[row][place] = fma::<BITS>(weights[place], slopes[place], inner[row][place]);
            }
            put(scores, place_in_row, weights);
        }
    }
    let mut sums = [0.0; TILE];
    for row in 0..TILE {
        sums[row] = fold(inner[row], |a, b| a + b);
    }
    let scale = heads.scale();
    for column in columns.step_by(WIDTH) {
        for (row, sum) in sums.iter().enumerate() {
            let place_in_row = row * stride + column;
            let weights = chunk_at(scores, place_in_row);
            let mut made = chunk_at(slopes, place_in_row);
            for place in 0..WIDTH {
                made[place] = weights[place] * (made[place] - sum) * scale;
            }
            put(slopes, place_in_row, made);
        }
    }
}
