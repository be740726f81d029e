//! Causal attention from packed queries, keys and values, one window and head at a time.
//!
//! The scores of a head stay in a scratch of `[context, context]`; only the half that is not masked is
//! computed, by tiles of [`TILE`] rows and [`WIDTH`] columns. Backward computes the weights again from
//! the logarithm of each row's sum, which forward keeps (Dao et al. 2022).

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use super::blocks::{each_chunk, each_pair};
use super::rotary::Angles;
use super::simd::{Chunk, WIDTH, exp, fma, fold, larger, sum_of, vectorised};
use super::{Slot, written};

/// Rows of a tile.
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

    /// Columns that the tiles of a row cover: whole chunks around what it sees.
    fn columns(&self, row: usize) -> Range<usize> {
        let last = (row / TILE + 1) * TILE;
        let first = self.first_key(row / TILE * TILE);
        first / WIDTH * WIDTH..last.next_multiple_of(WIDTH)
    }
}

/// Outputs `[rows, heads · head]` of packed rows, and the logarithm of each row's and head's sum of
/// exponentials, `[windows, heads, context]`.
pub fn forward(packed: &[f32], heads: &Heads) -> (Vec<f32>, Vec<f32>) {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let windows = packed.len() / in_size;
    let angles = heads.angles();
    let mut sums = vec![0.0; windows * heads.heads * heads.context];
    let write = |out: &mut [Slot]| {
        let sums = (&mut sums[..], heads.heads * heads.context);
        each_pair((out, out_size), sums, |window, out, sums| {
            let packed = &packed[window * in_size..][..in_size];
            with_scratch(heads, |scratch| {
                window_forward(packed, heads, angles.as_deref(), scratch, out, sums);
            });
        });
    };
    // SAFETY: every head of every row is written.
    let out = unsafe { written(windows * out_size, write) };
    (out, sums)
}

/// The gradient of the packed rows, from that of the outputs.
pub fn backward(packed: &[f32], sums: &[f32], gradient: &[f32], heads: &Heads) -> Vec<f32> {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let angles = heads.angles();
    let write = |window: usize, out: &mut [Slot]| {
        let packed = &packed[window * in_size..][..in_size];
        let gradient = &gradient[window * out_size..][..out_size];
        let size = heads.heads * heads.context;
        let sums = &sums[window * size..][..size];
        with_scratch(heads, |scratch| {
            window_backward(packed, sums, gradient, heads, angles.as_deref(), scratch, out);
        });
    };
    // SAFETY: queries, keys and values of every row are written.
    unsafe { written(packed.len(), |out| each_chunk(out, in_size, write)) }
}

/// Memory for one head, padded with zeros to whole chunks.
#[derive(Default)]
struct Scratch {
    /// Context and channels of a head that it is for.
    sizes: (usize, usize),
    /// The same, padded.
    rows: usize,
    width: usize,
    /// `[rows, width]` each.
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    gradient: Vec<f32>,
    product: Vec<f32>,
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
            product: narrow(),
            of_key: narrow(),
            of_value: narrow(),
            key_turned: narrow(),
            value_turned: narrow(),
            weights: square(),
            slopes: square(),
        }
    }

    /// Takes the keys and values of a head out of packed rows.
    #[inline(always)]
    fn load_keys(
        &mut self,
        packed: &[f32],
        heads: &Heads,
        kv_head: usize,
        angles: Option<&Angles>,
    ) {
        let head = heads.head;
        let start = (heads.heads + kv_head) * head;
        for (position, row) in packed.chunks_exact(heads.packed()).enumerate() {
            let key = &mut self.key[position * self.width..][..head];
            key.copy_from_slice(&row[start..][..head]);
            if let Some(angles) = angles {
                angles.turn(position, key);
            }
            let value = &row[start + heads.kv_heads * head..][..head];
            self.value[position * self.width..][..head].copy_from_slice(value);
            for channel in 0..head {
                self.key_turned[channel * self.rows + position] = key[channel];
                self.value_turned[channel * self.rows + position] = value[channel];
            }
        }
    }

    /// Takes the queries of a head.
    #[inline(always)]
    fn load_queries(
        &mut self,
        packed: &[f32],
        heads: &Heads,
        index: usize,
        angles: Option<&Angles>,
    ) {
        let head = heads.head;
        for (position, row) in packed.chunks_exact(heads.packed()).enumerate() {
            let query = &mut self.query[position * self.width..][..head];
            query.copy_from_slice(&row[index * head..][..head]);
            if let Some(angles) = angles {
                angles.turn(position, query);
            }
        }
    }

    /// Takes the gradient of a head's outputs.
    #[inline(always)]
    fn load_gradient(&mut self, gradient: &[f32], heads: &Heads, index: usize) {
        let head = heads.head;
        for (position, row) in gradient.chunks_exact(heads.channels()).enumerate() {
            let row = &row[index * head..][..head];
            self.gradient[position * self.width..][..head].copy_from_slice(row);
        }
    }
}

