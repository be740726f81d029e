//! What every rule has in common: clip, L2 in the gradient, the rule's update, decay, subtraction.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Tensor};

use super::changes;
use super::decay::DecayCoefficients;
use super::lanes::LaneValues;
use super::norms::{self, NormStep};
use super::rules::{self, Fused, Rule, RuleStep, Slots};
use crate::config::{Group, NormControl, ParameterShape, Rates, Recipe, Role, RunConfig, Schedule};
use crate::ops::kernels::update::LaneStep;
use crate::ops::{self, Arithmetic, LaneNumbers};

/// How a run updates the parameters of a role.
pub type Grouping = fn(&RunConfig, Role) -> Group;

/// Everything that varies by role and lane in one step, computed in float64 on the host.
pub struct StepCoefficients<'a> {
    roles: BTreeMap<Role, RoleStep<'a>>,
    clips: Vec<f64>,
}

/// What a step does to the parameters of one role.
pub struct RoleStep<'a> {
    rule: &'static dyn Rule,
    /// Steps taken, this one included.
    step: usize,
    /// The first lane: what all lanes of a cohort share holds for each.
    first: &'a RunConfig,
    /// Its recipe for this role.
    recipe: Recipe,
    /// What its form does to the norms of weights.
    norms: NormStep,
    /// Share of the weights that enters their average over steps; `None` where none is kept.
    averaging: Option<LaneValues>,
    /// Factor of the gradient that keeps its global norm within the bound.
    pub clip_factor: LaneValues,
    lr: LaneValues,
    numbers: Vec<LaneValues>,
    /// What decay does.
    pub decay: DecayCoefficients,
    /// The same by lane on the host, once a kernel asks for it.
    on_host: OnceLock<Arc<[LaneStep]>>,
}

impl<'a> StepCoefficients<'a> {
    /// The coefficients of step `step` (from 1), before the gradient norms are known.
    pub fn new(lanes: &'a [RunConfig], groups: Grouping, step: usize, device: &Device) -> Self {
        let of = |role| (role, RoleStep::new(lanes, groups, role, step, device));
        let clips = lanes.iter().map(|lane| lane.recipe.clip).collect();
        StepCoefficients { roles: Role::ALL.map(of).into(), clips }
    }

    /// What the step does to parameters of this role.
    pub fn of(&self, role: Role) -> &RoleStep<'a> {
        &self.roles[&role]
    }

    /// The same of every role.
    pub fn roles(&self) -> impl Iterator<Item = &RoleStep<'a>> {
        self.roles.values()
    }

    /// Sets the clip from the gradient norm of each lane: `min(1, clip / (norm + 1e-6))`.
    pub fn set_clip(&mut self, norms: &LaneNumbers) {
        if self.clips.iter().all(|clip| *clip == 0.0) {
            return;
        }
        // An unclipped lane gets the largest bound there is: its factor is exactly 1.
        let bound = |clip: &f64| if *clip == 0.0 { f64::from(f32::MAX) } else { *clip };
        let bounds = self.clips.iter().map(bound);
        let factor = LaneValues::PerLane(match norms {
            LaneNumbers::Host(norms) => LaneNumbers::Host(clip_factors(norms, bounds)),
            LaneNumbers::Device(norms) => {
                let bounds = LaneValues::new(bounds, &norms.device());
                let shares = bounds.times((**norms).clone().add_scalar(1e-6).recip());
                LaneNumbers::on_device(shares.clamp_max(1.0))
            }
        });
        self.roles.values_mut().for_each(|role| role.clip_factor = factor.clone());
    }
}

/// As the device computes them: a norm that is no number clips to none.
fn clip_factors(norms: &[f32], bounds: impl Iterator<Item = f64>) -> Vec<f32> {
    let factor = |(norm, bound): (&f32, f64)| {
        let share = 1.0 / (norm + 1e-6) * bound as f32;
        if share > 1.0 { 1.0 } else { share }
    };
    norms.iter().zip(bounds).map(factor).collect()
}

