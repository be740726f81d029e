use crate::config::{LambdaSchedule, LrShape, Schedule};
use crate::published::{Algorithm, Fall, Quantity};

/// Steps over which a schedule is averaged at most, where its shape does not depend on their number.
const MOST_STEPS: f64 = 20_000.0;
/// The same of a fall that goes on beyond the run, and of one whose shape depends on the number of steps.
const MOST_FALL: f64 = 1e12;

/// A fall that ends within this share of the run's end ends with it.
const WITH_THE_RUN: f64 = 1.1;

/// Share of a run over which `wsd` falls where nothing else is said.
pub const WSD_FALL: f64 = 0.2;

/// A run that somebody is about to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// N.
    pub params: f64,
    /// D, all epochs.
    pub tokens: f64,
    /// B, tokens a step.
    pub batch: f64,
    /// The learning rate of the hidden matrices.
    pub lr: LearningRate,
    /// Tokens of the text, where it is read more than once.
    pub unique_tokens: Option<f64>,
    /// The optimizer.
    pub optimizer: Algorithm,
    /// λ as given.
    pub weight_decay: Option<f64>,
    /// β1 of Adam.
    pub beta1: f64,
    /// Channels.
    pub width: Option<f64>,
    /// Blocks.
    pub depth: Option<f64>,
    /// Radians by which a step should turn balanced weights.
    pub rotation: Option<f64>,
    /// A smaller run that was tuned.
    pub base: BaseRun,
}

/// What may be known of a run, from arguments and from a configuration file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFields {
    pub params: Option<f64>,
    pub tokens: Option<f64>,
    /// Tokens a step.
    pub batch: Option<f64>,
    /// Sequences a step, of all devices and accumulated micro-batches.
    pub batch_sequences: Option<f64>,
    /// Sequences a step of one device.
    pub device_sequences: Option<f64>,
    /// Devices that share a step.
    pub devices: Option<f64>,
    /// Tokens of a sequence.
    pub context: Option<f64>,
    pub steps: Option<f64>,
    pub epochs: Option<f64>,
    pub unique_tokens: Option<f64>,
    pub lr: Option<f64>,
    /// The lowest learning rate, where it is given as itself.
    pub min_lr: Option<f64>,
    pub min_lr_ratio: Option<f64>,
    /// Steps of warm-up.
    pub warmup: Option<f64>,
    /// The same as a share of the run.
    pub warmup_ratio: Option<f64>,
    /// The step at which the fall of the learning rate ends.
    pub fall_ends: Option<f64>,
    pub schedule: Option<Fall>,
    /// Share of the run over which `wsd` falls, at its end.
    pub wsd_fall: Option<f64>,
    pub optimizer: Option<Algorithm>,
    pub weight_decay: Option<f64>,
    pub beta1: Option<f64>,
    pub width: Option<f64>,
    pub depth: Option<f64>,
    pub vocabulary: Option<f64>,
    /// The setting with which blocks have other parameters than 12 × channels².
    pub own_shape: Option<String>,
    pub rotation: Option<f64>,
    pub base: BaseRun,
}

/// A learning rate over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    /// η.
    pub peak: f64,
    /// How it falls; `None` where that is not known.
    pub fall: Option<Fall>,
    /// Share of the schedule over which `wsd` falls, at its end.
    pub wsd_fall: f64,
    /// The last over the peak.
    pub min_ratio: f64,
    /// Steps of warm-up.
    pub warmup: f64,
    /// The step at which the fall ends, where that is not the last.
    pub fall_ends: Option<f64>,
}

/// A smaller run whose λ was tuned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BaseRun {
    pub width: Option<f64>,
    pub weight_decay: Option<f64>,
    pub lr: Option<f64>,
    pub steps_per_epoch: Option<f64>,
}

impl Run {
    /// T = D/B.
    pub fn steps(&self) -> f64 {
        self.tokens / self.batch
    }

