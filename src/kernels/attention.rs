//! Causal attention from packed queries, keys and values, one window and head at a time.
//!
//! The scores of a head stay in a scratch of `[context, context]`; only the half that is not masked is
//! computed, by tiles of [`TILE`] rows and [`WIDTH`] columns. Backward computes the weights again from
//! each row's highest score and sum, which forward keeps (Dao et al. 2022).

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use super::blocks::{each_chunk, each_pair};
use super::rotary::Angles;
use super::simd::{Chunk, WIDTH, exp, fma, fold, larger, sum_of, vectorised};
use super::{Slot, written};

/// Rows of a tile: as many as leave its numbers in registers.
const TILE: usize = 4;

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
/// over the sum of exponentials below it, `[windows, heads, context]`.
pub fn forward(packed: &[f32], heads: &Heads) -> (Vec<f32>, Vec<Scale>) {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let windows = packed.len() / in_size;
    let angles = heads.angles();
    let mut scales = vec![Scale::default(); windows * heads.heads * heads.context];
    let write = |out: &mut [Slot]| {
        let scales = (&mut scales[..], heads.heads * heads.context);
        each_pair((out, out_size), scales, |window, out, scales| {
            let packed = &packed[window * in_size..][..in_size];
            with_scratch(heads, |scratch| {
                window_forward(packed, heads, angles.as_deref(), scratch, out, scales);
            });
        });
    };
    // SAFETY: every head of every row is written.
    let out = unsafe { written(windows * out_size, write) };
    (out, scales)
}

/// The gradient of the packed rows, from that of the outputs.
pub fn backward(packed: &[f32], scales: &[Scale], gradient: &[f32], heads: &Heads) -> Vec<f32> {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let angles = heads.angles();
    let write = |window: usize, out: &mut [Slot]| {
        let packed = &packed[window * in_size..][..in_size];
        let gradient = &gradient[window * out_size..][..out_size];
        let size = heads.heads * heads.context;
        let scales = &scales[window * size..][..size];
        with_scratch(heads, |scratch| {
            window_backward(packed, scales, gradient, heads, angles.as_deref(), scratch, out);
        });
    };
    // SAFETY: queries, keys and values of every row are written.
    unsafe { written(packed.len(), |out| each_chunk(out, in_size, write)) }
}

/// What turns the scores of a row into weights: `(score − most).exp() · inverse`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scale {
    most: f32,
    inverse: f32,
}

/// Rows of a matrix, one every `stride` numbers.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    stride: usize,
}

impl<'a> Rows<'a> {
    fn from(self, row: usize) -> Self {
        Rows { values: &self.values[row * self.stride..], ..self }
    }

    fn columns_from(self, column: usize) -> Self {
        Rows { values: &self.values[column..], ..self }
    }
}

/// Memory for one head, padded with zeros to whole chunks.
#[derive(Default)]
struct Scratch {
    /// Context and channels of a head that it is for.
    sizes: (usize, usize),
    /// The same, padded.
    rows: usize,
    width: usize,
    /// `[rows, width]` each: what cannot be used where it lies.
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    gradient: Vec<f32>,
    of_query: Vec<f32>,
    of_key: Vec<f32>,
    of_value: Vec<f32>,
    /// `[width, rows]` each.
    key_turned: Vec<f32>,
    value_turned: Vec<f32>,
    /// `[rows, rows]` each.
    weights: Vec<f32>,
    slopes: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fn with_scratch(heads: &Heads, work: impl FnOnce(&mut Scratch)) {
    SCRATCH.with_borrow_mut(|scratch| {
        // What another shape left behind would stand where zeros must.
        if scratch.sizes != (heads.context, heads.head) {
            *scratch = Scratch::new(heads);
        }
        work(scratch);
    });
}

impl Scratch {
    fn new(heads: &Heads) -> Self {
        let rows = heads.context.next_multiple_of(WIDTH);
        let width = heads.head.next_multiple_of(WIDTH);
        let (narrow, square) = (|| vec![0.0; rows * width], || vec![0.0; rows * rows]);
        Scratch {
            sizes: (heads.context, heads.head),
            rows,
            width,
            query: narrow(),
            key: narrow(),
            value: narrow(),
            gradient: narrow(),
            of_query: narrow(),
            of_key: narrow(),
            of_value: narrow(),
            key_turned: narrow(),
            value_turned: narrow(),
            weights: square(),
            slopes: square(),
        }
    }
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
                let last = (first + TILE).min(heads.context);
                scales[first..last].copy_from_slice(&tile[..last - first]);
                let weights = Rows { values: &*weights, stride: rows };
                let seen = heads.first_key(first)..last;
                for column in (0..head).step_by(WIDTH) {
                    let values = values.columns_from(column);
                    let products = tile_by_rows::<BITS>(weights, values, seen.clone());
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
    /// The gradient of one window's packed rows, `[context, packed]`.
    fn window_backward(
        packed: &[f32],
        scales: &[Scale],
        gradient: &[f32],
        heads: &Heads,
        angles: Option<&Angles>,
        scratch: &mut Scratch,
        out: &mut [Slot],
    ) = window_backward_body
}

#[inline(always)]
fn window_backward_body<const BITS: usize>(
    packed: &[f32],
    scales: &[Scale],
    gradient: &[f32],
    heads: &Heads,
    angles: Option<&Angles>,
    scratch: &mut Scratch,
    out: &mut [Slot],
) {
    let (group, head) = (heads.heads / heads.kv_heads, heads.head);
    let packed = Rows { values: packed, stride: heads.packed() };
    let gradient = Rows { values: gradient, stride: heads.channels() };
    let (rows, width) = (scratch.rows, scratch.width);
    for kv_head in 0..heads.kv_heads {
        let start = (heads.heads + kv_head) * head;
        let keys = packed.columns_from(start);
        let keys = head_rows(keys, heads, angles, &mut scratch.key, width);
        turn_over(keys, heads, &mut scratch.key_turned, rows);
        let values = packed.columns_from(start + heads.kv_heads * head);
        turn_over(values, heads, &mut scratch.value_turned, rows);
        scratch.of_key.fill(0.0);
        scratch.of_value.fill(0.0);
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
                weights: &mut scratch.weights,
                slopes: &mut scratch.slopes,
                of_query: &mut scratch.of_query,
                of_key: &mut scratch.of_key,
                of_value: &mut scratch.of_value,
                rows,
                width,
            };
            part.find_slopes::<BITS>(heads);
            part.spread_slopes::<BITS>(heads);
            unload(&mut scratch.of_query, width, heads, angles, &mut out[index * head..]);
        }
        unload(&mut scratch.of_key, width, heads, angles, &mut out[start..]);
        let start = start + heads.kv_heads * head;
        unload(&mut scratch.of_value, width, heads, None, &mut out[start..]);
    }
}

