//! What every rule has in common: clip, L2 in the gradient, the rule's update, decay, subtraction.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use burn::tensor::{Device, Tensor};

use super::Grouping;
use super::lanes::LaneValues;
use super::rules::{self, Rule, RuleStep, Slots};
use crate::config::{Rates, Role, RunConfig, Schedule};
use crate::ops;
use crate::ops::kernels::update::LaneStep;

/// Everything that varies by role and lane in one step, computed in float64 on the host.
pub struct StepCoefficients {
    roles: BTreeMap<Role, RoleStep>,
    clips: Vec<f64>,
}

/// What a step does to the parameters of one role.
pub struct RoleStep {
    rule: &'static dyn Rule,
    /// How many tensors the rule keeps of a parameter.
    slots: usize,
    /// Factor of the gradient that keeps its global norm within the bound.
    pub clip_factor: LaneValues,
    lr: LaneValues,
    numbers: Vec<LaneValues>,
    /// What decay does.
    pub decay: DecayCoefficients,
    /// The same by lane on the host, once a kernel asks for it.
    on_host: OnceLock<Vec<LaneStep>>,
}

/// What decay does to the parameters of one role.
pub struct DecayCoefficients {
    /// λ added to the gradient before clipping.
    pub before_clip: LaneValues,
    /// λ added to the gradient after clipping.
    after_clip: LaneValues,
    /// Factor that decoupled decay leaves of a weight.
    keep: LaneValues,
    /// Share taken away where update and weight do not have opposite signs.
    cautious: LaneValues,
}

impl StepCoefficients {
    /// The coefficients of step `step` (from 1), before the gradient norms are known.
    pub fn new(lanes: &[RunConfig], groups: Grouping, step: usize, device: &Device) -> Self {
        let of = |role| (role, RoleStep::new(lanes, groups, role, step, device));
        let clips = lanes.iter().map(|lane| lane.recipe.clip).collect();
        StepCoefficients { roles: Role::ALL.map(of).into(), clips }
    }

    /// What the step does to parameters of this role.
    pub fn of(&self, role: Role) -> &RoleStep {
        &self.roles[&role]
    }

    /// Sets the clip from the gradient norms `[lanes]`: `min(1, clip / (norm + 1e-6))`.
    pub fn set_clip(&mut self, norms: &Tensor<1>) {
        if self.clips.iter().all(|clip| *clip == 0.0) {
            return;
        }
        // An unclipped lane gets the largest bound there is: its factor is exactly 1.
        let bound = |clip: &f64| if *clip == 0.0 { f64::from(f32::MAX) } else { *clip };
        let bounds = LaneValues::new(self.clips.iter().map(bound), &norms.device());
        let factor = bounds.times(norms.clone().add_scalar(1e-6).recip()).clamp_max(1.0);
        let factor = LaneValues::per_lane(factor);
        self.roles.values_mut().for_each(|role| role.clip_factor = factor.clone());
    }
}

impl RoleStep {
    fn new(
        lanes: &[RunConfig],
        groups: Grouping,
        role: Role,
        step: usize,
        device: &Device,
    ) -> Self {
        let optimizer = groups(&lanes[0], role).optimizer;
        let rule = rules::rule(optimizer);
        let schedules: Vec<Schedule> = lanes
            .iter()
            .map(|lane| Schedule { lr: groups(lane, role).lr, ..lane.recipe.lr_schedule() })
            .collect();
        let rates: Vec<Rates> = lanes
            .iter()
            .zip(&schedules)
            .map(|(lane, schedule)| {
                rates(lane, groups(lane, role).weight_decay, schedule, role, step)
            })
            .collect();
        let by_lane: Vec<Vec<f64>> =
            lanes.iter().map(|lane| rule.numbers(&lane.recipe, step)).collect();
        let number = |index| LaneValues::new(by_lane.iter().map(|lane| lane[index]), device);
        RoleStep {
            rule,
            slots: optimizer.slots().len(),
            clip_factor: LaneValues::Same(1.0),
            lr: LaneValues::new(schedules.iter().map(|schedule| schedule.lr_at(step)), device),
            numbers: (0..by_lane[0].len()).map(number).collect(),
            decay: DecayCoefficients::new(&rates, device),
            on_host: OnceLock::new(),
        }
    }

    /// A parameter and its state after the step: weight and gradient `[lanes, elements]`.
    pub fn apply(
        &self,
        weight: Tensor<2>,
        gradient: Tensor<2>,
        state: Option<Slots>,
    ) -> (Tensor<2>, Slots) {
        let mut state =
            state.unwrap_or_else(|| (0..self.slots).map(|_| weight.zeros_like()).collect());
        if let Some(fused) = self.rule.fused().filter(|_| ops::is_fused(&weight.device())) {
            let lanes = weight.dims()[0];
            let steps = self.on_host.get_or_init(|| self.by_lane(lanes));
            return fused(weight, gradient, state, steps);
        }
        let decay = &self.decay;
        let mut gradient = self.clip_factor.times(gradient);
        if !decay.after_clip.all(0.0) {
            gradient = gradient + decay.after_clip.times(weight.clone());
        }
        let at = RuleStep { lr: &self.lr, numbers: &self.numbers, weight: &weight };
        let update = self.rule.update(gradient, &mut state, &at);
        (decay.kept(weight, &update) - update, state)
    }

    fn by_lane(&self, lanes: usize) -> Vec<LaneStep> {
        let on_host = |values: &LaneValues| values.on_host(lanes);
        let decay = &self.decay;
        let [clip_factor, after_clip, lr, keep, cautious] =
            [&self.clip_factor, &decay.after_clip, &self.lr, &decay.keep, &decay.cautious]
                .map(on_host);
        let numbers: Vec<Vec<f32>> = self.numbers.iter().map(on_host).collect();
        let step = |lane: usize| LaneStep {
            clip_factor: clip_factor[lane],
            after_clip: after_clip[lane],
            lr: lr[lane],
            keep: keep[lane],
            cautious: cautious[lane],
            numbers: numbers.iter().map(|values| values[lane]).collect(),
        };
        (0..lanes).map(step).collect()
    }
}

impl DecayCoefficients {
    fn new(rates: &[Rates], device: &Device) -> Self {
        let values = |of: fn(&Rates) -> f64| LaneValues::new(rates.iter().map(of), device);
        DecayCoefficients {
            before_clip: values(|rates| rates.before_clip),
            after_clip: values(|rates| rates.after_clip),
            keep: values(|rates| 1.0 - rates.shrink),
            cautious: values(|rates| rates.cautious),
        }
    }

    /// What decoupled decay leaves of a weight.
    fn kept(&self, weight: Tensor<2>, update: &Tensor<2>) -> Tensor<2> {
        if self.cautious.all(0.0) {
            return self.keep.times(weight);
        }
        // By signs, so that no product of small numbers becomes 0.
        let signs = update.clone().sign() * weight.clone().sign();
        let agree = signs.greater_equal_scalar(0.0).float();
        self.keep.minus(&self.cautious, agree) * weight
    }
}

fn rates(
    lane: &RunConfig,
    weight_decay: f64,
    schedule: &Schedule,
    role: Role,
    step: usize,
) -> Rates {
    match lane.decay.mask {
        Some(mask) if mask.decays(role) => {
            Rates::at(lane.decay.form, weight_decay, schedule, role, step)
        }
        _ => Rates::default(),
    }
}
