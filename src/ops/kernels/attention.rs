//! Causal attention from packed queries, keys and values, one window and head at a time.
//!
//! The scores of a head stay in a scratch of `[context, context]`; only the half that is not masked is
//! computed, by tiles of `TILE` rows and `WIDTH` columns. Backward computes the weights again from
//! each row's highest score and sum, which forward keeps (Dao et al. 2022).

mod factors;
mod past;
mod scores;
mod scratch;
mod tiles;

use std::ops::Range;
use std::sync::Arc;

use super::blocks::{each_chunk, each_pair};
use super::rotary::Angles;
use super::simd::{WIDTH, vectorised};
use super::{Slot, written};
use factors::Factors;
use scores::{exponentials, row_products, scores, weigh};
use scratch::{Scratch, with_scratch};
use tiles::{Rows, TILE, add, tile_by_columns, tile_by_rows};

pub use past::{KeyValues, forward_after};
pub use scores::Scale;

/// What attention looks like.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// Query heads.
    pub heads: usize,
    /// Key-value heads, which the query heads share evenly.
    pub kv_heads: usize,
    /// Channels of a head.
    pub head: usize,
    /// Tokens of a window of text.
    pub context: usize,
    /// Tokens that a token sees, itself included.
    pub window: usize,
    /// Base of the rotary wavelengths, if any.
    pub rotary_base: Option<f64>,
}

impl Heads {
    /// Channels that come out of a row.
    pub fn channels(&self) -> usize {
        self.heads * self.head
    }

    /// Channels of a packed row: queries, keys, values.
    pub fn packed(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head
    }

    fn scale(&self) -> f32 {
        (self.head as f32).powf(-0.5)
    }

    fn angles(&self) -> Option<Arc<Angles>> {
        self.rotary_base.map(|base| Angles::of(base, self.context, self.head))
    }

    /// First key that a row sees.
    fn first_key(&self, row: usize) -> usize {
        (row + 1).saturating_sub(self.window)
    }

    /// Columns that a tile of `count` rows covers: whole chunks around what they see.
    fn columns(&self, first: usize, count: usize) -> Range<usize> {
        self.first_key(first) / WIDTH * WIDTH..(first + count).next_multiple_of(WIDTH)
    }
}

/// Outputs `[rows, heads · head]` of packed rows, and for each row and head the highest score and one
/// over the sum of exponentials below it, `[windows, heads, context]`. `factors` of the weights, `[windows, heads, context,
/// context]`, are those of dropout.
pub fn forward(packed: &[f32], heads: &Heads, factors: Option<&[f32]>) -> (Vec<f32>, Vec<Scale>) {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let windows = packed.len() / in_size;
    assert_eq!(packed.len(), windows * in_size);
    let angles = heads.angles();
    let mut scales = vec![Scale::default(); windows * heads.heads * heads.context];
    let write = |out: &mut [Slot]| {
        let scales = (&mut scales[..], heads.heads * heads.context);
        each_pair((out, out_size), scales, |window, out, scales| {
            let packed = &packed[window * in_size..][..in_size];
            let factors = Factors::of_window(factors, heads, window);
            with_scratch(heads, |scratch| {
                window_forward(packed, heads, angles.as_deref(), factors, scratch, out, scales);
            });
        });
    };
    // SAFETY: every head of every row is written.
    let out = unsafe { written(windows * out_size, write) };
    (out, scales)
}

/// The gradient of the packed rows, from that of the outputs.
pub fn backward(
    packed: &[f32],
    scales: &[Scale],
    gradient: &[f32],
    heads: &Heads,
    factors: Option<&[f32]>,
) -> Vec<f32> {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let angles = heads.angles();
    let mut sums = vec![0.0; packed.len()];
    each_chunk(&mut sums, in_size, |window, sums| {
        let packed = &packed[window * in_size..][..in_size];
        let gradient = &gradient[window * out_size..][..out_size];
        let size = heads.heads * heads.context;
        let scales = &scales[window * size..][..size];
        let given = Given {
            packed: Rows { values: packed, stride: heads.packed() },
            gradient: Rows { values: gradient, stride: heads.channels() },
            scales,
            angles: angles.as_deref(),
            factors: Factors::of_window(factors, heads, window),
        };
        with_scratch(heads, |scratch| window_backward(&given, heads, scratch, sums));
    });
    sums
}

