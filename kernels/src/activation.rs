//! GELU, and gates that one half of a row sets for the other.

use super::blocks::each_chunk;
use super::simd::{fma, sigmoid, vectorised, write_each};
use super::{Slot, written};

/// Numbers of a block.
const BLOCK: usize = 1 << 15;

/// How a gate opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// x · σ(x): SwiGLU (Shazeer 2020).
    Silu,
    /// GELU: GEGLU.
    Gelu,
}

impl Gate {
    /// The gradients of rows `[a | b]` of twice `width` numbers, from those of their products.
    pub(super) fn slopes(self, packed: &[f32], width: usize, gradient: &[f32], out: &mut [Slot]) {
        match self {
            Gate::Silu => gate_silu_slope(packed, width, gradient, out),
            Gate::Gelu => gate_gelu_slope(packed, width, gradient, out),
        }
    }
}

/// What stands between the two matrices of an MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// GELU of every number.
    Gelu,
    /// `gate(a) · b` for rows `[a | b]`.
    Gated(Gate),
}

impl Activation {
    /// Numbers of a row that it makes so many of.
    pub fn inputs(self, outputs: usize) -> usize {
        match self {
            Activation::Gelu => outputs,
            Activation::Gated(_) => 2 * outputs,
        }
    }

    /// What it makes of rows that give `width` numbers each.
    pub(super) fn write(self, x: &[f32], width: usize, out: &mut [Slot]) {
        match self {
            Activation::Gelu => gelu_of(x, out),
            Activation::Gated(Gate::Silu) => gate_silu(x, width, out),
            Activation::Gated(Gate::Gelu) => gate_gelu(x, width, out),
        }
    }
}

/// GELU in its tanh approximation.
pub fn gelu(x: &[f32]) -> Vec<f32> {
    let write = |place: usize, out: &mut [Slot]| {
        gelu_of(&x[place * BLOCK..][..out.len()], out);
    };
    // SAFETY: the kernel writes a slot for every number.
    unsafe { written(x.len(), |out| each_chunk(out, BLOCK, write)) }
}

/// The gradient of x, in the place of the gradient of GELU.
pub fn gelu_gradient(x: &[f32], gradient: &mut [f32]) {
    assert_eq!(x.len(), gradient.len());
    each_chunk(gradient, BLOCK, |place, gradient| {
        gelu_slope(&x[place * BLOCK..][..gradient.len()], gradient);
    });
}

/// `gate(a) · b` for rows `[a | b]` of twice `width` numbers.
pub fn gated(packed: &[f32], width: usize, gate: Gate) -> Vec<f32> {
    let rows = rows_of_a_block(width);
    assert!(packed.len().is_multiple_of(2 * width));
    let write = |place: usize, out: &mut [Slot]| {
        let packed = &packed[place * rows * 2 * width..][..2 * out.len()];
        Activation::Gated(gate).write(packed, width, out);
    };
    // SAFETY: the kernels write a slot for every pair of numbers.
    unsafe { written(packed.len() / 2, |out| each_chunk(out, rows * width, write)) }
}

/// The gradient of the rows `[a | b]`, from that of their products.
pub fn gated_gradient(packed: &[f32], width: usize, gate: Gate, gradient: &[f32]) -> Vec<f32> {
    let rows = rows_of_a_block(width);
    assert!(packed.len().is_multiple_of(2 * width) && 2 * gradient.len() == packed.len());
    let write = |place: usize, out: &mut [Slot]| {
        let packed = &packed[place * rows * 2 * width..][..out.len()];
        let gradient = &gradient[place * rows * width..][..out.len() / 2];
        gate.slopes(packed, width, gradient, out);
    };
    // SAFETY: the kernels write both halves of every row.
    unsafe { written(packed.len(), |out| each_chunk(out, rows * 2 * width, write)) }
}

fn rows_of_a_block(width: usize) -> usize {
    (BLOCK / width.max(1)).max(1)
}

/// 2 √(2/π): GELU is x · σ(2z) with z = √(2/π) (x + 0.044715 x³).
const LINEAR: f32 = 1.595_769_2;
const CUBIC: f32 = LINEAR * 0.044_715;

/// GELU and its slope at x.
#[inline(always)]
fn gelu_at<const BITS: usize>(x: f32) -> (f32, f32) {
    let square = x * x;
    let open = sigmoid::<BITS>(x * fma::<BITS>(CUBIC, square, LINEAR));
    let slope_of_z = fma::<BITS>(3.0 * CUBIC, square, LINEAR);
    (x * open, fma::<BITS>(x * open * (1.0 - open), slope_of_z, open))
}

/// x · σ(x) and its slope at x.
#[inline(always)]
fn silu_at<const BITS: usize>(x: f32) -> (f32, f32) {
    let open = sigmoid::<BITS>(x);
    (x * open, fma::<BITS>(x * open, 1.0 - open, open))
}

