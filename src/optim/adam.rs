use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::step::{SharedStep, StepCoefficients};
use crate::decay::Role;

/// Adam (Kingma & Ba 2015) with bias correction and ε outside the root, over the parameters of one
/// role, every coefficient per lane.
#[derive(Clone)]
pub struct LaneAdam {
    role: Role,
    step: SharedStep,
}

/// Averages of gradients and of their squares, `[lanes, …]` like the parameter.
#[derive(Clone)]
pub struct Moments<const D: usize> {
    first: Tensor<D>,
    second: Tensor<D>,
}

impl LaneAdam {
    /// For the parameters of `role`; the coefficients come from `step`.
    pub fn new(role: Role, step: &SharedStep) -> Self {
        LaneAdam { role, step: step.clone() }
    }
}

impl Optimizer for LaneAdam {
    type State<const D: usize> = Moments<D>;

    fn step<const D: usize>(
        &self,
        _lr: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Moments<D>>,
    ) -> (Tensor<D>, Option<Moments<D>>) {
        let step = self.step.get();
        let decay = step.decay(self.role);
        let mut gradient = step.clip_factor.times(gradient);
        if !decay.after_clip.all(0.0) {
            gradient = gradient + decay.after_clip.times(weight.clone());
        }
        let moments = Moments::next(state, gradient, &step);
        let update = moments.update(&step);
        let kept = if decay.cautious.all(0.0) {
            decay.keep.times(weight)
        } else {
            let agree = (update.clone() * weight.clone()).greater_scalar(0.0).float();
            decay.keep.minus(&decay.cautious, agree) * weight
        };
        (kept - step.lr.times(update), Some(moments))
    }

    fn to_device<const D: usize>(state: Moments<D>, device: &Device) -> Moments<D> {
        Moments { first: state.first.to_device(device), second: state.second.to_device(device) }
    }
}

impl<const D: usize> Moments<D> {
    fn next(before: Option<Self>, gradient: Tensor<D>, step: &StepCoefficients) -> Self {
        let first = step.rest_1.times(gradient.clone());
        let second = step.rest_2.times(gradient.square());
        match before {
            None => Moments { first, second },
            Some(before) => Moments {
                first: step.beta_1.times(before.first) + first,
                second: step.beta_2.times(before.second) + second,
            },
        }
    }

    fn update(&self, step: &StepCoefficients) -> Tensor<D> {
        let root = step.correction_2.times(self.second.clone()).sqrt();
        step.correction_1.times(self.first.clone()) / step.eps.plus(root)
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