vectorised! {
    /// The outputs of one window, `[context, heads · head]`, and its sums, `[heads, context]`.
    fn window_forward(
        packed: &[f32],
        heads: &Heads,
        angles: Option<&Angles>,
        scratch: &mut Scratch,
        out: &mut [Slot],
        sums: &mut [f32],
    ) = window_forward_body
}

#[inline(always)]
fn window_forward_body<const FMA: bool>(
    packed: &[f32],
    heads: &Heads,
    angles: Option<&Angles>,
    scratch: &mut Scratch,
    out: &mut [Slot],
    sums: &mut [f32],
) {
    let group = heads.heads / heads.kv_heads;
    for (index, sums) in sums.chunks_exact_mut(heads.context).enumerate() {
        if index % group == 0 {
            scratch.load_keys(packed, heads, index / group, angles);
        }
        scratch.load_queries(packed, heads, index, angles);
        let Scratch { rows, width, query, key_turned, value, weights, product, .. } = scratch;
        let (rows, width) = (*rows, *width);
        row_products::<FMA>(weights, query, key_turned, (rows, width), heads);
        let mut inverses = [0.0; TILE];
        for first in (0..heads.context).step_by(TILE) {
            let last = (first + TILE).min(heads.context);
            for row in first..last {
                let seen = &mut weights[row * rows..][..rows];
                let (most, total) = exponentials::<FMA>(seen, row, heads);
                sums[row] = most + total.ln();
                inverses[row - first] = 1.0 / total;
            }
            let keys = heads.first_key(first)..last;
            for column in (0..width).step_by(WIDTH) {
                let weights = Rows { values: &weights[first * rows..], stride: rows };
                let tile = tile_by_rows::<FMA>(weights, &value[column..], width, keys.clone());
                store(&mut product[first * width + column..], width, &tile);
            }
            for row in first..last {
                let place = row * heads.channels() + index * heads.head;
                let product = &product[row * width..][..heads.head];
                let inverse = inverses[row - first];
                for (out, value) in out[place..].iter_mut().zip(product) {
                    out.write(value * inverse);
                }
            }
        }
    }
}

vectorised! {
    /// The gradient of one window's packed rows, `[context, packed]`.
    fn window_backward(
        packed: &[f32],
        sums: &[f32],
        gradient: &[f32],
        heads: &Heads,
        angles: Option<&Angles>,
        scratch: &mut Scratch,
        out: &mut [Slot],
    ) = window_backward_body
}