/// Puts the gradient of one head into packed rows, turned back where queries and keys were turned.
#[inline(always)]
fn unload(
    values: &mut [f32],
    width: usize,
    heads: &Heads,
    angles: Option<&Angles>,
    out: &mut [Slot],
) {
    let rows = values.chunks_exact_mut(width).zip(out.chunks_mut(heads.packed()));
    for (position, (values, out)) in rows.take(heads.context).enumerate() {
        let values = &mut values[..heads.head];
        if let Some(angles) = angles {
            angles.turn_back(position, values);
        }
        out[..heads.head].write_copy_of_slice(values);
    }
}

/// One head on its way back.
struct Part<'a> {
    keys: Rows<'a>,
    queries: Rows<'a>,
    gradient: Rows<'a>,
    key_turned: Rows<'a>,
    value_turned: Rows<'a>,
    scales: &'a [Scale],
    weights: &'a mut [f32],
    slopes: &'a mut [f32],
    of_query: &'a mut [f32],
    of_key: &'a mut [f32],
    of_value: &'a mut [f32],
    rows: usize,
    width: usize,
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
            let columns = heads.columns(first, TILE);
            let last = (first + TILE).min(heads.context);
            for (row, scale) in self.scales[first..last].iter().enumerate() {
                let weights = &mut weights[row * rows..][columns.clone()];
                let slopes = &mut slopes[row * rows..][columns.clone()];
                for chunk in weights.as_chunks_mut::<WIDTH>().0 {
                    for score in chunk {
                        *score = exp::<BITS>(*score - scale.most) * scale.inverse;
                    }
                }
                let inner = sum_of(weights, slopes, |a, b, sum| fma::<BITS>(a, b, sum));
                for (slope, weight) in slopes.iter_mut().zip(weights) {
                    *slope = *weight * (*slope - inner) * heads.scale();
                }
            }
        }
    }

    /// From the gradient of the scores to those of queries, keys and values.
    #[inline(always)]
    fn spread_slopes<const BITS: usize>(&mut self, heads: &Heads) {
        let Part { rows, width, .. } = *self;
        let weights = Rows { values: &*self.weights, stride: rows };
        let slopes = Rows { values: &*self.slopes, stride: rows };
        for first in (0..heads.context).step_by(TILE) {
            let keys = heads.first_key(first)..(first + TILE).min(heads.context);
            // Rows that see one of the tile's keys.
            let seen_by = first..heads.context.min(first.saturating_add(TILE - 1 + heads.window));
            for column in (0..heads.head).step_by(WIDTH) {
                let place = first * width + column;
                let right = self.keys.columns_from(column);
                let tile = tile_by_rows::<BITS>(slopes.from(first), right, keys.clone());
                store(&mut self.of_query[place..], width, &tile);
                let right = self.queries.columns_from(column);
                let left = slopes.columns_from(first);
                let tile = tile_by_columns::<BITS>(left, right, seen_by.clone());
                add(&mut self.of_key[place..], width, &tile);
                let right = self.gradient.columns_from(column);
                let left = weights.columns_from(first);
                let tile = tile_by_columns::<BITS>(left, right, seen_by.clone());
                add(&mut self.of_value[place..], width, &tile);
            }
        }
    }
}

