//! From scores to weights and back, by tiles.

use std::ops::Range;

use super::Heads;
use super::tiles::{Rows, TILE, Tile, store, tile_by_rows};
use crate::ops::kernels::simd::{Chunk, WIDTH, exp, fma, fold, larger};

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
) -> Tile {
    let scale = heads.scale();
    let (mut most, mut tile) = ([[f32::NEG_INFINITY; WIDTH]; TILE], [[0.0; WIDTH]; TILE]);
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        let keys = key_turned.columns_from(column);
        tile_by_rows::<BITS>(queries.from(first), keys, 0..heads.head, &mut tile);
        let whole = column + WIDTH <= first + 1 && heads.first_key(first + TILE - 1) <= column;
        for row in 0..TILE {
            tile[row].iter_mut().for_each(|score| *score *= scale);
            if !whole {
                hide(&mut tile[row], column, heads.first_key(first + row)..first + row + 1);
            }
            for place in 0..WIDTH {
                most[row][place] = larger(most[row][place], tile[row][place]);
            }
        }
        store(&mut out[column..], stride, &tile);
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
    let mut tile = [[0.0; WIDTH]; TILE];
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        let right = right.columns_from(column);
        tile_by_rows::<BITS>(left.from(first), right, 0..heads.head, &mut tile);
        store(&mut out[column..], stride, &tile);
    }
}

/// Turns the scores of a tile into exponentials below the highest of each row, and says what is to be
/// done to them.
#[inline(always)]
pub(super) fn exponentials<const BITS: usize>(
    scores: &mut [f32],
    stride: usize,
    most: &Tile,
    first: usize,
    heads: &Heads,
) -> [Scale; TILE] {
    // The rows go side by side: one alone would wait for its own sums.
    let most: [f32; TILE] = [0, 1, 2, 3].map(|row| fold(most[row], larger));
    let mut totals = [[0.0; WIDTH]; TILE];
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        for row in 0..TILE {
            let chunk = &mut scores[row * stride + column..][..WIDTH];
            for place in 0..WIDTH {
                chunk[place] = exp::<BITS>(chunk[place] - most[row]);
                totals[row][place] += chunk[place];
            }
        }
    }
    let inverse = totals.map(|total| 1.0 / fold(total, |a, b| a + b));
    [0, 1, 2, 3].map(|row| Scale { most: most[row], inverse: inverse[row] })
}

/// Turns the scores of a tile into weights, and the gradients of the weights into those of the scores.
#[inline(always)]
pub(super) fn weigh<const BITS: usize>(
    scores: &mut [f32],
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
            let scores = &mut scores[row * stride + column..][..WIDTH];
            let slopes = &slopes[row * stride + column..][..WIDTH];
            for place in 0..WIDTH {
                let weight = exp::<BITS>(scores[place] - scales[row].most) * scales[row].inverse;
                scores[place] = weight;
                inner[row][place] = fma::<BITS>(weight, slopes[place], inner[row][place]);
            }
        }
    }
    let inner = inner.map(|inner| fold(inner, |a, b| a + b));
    for column in columns.step_by(WIDTH) {
        for row in 0..TILE {
            let weights = &scores[row * stride + column..][..WIDTH];
            let slopes = &mut slopes[row * stride + column..][..WIDTH];
            for place in 0..WIDTH {
                slopes[place] = weights[place] * (slopes[place] - inner[row]) * heads.scale();
            }
        }
    }
}
