//! Adam (Kingma & Ba 2015) with bias correction and ε outside the root.

use burn::tensor::Tensor;

use super::{Fused, Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops::{self, Arithmetic};

pub struct Adam;

impl Rule for Adam {
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
        let second = average(beta_2, rest_2, second, gradient.squared());
        let root = correction_2.times(second.clone()).root();
        let direction = correction_1.times(first.clone()).over(eps.plus(root));
        *state = vec![first, second];
        at.lr.times(direction)
    }

    fn fused(&self) -> Option<Fused> {
        Some(|weight, gradient, state, steps, measured| {
            let moments = two(state);
            let (weight, moments, sums) =
                ops::adam_step(weight, gradient, moments, steps, measured);
            (weight, Vec::from(moments), sums)
        })
    }
}

/// Both slots of a rule that has two.
pub fn two(state: Slots) -> [Tensor<2>; 2] {
    state.try_into().expect("the rule has two slots")
}

#[cfg(test)]
mod tests {
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::{AdamConfig, AdamWConfig};

    use crate::config::{Form, OptimizerKind};
    use crate::optim::tests::{assert_matches_burn, run_of};

    #[test]
    fn one_lane_of_adamw_and_of_l2_matches_burns_adamw_and_adam() {
        let adamw = AdamWConfig::new().with_beta_2(0.95).with_epsilon(1e-8).with_weight_decay(0.1);
        assert_matches_burn(&run_of(OptimizerKind::Adam, Form::AdamW, 0.1), adamw.init());
        let decay = Some(WeightDecayConfig::new(0.1));
        let adam = AdamConfig::new().with_beta_2(0.95).with_epsilon(1e-8).with_weight_decay(decay);
        assert_matches_burn(&run_of(OptimizerKind::Adam, Form::L2, 0.1), adam.init());
    }

    /// What kernels do for cautious decay, coordinate by coordinate, is what primitives do.
    #[test]
    fn the_kernel_decays_cautiously_where_the_primitives_do() {
        use crate::ops::kernels::update::{LaneStep, Parameter, adam};
        let mut weight = [1.0_f32, -1.0, 1.0, -1.0, 0.5, -0.5, 1e-30, 1e-30];
        let gradient = [1.0_f32, -1.0, -1.0, 1.0, 0.0, 0.0, 1e-30, -1e-30];
        let before = weight;
        let (mut first, mut second) = ([0.0; 8], [0.0; 8]);
        // β of 0 and a large ε: the update is lr · g / ε.
        let numbers = vec![0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1e6];
        let step = LaneStep {
            clip_factor: 1.0,
            lr: 1e5,
            keep: 1.0,
            cautious: 0.5,
            numbers,
            after_clip: 0.0,
        };
        let (first, second) = (&mut first[..], &mut second[..]);
        adam(Parameter { weight: &mut weight, gradient: &gradient, first, second }, &[step], false);
        let decays = [1.0_f32, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0];
        for (index, after) in weight.into_iter().enumerate() {
            let update = gradient[index] / (gradient[index].abs() + 1e6) * 1e5;
            let expected = before[index] * (1.0 - 0.5 * decays[index]) - update;
            assert!(
                (after - expected).abs() <= 1e-6 * expected.abs(),
                "coordinate {index}: {after}"
            );
        }
    }
}