/// `[TILE, WIDTH]` of a product.
type Tile = [Chunk; TILE];

/// The scores of a tile's rows with all columns that its chunks cover, −∞ where a row does not see;
/// the highest of each row in each place of a chunk. `out` begins with the tile's first row.
#[inline(always)]
fn scores<const BITS: usize>(
    out: &mut [f32],
    stride: usize,
    queries: Rows,
    key_turned: Rows,
    first: usize,
    heads: &Heads,
) -> Tile {
    let scale = heads.scale();
    let mut most = [[f32::NEG_INFINITY; WIDTH]; TILE];
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        let keys = key_turned.columns_from(column);
        let mut tile = tile_by_rows::<BITS>(queries.from(first), keys, 0..heads.head);
        let whole = column + WIDTH <= first + 1 && heads.first_key(first + TILE - 1) <= column;
        for row in 0..TILE {
            let seen = heads.first_key(first + row)..first + row + 1;
            for place in 0..WIDTH {
                let score = tile[row][place] * scale;
                let hidden = !whole && !seen.contains(&(column + place));
                tile[row][place] = if hidden { f32::NEG_INFINITY } else { score };
                most[row][place] = larger(most[row][place], tile[row][place]);
            }
        }
        store(&mut out[column..], stride, &tile);
    }
    most
}

/// Products of a tile's rows with all columns that its chunks cover.
#[inline(always)]
fn row_products<const BITS: usize>(
    out: &mut [f32],
    stride: usize,
    left: Rows,
    right: Rows,
    first: usize,
    heads: &Heads,
) {
    for column in heads.columns(first, TILE).step_by(WIDTH) {
        let right = right.columns_from(column);
        let tile = tile_by_rows::<BITS>(left.from(first), right, 0..heads.head);
        store(&mut out[column..], stride, &tile);
    }
}

/// Turns the scores of a tile into exponentials below the highest of each row, and says what is to be
/// done to them.
#[inline(always)]
fn exponentials<const BITS: usize>(
    scores: &mut [f32],
    stride: usize,
    most: &Tile,
    first: usize,
    heads: &Heads,
) -> [Scale; TILE] {
    let mut scales = [Scale::default(); TILE];
    for (row, scale) in scales.iter_mut().enumerate() {
        scale.most = fold(most[row], larger);
        let mut total: Chunk = [0.0; WIDTH];
        let seen = &mut scores[row * stride..][heads.columns(first, TILE)];
        for chunk in seen.as_chunks_mut::<WIDTH>().0 {
            for place in 0..WIDTH {
                chunk[place] = exp::<BITS>(chunk[place] - scale.most);
                total[place] += chunk[place];
            }
        }
        scale.inverse = 1.0 / fold(total, |a, b| a + b);
    }
    scales
}

/// Sum over `inner` of `left[row, inner] · right[inner, column]`, for the first rows and columns.
#[inline(always)]
fn tile_by_rows<const BITS: usize>(left: Rows, right: Rows, inner: Range<usize>) -> Tile {
    let row = |row: usize| left.values[row * left.stride..][inner.clone()].iter();
    let left = row(0).zip(row(1)).zip(row(2).zip(row(3)));
    let right = right.from(inner.start).values.chunks(right.stride);
    let mut tile = [[0.0; WIDTH]; TILE];
    for (((a, b), (c, d)), right) in left.zip(right) {
        let left = [*a, *b, *c, *d];
        let right = right.first_chunk::<WIDTH>().expect("padded");
        for row in 0..TILE {
            for place in 0..WIDTH {
                tile[row][place] = fma::<BITS>(left[row], right[place], tile[row][place]);
            }
        }
    }
    tile
}

/// Sum over `inner` of `left[inner, row] · right[inner, column]`.
#[inline(always)]
fn tile_by_columns<const BITS: usize>(left: Rows, right: Rows, inner: Range<usize>) -> Tile {
    let mut tile = [[0.0; WIDTH]; TILE];
    let left = left.from(inner.start).values.chunks(left.stride);
    let right = right.from(inner.start).values.chunks(right.stride);
    for (left, right) in left.zip(right).take(inner.len()) {
        let left = left.first_chunk::<TILE>().expect("padded");
        let right = right.first_chunk::<WIDTH>().expect("padded");
        for row in 0..TILE {
            for place in 0..WIDTH {
                tile[row][place] = fma::<BITS>(left[row], right[place], tile[row][place]);
            }
        }
    }
    tile
}

#[inline(always)]
fn store(out: &mut [f32], stride: usize, tile: &Tile) {
    for (row, tile) in tile.iter().enumerate() {
        out[row * stride..][..WIDTH].copy_from_slice(tile);
    }
}

#[inline(always)]
fn add(out: &mut [f32], stride: usize, tile: &Tile) {
    for (row, tile) in tile.iter().enumerate() {
        out[row * stride..][..WIDTH].iter_mut().zip(tile).for_each(|(sum, value)| *sum += value);
    }
}
