//! What was observed of a claim, in units of the smallest effect that matters, and how many seeds would tell.

use super::Verdict;
use crate::config::Expect;
use crate::stats::inference::Estimate;
use crate::stats::power::{seeds_for, seeds_within};

/// Further seeds with which most experiments would tell of a comparison, one of so many, should the truth be what was
/// observed.
pub fn further_seeds(
    observed: Estimate,
    expect: Expect,
    smallest: f64,
    tests: usize,
    alpha: f64,
) -> Option<usize> {
    let sd = observed.sd.filter(|sd| *sd > 0.0)?;
    let as_claimed = match expect {
        Expect::Lower => -observed.mean,
        Expect::Higher => observed.mean,
        Expect::Equal => observed.mean.abs(),
    };
    // A one-sided test at α is as a two-sided one at 2α.
    let one_sided = |room: f64| seeds_for(room, sd, tests, 2.0 * alpha);
    let seeds = match expect {
        // It is there, and as said; or an effect that matters is excluded.
        Expect::Lower | Expect::Higher => {
            let shown = (as_claimed > 0.0).then(|| seeds_for(as_claimed, sd, tests, alpha));
            let excluded = (as_claimed < smallest).then(|| one_sided(smallest - as_claimed));
            shown.flatten().into_iter().chain(excluded.flatten()).min()
        }
        // It lies within the smallest effect that matters, or beyond.
        Expect::Equal if as_claimed < smallest => {
            seeds_within(as_claimed, sd, smallest, tests, alpha)
        }
        Expect::Equal => seeds_for(as_claimed - smallest, sd, tests, alpha),
    }?;
    Some(seeds.saturating_sub(observed.n).max(1))
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
