//! The optimizer of a cohort: a rule for each role of parameters, with every form of decay,
//! coefficients by lane and a clip of each lane's global gradient norm.
//!
//! A rule is a file and gives an update; clipping, L2, decay and subtraction are one place for all, `step`.
//! Burn's own optimizers are not used for training: their learning rate is one number for all lanes, and
//! Burn's clipping bounds the norm of each tensor, not of a lane. The tests follow them.

mod changes;
mod decay;
mod gradients;
mod lanes;
mod matrices;
mod norms;
mod rules;
mod state;
mod step;

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::config::{ParameterShape, Recipe, RunConfig};
use crate::model::Parameter;
use gradients::LaneGradients;
use rules::Slots;
use step::{Grouping, StepCoefficients};

pub use crate::ops::LaneNumbers;
pub use crate::ops::kernels::update::SUMS;
pub use changes::told;
pub use gradients::{WeightNorms, added, weight_norms};

/// Updates the parameters of a cohort.
pub struct LaneOptimizer {
    lanes: Vec<RunConfig>,
    parameters: Vec<Parameter>,
    shapes: HashMap<ParamId, ParameterShape>,
    groups: Grouping,
    states: HashMap<ParamId, Slots>,
}

impl LaneOptimizer {
    /// An optimizer for a model with these parameters whose lane `i` trains as `lanes[i]`.
    pub fn new(parameters: &[Parameter], lanes: &[RunConfig]) -> Self {
        Self::with_groups(parameters, lanes, RunConfig::group)
    }

    fn with_groups(parameters: &[Parameter], lanes: &[RunConfig], groups: Grouping) -> Self {
        let (lanes, parameters) = (lanes.to_vec(), parameters.to_vec());
        let shapes = parameters.iter().map(|one| (one.id, one.shape.clone())).collect();
        LaneOptimizer { lanes, parameters, shapes, groups, states: HashMap::new() }
    }

    /// Takes step `step` (from 1), and measures what it does to the weights where that is asked for.
    pub fn step<M: Module>(
        &mut self,
        model: M,
        gradients: GradientsParams,
        step: usize,
        measured: bool,
    ) -> Stepped<M> {
        let mut gradients = LaneGradients(gradients);
        let device = model.devices()[0].clone().without_autodiff();
        let mut coefficients = StepCoefficients::new(&self.lanes, self.groups, step, &device);
        gradients.add_penalty(&model, &self.shapes, &coefficients);
        let norms = gradients.norms(&model);
        coefficients.set_clip(&norms);
        let (shapes, states) = (&self.shapes, &mut self.states);
        let sums = measured.then(HashMap::new);
        let mut update = Update { gradients, shapes, coefficients, states, sums };
        let model = model.map(&mut update);
        let changes = update.sums.map(|sums| self.in_order(sums));
        Stepped { model, norms, changes }
    }

    /// The sums of all parameters one after the other; 0 of those without a gradient.
    fn in_order(&self, mut sums: HashMap<ParamId, LaneNumbers>) -> LaneNumbers {
        let lanes = self.lanes.len();
        let none = || LaneNumbers::Host(vec![0.0; lanes * SUMS]);
        let of = |one: &Parameter| sums.remove(&one.id).unwrap_or_else(none);
        LaneNumbers::side_by_side(self.parameters.iter().map(of).collect(), lanes)
    }

    /// A model without autodiff with the averages over steps of the weights in their place.
    ///
    /// # Panics
    /// Before the first step, and for runs that keep no average.
    pub fn averaged<M: Module>(&self, model: M) -> M {
        model.map(&mut Averages { states: &self.states })
    }

    /// What is kept of a parameter between steps, with numbers of each; all lanes share it.
    fn slots(&self, parameter: &ParameterShape) -> Vec<(&'static str, usize)> {
        let rule = (self.groups)(&self.lanes[0], parameter.role).recipe.optimizer;
        let recipe = Recipe { optimizer: rule, ..self.lanes[0].recipe };
        RunConfig { recipe, ..self.lanes[0].clone() }.state_of(parameter)
    }
}

/// What a step gives.
pub struct Stepped<M> {
    /// The updated model.
    pub model: M,
    /// Norm of each lane's gradient before clipping.
    pub norms: LaneNumbers,
    /// What the step did to every parameter of a lane, one after the other: its [sums](SUMS).
    pub changes: Option<LaneNumbers>,
}

/// One step over the parameters of a model.
struct Update<'a> {
    gradients: LaneGradients,
    shapes: &'a HashMap<ParamId, ParameterShape>,
    coefficients: StepCoefficients<'a>,
    states: &'a mut HashMap<ParamId, Slots>,
    /// Of the parameters so far; `None` where nothing is measured.
    sums: Option<HashMap<ParamId, LaneNumbers>>,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.take::<D>(param.id) else { return param };
        let (id, weight, mapper) = param.consume();
        let is_trained = weight.is_require_grad();
        let weight = weight.inner();
        let (state, parameter) = (self.states.remove(&id), &self.shapes[&id]);
        let step = self.coefficients.of(parameter.role);
        let (weight, state, sums) =
            step.apply(weight, gradient, state, parameter, self.sums.is_some());
        self.states.insert(id, state);
        self.sums.iter_mut().zip(sums).for_each(|(all, sums)| drop(all.insert(id, sums)));
        let weight = Tensor::from_inner(weight);
        let weight = if is_trained { weight.require_grad() } else { weight };
        Param::from_mapped_value(id, weight, mapper)
    }
}

/// Puts the averages of weights, which stand last among what is kept of a parameter, in their place.
struct Averages<'a> {
    states: &'a HashMap<ParamId, Slots>,
}

impl ModuleMapper for Averages<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, weight, mapper) = param.consume();
        let average = self.states[&id].last().expect("the run keeps averages").clone();
        Param::from_mapped_value(id, average.reshape(weight.shape()), mapper)
    }
}

#[cfg(test)]
pub(crate) mod tests;
