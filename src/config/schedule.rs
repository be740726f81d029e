//! The learning rate and λ over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{LambdaSchedule, Named};

/// How the learning rate falls from its peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrShape {
    /// Half a cosine.
    #[default]
    Cosine,
    /// A straight line; after a long hold it is the trapezoid that is also called
    /// warm-up–stable–decay.
    Linear,
    /// With the square root of the steps taken (Chowdhery et al. 2022), `min_lr_ratio` at the least.
    InverseSqrt,
}

impl Named for LrShape {
    const ALL: &'static [Self] = &[LrShape::Cosine, LrShape::Linear, LrShape::InverseSqrt];

    fn name(self) -> &'static str {
        match self {
            LrShape::Cosine => "cosine",
            LrShape::Linear => "linear",
            LrShape::InverseSqrt => "inverse-sqrt",
        }
    }
}

/// Linear warm-up from 0, then the peak, then a fall to a share of it at the last step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Optimizer steps until the fall has ended; the learning rate stays as it is after them.
    pub steps: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// Steps of warm-up; the peak is reached at step `warmup`.
    pub warmup: usize,
    /// Steps at the peak after the warm-up.
    pub hold: usize,
    /// How it falls.
    pub shape: LrShape,
    /// Learning rate of the last step, as a share of the peak.
    pub min_lr_ratio: f64,
    /// λ over the same steps.
    pub lambda: LambdaSchedule,
}

impl Schedule {
    /// λ of `step`, counted from 1, as a share of the coefficient.
    pub fn lambda_at(&self, step: usize) -> f64 {
        self.lambda.factor(step, self.steps)
    }

    /// The first step of the peak learning rate, the last one where a run ends before it, and a schedule that has the
    /// peak there and the same λ.
    pub fn peak(&self) -> (Schedule, usize) {
        let step = self.warmup.min(self.steps).max(1);
        (Schedule { warmup: 0, hold: step, ..*self }, step)
    }

    /// The learning rate of `step`, counted from 1.
    pub fn lr_at(&self, step: usize) -> f64 {
        if step <= self.warmup {
            return self.lr * step as f64 / self.warmup as f64;
        }
        let start = self.warmup + self.hold;
        if step <= start {
            return self.lr;
        }
        let floor = self.min_lr_ratio * self.lr;
        let progress = (step.min(self.steps) - start) as f64 / (self.steps - start) as f64;
        match self.shape {
            LrShape::Cosine => floor + 0.5 * (self.lr - floor) * (1.0 + (PI * progress).cos()),
            LrShape::Linear => floor + (self.lr - floor) * (1.0 - progress),
            LrShape::InverseSqrt => {
                (self.lr * (start.max(1) as f64 / step as f64).sqrt()).max(floor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSINE: Schedule = Schedule {
        steps: 100,
        lr: 1e-3,
        warmup: 10,
        hold: 0,
        shape: LrShape::Cosine,
        min_lr_ratio: 0.1,
        lambda: LambdaSchedule::CONSTANT,
    };

    #[test]
    fn it_rises_to_the_peak_and_falls_to_the_floor() {
        for shape in [LrShape::Cosine, LrShape::Linear] {
            let schedule = Schedule { shape, ..COSINE };
            assert!((schedule.lr_at(1) - 1e-4).abs() < 1e-18);
            assert_eq!(schedule.lr_at(10), 1e-3);
            assert!((schedule.lr_at(55) - 5.5e-4).abs() < 1e-15);
            assert!((schedule.lr_at(100) - 1e-4).abs() < 1e-15);
            assert_eq!(schedule.lr_at(140), schedule.lr_at(100), "and stays there");
        }
    }

    #[test]
    fn it_stays_at_the_peak_while_it_is_told_to() {
        let trapezoid = Schedule { hold: 70, shape: LrShape::Linear, min_lr_ratio: 0.0, ..COSINE };
        assert_eq!((trapezoid.lr_at(11), trapezoid.lr_at(80)), (1e-3, 1e-3));
        assert!((trapezoid.lr_at(90) - 5e-4).abs() < 1e-15);
        assert_eq!(trapezoid.lr_at(100), 0.0);
    }

    #[test]
    fn the_inverse_square_root_is_that_of_palm() {
        let palm = Schedule {
            steps: 255_000,
            lr: 1e-2,
            warmup: 0,
            hold: 10_000,
            shape: LrShape::InverseSqrt,
            min_lr_ratio: 0.0,
            lambda: LambdaSchedule::CONSTANT,
        };
        assert_eq!((palm.lr_at(1), palm.lr_at(10_000)), (1e-2, 1e-2));
        for step in [20_000, 255_000] {
            assert!((palm.lr_at(step) - 1.0 / (step as f64).sqrt()).abs() < 1e-15);
        }
    }

    #[test]
    fn without_warm_up_the_first_step_is_just_below_the_peak() {
        let schedule = Schedule { lr: 1.0, warmup: 0, min_lr_ratio: 0.0, ..COSINE };
        assert!((0.999..1.0).contains(&schedule.lr_at(1)));
    }
}
