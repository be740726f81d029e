//! Lion (Chen et al. 2023, arXiv 2302.06675, Algorithm 2): the step is `sign(β1 m + (1 − β1) g)`, then
//! `m ← β2 m + (1 − β2) g`. The sign of 0 is 0.

use burn::tensor::Tensor;

use super::{Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops::Arithmetic;

pub struct Lion;

impl Rule for Lion {
    /// β1, 1 − β1, β2, 1 − β2.
    fn numbers(&self, recipe: &Recipe, _step: usize) -> Vec<f64> {
        recipe.betas.map(complement).concat()
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [beta_1, rest_1, beta_2, rest_2] = at.numbers();
        let momentum = state.remove(0);
        let direction = average(beta_1, rest_1, momentum.clone(), gradient.clone()).signs();
        state.push(average(beta_2, rest_2, momentum, gradient));
        at.lr.times(direction)
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::LionConfig;
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::config::{Form, OptimizerKind};
    use crate::optim::lanes::LaneValues;
    use crate::optim::tests::{assert_matches_burn, run_of, vector};

    #[test]
    fn one_lane_with_decoupled_decay_matches_burns_lion() {
        let burns = LionConfig::new().with_beta_2(0.95).with_weight_decay(0.1);
        assert_matches_burn(&run_of(OptimizerKind::Lion, Form::AdamW, 0.1), burns.init());
    }

    #[test]
    fn a_gradient_of_zero_is_no_step() {
        let device = Device::flex();
        let recipe = run_of(OptimizerKind::Lion, Form::None, 0.0).recipe;
        let numbers: Vec<LaneValues> = Lion
            .numbers(&recipe, 1)
            .into_iter()
            .map(|value| LaneValues::Same(value as f32))
            .collect();
        let zeros = Tensor::<2>::zeros([1, 3], &device);
        let parameter = vector(3);
        let at = RuleStep {
            lr: &LaneValues::Same(1.0),
            numbers: &numbers,
            weight: &zeros,
            parameter: &parameter,
            step: 1,
            shared: &recipe,
        };
        let update = Lion.update(zeros.clone(), &mut vec![zeros.clone()], &at);
        assert_eq!(update.try_into_vec_as::<f32>().unwrap(), [0.0; 3]);
    }
}