impl<'a> RoleStep<'a> {
    fn new(
        lanes: &'a [RunConfig],
        groups: Grouping,
        role: Role,
        step: usize,
        device: &Device,
    ) -> Self {
        let recipes: Vec<Recipe> = lanes.iter().map(|lane| groups(lane, role).recipe).collect();
        let rule = rules::rule(recipes[0].optimizer);
        let schedules: Vec<Schedule> = recipes.iter().map(Recipe::lr_schedule).collect();
        let rates: Vec<Rates> = lanes
            .iter()
            .zip(&schedules)
            .map(|(lane, schedule)| {
                lane.decay.rates(groups(lane, role).weight_decay, schedule, role, step)
            })
            .collect();
        let by_lane: Vec<Vec<f64>> =
            recipes.iter().map(|recipe| rule.numbers(recipe, step)).collect();
        let number = |index| LaneValues::new(by_lane.iter().map(|lane| lane[index]), device);
        RoleStep {
            rule,
            step,
            first: &lanes[0],
            recipe: recipes[0],
            norms: NormStep::new(lanes, &rates, role, device),
            averaging: averaging(lanes, step, device),
            clip_factor: LaneValues::Same(1.0),
            lr: LaneValues::new(schedules.iter().map(|schedule| schedule.lr_at(step)), device),
            numbers: (0..by_lane[0].len()).map(number).collect(),
            decay: DecayCoefficients::new(&rates, device),
            on_host: OnceLock::new(),
        }
    }

    /// A parameter and its state after the step, and where it is to be measured the
    /// [sums](crate::ops::kernels::update::SUMS) of what the step did; weight and gradient `[lanes, …]`.
    pub fn apply<const D: usize>(
        &self,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Slots>,
        parameter: &ParameterShape,
        measured: bool,
    ) -> (Tensor<D>, Slots, Option<LaneNumbers>) {
        // Lane by lane, whatever the shape.
        let shape = weight.shape();
        let rows = [shape[0] as i32, -1];
        let first = || self.first_state(&weight.clone().reshape(rows), parameter);
        let state = state.unwrap_or_else(first);
        // A kernel sees numbers alone: it is spared the way there and back, which counts in a small model's step.
        if let Some(fused) = self.fused(&weight.device()).filter(|_| self.averaging.is_none()) {
            let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
            let steps = self.by_lane(shape[0]);
            let (weight, state, sums) = fused(weight, gradient, state, steps, measured);
            return (Tensor::from_dispatch(weight), state, sums);
        }
        let (weight, gradient) = (weight.reshape(rows), gradient.reshape(rows));
        let (weight, state, sums) = self.averaged(weight, gradient, state, parameter, measured);
        (weight.reshape(shape), state, sums)
    }

    /// The same of `[lanes, elements]`, with the average over steps brought up to date where one is kept.
    fn averaged(
        &self,
        weight: Tensor<2>,
        gradient: Tensor<2>,
        mut state: Slots,
        parameter: &ParameterShape,
        measured: bool,
    ) -> (Tensor<2>, Slots, Option<LaneNumbers>) {
        let average = self.averaging.as_ref().and_then(|share| Some((share, state.pop()?)));
        let (weight, mut state, sums) = self.updated(weight, gradient, state, parameter, measured);
        if let Some((share, average)) = average {
            state.push(average.clone().plus(share.times(weight.clone().minus(average))));
        }
        (weight, state, sums)
    }

    /// The rule's kernel, where the device has kernels and nothing comes between the rule's steps.
    fn fused(&self, device: &Device) -> Option<Fused> {
        let is_free = self.norms.control == NormControl::Free && ops::is_fused(device);
        self.rule.fused().filter(|_| is_free)
    }

