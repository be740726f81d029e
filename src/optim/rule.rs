use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::step::{SharedStep, StepCoefficients};
use crate::decay::Role;
use crate::ops;
use crate::run::OptimizerKind;

/// Smallest unit of an Adafactor update, for parameters that are all but zero (Shazeer & Stern 2018,
/// ε₂).
const LEAST_UNIT: f64 = 1e-3;

/// The update rules over the parameters of one role, every coefficient per lane.
#[derive(Clone)]
pub struct LaneRule {
    kind: OptimizerKind,
    role: Role,
    step: SharedStep,
}

/// What is kept between steps, `[lanes, …]` like the parameter: for Adam the averages of gradients
/// and of their squares; Adafactor's first is the average of its updates.
#[derive(Clone)]
pub struct Moments<const D: usize> {
    first: Tensor<D>,
    second: Tensor<D>,
}

impl LaneRule {
    /// For the parameters of `role`; the coefficients come from `step`.
    pub fn new(kind: OptimizerKind, role: Role, step: &SharedStep) -> Self {
        LaneRule { kind, role, step: step.clone() }
    }
}

impl Optimizer for LaneRule {
    type State<const D: usize> = Moments<D>;

    fn step<const D: usize>(
        &self,
        _lr: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Moments<D>>,
    ) -> (Tensor<D>, Option<Moments<D>>) {
        let step = self.step.get();
        if ops::is_fused(&weight.device()) {
            return self.fused(weight, gradient, state, &step);
        }
        let decay = step.decay(self.role);
        let mut gradient = step.clip_factor.times(gradient);
        if !decay.after_clip.all(0.0) {
            gradient = gradient + decay.after_clip.times(weight.clone());
        }
        let (update, moments) = match self.kind {
            OptimizerKind::Adam => adam(gradient, state, &step),
            OptimizerKind::Adafactor => adafactor(gradient, state, &weight, &step),
        };
        let kept = if decay.cautious.all(0.0) {
            decay.keep.times(weight)
        } else {
            let agree = (update.clone() * weight.clone()).greater_scalar(0.0).float();
            decay.keep.minus(&decay.cautious, agree) * weight
        };
        (kept - update, Some(moments))
    }

    fn to_device<const D: usize>(state: Moments<D>, device: &Device) -> Moments<D> {
        Moments { first: state.first.to_device(device), second: state.second.to_device(device) }
    }
}

impl LaneRule {
    /// The same in one pass over each parameter.
    fn fused<const D: usize>(
        &self,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Moments<D>>,
        step: &StepCoefficients,
    ) -> (Tensor<D>, Option<Moments<D>>) {
        let (first, second) = match state {
            Some(Moments { first, second }) => (first, second),
            None => (weight.zeros_like(), weight.zeros_like()),
        };
        let (parameter, steps) = ([weight, first, second], step.by_lane(self.role));
        let [weight, first, second] = match self.kind {
            OptimizerKind::Adam => ops::adam_step(parameter, gradient, &steps),
            OptimizerKind::Adafactor => {
                ops::adafactor_step(parameter, gradient, &steps, LEAST_UNIT)
            }
        };
        (weight, Some(Moments { first, second }))
    }
}

/// Kingma & Ba 2015, with bias correction and ε outside the root.
fn adam<const D: usize>(
    gradient: Tensor<D>,
    before: Option<Moments<D>>,
    step: &StepCoefficients,
) -> (Tensor<D>, Moments<D>) {
    let (first, second) = before.map_or((None, None), Moments::into_parts);
    let first = step.first(first, gradient.clone());
    let second = step.second(second, gradient);
    let root = step.correction_2.times(second.clone()).sqrt();
    let direction = step.correction_1.times(first.clone()) / step.eps.plus(root);
    (step.lr.times(direction), Moments { first, second })
}

/// Shazeer & Stern 2018 without factorization, with momentum over the updates, as PaLM's authors
/// have it in t5x; ε outside the root like Adam's. No bound on the update's root mean square: PaLM's
/// paper names none.
fn adafactor<const D: usize>(
    gradient: Tensor<D>,
    before: Option<Moments<D>>,
    weight: &Tensor<D>,
    step: &StepCoefficients,
) -> (Tensor<D>, Moments<D>) {
    let (first, second) = before.map_or((None, None), Moments::into_parts);
    let second = step.second(second, gradient.clone());
    let direction = gradient / step.eps.plus(second.clone().sqrt());
    let first = step.first(first, step.lr.times(direction * unit(weight)));
    (first.clone(), Moments { first, second })
}

/// The root mean square of each lane's parameter, `[lanes, 1, …]`.
fn unit<const D: usize>(weight: &Tensor<D>) -> Tensor<D> {
    let mut shape = [1; D];
    shape[0] = weight.dims()[0];
    let squares = weight.clone().square().reshape([shape[0] as i32, -1]);
    squares.mean_dim(1).sqrt().clamp_min(LEAST_UNIT).reshape(shape)
}

impl<const D: usize> Moments<D> {
    fn into_parts(self) -> (Option<Tensor<D>>, Option<Tensor<D>>) {
        (Some(self.first), Some(self.second))
    }
}

// By hand, because the derive of Burn 0.22 names its own crate's root.
impl<const D: usize> RecordState for Moments<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, "first", self.first.to_data());
        out.push_tensor(prefix, "second", self.second.to_data());
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _device: &Device) -> Option<Self> {
        // Burn names its default device here, a GPU that this machine may not have; the optimizer
        // moves states to their parameters' device at the next step.
        let device = Device::flex();
        let mut take = |leaf| Some(Tensor::from_data(source.take_tensor(prefix, leaf)?, &device));
        Some(Moments { first: take("first")?, second: take("second")? })
    }
}