    /// D/N.
    pub fn tokens_per_param(&self) -> f64 {
        self.tokens / self.params
    }

    /// Share of the text that is read, or times that it is; 1 where nothing is said of it.
    pub fn passes(&self) -> f64 {
        self.unique_tokens.map_or(1.0, |unique| self.tokens / unique)
    }

    /// Times that the text is read; 1 where nothing is said of repetition, and for a text that is not used up.
    pub fn epochs(&self) -> f64 {
        self.passes().max(1.0)
    }

    /// Total decay exponent κ = ηλT, by the peak learning rate.
    pub fn kappa(&self, weight_decay: f64) -> f64 {
        self.lr.peak * weight_decay * self.steps()
    }

    /// The λ with this κ.
    pub fn weight_decay_of(&self, kappa: f64) -> f64 {
        kappa / (self.lr.peak * self.steps())
    }

    /// What a rule may ask for.
    pub fn quantity(&self, quantity: Quantity) -> Option<f64> {
        match quantity {
            Quantity::Params => Some(self.params),
            Quantity::NonEmbeddingParams => Some(12.0 * self.depth? * self.width?.powi(2)),
            Quantity::Tokens => Some(self.tokens),
            Quantity::Batch => Some(self.batch),
            Quantity::Lr => Some(self.lr.peak),
            Quantity::Steps => Some(self.steps()),
            Quantity::TokensPerParam => Some(self.tokens_per_param()),
            Quantity::Overtraining => Some(self.tokens_per_param() / 20.0),
            Quantity::Compute => Some(6.0 * self.params * self.tokens),
            Quantity::UniqueTokens => self.unique_tokens,
            Quantity::StepsPerEpoch => Some(self.unique_tokens? / self.batch),
            Quantity::Epochs => Some(self.epochs()),
            Quantity::Width => self.width,
            Quantity::WidthRatio => Some(self.width? / self.base.width?),
            Quantity::Depth => self.depth,
            Quantity::BaseWeightDecay => self.base.weight_decay.or(self.weight_decay),
            Quantity::BaseLr => self.base.lr,
            Quantity::BaseStepsPerEpoch => self.base.steps_per_epoch,
            Quantity::Rotation => self.rotation,
            Quantity::Averaging => Some((1.0 - self.beta1) / (1.0 + self.beta1)),
        }
    }

    /// The learning rate over the run with the steps that it is trained for: as many as its shape needs. `None` where
    /// its fall is not known.
    pub fn schedule(&self) -> Option<(Schedule, usize)> {
        self.lr.over(self.steps())
    }

    /// The step at which the fall of the learning rate ends, where that is far from the last: a run that stops before
    /// has little of the schedule, one that goes on has a long tail.
    pub fn fall_ends_elsewhere(&self) -> Option<f64> {
        let is_fall =
            self.lr.fall.is_some_and(|fall| !matches!(fall, Fall::Constant | Fall::InverseSqrt));
        let steps = self.steps();
        let ends_with_it = steps / WITH_THE_RUN..=steps * WITH_THE_RUN;
        self.lr.fall_ends.filter(|ends| is_fall && !ends_with_it.contains(ends))
    }

    /// The learning rate of the last step over the peak; `None` where its fall is not known.
    pub fn last_ratio(&self) -> Option<f64> {
        let (schedule, taken) = self.schedule()?;
        Some(schedule.lr_at(taken) / schedule.lr)
    }
}

