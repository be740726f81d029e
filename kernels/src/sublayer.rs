//! A sublayer of a transformer with its residual connection, `x + f(norm(x))`: what f does stands between two matrices.
//!
//! Rows go through by blocks, so that a number is used again while it lies in the cache. Every number has the bits that
//! the operations give it one after another.

mod attention;
mod mlp;

use super::Slot;
use super::activation::Activation;
use super::attention::Heads;
use super::linear::{self, Block, bias_gradient, weight_gradient};
use super::norm::{self, Moments, Norm, normalise, slopes};
use super::simd::{add, vectorised};
use super::slots::scratch;

/// What stands between the two matrices.
#[derive(Clone, Copy, Debug)]
pub enum Inner {
    /// Causal attention.
    Attention(Heads),
    /// The activation of an MLP.
    Mlp(Activation),
}

/// Sizes of a sublayer.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Lanes.
    pub lanes: usize,
    /// The norm of the rows that come in; they go out as wide.
    pub norm: Norm,
    /// Numbers of a row after the first matrix.
    pub inside: usize,
    /// Numbers of a row before the second.
    pub hidden: usize,
}

/// The parameters of all lanes.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// Gain of the norm, `[lanes, channels]`.
    pub gain: &'a [f32],
    /// Its bias, of the same shape.
    pub shift: Option<&'a [f32]>,
    /// The first matrix, `[lanes, channels, inside]`.
    pub into: &'a [f32],
    /// `[lanes, inside]`.
    pub into_bias: Option<&'a [f32]>,
    /// The second, `[lanes, hidden, channels]`.
    pub out: &'a [f32],
    /// `[lanes, channels]`.
    pub out_bias: Option<&'a [f32]>,
}

/// What backward needs beside the rows that came in.
#[derive(Debug, Default)]
pub struct Kept {
    moments: Vec<Moments>,
    /// `[lanes, rows, channels]`.
    normed: Vec<f32>,
    /// `[lanes, rows, inside]`; in their place the slopes of GELU, which ask for its exponentials once.
    inside: Vec<f32>,
    /// `[lanes, rows, hidden]`.
    hidden: Vec<f32>,
    /// Of attention.
    attention: super::attention::Kept,
}

/// The gradients of the rows that came in and of all parameters, each as long as what it is of.
#[derive(Debug)]
pub struct Gradients {
    /// Of the rows.
    pub x: Vec<f32>,
    /// Of [`Parameters::gain`].
    pub gain: Vec<f32>,
    /// Of a bias of the norm.
    pub shift: Vec<f32>,
    /// Of [`Parameters::into`].
    pub into: Vec<f32>,
    /// Of [`Parameters::into_bias`].
    pub into_bias: Option<Vec<f32>>,
    /// Of [`Parameters::out`].
    pub out: Vec<f32>,
    /// Of [`Parameters::out_bias`].
    pub out_bias: Option<Vec<f32>>,
}

/// The sublayer of `[lanes, rows, channels]`, and what backward needs.
pub fn forward(x: &[f32], of: &Parameters, sizes: &Sizes, inner: &Inner) -> (Vec<f32>, Kept) {
    sizes.check(x, of, inner);
    match inner {
        _ if x.is_empty() => Default::default(),
        Inner::Attention(heads) => attention::forward(x, of, sizes, heads),
        Inner::Mlp(activation) => mlp::forward(x, of, sizes, *activation),
    }
}

/// The same where no backward follows.
pub fn output(x: &[f32], of: &Parameters, sizes: &Sizes, inner: &Inner) -> Vec<f32> {
    sizes.check(x, of, inner);
    match inner {
        _ if x.is_empty() => Vec::new(),
        Inner::Attention(heads) => attention::output(x, of, sizes, heads),
        Inner::Mlp(activation) => mlp::output(x, of, sizes, *activation),
    }
}

/// The gradients of what went in, from that of the sublayer, `[lanes, rows, channels]`.
pub fn backward(
    x: &[f32],
    kept: &Kept,
    of: &Parameters,
    gradient: &[f32],
    sizes: &Sizes,
    inner: &Inner,
) -> Gradients {
    sizes.check(x, of, inner);
    assert!(gradient.len() == x.len() && !x.is_empty());
    let mut sums = vec![0.0; sizes.sums()];
    let [of_x, of_inside] = match inner {
        Inner::Attention(heads) => {
            attention::backward(x, kept, of, gradient, sizes, heads, &mut sums)
        }
        Inner::Mlp(activation) => {
            mlp::backward(x, kept, of, gradient, sizes, *activation, &mut sums)
        }
    };
    let (into, out) = (sizes.first_matrix(), sizes.second_matrix());
    let [of_gain, of_shift] = norm::added_up(&sums, sizes.lanes, sizes.norm.channels);
    Gradients {
        x: of_x,
        gain: of_gain,
        shift: of_shift,
        into: weight_gradient(&kept.normed, &of_inside, &into),
        into_bias: of.into_bias.map(|_| bias_gradient(&of_inside, &into)),
        out: weight_gradient(&kept.hidden, gradient, &out),
        out_bias: of.out_bias.map(|_| bias_gradient(gradient, &out)),
    }
}

impl Sizes {
    fn first_matrix(&self) -> linear::Sizes {
        let Norm { channels, rows, .. } = self.norm;
        let (inputs, outputs) = (channels, self.inside);
        linear::Sizes { lanes: self.lanes, rows, inputs, outputs, turned: false }
    }

