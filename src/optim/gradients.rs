use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::step::StepCoefficients;
use crate::config::{ParameterShape, Role};
use crate::model::Parameter;
use crate::ops::{self, Arithmetic, LaneNumbers};

/// The gradients of one step, before the optimizer sees them.
pub struct LaneGradients(pub GradientsParams);

impl LaneGradients {
    /// Adds the gradient of λ/2 ‖w‖² where a lane has it in its loss.
    pub fn add_penalty<M: Module>(
        &mut self,
        model: &M,
        shapes: &HashMap<ParamId, ParameterShape>,
        step: &StepCoefficients,
    ) {
        if step.roles().all(|role| role.decay.before_clip.all(0.0)) {
            return;
        }
        model.visit(&mut Penalty { gradients: &mut self.0, shapes, step });
    }

    /// Norm of each lane's gradient over all parameters.
    pub fn norms<M: Module>(&self, model: &M) -> LaneNumbers {
        let mut squares =
            Squares { of: |param: ParamId| Source::Gradient(&self.0, param), found: Vec::new() };
        model.visit(&mut squares);
        let found = squares.found.into_iter().map(|(_, squares)| squares);
        root_of_sum(found).expect("a model has parameters")
    }

    /// Takes the gradient of one parameter out.
    pub fn take<const D: usize>(&mut self, id: ParamId) -> Option<Tensor<D>> {
        self.0.remove(id)
    }
}

/// Gradients of a model and further ones, added up.
pub fn added<M: Module>(
    model: &M,
    gradients: GradientsParams,
    further: GradientsParams,
) -> GradientsParams {
    let mut sum = Sum { gradients, further };
    model.visit(&mut sum);
    sum.gradients
}

struct Sum {
    gradients: GradientsParams,
    further: GradientsParams,
}

impl ModuleVisitor for Sum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(further) = self.further.remove::<D>(param.id) {
            let sum = match self.gradients.remove::<D>(param.id) {
                Some(sum) => sum.plus(further),
                None => further,
            };
            self.gradients.register(param.id, sum);
        }
    }
}

/// Norms of each lane's weights.
pub struct WeightNorms {
    /// Over all parameters.
    pub all: LaneNumbers,
    /// Over the parameters of a role, for the roles that the model has.
    pub by_role: Vec<(Role, LaneNumbers)>,
}

/// Measures the weights of a model with these parameters.
pub fn weight_norms<M: Module>(model: &M, parameters: &[Parameter]) -> WeightNorms {
    let mut squares = Squares { of: |_| Source::Weight, found: Vec::new() };
    model.visit(&mut squares);
    let roles: HashMap<ParamId, Role> =
        parameters.iter().map(|one| (one.id, one.shape.role)).collect();
    let of_role = |role: Role| {
        let members = squares.found.iter().filter(|(id, _)| roles[id] == role);
        Some((role, root_of_sum(members.map(|(_, squares)| squares.clone()))?))
    };
    let by_role = Role::ALL.into_iter().filter_map(of_role).collect();
    let all = squares.found.into_iter().map(|(_, squares)| squares);
    WeightNorms { all: root_of_sum(all).expect("a model has parameters"), by_role }
}

fn root_of_sum(squares: impl Iterator<Item = LaneNumbers>) -> Option<LaneNumbers> {
    squares.reduce(LaneNumbers::plus).map(LaneNumbers::root)
}

struct Penalty<'a> {
    gradients: &'a mut GradientsParams,
    shapes: &'a HashMap<ParamId, ParameterShape>,
    step: &'a StepCoefficients<'a>,
}

impl ModuleVisitor for Penalty<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let coefficient = &self.step.of(self.shapes[&param.id].role).decay.before_clip;
        if coefficient.all(0.0) {
            return;
        }
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let pull = coefficient.times(param.val().inner());
            self.gradients.register(param.id, gradient.plus(pull));
        }
    }
}

enum Source<'a> {
    Gradient(&'a GradientsParams, ParamId),
    Weight,
}

/// Collects the sum of squares of each lane of each parameter, in the order of the model.
struct Squares<F> {
    of: F,
    found: Vec<(ParamId, LaneNumbers)>,
}

impl<'a, F: Fn(ParamId) -> Source<'a>> ModuleVisitor for Squares<F> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = match (self.of)(param.id) {
            Source::Gradient(gradients, id) => gradients.get::<D>(id),
            Source::Weight => Some(param.val().inner()),
        };
        self.found.extend(values.map(|values| (param.id, ops::lane_squares(values))));
    }
}