impl LearningRate {
    fn over(&self, steps: f64) -> Option<(Schedule, usize)> {
        let fall = self.fall?;
        // It falls with the root of the steps themselves, from the first that has the peak.
        let most = if fall == Fall::InverseSqrt { MOST_FALL } else { MOST_STEPS };
        let taken = steps.clamp(1.0, most).round();
        // Steps of the fall, on the same scale as those of the run.
        let shown = self
            .fall_ends
            .map_or(taken, |ends| (ends / steps * taken).round().clamp(1.0, MOST_FALL));
        let warmup = (self.warmup / steps * taken).round().min(shown - 1.0);
        let (shape, hold, min_lr_ratio) = match fall {
            Fall::Cosine => (LrShape::Cosine, 0.0, self.min_ratio),
            Fall::Linear => (LrShape::Linear, 0.0, self.min_ratio),
            Fall::InverseSqrt => (LrShape::InverseSqrt, 0.0, self.min_ratio),
            Fall::Constant => (LrShape::Linear, 0.0, 1.0),
            Fall::Wsd => {
                let hold = (shown * (1.0 - self.wsd_fall)).round() - warmup;
                (LrShape::Linear, hold.clamp(0.0, shown - 1.0 - warmup), self.min_ratio)
            }
        };
        let schedule = Schedule {
            steps: shown as usize,
            lr: self.peak,
            warmup: warmup as usize,
            hold: hold as usize,
            shape,
            min_lr_ratio,
            lambda: LambdaSchedule::CONSTANT,
        };
        Some((schedule, taken as usize))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::{Form, total_decay};

    /// The run of the golden value of Power Lines.
    pub fn example() -> Run {
        Run {
            params: 610e6,
            tokens: 12.2e9,
            batch: 516_096.0,
            lr: LearningRate {
                peak: 2e-3,
                fall: None,
                wsd_fall: WSD_FALL,
                min_ratio: 0.0,
                warmup: 0.0,
                fall_ends: None,
            },
            unique_tokens: None,
            optimizer: Algorithm::AdamW,
            weight_decay: Some(0.1),
            beta1: 0.9,
            width: None,
            depth: None,
            rotation: None,
            base: BaseRun::default(),
        }
    }

    #[test]
    fn kappa_and_lambda_are_each_others_inverse() {
        let run = example();
        assert!((run.kappa(0.1) - 4.727_803).abs() < 1e-5, "{}", run.kappa(0.1));
        assert!((run.weight_decay_of(run.kappa(0.1)) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn a_schedule_has_the_shape_of_the_run_in_fewer_steps() {
        let mut run = example();
        assert_eq!(run.schedule(), None);
        run.lr = LearningRate { fall: Some(Fall::Wsd), warmup: 2_364.0, ..run.lr };
        let (schedule, _) = run.schedule().unwrap();
        assert_eq!((schedule.steps, schedule.warmup, schedule.hold), (20_000, 2_000, 14_000));
        run.lr.wsd_fall = 0.1;
        assert_eq!(run.schedule().unwrap().0.hold, 16_000);
        run.lr.fall = Some(Fall::Constant);
        assert_eq!(run.schedule().unwrap().0.lr_at(20_000), 2e-3);
        let text = Run { unique_tokens: Some(1e12), ..example() };
        assert_eq!(text.epochs(), 1.0, "a text that is not used up is read once");
    }

    /// Σ (s/t)^½ from s on is 2 √(sT) − s, nearly.
    #[test]
    fn a_fall_with_the_root_of_the_steps_is_over_all_of_them() {
        for (steps, warmup) in [(1e5, 0.0), (1e5, 10.0), (1e7, 0.0), (1e7, 10_000.0), (1e9, 100.0)]
        {
            let lr = LearningRate { fall: Some(Fall::InverseSqrt), warmup, ..example().lr };
            let run = Run { tokens: steps * example().batch, lr, ..example() };
            let (schedule, taken) = run.schedule().unwrap();
            let total = total_decay(Form::AdamW, 1.0, &schedule, taken).unwrap() / run.lr.peak;
            let start = f64::max(warmup, 1.0);
            let expected = 2.0 * (start * steps).sqrt() - 1.5 * start;
            assert!((total / expected - 1.0).abs() < 2e-3, "{steps} {warmup}: {total} {expected}");
        }
    }
}
