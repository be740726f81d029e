//! What is lowered by training.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::fused::{FusedOps, is_fused};
use super::primitives;

/// Mean negative log-likelihood of each lane, `[lanes]`, in nats per token: logits
/// `[lanes, rows, vocabulary]`, targets `[lanes, rows, 1]`.
pub fn cross_entropy(logits: Tensor<3>, targets: Tensor<3, Int>) -> Tensor<1> {
    if !is_fused(&logits.device()) {
        return primitives::cross_entropy(logits, targets);
    }
    let (logits, targets) = (logits.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(Dispatch::cross_entropy(logits, targets))
}

/// What label smoothing (Szegedy et al. 2016) adds to the [`cross_entropy`] of each lane, `[lanes]`: a share of every
/// target, `[lanes]`, is spread evenly over the vocabulary.
pub fn smoothing(logits: Tensor<3>, targets: Tensor<3, Int>, shares: Vec<f32>) -> Tensor<1> {
    if !is_fused(&logits.device()) {
        return primitives::smoothing(logits, targets, shares);
    }
    let (logits, targets) = (logits.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(Dispatch::smoothing(logits, targets, shares.into()))
}