#[inline(always)]
fn window_backward_body<const FMA: bool>(
    packed: &[f32],
    sums: &[f32],
    gradient: &[f32],
    heads: &Heads,
    angles: Option<&Angles>,
    scratch: &mut Scratch,
    out: &mut [Slot],
) {
    let group = heads.heads / heads.kv_heads;
    for kv_head in 0..heads.kv_heads {
        scratch.load_keys(packed, heads, kv_head, angles);
        scratch.of_key.fill(0.0);
        scratch.of_value.fill(0.0);
        for index in kv_head * group..(kv_head + 1) * group {
            scratch.load_queries(packed, heads, index, angles);
            scratch.load_gradient(gradient, heads, index);
            let sums = &sums[index * heads.context..][..heads.context];
            head_backward::<FMA>(sums, heads, scratch);
            let start = index * heads.head;
            unload(&mut scratch.product, scratch.width, heads, angles, &mut out[start..]);
        }
        let start = (heads.heads + kv_head) * heads.head;
        unload(&mut scratch.of_key, scratch.width, heads, angles, &mut out[start..]);
        let start = start + heads.kv_heads * heads.head;
        unload(&mut scratch.of_value, scratch.width, heads, None, &mut out[start..]);
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

/// The gradient of one head's queries in `product`; adds those of its keys and values.
#[inline(always)]
fn head_backward<const FMA: bool>(sums: &[f32], heads: &Heads, scratch: &mut Scratch) {
    let Scratch { rows, width, query, key, gradient, product, weights, slopes, .. } = scratch;
    let (rows, width, scale) = (*rows, *width, heads.scale());
    row_products::<FMA>(weights, query, &scratch.key_turned, (rows, width), heads);
    row_products::<FMA>(slopes, gradient, &scratch.value_turned, (rows, width), heads);
    for (row, sum) in sums.iter().enumerate() {
        let columns = heads.columns(row);
        let weights = &mut weights[row * rows..][columns.clone()];
        let slopes = &mut slopes[row * rows..][columns];
        let inner = weights_again::<FMA>(weights, slopes, row, *sum, heads);
        for (slope, weight) in slopes.iter_mut().zip(weights) {
            *slope = *weight * (*slope - inner) * scale;
        }
    }
    for first in (0..heads.context).step_by(TILE) {
        let keys = heads.first_key(first)..(first + TILE).min(heads.context);
        // Rows that see one of the tile's keys.
        let seen_by = first..heads.context.min(first.saturating_add(TILE - 1 + heads.window));
        for column in (0..width).step_by(WIDTH) {
            let place = first * width + column;
            let by_rows = Rows { values: &slopes[first * rows..], stride: rows };
            let tile = tile_by_rows::<FMA>(by_rows, &key[column..], width, keys.clone());
            store(&mut product[place..], width, &tile);
            let by_columns = Rows { values: &slopes[first..], stride: rows };
            let tile = tile_by_columns::<FMA>(by_columns, &query[column..], width, seen_by.clone());
            add(&mut scratch.of_key[place..], width, &tile);
            let by_columns = Rows { values: &weights[first..], stride: rows };
            let tile =
                tile_by_columns::<FMA>(by_columns, &gradient[column..], width, seen_by.clone());
            add(&mut scratch.of_value[place..], width, &tile);
        }
    }
}

/// `[TILE, WIDTH]` of a product.
type Tile = [Chunk; TILE];

/// Rows of a matrix, one every `stride` numbers.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    stride: usize,
}

/// Products of all rows with the columns that each may see: `[rows, rows]` from `[rows, width]` and
/// `[width, rows]`.
#[inline(always)]
fn row_products<const FMA: bool>(
    out: &mut [f32],
    left: &[f32],
    right: &[f32],
    (rows, width): (usize, usize),
    heads: &Heads,
) {
    for first in (0..heads.context).step_by(TILE) {
        for column in heads.columns(first).step_by(WIDTH) {
            let left = Rows { values: &left[first * width..], stride: width };
            let tile = tile_by_rows::<FMA>(left, &right[column..], rows, 0..heads.head);
            store(&mut out[first * rows + column..], rows, &tile);
        }
    }
}

/// Sum over `inner` of `left[row, inner] · right[inner, column]`, for the first rows and columns.
#[inline(always)]
fn tile_by_rows<const FMA: bool>(
    left: Rows,
    right: &[f32],
    right_stride: usize,
    inner: Range<usize>,
) -> Tile {
    let rows: [&[f32]; TILE] =
        std::array::from_fn(|row| &left.values[row * left.stride..][..inner.end]);
    let mut tile = [[0.0; WIDTH]; TILE];
    for inner in inner {
        let right = right[inner * right_stride..].first_chunk::<WIDTH>().expect("padded");
        for row in 0..TILE {
            for place in 0..WIDTH {
                tile[row][place] = fma::<FMA>(rows[row][inner], right[place], tile[row][place]);
            }
        }
    }
    tile
}

/// Sum over `inner` of `left[inner, row] · right[inner, column]`.
#[inline(always)]
fn tile_by_columns<const FMA: bool>(
    left: Rows,
    right: &[f32],
    right_stride: usize,
    inner: Range<usize>,
) -> Tile {
    let mut tile = [[0.0; WIDTH]; TILE];
    for inner in inner {
        let left = left.values[inner * left.stride..].first_chunk::<TILE>().expect("padded");
        let right = right[inner * right_stride..].first_chunk::<WIDTH>().expect("padded");
        for row in 0..TILE {
            for place in 0..WIDTH {
                tile[row][place] = fma::<FMA>(left[row], right[place], tile[row][place]);
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

/// Turns the scores of a row into exponentials below the highest, 0 where the row does not see, and
/// returns the highest score, scaled, and the sum.
#[inline(always)]
fn exponentials<const FMA: bool>(scores: &mut [f32], row: usize, heads: &Heads) -> (f32, f32) {
    let scale = heads.scale();
    let columns = heads.columns(row);
    let (first, last) = (heads.first_key(row), row);
    let seen = &mut scores[columns.clone()];
    seen[..first - columns.start].fill(f32::NEG_INFINITY);
    seen[last + 1 - columns.start..].fill(f32::NEG_INFINITY);
    let chunks = seen.as_chunks_mut::<WIDTH>().0;
    let mut most: Chunk = [f32::NEG_INFINITY; WIDTH];
    for chunk in chunks.iter() {
        for place in 0..WIDTH {
            most[place] = larger(most[place], chunk[place]);
        }
    }
    let most = fold(most, larger) * scale;
    let mut total: Chunk = [0.0; WIDTH];
    for chunk in chunks {
        for place in 0..WIDTH {
            chunk[place] = exp::<FMA>(fma::<FMA>(chunk[place], scale, -most));
            total[place] += chunk[place];
        }
    }
    (most, fold(total, |a, b| a + b))
}

/// Turns the scores of a row into weights by the logarithm of their sum, and returns the weights'
/// product with `slopes`.
#[inline(always)]
fn weights_again<const FMA: bool>(
    scores: &mut [f32],
    slopes: &[f32],
    row: usize,
    sum: f32,
    heads: &Heads,
) -> f32 {
    let start = heads.columns(row).start;
    let scale = heads.scale();
    scores[..heads.first_key(row) - start].fill(f32::NEG_INFINITY);
    scores[row + 1 - start..].fill(f32::NEG_INFINITY);
    for chunk in scores.as_chunks_mut::<WIDTH>().0 {
        for score in chunk {
            *score = exp::<FMA>(fma::<FMA>(*score, scale, -sum));
        }
    }
    sum_of(scores, slopes, |weight, slope, sum| fma::<FMA>(weight, slope, sum))
}
