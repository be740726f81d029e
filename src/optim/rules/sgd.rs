//! Stochastic gradient descent with momentum as PyTorch defines it (`torch.optim.SGD`, dampening 0, no
//! Nesterov): `m ← μ m + g`, and the step is `m`.

use burn::tensor::Tensor;

use super::{Rule, RuleStep, Slots};
use crate::config::Recipe;
use crate::ops::Arithmetic;

pub struct Sgd;

impl Rule for Sgd {
    /// μ.
    fn numbers(&self, recipe: &Recipe, _step: usize) -> Vec<f64> {
        vec![recipe.momentum]
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [momentum] = at.numbers();
        let sum = momentum.times(state.remove(0)).plus(gradient);
        state.push(sum.clone());
        at.lr.times(sum)
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::SgdConfig;
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::momentum::MomentumConfig;

    use crate::config::{Form, OptimizerKind};
    use crate::optim::tests::{assert_matches_burn, run_of};

    #[test]
    fn one_lane_with_l2_matches_burns_sgd() {
        let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
        let burns = SgdConfig::new()
            .with_momentum(Some(momentum))
            .with_weight_decay(Some(WeightDecayConfig::new(0.1)));
        assert_matches_burn(&run_of(OptimizerKind::Sgd, Form::L2, 0.1), burns.init());
    }
}
