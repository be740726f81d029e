//! Forms that go by the norms of weights. A norm is that of a whole matrix (Frobenius), and of a whole vector.

use burn::tensor::{Device, Int, Tensor};

use super::lanes::LaneValues;
use super::matrices::{join, norms, scaled, split};
use crate::config::{Form, NormControl, ParameterShape, Rates, Role, RunConfig};
use crate::ops::Arithmetic;

/// A norm below this is no norm to divide by.
const LEAST: f64 = 1e-20;

/// What one step does to the norms of the parameters of a role.
pub struct NormStep {
    /// How all lanes of a cohort treat norms.
    pub control: NormControl,
    /// Share taken away of what a norm is above its target.
    towards: LaneValues,
    /// Target, as a share of the first norm.
    target: LaneValues,
    /// The lanes whose mask holds the role.
    held: Vec<bool>,
    /// For every lane the one whose η/‖w‖ it has; empty for none.
    partners: Vec<usize>,
}

impl NormStep {
    /// Of a step with these rates.
    pub fn new(lanes: &[RunConfig], rates: &[Rates], role: Role, device: &Device) -> Self {
        let control = lanes[0].decay.form.norm_control();
        let held = |lane: &RunConfig| {
            let is_controlled = lane.decay.form.norm_control() == control;
            is_controlled && lane.decay.mask.is_some_and(|mask| mask.decays(role))
        };
        let towards = rates.iter().map(|rates| rates.towards_target);
        let target = lanes.iter().map(|lane| lane.recipe.target_norm);
        NormStep {
            control,
            towards: LaneValues::new(towards, device),
            target: LaneValues::new(target, device),
            held: lanes.iter().map(held).collect(),
            partners: if control == NormControl::Matched { partners(lanes) } else { Vec::new() },
        }
    }

    /// Whether it goes by the first norm of a parameter.
    pub fn keeps_first(&self) -> bool {
        matches!(self.control, NormControl::Target | NormControl::Fixed)
    }

    /// What decay towards a norm leaves of a weight: `(1 − η_t λ (1 − R/‖w‖)) w`.
    pub fn drawn(
        &self,
        weight: Tensor<2>,
        first_norm: Tensor<2>,
        parameter: &ParameterShape,
    ) -> Tensor<2> {
        let [lanes, parts] = first_norm.dims();
        let matrices = split(weight, parameter);
        let now = norms(matrices.clone()).clamp_min(LEAST).reshape([lanes, parts]);
        let above = (self.target.times(first_norm) / now).neg().add_scalar(1.0);
        let kept = self.towards.times(above).neg().add_scalar(1.0);
        join(scaled(matrices, kept), parameter)
    }

    /// `R N(w − η_t R N(u))`, with `N` a matrix divided by its norm, where the mask holds the parameter;
    /// `w − η_t u` elsewhere. `update` is `η_t u`.
    pub fn turned(
        &self,
        weight: Tensor<2>,
        update: Tensor<2>,
        first_norm: Tensor<2>,
        lr: &LaneValues,
        parameter: &ParameterShape,
    ) -> Tensor<2> {
        let free = weight.clone().minus(update.clone());
        if !self.held.contains(&true) {
            return free;
        }
        let (weights, updates) = (split(weight, parameter), split(update, parameter));
        let angle = lr.times(first_norm.clone());
        let size = norms(updates.clone()).clamp_min(LEAST).reshape(angle.shape());
        let turned = weights.minus(scaled(updates, angle / size));
        let size = norms(turned.clone()).clamp_min(LEAST).reshape(first_norm.shape());
        let turned = join(scaled(turned, first_norm / size), parameter);
        free.replaced(turned, &self.held)
    }

    /// An update times `‖w‖/‖w′‖`, `w′` the weights of the lane whose η/‖w‖ a lane has.
    pub fn matched(
        &self,
        update: Tensor<2>,
        weight: &Tensor<2>,
        parameter: &ParameterShape,
    ) -> Tensor<2> {
        if self.partners.is_empty() || !self.held.contains(&true) {
            return update;
        }
        let own = of(weight.clone(), parameter);
        let partners: Vec<i32> = self.partners.iter().map(|lane| *lane as i32).collect();
        let partners = Tensor::<1, Int>::from_ints(partners.as_slice(), &own.device());
        let theirs = own.clone().select(0, partners).clamp_min(LEAST);
        let updates = split(update.clone(), parameter);
        let matched = join(scaled(updates, own / theirs), parameter);
        update.replaced(matched, &self.held)
    }
}

/// Twins stand behind all others, in the same order; a twin is its own partner.
fn partners(lanes: &[RunConfig]) -> Vec<usize> {
    let count = lanes.iter().filter(|lane| lane.decay.form == Form::Matched).count();
    (0..lanes.len()).map(|lane| if lane < count { lane + count } else { lane }).collect()
}

/// The norms of a parameter, `[lanes, parts]`.
pub fn of(weight: Tensor<2>, parameter: &ParameterShape) -> Tensor<2> {
    let lanes = weight.dims()[0] as i32;
    norms(split(weight, parameter)).reshape([lanes, -1])
}
