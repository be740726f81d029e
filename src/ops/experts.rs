//! Mixtures of experts.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use wane_kernels::activation::Gate;

use super::fused::{FusedOps, is_fused};
use super::primitives;

/// How much of each expert a token takes (Shazeer et al. 2017): the softmax of the router's scores
/// `[lanes, rows, experts]` where they are among the `active` highest, 0 elsewhere; `normalised` so that it adds up to
/// 1. Which experts are taken is a choice, through which no gradient flows.
pub fn expert_weights(scores: Tensor<3>, active: usize, normalised: bool) -> Tensor<3> {
    if !is_fused(&scores.device()) {
        return primitives::expert_weights(scores, active, normalised);
    }
    let weights = Dispatch::expert_weights(scores.into_dispatch(), active, normalised);
    Tensor::from_dispatch(weights)
}

/// One expert of a mixture: `out · gated(into · x)`, each row times its number in column `part` of `weights`,
/// `[lanes, rows, experts]`. Takes `[lanes, rows, channels]` and the expert's matrices, `[lanes, channels, 2 · hidden]`
/// and `[lanes, hidden, channels]`. Kernels compute the rows alone whose weight is not 0, and give no gradient to the
/// other weights: the weights of [`expert_weights`] have none there.
pub fn expert(
    x: Tensor<3>,
    weights: Tensor<3>,
    [into, out]: [Tensor<3>; 2],
    gate: Gate,
    part: usize,
) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::expert(x, weights, [into, out], gate, part);
    }
    Tensor::from_dispatch(Dispatch::expert(
        x.into_dispatch(),
        weights.into_dispatch(),
        into.into_dispatch(),
        out.into_dispatch(),
        gate,
        part,
    ))
}
