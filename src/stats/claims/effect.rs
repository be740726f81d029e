//! What was observed of a claim, in units of the smallest effect that matters, and how many seeds would tell.

use super::Verdict;
use crate::config::Expect;
use crate::stats::inference::{Estimate, t_quantile};
use crate::stats::power::{seeds_for, seeds_within};

/// What is asked of a comparison, one of so many.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub expect: Expect,
    pub smallest: f64,
    pub tests: usize,
    pub alpha: f64,
}

impl Asked {
    /// Further seeds with which most experiments would tell, should the truth be the mean that was observed over so many:
    /// from the width of the interval, which the choice of the best of several arms makes wider.
    pub fn further_seeds(&self, mean: f64, seeds: usize, [low, high]: [f64; 2]) -> Option<usize> {
        let half = (high - mean).max(mean - low);
        let freedom = seeds.saturating_sub(1).max(1) as f64;
        let quantile = t_quantile(1.0 - self.tail(self.tests), freedom);
        let sd = half / quantile * (seeds as f64).sqrt();
        let sd = Some(sd).filter(|sd| sd.is_finite() && *sd > 0.0)?;
        Some(self.seeds(mean, sd)?.saturating_sub(seeds).max(1))
    }

    /// The ends of an interval of so many tests where they are as many as asked of: stretched from the mean by Student's t,
    /// which is exact where no best of several arms is chosen.
    pub fn stretched(
        &self,
        mean: f64,
        seeds: usize,
        interval: [f64; 2],
        tests_before: usize,
    ) -> [f64; 2] {
        let freedom = seeds.saturating_sub(1).max(1) as f64;
        let quantile = |tests: usize| t_quantile(1.0 - self.tail(tests), freedom);
        let factor = quantile(self.tests) / quantile(tests_before);
        interval.map(|end| mean + (end - mean) * factor)
    }

    fn tail(&self, tests: usize) -> f64 {
        self.alpha / 2.0 / tests.max(1) as f64
    }

    fn seeds(&self, mean: f64, sd: f64) -> Option<usize> {
        let Asked { expect, smallest, tests, alpha } = *self;
        let as_claimed = match expect {
            Expect::Lower => -mean,
            Expect::Higher => mean,
            Expect::Equal => mean.abs(),
        };
        let enough = |room: f64| seeds_for(room, sd, tests, alpha);
        match expect {
            // It is there, and as said.
            Expect::Lower | Expect::Higher if as_claimed >= smallest => enough(as_claimed),
            // An effect that matters is excluded.
            Expect::Lower | Expect::Higher => enough(smallest - as_claimed),
            // It lies within the smallest effect that matters, or beyond.
            Expect::Equal if as_claimed < smallest => {
                seeds_within(as_claimed, sd, smallest, tests, alpha / 2.0)
            }
            Expect::Equal => enough(as_claimed - smallest),
        }
    }
}

/// What was observed of a claim, in units of the smallest effect that matters: above 0 as the claim has it, as measured
/// where nothing is to differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    pub mean: f64,
    pub interval: [f64; 2],
    pub n: usize,
    pub verdict: Verdict,
}

impl Effect {
    pub fn new(
        observed: Estimate,
        [low, high]: [f64; 2],
        smallest: f64,
        expect: Expect,
        verdict: Verdict,
    ) -> Self {
        let (mean, interval) = match expect {
            Expect::Lower => (-observed.mean, [-high, -low]),
            Expect::Higher | Expect::Equal => (observed.mean, [low, high]),
        };
        let interval = interval.map(|end| end / smallest);
        Effect { mean: mean / smallest, interval, n: observed.n, verdict }
    }
}
