use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use burn::tensor::{Device, Tensor};

use super::lane_values::LaneValues;
use crate::decay::{Rates, Role};
use crate::kernels::update::Step;
use crate::run::RunConfig;

/// Everything that varies by lane in one optimizer step, computed in float64 on the host.
#[derive(Clone, Debug)]
pub struct StepCoefficients {
    /// Factor of the gradient that keeps its global norm within the bound.
    pub clip_factor: LaneValues,
    /// η_t.
    pub lr: LaneValues,
    /// β1.
    pub beta_1: LaneValues,
    /// 1 − β1.
    pub rest_1: LaneValues,
    /// β2.
    pub beta_2: LaneValues,
    /// 1 − β2.
    pub rest_2: LaneValues,
    /// 1 / (1 − β1ᵗ).
    pub correction_1: LaneValues,
    /// 1 / (1 − β2ᵗ).
    pub correction_2: LaneValues,
    /// ε.
    pub eps: LaneValues,
    decay: BTreeMap<Role, DecayCoefficients>,
    clips: Vec<f64>,
}

/// What decay does to the parameters of one role.
#[derive(Clone, Debug)]
pub struct DecayCoefficients {
    /// λ added to the gradient before clipping.
    pub before_clip: LaneValues,
    /// λ added to the gradient after clipping.
    pub after_clip: LaneValues,
    /// Factor that decoupled decay leaves of a weight.
    pub keep: LaneValues,
    /// Share taken away where the update has the weight's sign.
    pub cautious: LaneValues,
}

impl StepCoefficients {
    /// The coefficients of step `step` (from 1), before the gradient norms are known.
    pub fn new(lanes: &[RunConfig], step: usize, device: &Device) -> Self {
        let values = |of: &dyn Fn(&RunConfig) -> f64| LaneValues::new(lanes.iter().map(of), device);
        // As float32 first: the moments are averages with weights β and 1 − β of one and the same β.
        let beta =
            |lane: &RunConfig, which: usize| f64::from(lane.recipe.betas_at(step)[which] as f32);
        let correction =
            |lane: &RunConfig, which: usize| 1.0 / (1.0 - beta(lane, which).powf(step as f64));
        let decay = Role::ALL.map(|role| (role, DecayCoefficients::new(lanes, role, step, device)));
        StepCoefficients {
            clip_factor: LaneValues::Same(1.0),
            lr: values(&|lane| lane.recipe.lr_schedule().lr_at(step)),
            beta_1: values(&|lane| beta(lane, 0)),
            rest_1: values(&|lane| 1.0 - beta(lane, 0)),
            beta_2: values(&|lane| beta(lane, 1)),
            rest_2: values(&|lane| 1.0 - beta(lane, 1)),
            correction_1: values(&|lane| correction(lane, 0)),
            correction_2: values(&|lane| correction(lane, 1)),
            eps: values(&|lane| lane.recipe.eps),
            decay: BTreeMap::from(decay),
            clips: lanes.iter().map(|lane| lane.recipe.clip).collect(),
        }
    }

    /// What decay does to parameters of this role.
    pub fn decay(&self, role: Role) -> &DecayCoefficients {
        &self.decay[&role]
    }

    /// What a step does to parameters of this role, lane by lane, on the host.
    pub fn by_lane(&self, role: Role) -> Vec<Step> {
        let (lanes, decay) = (self.clips.len(), self.decay(role));
        let values = |of: &LaneValues| of.on_host(lanes);
        let [clip_factor, lr, eps] = [&self.clip_factor, &self.lr, &self.eps].map(values);
        let [beta_1, rest_1] = [&self.beta_1, &self.rest_1].map(values);
        let [beta_2, rest_2] = [&self.beta_2, &self.rest_2].map(values);
        let [correction_1, correction_2] = [&self.correction_1, &self.correction_2].map(values);
        let [after_clip, keep, cautious] =
            [&decay.after_clip, &decay.keep, &decay.cautious].map(values);
        let step = |lane: usize| Step {
            clip_factor: clip_factor[lane],
            after_clip: after_clip[lane],
            lr: lr[lane],
            beta_1: [beta_1[lane], rest_1[lane]],
            beta_2: [beta_2[lane], rest_2[lane]],
            corrections: [correction_1[lane], correction_2[lane]],
            eps: eps[lane],
            keep: keep[lane],
            cautious: cautious[lane],
        };
        (0..lanes).map(step).collect()
    }

    /// The average with weight β1 of before.
    pub fn first<const D: usize>(&self, before: Option<Tensor<D>>, new: Tensor<D>) -> Tensor<D> {
        let new = self.rest_1.times(new);
        match before {
            None => new,
            Some(before) => self.beta_1.times(before) + new,
        }
    }

    /// The average of squares with weight β2 of before.
    pub fn second<const D: usize>(&self, before: Option<Tensor<D>>, new: Tensor<D>) -> Tensor<D> {
        let new = self.rest_2.times(new.square());
        match before {
            None => new,
            Some(before) => self.beta_2.times(before) + new,
        }
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
        self.clip_factor = LaneValues::per_lane(factor);
    }
}

impl DecayCoefficients {
    fn new(lanes: &[RunConfig], role: Role, step: usize, device: &Device) -> Self {
        let rates: Vec<Rates> = lanes.iter().map(|lane| rates(lane, role, step)).collect();
        let values = |of: fn(&Rates) -> f64| LaneValues::new(rates.iter().map(of), device);
        DecayCoefficients {
            before_clip: values(|rates| rates.before_clip),
            after_clip: values(|rates| rates.after_clip),
            keep: values(|rates| 1.0 - rates.shrink),
            cautious: values(|rates| rates.cautious),
        }
    }
}

fn rates(lane: &RunConfig, role: Role, step: usize) -> Rates {
    let decay = &lane.decay;
    match decay.mask {
        Some(mask) if mask.decays(role) => {
            Rates::at(decay.form, decay.coefficient(), &lane.recipe.lr_schedule(), step)
        }
        _ => Rates::default(),
    }
}

/// The running step's coefficients, seen by the optimizer of every parameter group. Burn passes an
/// optimizer one learning rate for all of a tensor, so what differs by lane travels here.
#[derive(Clone, Default)]
pub struct SharedStep(Arc<RwLock<Option<Arc<StepCoefficients>>>>);

impl SharedStep {
    /// Starts a step.
    pub fn set(&self, coefficients: StepCoefficients) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(coefficients));
    }

    /// The running step.
    ///
    /// # Panics
    /// Before the first [`set`](Self::set).
    pub fn get(&self) -> Arc<StepCoefficients> {
        let running = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(running.as_ref().expect("a step sets its coefficients before it updates"))
    }
}
