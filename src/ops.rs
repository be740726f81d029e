//! The operations a transformer is made of, over lanes.
//!
//! Every tensor has a leading lane axis and no operation mixes lanes, so a lane's numbers do not
//! depend on its neighbours. `rows` is batch × context. Each operation has a body of Burn's
//! [primitives], which runs on every backend and says what it means; on burn-flex
//! [kernels] take its place, through Burn's backend extension, so that a model has one
//! definition.

mod arithmetic;
mod attention;
mod embedding;
mod experts;
mod fused;
mod linear;
mod loss;
mod node;
mod numbers;
mod parameters;
pub mod primitives;
mod sublayer;
mod updates;
mod values;

use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::Tensor;
use wane_kernels::activation::Gate;

use fused::FusedOps;

pub use wane_kernels as kernels;

pub use arithmetic::{Arithmetic, in_order, plus_diagonal};
pub use attention::{attention, attention_after, attention_with_dropout};
pub use embedding::{add_positions, embedding};
pub use experts::{expert, expert_weights};
pub use fused::is_fused;
pub use linear::{linear, linear_by_row, scores, scores_by_row};
pub use loss::{cross_entropy, smoothing};
pub use numbers::LaneNumbers;
pub use parameters::{Biases, Sublayer};
pub use primitives::weighted;
pub use sublayer::sublayer;
pub use updates::{Updated, adafactor_step, adam_step, dots, lane_squares, squares};

/// Layer normalisation over the channels with a gain and perhaps a bias, `[lanes, channels]` (Ba et
/// al. 2016).
pub fn layer_norm(x: Tensor<3>, gain: Tensor<2>, bias: Option<Tensor<2>>, eps: f64) -> Tensor<3> {
    match (is_fused(&x.device()), bias) {
        (false, bias) => primitives::layer_norm(x, gain, bias, eps),
        (true, Some(bias)) => Tensor::from_dispatch(Dispatch::layer_norm(
            x.into_dispatch(),
            gain.into_dispatch(),
            bias.into_dispatch(),
            eps as f32,
        )),
        (true, None) => norm(x, gain, true, eps),
    }
}

/// Root-mean-square normalisation over the channels with a gain `[lanes, channels]` (Zhang &
/// Sennrich 2019).
pub fn rms_norm(x: Tensor<3>, gain: Tensor<2>, eps: f64) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => norm(x, gain, false, eps),
        false => primitives::rms_norm(x, gain, eps),
    }
}

fn norm(x: Tensor<3>, gain: Tensor<2>, centred: bool, eps: f64) -> Tensor<3> {
    let (x, gain) = (x.into_dispatch(), gain.into_dispatch());
    Tensor::from_dispatch(Dispatch::norm(x, gain, centred, eps as f32))
}

/// GELU in its tanh approximation (Hendrycks & Gimpel 2016).
pub fn gelu(x: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::gelu(x.into_dispatch())),
        false => primitives::gelu(x),
    }
}

/// `gate(a) · b` for rows `[a | b]`: `[lanes, rows, 2 · width] → [lanes, rows, width]`.
pub fn gated(packed: Tensor<3>, gate: Gate) -> Tensor<3> {
    match is_fused(&packed.device()) {
        true => Tensor::from_dispatch(Dispatch::gated(packed.into_dispatch(), gate)),
        false => primitives::gated(packed, gate),
    }
}

/// `a + b`, as a branch comes back into the residual stream: `[lanes, rows, channels]`.
pub fn add(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    match is_fused(&a.device()) {
        true => Tensor::from_dispatch(Dispatch::add(a.into_dispatch(), b.into_dispatch())),
        false => a + b,
    }
}

/// Numbers that several operations are to read: a parameter whose gradients would be added by Burn otherwise, which is
/// built to be small and not to be fast.
pub fn shared(x: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::shared(x.into_dispatch())),
        false => x,
    }
}

/// Numbers `[lanes, rows, channels]` times constants: one for every number, or for every row or window.
pub fn scaled(x: Tensor<3>, factors: Vec<f32>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::scaled(x.into_dispatch(), factors.into())),
        false => primitives::scaled(x, factors),
    }
}

/// Two or three times `[lanes, rows, …]` as one, their last axes one after the other.
///
/// # Panics
/// For another count.
pub fn side_by_side<const N: usize>(parts: [Tensor<3>; N]) -> Tensor<3> {
    if !is_fused(&parts[0].device()) {
        return Tensor::cat(parts.to_vec(), 2);
    }
    let parts: Vec<DispatchTensor> = parts.into_iter().map(Tensor::into_dispatch).collect();
    Tensor::from_dispatch(match <[_; 2]>::try_from(parts) {
        Ok([a, b]) => Dispatch::two_side_by_side(a, b),
        Err(parts) => {
            let [a, b, c] = parts.try_into().expect("two or three are put side by side");
            Dispatch::three_side_by_side(a, b, c)
        }
    })
}

#[cfg(test)]
mod tests;
