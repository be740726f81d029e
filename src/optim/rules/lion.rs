//! Lion (Chen et al. 2023, arXiv 2302.06675, Algorithm 2): the step is `sign(β1 m + (1 − β1) g)`, then
//! `m ← β2 m + (1 − β2) g`. The sign of 0 is 0.

use burn::tensor::Tensor;

use super::{Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;

pub struct Lion;

impl Rule for Lion {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    /// β1, 1 − β1, β2, 1 − β2.
    fn numbers(&self, recipe: &Recipe, _step: usize) -> Vec<f64> {
        recipe.betas.map(complement).concat()
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [beta_1, rest_1, beta_2, rest_2] = at.numbers();
        let momentum = state.remove(0);
        let direction = average(beta_1, rest_1, momentum.clone(), gradient.clone()).sign();
        state.push(average(beta_2, rest_2, momentum, gradient));
        at.lr.times(direction)
    }
}