    fn second_matrix(&self) -> linear::Sizes {
        let Norm { channels, rows, .. } = self.norm;
        let (inputs, outputs) = (self.hidden, channels);
        linear::Sizes { lanes: self.lanes, rows, inputs, outputs, turned: false }
    }

    /// Rows of all lanes.
    fn rows(&self) -> usize {
        self.lanes * self.norm.rows
    }

    /// Numbers of the sums for gain and bias of the norm.
    fn sums(&self) -> usize {
        self.lanes * self.norm.rows.div_ceil(norm::ROWS) * 2 * self.norm.channels
    }

    /// The sums of every block of rows.
    fn chunks_of_sums<'a>(&self, sums: &'a mut [f32]) -> impl Iterator<Item = &'a mut [f32]> {
        let of_block = linear::block_rows() / norm::ROWS * 2 * self.norm.channels;
        let of_lane = sums.len() / self.lanes;
        sums.chunks_mut(of_lane).flat_map(move |lane| lane.chunks_mut(of_block))
    }

    /// That all sizes go together: kernels write what they read by them.
    fn check(&self, x: &[f32], of: &Parameters, inner: &Inner) {
        let Sizes { lanes, norm, inside, hidden } = *self;
        let channels = norm.channels;
        let expected = match inner {
            Inner::Attention(heads) => (heads.packed(), heads.channels()),
            Inner::Mlp(activation) => (activation.inputs(hidden), hidden),
        };
        assert_eq!((inside, hidden), expected, "what stands between the matrices fits them");
        let biased = |bias: Option<&[f32]>, count: usize| bias.is_none_or(|b| b.len() == count);
        assert_eq!(x.len(), self.rows() * channels);
        assert!(of.gain.len() == lanes * channels && biased(of.shift, lanes * channels));
        assert_eq!(of.into.len(), lanes * channels * inside);
        assert_eq!(of.out.len(), lanes * hidden * channels);
        assert!(biased(of.into_bias, lanes * inside) && biased(of.out_bias, lanes * channels));
    }
}

/// Normalises the rows of a block and takes them through the first matrix.
fn enter(
    block: &Block,
    x: &[f32],
    of: &Parameters,
    sizes: &Sizes,
    (normed, moments): (&mut [Slot], &mut [Moments]),
    inside: &mut [Slot],
) {
    let channels = sizes.norm.channels;
    let of_lane = block.lane * channels..(block.lane + 1) * channels;
    let shift = of.shift.map_or(&[][..], |shift| &shift[of_lane.clone()]);
    normalise(block.rows_of(x, channels), &of.gain[of_lane], shift, &sizes.norm, normed, moments);
    // SAFETY: every row has been normalised.
    let normed = unsafe { normed.assume_init_ref() };
    block.forward(normed, of.into, of.into_bias, &sizes.first_matrix(), inside);
}

/// Takes the rows of a block through the second matrix and adds what came in.
fn leave(block: &Block, hidden: &[f32], x: &[f32], of: &Parameters, sizes: &Sizes, y: &mut [Slot]) {
    block.forward(hidden, of.out, None, &sizes.second_matrix(), y);
    // SAFETY: the product has written the block.
    let y = unsafe { y.assume_init_mut() };
    let (x, channels) = (block.rows_of(x, sizes.norm.channels), sizes.norm.channels);
    match of.out_bias {
        Some(bias) => add_bias_and_rows(y, &bias[block.lane * channels..][..channels], x),
        None => add(y, x),
    }
}

vectorised! {
    /// Adds `bias` to every row, and then other rows.
    fn add_bias_and_rows(rows: &mut [f32], bias: &[f32], others: &[f32]) = add_bias_and_rows_body
}

#[inline(always)]
fn add_bias_and_rows_body<const BITS: usize>(rows: &mut [f32], bias: &[f32], others: &[f32]) {
    let width = bias.len();
    for (place, row) in rows.chunks_exact_mut(width).enumerate() {
        let other = &others[place * width..][..width];
        for channel in 0..width {
            row[channel] = row[channel] + bias[channel] + other[channel];
        }
    }
}

/// The gradient of the rows of a block, from that of the rows `inside` and of what goes past them; and the sums for
/// gain and bias of the norm.
fn enter_backward(
    block: &Block,
    (x, moments): (&[f32], &[Moments]),
    of: &Parameters,
    sizes: &Sizes,
    (of_inside, gradient): (&[f32], &[f32]),
    (of_x, sums): (&mut [Slot], &mut [f32]),
) {
    let channels = sizes.norm.channels;
    let (x, gradient) = (block.rows_of(x, channels), block.rows_of(gradient, channels));
    let mut of_normed = scratch(x.len());
    block.input_gradient(of_inside, of.into, &sizes.first_matrix(), &mut of_normed);
    // SAFETY: the product has written the block.
    let of_normed = unsafe { of_normed.assume_init_ref() };
    let gain = &of.gain[block.lane * channels..][..channels];
    let size = norm::ROWS * channels;
    let rows = x.chunks(size).zip(block.rows_of(moments, 1).chunks(norm::ROWS));
    let gradients = of_normed.chunks(size).zip(gradient.chunks(size));
    let slots = of_x.chunks_mut(size).zip(sums.chunks_mut(2 * channels));
    for (((x, moments), (of_normed, past)), (of_x, sums)) in rows.zip(gradients).zip(slots) {
        slopes(x, gain, moments, (of_normed, past), &sizes.norm, of_x, sums);
    }
}