    /// What is kept of a parameter before the first step.
    fn first_state(&self, weight: &Tensor<2>, parameter: &ParameterShape) -> Slots {
        let lanes = weight.dims()[0];
        let first = |(slot, elements): (&str, usize)| match slot {
            "first_norm" => norms::of(weight.clone(), parameter),
            _ => Tensor::zeros([lanes, elements], &weight.device()),
        };
        let run = RunConfig { recipe: self.recipe, ..self.first.clone() };
        run.state_of(parameter).into_iter().map(first).collect()
    }

    fn updated(
        &self,
        weight: Tensor<2>,
        gradient: Tensor<2>,
        mut state: Slots,
        parameter: &ParameterShape,
        measured: bool,
    ) -> (Tensor<2>, Slots, Option<LaneNumbers>) {
        if let Some(fused) = self.fused(&weight.device()) {
            let steps = self.by_lane(weight.dims()[0]);
            let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
            let (weight, state, sums) = fused(weight, gradient, state, steps, measured);
            return (Tensor::from_dispatch(weight), state, sums);
        }
        let first_norm = self.norms.keeps_first().then(|| state.pop()).flatten();
        let before = measured.then(|| (weight.clone(), gradient.clone()));
        let update = self.update(&weight, gradient, &mut state, parameter);
        let updates = measured.then(|| update.clone());
        let (weight, taken) =
            self.decayed(weight, update, first_norm.as_ref(), parameter, measured);
        state.extend(first_norm);
        let sums = before.zip(updates).map(|((before, gradient), update)| {
            changes::sums(before, weight.clone(), gradient, update, taken)
        });
        (weight, state, sums)
    }

    /// What the rule subtracts from a weight apart from decay.
    fn update(
        &self,
        weight: &Tensor<2>,
        gradient: Tensor<2>,
        state: &mut Slots,
        parameter: &ParameterShape,
    ) -> Tensor<2> {
        let decay = &self.decay;
        let mut gradient = self.clip_factor.times(gradient);
        if !decay.after_clip.all(0.0) {
            gradient = gradient.plus(decay.after_clip.times(weight.clone()));
        }
        let at = RuleStep {
            lr: &self.lr,
            numbers: &self.numbers,
            weight,
            parameter,
            step: self.step,
            shared: &self.recipe,
        };
        let update = self.rule.update(gradient, state, &at);
        self.norms.matched(update, weight, parameter)
    }

    /// A weight after decay and update, and where it is to be measured what decay took of it.
    fn decayed(
        &self,
        weight: Tensor<2>,
        update: Tensor<2>,
        first_norm: Option<&Tensor<2>>,
        parameter: &ParameterShape,
        measured: bool,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let Some(first_norm) = first_norm.cloned() else {
            let taken = measured.then(|| self.decay.taken(weight.clone(), &update)).flatten();
            return (self.decay.kept(weight, &update).minus(update), taken);
        };
        match self.norms.control {
            NormControl::Target => {
                let drawn = self.norms.drawn(weight.clone(), first_norm, parameter);
                (drawn.clone().minus(update), measured.then(|| weight.minus(drawn)))
            }
            _ => (self.norms.turned(weight, update, first_norm, &self.lr, parameter), None),
        }
    }

    fn by_lane(&self, lanes: usize) -> &Arc<[LaneStep]> {
        self.on_host.get_or_init(|| self.read_by_lane(lanes))
    }

    fn read_by_lane(&self, lanes: usize) -> Arc<[LaneStep]> {
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

/// Share of a step's weights in their average over steps, `(1 − β)/(1 − βᵗ)`: the weights of all steps before
/// add up to the rest, so that the first weights have no part in it.
fn averaging(lanes: &[RunConfig], step: usize, device: &Device) -> Option<LaneValues> {
    let share =
        |lane: &RunConfig| (1.0 - lane.recipe.ema) / (1.0 - lane.recipe.ema.powf(step as f64));
    (lanes[0].recipe.ema > 0.0).then(|| LaneValues::new(lanes.iter().map(share), device))
}
