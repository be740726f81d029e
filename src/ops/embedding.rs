//! Vectors of tokens and of their places.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::fused::{FusedOps, is_fused};
use super::primitives;

/// Rows of the embedding matrices: weights `[lanes, vocabulary, channels]` and one index per token
/// into the matrices stacked over lanes, `[lanes · rows]`, give `[lanes, rows, channels]`.
pub fn embedding(weight: Tensor<3>, stacked_index: Tensor<1, Int>) -> Tensor<3> {
    if !is_fused(&weight.device()) {
        return primitives::embedding(weight, stacked_index);
    }
    Tensor::from_dispatch(Dispatch::embedding(
        weight.into_dispatch(),
        stacked_index.into_dispatch(),
    ))
}

/// Adds a learned vector per position, `[lanes, positions, channels]`, to every window of
/// `[lanes, rows, channels]`.
pub fn add_positions(x: Tensor<3>, positions: Tensor<3>, context: usize) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::add_positions(x, positions, context);
    }
    let positions = match positions.dims()[1] == context {
        true => positions,
        false => positions.narrow(1, 0, context),
    };
    Tensor::from_dispatch(Dispatch::add_positions(x.into_dispatch(), positions.into_dispatch()))
}
