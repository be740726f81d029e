//! λ over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::config::Named;

/// How λ changes from step to step, beside what the form makes of the learning rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecaySchedule {
    /// It stays.
    #[default]
    Constant,
    /// Half a cosine down to `decay_end` (nanochat, with 0).
    Cosine,
    /// A straight line to `decay_end` (nanochat in January 2026; Megatron from start to end).
    Linear,
    /// 1/(1 + k/τ) at step k, from 1, with τ the share `decay_timescale` of the run (ADANA, Ferbach et al. 2026,
    /// arXiv 2602.05298, with a tenth).
    LogTime,
    /// Held, then along a line to `decay_low`, then along another to `decay_end` (slowrun).
    HoldDecayRamp,
}

impl Named for DecaySchedule {
    const ALL: &'static [Self] = &[
        DecaySchedule::Constant,
        DecaySchedule::Cosine,
        DecaySchedule::Linear,
        DecaySchedule::LogTime,
        DecaySchedule::HoldDecayRamp,
    ];

    fn name(self) -> &'static str {
        match self {
            DecaySchedule::Constant => "constant",
            DecaySchedule::Cosine => "cosine",
            DecaySchedule::Linear => "linear",
            DecaySchedule::LogTime => "log-time",
            DecaySchedule::HoldDecayRamp => "hold-decay-ramp",
        }
    }
}

impl DecaySchedule {
    /// The keys of `[train]` that it reads.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            DecaySchedule::Constant => &[],
            DecaySchedule::Cosine | DecaySchedule::Linear => &["decay_end"],
            DecaySchedule::LogTime => &["decay_timescale"],
            DecaySchedule::HoldDecayRamp => &["decay_turns", "decay_low", "decay_end"],
        }
    }

    /// Whether it reads a key: one of its own, or one that no schedule has for itself.
    pub fn reads(self, key: &str) -> bool {
        self.keys().contains(&key) || !Self::ALL.iter().any(|other| other.keys().contains(&key))
    }
}

/// A schedule of λ with its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LambdaSchedule {
    /// How λ changes.
    pub kind: DecaySchedule,
    /// λ at the end, as a share of the first.
    pub end: f64,
    /// τ of `log-time`, as a share of the run.
    pub timescale: f64,
    /// Ends of the hold and of the first line, as shares of the run.
    pub turns: [f64; 2],
    /// λ where the second line starts, as a share of the first.
    pub low: f64,
}

impl LambdaSchedule {
    /// λ stays.
    pub const CONSTANT: LambdaSchedule = LambdaSchedule {
        kind: DecaySchedule::Constant,
        end: 0.0,
        timescale: 0.1,
        turns: [0.125, 0.5],
        low: 0.125,
    };

    /// λ of `step` (from 1) of `steps`, as a share of the coefficient: that of the first step, but for `log-time`,
    /// whose authors count from 1 where the others count from 0.
    pub fn factor(&self, step: usize, steps: usize) -> f64 {
        let passed = (step as f64 - 1.0) / steps as f64;
        match self.kind {
            DecaySchedule::Constant => 1.0,
            DecaySchedule::Cosine => {
                self.end + 0.5 * (1.0 - self.end) * (1.0 + (PI * passed).cos())
            }
            DecaySchedule::Linear => between(1.0, self.end, passed),
            DecaySchedule::LogTime => (1.0 + step as f64 / (self.timescale * steps as f64)).recip(),
            DecaySchedule::HoldDecayRamp => {
                let [hold, turn] = self.turns;
                if passed <= hold {
                    1.0
                } else if passed <= turn {
                    between(1.0, self.low, (passed - hold) / (turn - hold))
                } else {
                    between(self.low, self.end, (passed - turn) / (1.0 - turn))
                }
            }
        }
    }
}

fn between(from: f64, to: f64, share: f64) -> f64 {
    from + (to - from) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(kind: DecaySchedule) -> LambdaSchedule {
        LambdaSchedule { kind, ..LambdaSchedule::CONSTANT }
    }

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-7 * expected.abs(), "{value}, expected {expected}");
    }

    /// λ 0.28 and 0.2 over 100 steps, which nanochat counts from 0.
    #[test]
    fn cosine_and_line_are_those_of_nanochat() {
        let cosine = schedule(DecaySchedule::Cosine);
        let golden =
            [(0, 0.28), (1, 0.279_930_92), (25, 0.238_994_95), (50, 0.14), (99, 6.908_154_9e-5)];
        for (passed, expected) in golden {
            assert_near(0.28 * cosine.factor(passed + 1, 100), expected);
        }
        let linear = schedule(DecaySchedule::Linear);
        for (passed, expected) in [(0, 0.2), (1, 0.198), (50, 0.1), (99, 0.002)] {
            assert_near(0.2 * linear.factor(passed + 1, 100), expected);
        }
        let half = LambdaSchedule { end: 0.5, ..cosine };
        assert_near(half.factor(51, 100), 0.75);
    }

    /// ω = 4 over 43,020 steps, of which a tenth is τ.
    #[test]
    fn log_time_is_that_of_adana() {
        let log_time = schedule(DecaySchedule::LogTime);
        let lambda = 4.0 / 4302.0;
        assert_near(lambda * log_time.factor(1, 43_020), 9.295_840_1e-4);
        assert_near(lambda * log_time.factor(21_510, 43_020), 1.549_666_8e-4);
    }

    /// λ 0.8 over 1,600 steps, with the numbers of its default.
    #[test]
    fn hold_decay_ramp_is_that_of_slowrun() {
        let mut ramp = schedule(DecaySchedule::HoldDecayRamp);
        ramp.end = 1.5625;
        let golden = [
            (0, 0.8),
            (200, 0.8),
            (201, 0.798_833_333),
            (500, 0.45),
            (800, 0.1),
            (801, 0.101_437_5),
            (1200, 0.675),
            (1599, 1.248_562_5),
        ];
        for (passed, expected) in golden {
            assert_near(0.8 * ramp.factor(passed + 1, 1600), expected);
        }
    }

    #[test]
    fn a_constant_is_one_at_every_step() {
        let constant = schedule(DecaySchedule::Constant);
        assert!((1..=100).all(|step| constant.factor(step, 100) == 1.0));
    }
}
