//! Adam (Kingma & Ba 2015) with bias correction and ε outside the root.

use burn::tensor::Tensor;

use super::{Fused, Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops;
use crate::ops::kernels::update::LaneStep;

pub struct Adam;

impl Rule for Adam {
    fn slots(&self) -> &'static [&'static str] {
        &["first", "second"]
    }

    /// β1, 1 − β1, β2, 1 − β2, 1/(1 − β1ᵗ), 1/(1 − β2ᵗ), ε.
    fn numbers(&self, recipe: &Recipe, step: usize) -> Vec<f64> {
        let [[beta_1, rest_1], [beta_2, rest_2]] = recipe.betas.map(complement);
        let correction = |beta: f64| 1.0 / (1.0 - beta.powf(step as f64));
        vec![beta_1, rest_1, beta_2, rest_2, correction(beta_1), correction(beta_2), recipe.eps]
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [beta_1, rest_1, beta_2, rest_2, correction_1, correction_2, eps] = at.numbers();
        let [first, second] = two(std::mem::take(state));
        let first = average(beta_1, rest_1, first, gradient.clone());
        let second = average(beta_2, rest_2, second, gradient.square());
        let root = correction_2.times(second.clone()).sqrt();
        let direction = correction_1.times(first.clone()) / eps.plus(root);
        *state = vec![first, second];
        at.lr.times(direction)
    }

    fn fused(&self) -> Option<Fused> {
        Some(|weight, gradient, state, steps: &[LaneStep]| {
            let [first, second] = two(state);
            let [weight, first, second] = ops::adam_step([weight, first, second], gradient, steps);
            (weight, vec![first, second])
        })
    }
}

/// Both slots of a rule that has two.
pub fn two(state: Slots) -> [Tensor<2>; 2] {
    state.try_into().expect("the rule has two slots")
}
