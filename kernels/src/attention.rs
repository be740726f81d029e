//! Causal attention from packed queries, keys and values, one window and head at a time.
//!
//! The scores of a head stay in a scratch of `[context, context]`; only the half that is not masked is
//! computed, by tiles of `TILE` rows and `WIDTH` columns. Of a short context forward keeps the weights; of a longer one
//! backward computes them again from each row's highest score and sum (Dao et al. 2022), with the same bits.

mod factors;
mod past;
mod scores;
mod scratch;
#[cfg(test)]
mod tests;
mod tiles;
mod window_backward;
mod window_forward;

use std::ops::Range;
use std::sync::Arc;

use super::blocks::each_chunk;
use super::rotary::Angles;
use super::simd::WIDTH;
use super::slots::{Slot, all_written, written};
use factors::Factors;
use scratch::with_scratch;
use tiles::{Rows, TILE};
use window_backward::{Given, window_backward};
use window_forward::{Passed, window_forward};

pub use past::{KeyValues, forward_after};
use scores::Scale;

/// Tokens of a window up to which its weights are kept, where a head's take 37 KB. Their memory grows with the square; at
/// 256 a whole step of a model of 6 × 384 gains nothing by it.
const CONTEXT_KEPT: usize = 128;

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
    /// That kernels, which write no head but those of whole groups, write all of them.
    fn check(&self) {
        assert!(self.heads.is_multiple_of(self.kv_heads), "key-value heads are shared evenly");
    }

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

    /// Weights of a window that are kept: whole chunks of whole tiles, or none.
    fn kept(&self) -> usize {
        let of_tile = |first| TILE * self.columns(first, TILE).len();
        let of_head: usize = (0..self.context).step_by(TILE).map(of_tile).sum();
        if self.context > CONTEXT_KEPT { 0 } else { self.heads * of_head }
    }

    /// Columns that a tile of `count` rows covers: whole chunks around what they see.
    fn columns(&self, first: usize, count: usize) -> Range<usize> {
        self.first_key(first) / WIDTH * WIDTH..(first + count).next_multiple_of(WIDTH)
    }
}

/// What backward needs beside the packed rows.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// `[windows, heads, context]`.
    scales: Vec<Scale>,
    /// Exponentials of scores below the highest of their row, tile after tile, `[windows, heads, …]`; none of a long
    /// context.
    weights: Vec<f32>,
}

/// Outputs `[rows, heads · head]` of packed rows, and what backward needs. `factors` of the weights, `[windows, heads,
/// context, context]`, are those of dropout.
pub fn forward(packed: &[f32], heads: &Heads, factors: Option<&[f32]>) -> (Vec<f32>, Kept) {
    forward_keeping(packed, heads, factors, heads.kept())
}

/// The outputs alone.
pub fn output(packed: &[f32], heads: &Heads, factors: Option<&[f32]>) -> Vec<f32> {
    forward_keeping(packed, heads, factors, 0).0
}

/// `kept` weights of every window are kept.
fn forward_keeping(
    packed: &[f32],
    heads: &Heads,
    factors: Option<&[f32]>,
    kept: usize,
) -> (Vec<f32>, Kept) {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    let windows = packed.len() / in_size;
    assert_eq!(packed.len(), windows * in_size);
    heads.check();
    let angles = heads.angles();
    let mut scales = vec![Scale::default(); windows * heads.heads * heads.context];
    let write = |[out, mut weights]: [&mut [Slot]; 2]| {
        let outs = out.chunks_mut(out_size).zip(scales.chunks_mut(heads.heads * heads.context));
        let outs = outs.map(|(out, scales)| Passed {
            out,
            scales,
            weights: weights.split_off_mut(..kept).expect("every window keeps as many"),
        });
        each_chunk(&mut outs.collect::<Vec<_>>(), 1, |window, passed| {
            let packed = &packed[window * in_size..][..in_size];
            let factors = Factors::of_window(factors, heads, window);
            with_scratch(heads, |scratch| {
                window_forward(packed, heads, angles.as_deref(), factors, scratch, &mut passed[0]);
            });
        });
    };
    // SAFETY: every head of every row is written, and every tile of weights that are kept.
    let [out, weights] = unsafe { all_written([windows * out_size, windows * kept], write) };
    (out, Kept { scales, weights })
}

/// The gradient of the packed rows, from that of the outputs.
pub fn backward(
    packed: &[f32],
    kept: &Kept,
    gradient: &[f32],
    heads: &Heads,
    factors: Option<&[f32]>,
) -> Vec<f32> {
    let (in_size, out_size) = (heads.context * heads.packed(), heads.context * heads.channels());
    heads.check();
    let windows = packed.len() / in_size;
    let angles = heads.angles();
    let write = |window: usize, of_packed: &mut [Slot]| {
        let packed = &packed[window * in_size..][..in_size];
        let gradient = &gradient[window * out_size..][..out_size];
        let (scales, weights) = (heads.heads * heads.context, kept.weights.len() / windows);
        let given = Given {
            packed: Rows { values: packed, stride: heads.packed() },
            gradient: Rows { values: gradient, stride: heads.channels() },
            scales: &kept.scales[window * scales..][..scales],
            weights: &kept.weights[window * weights..][..weights],
            angles: angles.as_deref(),
            factors: Factors::of_window(factors, heads, window),
        };
        with_scratch(heads, |scratch| window_backward(&given, heads, scratch, of_packed));
    };
    // SAFETY: every head of every row is written.
    unsafe { written(packed.len(), |of_packed| each_chunk(of_packed, in_size, write)) }
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
    for position in 0..heads.context {
        let place = &mut place[position * width..][..heads.head];
        place.copy_from_slice(&packed.values[position * packed.stride..][..heads.head]);
        if let Some(angles) = angles {
            angles.turn(position, place);
        }
    }
    Rows { values: place, stride: width }
}

/// Rows as columns, `[head, context]` in rows of `stride`.
#[inline(always)]
fn turn_over(rows: Rows, heads: &Heads, out: &mut [f32], stride: usize) {
    assert!(heads.context > 0 && heads.head > 0);
    assert!(heads.context - 1 + (heads.head - 1) * stride < out.len());
    for position in 0..heads.context {
        let row = &rows.values[position * rows.stride..][..heads.head];
        for (channel, value) in row.iter().enumerate() {
            // SAFETY: the last place is inside, as the assertions say.
            *unsafe { out.get_unchecked_mut(position + channel * stride) } = *value;
        }
    }
}