/// The rows of one head inside packed rows: as they lie where tiles can read them there, else copied
/// into `place`, padded and turned.
#[inline(always)]
fn head_rows<'a>(
    packed: Rows<'a>,
    heads: &Heads,
    angles: Option<&Angles>,
    place: &'a mut [f32],
    width: usize,
) -> Rows<'a> {
    // A tile reads whole chunks of whole tiles of rows.
    if angles.is_none() && heads.head == width && heads.context.is_multiple_of(TILE) {
        return packed;
    }
    let rows = packed.values.chunks(packed.stride).zip(place.chunks_exact_mut(width));
    for (position, (row, place)) in rows.take(heads.context).enumerate() {
        let place = &mut place[..heads.head];
        place.copy_from_slice(&row[..heads.head]);
        if let Some(angles) = angles {
            angles.turn(position, place);
        }
    }
    Rows { values: place, stride: width }
}

/// Rows as columns, `[head, context]` in rows of `stride`.
#[inline(always)]
fn turn_over(rows: Rows, heads: &Heads, out: &mut [f32], stride: usize) {
    for (position, row) in rows.values.chunks(rows.stride).take(heads.context).enumerate() {
        let column = out[position..].iter_mut().step_by(stride);
        column.zip(&row[..heads.head]).for_each(|(out, value)| *out = *value);
    }
}

vectorised! { at most 256,
    /// The outputs of one window, `[context, heads · head]`, and its scales, `[heads, context]`.
    fn window_forward(
        packed: &[f32],
        heads: &Heads,
        angles: Option<&Angles>,
        factors: Factors,
        scratch: &mut Scratch,
        out: &mut [Slot],
        scales: &mut [Scale],
    ) = window_forward_body
}

#[inline(always)]
fn window_forward_body<const BITS: usize>(
    packed: &[f32],
    heads: &Heads,
    angles: Option<&Angles>,
    factors: Factors,
    scratch: &mut Scratch,
    out: &mut [Slot],
    scales: &mut [Scale],
) {
    let (group, head) = (heads.heads / heads.kv_heads, heads.head);
    let packed = Rows { values: packed, stride: heads.packed() };
    let Scratch { rows, width, query, key, value, key_turned, weights, .. } = scratch;
    let (rows, width) = (*rows, *width);
    for kv_head in 0..heads.kv_heads {
        let start = (heads.heads + kv_head) * head;
        let keys = head_rows(packed.columns_from(start), heads, angles, key, width);
        turn_over(keys, heads, key_turned, rows);
        let values = packed.columns_from(start + heads.kv_heads * head);
        let values = head_rows(values, heads, None, value, width);
        let key_turned = Rows { values: &*key_turned, stride: rows };
        for index in kv_head * group..(kv_head + 1) * group {
            let queries = head_rows(packed.columns_from(index * head), heads, angles, query, width);
            let scales = &mut scales[index * heads.context..][..heads.context];
            for first in (0..heads.context).step_by(TILE) {
                let tile = scores::<BITS>(weights, rows, queries, key_turned, first, heads);
                let tile = exponentials::<BITS>(weights, rows, &tile, first, heads);
                factors.of_head(index).apply(&mut weights[..], rows, first, heads);
                let last = (first + TILE).min(heads.context);
                scales[first..last].copy_from_slice(&tile[..last - first]);
                let weights = Rows { values: &*weights, stride: rows };
                let seen = heads.first_key(first)..last;
                for column in (0..head).step_by(WIDTH) {
                    let values = values.columns_from(column);
                    let mut products = [[0.0; WIDTH]; TILE];
                    tile_by_rows::<BITS>(weights, values, seen.clone(), &mut products);
                    let count = WIDTH.min(head - column);
                    for (row, scale) in (first..last).zip(&tile) {
                        let place = row * heads.channels() + index * head + column;
                        let products = &products[row - first][..count];
                        for (out, product) in out[place..].iter_mut().zip(products) {
                            out.write(product * scale.inverse);
                        }
                    }
                }
            }
        }
    }
}

vectorised! { at most 256,
    /// Adds the gradient of one window's packed rows, `[context, packed]`, to `sums`.
    fn window_backward(
        given: &Given,
        heads: &Heads,
        scratch: &mut Scratch,
        sums: &mut [f32],
    ) = window_backward_body
}

