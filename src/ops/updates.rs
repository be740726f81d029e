//! What optimizers compute of parameters, without autodiff.

use std::sync::Arc;

use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::Tensor;
use wane_kernels::update::LaneStep;

use super::fused::{FusedUpdates, is_fused};
use super::{LaneNumbers, primitives};

/// Sum of the squares of each lane of `[lanes, …]`, `[lanes]`. Without autodiff.
pub fn squares<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let device = values.device();
    lane_squares(values).tensor(&device)
}

/// [`squares`] as numbers to be read, or to compute a few others from.
pub fn lane_squares<const D: usize>(values: Tensor<D>) -> LaneNumbers {
    match is_fused(&values.device()) {
        true => LaneNumbers::Host(Dispatch::squares(values.into_dispatch())),
        false => LaneNumbers::on_device(primitives::squares(values)),
    }
}

/// `Σ a b` of each lane, `[lanes, …] × [lanes, …] → [lanes]`.
pub fn dots<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<1> {
    match is_fused(&a.device()) {
        true => Tensor::from_dispatch(Dispatch::dots(a.into_dispatch(), b.into_dispatch())),
        false => primitives::dots(a, b),
    }
}

/// A parameter `[lanes, …]` of any rank after a step, its moments, `[lanes, elements]` each, and the
/// [sums](crate::ops::kernels::update::SUMS) that say what the step did, where they are asked for.
pub type Updated = (DispatchTensor, [Tensor<2>; 2], Option<LaneNumbers>);

/// One step of Adam in one pass over a parameter and its moments; `steps` has a step per lane. On a device with
/// [kernels](is_fused) alone, without autodiff.
pub fn adam_step(
    weight: DispatchTensor,
    gradient: DispatchTensor,
    moments: [Tensor<2>; 2],
    steps: &Arc<[LaneStep]>,
    measured: bool,
) -> Updated {
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (weight, first, second, sums) =
        Dispatch::adam_step(weight, gradient, first, second, Arc::clone(steps), measured);
    let moments = [first, second].map(Tensor::from_dispatch);
    (weight, moments, measured.then(|| LaneNumbers::Host(sums.concat())))
}

/// The same for Adafactor without factorization; `least` is the smallest unit of an update.
pub fn adafactor_step(
    weight: DispatchTensor,
    gradient: DispatchTensor,
    moments: [Tensor<2>; 2],
    steps: &Arc<[LaneStep]>,
    least: f64,
    measured: bool,
) -> Updated {
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (steps, least) = (Arc::clone(steps), least as f32);
    let (weight, first, second, sums) =
        Dispatch::adafactor_step(weight, gradient, first, second, steps, least, measured);
    let moments = [first, second].map(Tensor::from_dispatch);
    (weight, moments, measured.then(|| LaneNumbers::Host(sums.concat())))
}
