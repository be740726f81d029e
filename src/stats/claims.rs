//! What runs say of the claims that their spec made before they were trained.
//!
//! A claim is one or several comparisons, each a weighted sum of what arms measured, by seed. It shows where every one of
//! them comes out as said; it is contradicted where an effect as large as the smallest that matters is excluded for one
//! of them, or shown where nothing was to differ; otherwise nothing can be told. Tests are two-sided at α over all
//! comparisons of a claim, then corrected over the claims of an experiment by Holm's method, once for what shows and once
//! for what is contradicted: a false verdict takes one side of either, so that all of them err in at most α of
//! experiments, and verdicts go with intervals at 1 − α.

mod chosen;
mod effect;
mod measured;
mod operand;
mod seeds;
mod sides;
mod tested;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::inference::{Estimate, holm};
use super::unmeasured::marked;
use super::verdict::Terms;
use crate::config::{Claim, Expect};
use crate::results::{Curves, MechanismRow, RunRow};
use measured::Measurements;
use tested::{Tested, p_against, p_shows, test};

pub use effect::Effect;
pub use seeds::{Asked, Seen};

/// What can be told of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every comparison came out as said.
    Shows,
    /// An effect that matters is excluded for one of them.
    Contradicted,
    /// Neither.
    CannotTell,
}

/// Why a claim was not tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// Runs that have not ended.
    Missing(usize),
    /// Runs that diverged.
    Diverged(usize),
    /// So many seeds.
    FewSeeds(usize),
    /// The quantity was not measured.
    NotMeasured,
    /// Runs that ended without a loss or the quantity, or with one that is no number.
    Unmeasured(usize),
    /// A comparison is one number in every seed, as between copies of runs: there is no test of that.
    SameInEverySeed,
}

/// A claim and what runs say of it.
#[derive(Clone, Debug)]
pub struct Judged {
    pub claim: Claim,
    pub verdict: Verdict,
    pub why_not: Option<WhyNot>,
    /// The place of the comparison that decides: the weakest, or the one that contradicts.
    pub part: usize,
    /// Of that comparison.
    pub observed: Option<Estimate>,
    /// By seed.
    pub by_seed: Vec<(u64, f64)>,
    /// The interval that covers the differences of all claims of the experiment at once.
    pub interval: Option<[f64; 2]>,
    /// p of the claim's opposite: the largest over its comparisons, times their number.
    pub p: Option<f64>,
    pub p_holm: Option<f64>,
    /// p of the claim: the smallest over its comparisons, times their number.
    pub p_against: Option<f64>,
    pub p_against_holm: Option<f64>,
    /// Further seeds with which most experiments would tell; for what cannot be told.
    pub further_seeds: Option<usize>,
    /// Claims that were tested.
    pub family_size: usize,
    /// Runs that it rests on and that ended no better than by knowing how often each token occurs.
    pub collapsed: usize,
    /// Where the best of several arms was meant, which it was.
    pub chosen: Vec<String>,
}

/// Judges the claims of an experiment.
pub fn judge(
    claims: &[Claim],
    runs: &[RunRow],
    curves: &Curves,
    mechanism: &[MechanismRow],
    alpha: f64,
) -> Vec<Judged> {
    let runs = marked(runs);
    let measurements = Measurements::of(&runs, curves, mechanism);
    let mut rotations = HashMap::new();
    let tested: Vec<Result<Vec<Tested>, WhyNot>> =
        claims.iter().map(|claim| test(claim, &measurements, &mut rotations)).collect();
    let family_size = tested.iter().filter(|one| one.is_ok()).count();
    let of = |p: fn(&Claim, &[Tested]) -> f64| -> Vec<Option<f64>> {
        let pairs = claims.iter().zip(&tested);
        pairs.map(|(claim, parts)| parts.as_ref().ok().map(|parts| p(claim, parts))).collect()
    };
    let (p, p_against) = (of(p_shows), of(p_against));
    let corrected = correct(&p, &p_against, alpha);
    let terms = Terms { alpha, epsilon: None };
    let judged = |place: usize| {
        let claim = &claims[place];
        let Corrected { p_holm, p_against_holm, verdict } = corrected[place];
        let untested = Judged {
            claim: claim.clone(),
            verdict,
            why_not: tested[place].as_ref().err().copied(),
            part: 0,
            observed: None,
            by_seed: Vec::new(),
            interval: None,
            p: p[place],
            p_holm,
            p_against: p_against[place],
            p_against_holm,
            further_seeds: None,
            family_size,
            collapsed: measurements.collapsed(claim),
            chosen: Vec::new(),
        };
        match &tested[place] {
            Err(_) => untested,
            Ok(parts) => untested.with_details(parts, &terms),
        }
    };
    (0..claims.len()).map(judged).collect()
}