#[inline(always)]
fn window_backward_body<const BITS: usize>(
    given: &Given,
    heads: &Heads,
    scratch: &mut Scratch,
    sums: &mut [f32],
) {
    let (group, head) = (heads.heads / heads.kv_heads, heads.head);
    let Given { packed, gradient, scales, angles, factors } = *given;
    let (rows, width) = (scratch.rows, scratch.width);
    for kv_head in 0..heads.kv_heads {
        let of_key = (heads.heads + kv_head) * head;
        let of_value = of_key + heads.kv_heads * head;
        let keys = packed.columns_from(of_key);
        let keys = head_rows(keys, heads, angles, &mut scratch.key, width);
        turn_over(keys, heads, &mut scratch.key_turned, rows);
        turn_over(packed.columns_from(of_value), heads, &mut scratch.value_turned, rows);
        for index in kv_head * group..(kv_head + 1) * group {
            let queries = packed.columns_from(index * head);
            let queries = head_rows(queries, heads, angles, &mut scratch.query, width);
            let gradient = gradient.columns_from(index * head);
            let gradient = head_rows(gradient, heads, None, &mut scratch.gradient, width);
            let mut part = Part {
                keys,
                queries,
                gradient,
                key_turned: Rows { values: &scratch.key_turned, stride: rows },
                value_turned: Rows { values: &scratch.value_turned, stride: rows },
                scales: &scales[index * heads.context..][..heads.context],
                factors: factors.of_head(index),
                weights: &mut scratch.weights,
                slopes: &mut scratch.slopes,
                rows,
            };
            part.find_slopes::<BITS>(heads);
            part.spread_slopes::<BITS>(heads, sums, [index * head, of_key, of_value]);
            turn_back(sums, index * head, heads, angles);
        }
        turn_back(sums, of_key, heads, angles);
    }
}

/// Turns the gradient of one head's queries or keys back, where those were turned.
#[inline(always)]
fn turn_back(sums: &mut [f32], start: usize, heads: &Heads, angles: Option<&Angles>) {
    let Some(angles) = angles else { return };
    for (position, row) in sums.chunks_exact_mut(heads.packed()).enumerate() {
        angles.turn_back(position, &mut row[start..][..heads.head]);
    }
}

/// What the way back through one window begins with.
struct Given<'a> {
    packed: Rows<'a>,
    gradient: Rows<'a>,
    scales: &'a [Scale],
    angles: Option<&'a Angles>,
    factors: Factors<'a>,
}

/// One head on its way back.
struct Part<'a> {
    keys: Rows<'a>,
    queries: Rows<'a>,
    gradient: Rows<'a>,
    key_turned: Rows<'a>,
    value_turned: Rows<'a>,
    scales: &'a [Scale],
    factors: Factors<'a>,
    weights: &'a mut [f32],
    slopes: &'a mut [f32],
    rows: usize,
}

impl Part<'_> {
    /// The weights again, and the gradient of the scores in `slopes`.
    #[inline(always)]
    fn find_slopes<const BITS: usize>(&mut self, heads: &Heads) {
        let rows = self.rows;
        for first in (0..heads.context).step_by(TILE) {
            let weights = &mut self.weights[first * rows..];
            let slopes = &mut self.slopes[first * rows..];
            scores::<BITS>(weights, rows, self.queries, self.key_turned, first, heads);
            row_products::<BITS>(slopes, rows, self.gradient, self.value_turned, first, heads);
            let mut tile = [Scale::default(); TILE];
            let last = (first + TILE).min(heads.context);
            tile[..last - first].copy_from_slice(&self.scales[first..last]);
            self.factors.apply(slopes, rows, first, heads);
            weigh::<BITS>(weights, slopes, rows, &tile, first, heads);
            self.factors.apply(weights, rows, first, heads);
        }
    }

    /// From the gradient of the scores to those of queries, keys and values, which begin at these
    /// columns of the packed rows.
    #[inline(always)]
    fn spread_slopes<const BITS: usize>(
        &self,
        heads: &Heads,
        sums: &mut [f32],
        [of_query, of_key, of_value]: [usize; 3],
    ) {
        let weights = Rows { values: &*self.weights, stride: self.rows };
        let slopes = Rows { values: &*self.slopes, stride: self.rows };
        let stride = heads.packed();
        let mut tile = [[0.0; WIDTH]; TILE];
        for first in (0..heads.context).step_by(TILE) {
            let last = (first + TILE).min(heads.context);
            let keys = heads.first_key(first)..last;
            // Rows that see one of the tile's keys.
            let seen_by = first..heads.context.min(first.saturating_add(TILE - 1 + heads.window));
            let sums = &mut sums[first * stride..last * stride];
            for column in (0..heads.head).step_by(WIDTH) {
                let count = WIDTH.min(heads.head - column);
                let right = self.keys.columns_from(column);
                tile_by_rows::<BITS>(slopes.from(first), right, keys.clone(), &mut tile);
                add(&mut sums[of_query + column..], stride, &tile, count);
                let right = self.queries.columns_from(column);
                let left = slopes.columns_from(first);
                tile_by_columns::<BITS>(left, right, seen_by.clone(), &mut tile);
                add(&mut sums[of_key + column..], stride, &tile, count);
                let right = self.gradient.columns_from(column);
                let left = weights.columns_from(first);
                tile_by_columns::<BITS>(left, right, seen_by.clone(), &mut tile);
                add(&mut sums[of_value + column..], stride, &tile, count);
            }
        }
    }
}
