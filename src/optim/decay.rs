use burn::tensor::{Device, Tensor};

use super::lanes::LaneValues;
use crate::config::Rates;
use crate::ops::Arithmetic;

/// What decay does to the parameters of one role.
pub struct DecayCoefficients {
    /// λ added to the gradient before clipping.
    pub before_clip: LaneValues,
    /// λ added to the gradient after clipping.
    pub after_clip: LaneValues,
    /// Factor that decoupled decay leaves of a weight.
    pub keep: LaneValues,
    /// The rest of it: what decay takes.
    taken: LaneValues,
    /// Share taken away where update and weight do not have opposite signs.
    pub cautious: LaneValues,
    /// The same as a factor of float32 takes it.
    taken_cautiously: LaneValues,
}

impl DecayCoefficients {
    /// Of these rates, one per lane.
    pub fn new(rates: &[Rates], device: &Device) -> Self {
        let values = |of: fn(&Rates) -> f64| LaneValues::new(rates.iter().map(of), device);
        DecayCoefficients {
            before_clip: values(|rates| rates.before_clip),
            after_clip: values(|rates| rates.after_clip),
            keep: values(|rates| 1.0 - rates.shrink),
            taken: values(|rates| in_float32(rates.shrink)),
            cautious: values(|rates| rates.cautious),
            taken_cautiously: values(|rates| in_float32(rates.cautious)),
        }
    }

    /// What decoupled decay leaves of a weight.
    pub fn kept(&self, weight: Tensor<2>, update: &Tensor<2>) -> Tensor<2> {
        if self.cautious.all(0.0) {
            return self.keep.times(weight);
        }
        let agree = agreement(&weight, update);
        self.keep.minus(&self.cautious, agree).times(weight)
    }

    /// What decoupled decay takes of a weight; `None` for nothing.
    pub fn taken(&self, weight: Tensor<2>, update: &Tensor<2>) -> Option<Tensor<2>> {
        match (self.taken.all(0.0), self.cautious.all(0.0)) {
            (true, true) => None,
            (_, true) => Some(self.taken.times(weight)),
            _ => {
                let agree = self.taken_cautiously.times(agreement(&weight, update));
                Some(self.taken.plus(agree).times(weight))
            }
        }
    }
}

/// What a share takes as a factor of float32: below half of the last digit of 1 nothing.
fn in_float32(share: f64) -> f64 {
    1.0 - f64::from((1.0 - share) as f32)
}

/// 1 where update and weight do not have opposite signs.
fn agreement(weight: &Tensor<2>, update: &Tensor<2>) -> Tensor<2> {
    // By signs, so that no product of small numbers becomes 0.
    update.clone().signs().times(weight.clone().signs()).not_below_0()
}
