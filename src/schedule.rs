//! The learning rate over a run.

use std::f64::consts::PI;

/// Linear warm-up from 0, then a cosine from the peak to a share of it at the last step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Optimizer steps of the run.
    pub steps: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// Steps of warm-up; the peak is reached at step `warmup`.
    pub warmup: usize,
    /// Learning rate of the last step, as a share of the peak.
    pub min_lr_ratio: f64,
}

impl Schedule {
    /// The learning rate of `step`, counted from 1.
    pub fn lr_at(&self, step: usize) -> f64 {
        if step <= self.warmup {
            return self.lr * step as f64 / self.warmup as f64;
        }
        let progress = (step - self.warmup) as f64 / (self.steps - self.warmup) as f64;
        let floor = self.min_lr_ratio * self.lr;
        floor + 0.5 * (self.lr - floor) * (1.0 + (PI * progress).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_to_the_peak_and_falls_to_the_floor() {
        let schedule = Schedule { steps: 100, lr: 1e-3, warmup: 10, min_lr_ratio: 0.1 };
        assert!((schedule.lr_at(1) - 1e-4).abs() < 1e-18);
        assert_eq!(schedule.lr_at(10), 1e-3);
        assert!((schedule.lr_at(55) - 5.5e-4).abs() < 1e-15);
        assert!((schedule.lr_at(100) - 1e-4).abs() < 1e-15);
    }

    #[test]
    fn without_warm_up_the_first_step_is_just_below_the_peak() {
        let schedule = Schedule { steps: 100, lr: 1.0, warmup: 0, min_lr_ratio: 0.0 };
        assert!((0.999..1.0).contains(&schedule.lr_at(1)));
    }
}
