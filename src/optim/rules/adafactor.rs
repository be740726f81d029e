//! Adafactor (Shazeer & Stern 2018) without factorization, with momentum over the updates, as PaLM's
//! authors have it in t5x; ε outside the root like Adam's. No bound on the update's root mean square:
//! PaLM's paper names none.

use burn::tensor::Tensor;

use super::adam::two;
use super::{Fused, Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops::{self, Arithmetic, LaneNumbers};
use crate::optim::lanes::LaneValues;

/// Smallest unit of an update, for parameters that are all but zero (Shazeer & Stern 2018, ε₂).
const LEAST_UNIT: f64 = 1e-3;

pub struct Adafactor;

impl Rule for Adafactor {
    /// β1, 1 − β1, β2 = 1 − k^−0.8 at step k, 1 − β2, ε.
    fn numbers(&self, recipe: &Recipe, step: usize) -> Vec<f64> {
        let [beta_1, rest_1] = complement(recipe.betas[0]);
        let [beta_2, rest_2] = complement(1.0 - (step as f64).powf(-0.8));
        vec![beta_1, rest_1, beta_2, rest_2, recipe.eps]
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [beta_1, rest_1, beta_2, rest_2, eps] = at.numbers();
        let [first, second] = two(std::mem::take(state));
        let second = average(beta_2, rest_2, second, gradient.clone().squared());
        let direction = gradient.over(eps.plus(second.clone().root()));
        let update = at.lr.times(unit(at.weight).times(direction));
        let first = average(beta_1, rest_1, first, update);
        *state = vec![first.clone(), second];
        first
    }

    fn fused(&self) -> Option<Fused> {
        Some(|weight, gradient, state, steps, measured| {
            let moments = two(state);
            let (weight, moments, sums) =
                ops::adafactor_step(weight, gradient, moments, steps, LEAST_UNIT, measured);
            (weight, Vec::from(moments), sums)
        })
    }
}

/// The root mean square of each lane's parameter.
fn unit(weight: &Tensor<2>) -> LaneValues {
    let mean = ops::squares(weight.clone()) / weight.dims()[1] as f64;
    LaneValues::PerLane(LaneNumbers::on_device(mean.sqrt().clamp_min(LEAST_UNIT)))
}
