//! Stochastic gradient descent with momentum as PyTorch defines it (`torch.optim.SGD`, dampening 0, no
//! Nesterov): `m ← μ m + g`, and the step is `m`.

use burn::tensor::Tensor;

use super::{Rule, RuleStep, Slots};
use crate::config::Recipe;

pub struct Sgd;

impl Rule for Sgd {
    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    /// μ.
    fn numbers(&self, recipe: &Recipe, _step: usize) -> Vec<f64> {
        vec![recipe.momentum]
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [momentum] = at.numbers();
        let sum = momentum.times(state.remove(0)) + gradient;
        state.push(sum.clone());
        at.lr.times(sum)
    }
}