/// The verdict of p values after their corrections. What seems too small to matter before a correction does not show
/// because of it.
fn verdict(p_holm: Option<f64>, p_against: [Option<f64>; 2], alpha: f64) -> Verdict {
    let is_small = |p: Option<f64>| p.is_some_and(|p| p < alpha);
    let [alone, corrected] = p_against.map(is_small);
    match (is_small(p_holm), corrected) {
        (_, true) => Verdict::Contradicted,
        (true, false) if !alone => Verdict::Shows,
        _ => Verdict::CannotTell,
    }
}

/// p values of claims after their corrections, and the verdict that they make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corrected {
    pub p_holm: Option<f64>,
    pub p_against_holm: Option<f64>,
    pub verdict: Verdict,
}

/// Corrects claims of several experiments together: p of their opposites, and p of them.
pub fn correct(p: &[Option<f64>], p_against: &[Option<f64>], alpha: f64) -> Vec<Corrected> {
    let pairs = holm(p).into_iter().zip(holm(p_against)).zip(p_against);
    pairs
        .map(|((p_holm, p_against_holm), alone)| {
            let verdict = verdict(p_holm, [*alone, p_against_holm], alpha);
            Corrected { p_holm, p_against_holm, verdict }
        })
        .collect()
}

impl Judged {
    fn with_details(self, parts: &[Tested], terms: &Terms) -> Self {
        let claim = &self.claim;
        let weakest = |p: &dyn Fn(&Tested) -> f64| {
            let ranked = parts.iter().enumerate().map(|(place, part)| (p(part), place));
            ranked
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
                .map_or(0, |(_, place)| place)
        };
        let smallest = claim.smallest;
        let part = match self.verdict {
            Verdict::Contradicted => weakest(&|part| -part.p_against(smallest)),
            _ => weakest(&|part| part.p_shows(smallest)),
        };
        let tested = &parts[part];
        let tail = terms.tail(self.family_size * parts.len());
        let interval = tested.contrast.interval(tail);
        let seen = |(place, one): (usize, &Tested)| {
            one.seen(if place == part { interval } else { one.contrast.interval(tail) })
        };
        let (comparisons, family) = (parts.len(), self.family_size);
        let asked = Asked { smallest, comparisons, family, alpha: terms.alpha };
        let further =
            || asked.further_seeds(&parts.iter().enumerate().map(seen).collect::<Vec<_>>());
        let is_open = self.verdict == Verdict::CannotTell;
        let seeds = tested.seeds.iter().map(|draw| draw.seed);
        Judged {
            part,
            observed: Estimate::of(tested.contrast.differences()),
            by_seed: seeds.zip(tested.contrast.differences().iter().copied()).collect(),
            interval: Some(interval),
            further_seeds: if is_open { further() } else { None },
            chosen: tested.chosen.clone(),
            ..self
        }
    }

    /// What the comparison that decides is, in words.
    pub fn compared(&self) -> &str {
        &self.claim.parts[self.part].label
    }

    /// What is expected of the comparison that decides.
    pub fn expect(&self) -> Expect {
        self.claim.parts[self.part].expect
    }

    /// The corrected p that its verdict rests on.
    pub fn p_of_verdict(&self) -> Option<f64> {
        match self.verdict {
            Verdict::Contradicted => self.p_against_holm,
            _ => self.p_holm,
        }
    }

    /// What was observed in units of the smallest effect that matters; `None` where nothing was tested.
    pub fn effect(&self) -> Option<Effect> {
        let observed = self.observed?;
        let (smallest, expect) = (self.claim.smallest, self.expect());
        Some(Effect::new(observed, self.interval?, smallest, expect, self.verdict))
    }
}

#[cfg(test)]
pub(crate) mod tests;
