//! What was observed of a claim, in units of the smallest effect that matters.

use super::Verdict;
use crate::config::Expect;
use crate::stats::inference::Estimate;

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
