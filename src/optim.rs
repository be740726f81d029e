//! The optimizer: Adam or Adafactor with every decay form, per-lane coefficients and a per-lane clip of the
//! global gradient norm, as one Burn [`Optimizer`](burn::optim::Optimizer) over parameter groups.
//!
//! burn-train's `Learner` is not used: its learning rate is one number for all lanes, and Burn's
//! gradient clipping bounds the norm of each tensor, not of a lane.

mod gradients;
mod lane_values;
mod moments;
mod rule;
mod step;

use burn::module::{Module, ParamGroup};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Gradients, Tensor};

use crate::decay::Role;
use crate::model::{Parameter, parameters};
use crate::run::RunConfig;
use gradients::LaneGradients;
use rule::LaneRule;
use step::{SharedStep, StepCoefficients};

pub use gradients::{WeightNorms, weight_norms};
pub use moments::LaneMoments;

/// Updates the parameters of a cohort.
pub struct LaneOptimizer {
    lanes: Vec<RunConfig>,
    parameters: Vec<Parameter>,
    step: SharedStep,
    inner: ModuleOptimizer,
}

impl LaneOptimizer {
    /// An optimizer for a model whose lane `i` trains as `lanes[i]`.
    pub fn new<M: Module>(model: &M, lanes: &[RunConfig]) -> Self {
        let (kind, step) = (lanes[0].recipe.optimizer, SharedStep::default());
        let parameters = parameters(model);
        let mut inner = ModuleOptimizer::from(LaneRule::new(kind, Role::Bias, &step));
        for role in Role::ALL {
            let ids = parameters.iter().filter(|p| p.role == role).map(|p| p.id).collect();
            let rule = LaneRule::new(kind, role, &step);
            inner = inner.with_group(ParamGroup::from_ids(ids), rule, None);
        }
        LaneOptimizer { lanes: lanes.to_vec(), parameters, step, inner }
    }

    /// Takes step `step` (from 1) and returns the updated model with the gradient norm of each
    /// lane before clipping, `[lanes]`.
    pub fn step<M: Module>(
        &mut self,
        model: M,
        gradients: Gradients,
        step: usize,
    ) -> (M, Tensor<1>) {
        let gradients = LaneGradients::new(&model, gradients);
        self.step_with(model, gradients, step)
    }

    fn step_with<M: Module>(
        &mut self,
        model: M,
        mut gradients: LaneGradients,
        step: usize,
    ) -> (M, Tensor<1>) {
        let device = model.devices()[0].clone().without_autodiff();
        let mut coefficients = StepCoefficients::new(&self.lanes, step, &device);
        gradients.add_penalty(&model, &self.parameters, &coefficients);
        let norms = gradients.norms(&model);
        coefficients.set_clip(&norms);
        self.step.set(coefficients);
        // The learning rate goes by lane, inside the coefficients.
        let model = self.inner.step(0.0, model, gradients.into_params());
        (model, norms)
    }
}

#[cfg(test)]
mod tests;