vectorised! {
    /// GELU of every number.
    pub fn gelu_of(x: &[f32], out: &mut [Slot]) = gelu_of_body
}

#[inline(always)]
fn gelu_of_body<const BITS: usize>(x: &[f32], out: &mut [Slot]) {
    write_each(out, x, |x| gelu_at::<BITS>(x).0);
}

vectorised! {
    /// GELU of every number of rows with a bias added, and its slope in the number's place; an empty bias is none.
    pub fn gelu_and_slope(x: &mut [f32], bias: &[f32], out: &mut [Slot]) = gelu_and_slope_body
}

#[inline(always)]
fn gelu_and_slope_body<const BITS: usize>(x: &mut [f32], bias: &[f32], out: &mut [Slot]) {
    let open = |x: &mut f32, sum: f32, out: &mut Slot| {
        let (value, slope) = gelu_at::<BITS>(sum);
        out.write(value);
        *x = slope;
    };
    if bias.is_empty() {
        x.iter_mut().zip(out).for_each(|(x, out)| open(x, *x, out));
        return;
    }
    let width = bias.len();
    for (place, row) in x.chunks_exact_mut(width).enumerate() {
        let out = &mut out[place * width..][..width];
        for channel in 0..width {
            let sum = row[channel] + bias[channel];
            open(&mut row[channel], sum, &mut out[channel]);
        }
    }
}

vectorised! {
    /// Multiplies by the slope of GELU at x.
    pub fn gelu_slope(x: &[f32], gradient: &mut [f32]) = gelu_slope_body
}

#[inline(always)]
fn gelu_slope_body<const BITS: usize>(x: &[f32], gradient: &mut [f32]) {
    gradient.iter_mut().zip(x).for_each(|(value, x)| *value *= gelu_at::<BITS>(*x).1);
}

vectorised! {
    /// Products of SwiGLU.
    pub fn gate_silu(packed: &[f32], width: usize, out: &mut [Slot]) = gate_silu_body
}

#[inline(always)]
fn gate_silu_body<const BITS: usize>(packed: &[f32], width: usize, out: &mut [Slot]) {
    gate_rows(packed, width, out, |x| silu_at::<BITS>(x).0);
}

vectorised! {
    /// Products of GEGLU.
    pub fn gate_gelu(packed: &[f32], width: usize, out: &mut [Slot]) = gate_gelu_body
}

#[inline(always)]
fn gate_gelu_body<const BITS: usize>(packed: &[f32], width: usize, out: &mut [Slot]) {
    gate_rows(packed, width, out, |x| gelu_at::<BITS>(x).0);
}

#[inline(always)]
fn gate_rows(packed: &[f32], width: usize, out: &mut [Slot], gate: impl Fn(f32) -> f32) {
    for (place, out) in out.chunks_exact_mut(width).enumerate() {
        let (a, b) = packed[place * 2 * width..][..2 * width].split_at(width);
        for channel in 0..width {
            out[channel].write(gate(a[channel]) * b[channel]);
        }
    }
}

vectorised! {
    /// Gradients of SwiGLU's rows.
    pub fn gate_silu_slope(packed: &[f32], width: usize, gradient: &[f32], out: &mut [Slot]) = gate_silu_slope_body
}

#[inline(always)]
fn gate_silu_slope_body<const BITS: usize>(
    packed: &[f32],
    width: usize,
    gradient: &[f32],
    out: &mut [Slot],
) {
    gate_slopes(packed, width, gradient, out, silu_at::<BITS>);
}

vectorised! {
    /// Gradients of GEGLU's rows.
    pub fn gate_gelu_slope(packed: &[f32], width: usize, gradient: &[f32], out: &mut [Slot]) = gate_gelu_slope_body
}

#[inline(always)]
fn gate_gelu_slope_body<const BITS: usize>(
    packed: &[f32],
    width: usize,
    gradient: &[f32],
    out: &mut [Slot],
) {
    gate_slopes(packed, width, gradient, out, gelu_at::<BITS>);
}

#[inline(always)]
fn gate_slopes(
    packed: &[f32],
    width: usize,
    gradient: &[f32],
    out: &mut [Slot],
    gate: impl Fn(f32) -> (f32, f32),
) {
    for (place, out) in out.chunks_exact_mut(2 * width).enumerate() {
        let (a, b) = packed[place * 2 * width..][..2 * width].split_at(width);
        let gradient = &gradient[place * width..][..width];
        let (of_a, of_b) = out.split_at_mut(width);
        for channel in 0..width {
            let (value, slope) = gate(a[channel]);
            of_a[channel].write(gradient[channel] * b[channel] * slope);
            of_b[channel].write(gradient[channel] * value);
        }
    }
}
