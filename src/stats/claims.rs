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

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::contrast::{Contrast, Scores};
use super::inference::{Estimate, FEWEST_SEEDS, holm};
use super::rotations::Rotations;
use super::unmeasured::marked;
use super::verdict::Terms;
use crate::config::{Claim, Expect, Part};
use crate::results::{CurveCsvRow, Draw, MechanismRow, RunRow};
use measured::Measurements;
use operand::{Operand, added, common, only_collapsed};

pub use effect::{Asked, Effect};

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

/// The evaluated rows of curves, by run.
pub type Curves = BTreeMap<String, Vec<CurveCsvRow>>;

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
        let observed = Estimate::of(tested.contrast.differences());
        let tests = self.family_size * parts.len();
        let interval = tested.contrast.interval(terms.tail(tests));
        let open = observed.filter(|_| self.verdict == Verdict::CannotTell);
        let asked = Asked { expect: tested.expect, smallest, tests, alpha: terms.alpha };
        let seeds = tested.seeds.iter().map(|draw| draw.seed);
        Judged {
            part,
            observed,
            by_seed: seeds.zip(tested.contrast.differences().iter().copied()).collect(),
            interval: Some(interval),
            further_seeds: open.and_then(|one| asked.further_seeds(one.mean, one.n, interval)),
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

/// One comparison with its data.
struct Tested {
    expect: Expect,
    contrast: Contrast,
    seeds: Vec<Draw>,
    chosen: Vec<String>,
}

impl Tested {
    /// Small where it comes out as said; of two sides.
    fn p_shows(&self, smallest: f64) -> f64 {
        let p = match self.expect {
            Expect::Lower => self.contrast.p_below(0.0),
            Expect::Higher => self.contrast.p_above(0.0),
            Expect::Equal => self.contrast.p_beyond(smallest),
        };
        (2.0 * p).min(1.0)
    }

    /// Small where an effect that matters is excluded; for what is to be equal, where there is one. Of two sides.
    fn p_against(&self, smallest: f64) -> f64 {
        let contrast = &self.contrast;
        let p = match self.expect {
            Expect::Lower => contrast.p_above(-smallest),
            Expect::Higher => contrast.p_below(smallest),
            Expect::Equal => contrast.p_below(-smallest).min(contrast.p_above(smallest)),
        };
        (2.0 * p).min(1.0)
    }
}

/// All comparisons must come out as said. Each by itself would be enough of a test (Berger 1982); their number is
/// counted in all the same, as in the intervals that all of them hold at once.
fn p_shows(claim: &Claim, parts: &[Tested]) -> f64 {
    let most = parts.iter().map(|part| part.p_shows(claim.smallest)).fold(0.0, f64::max);
    (most * parts.len() as f64).min(1.0)
}

/// One of them is enough (Bonferroni).
fn p_against(claim: &Claim, parts: &[Tested]) -> f64 {
    let least = parts.iter().map(|part| part.p_against(claim.smallest)).fold(1.0, f64::min);
    (least * parts.len() as f64).min(1.0)
}

fn test(
    claim: &Claim,
    measurements: &Measurements,
    rotations: &mut HashMap<usize, Rotations>,
) -> Result<Vec<Tested>, WhyNot> {
    claim.parts.iter().map(|part| test_part(claim, part, measurements, rotations)).collect()
}

fn test_part(
    claim: &Claim,
    part: &Part,
    measurements: &Measurements,
    rotations: &mut HashMap<usize, Rotations>,
) -> Result<Tested, WhyNot> {
    let accepts_collapsed =
        part.terms.iter().any(|term| only_collapsed(term, claim.quantity, measurements));
    let operands: Vec<Operand> = part
        .terms
        .iter()
        .map(|term| Operand::of(term, claim.quantity, measurements, accepts_collapsed))
        .collect::<Result<_, _>>()?;
    let seeds = common(&operands);
    if seeds.len() < FEWEST_SEEDS {
        return Err(WhyNot::FewSeeds(seeds.len()));
    }
    let side = |is_left: bool| {
        let own = operands.iter().filter(|one| (one.weight > 0.0) == is_left);
        let zero = Scores { choose: vec![0.0; seeds.len()], score: vec![0.0; seeds.len()] };
        own.fold(vec![zero], |sum, one| added(&sum, &one.scores(&seeds)))
    };
    let (left, mut right) = (side(true), side(false));
    right.iter_mut().flat_map(|one| &mut one.score).for_each(|score| *score += part.constant);
    let is_choice = left.len() > 1 || right.len() > 1;
    let contrast = match is_choice {
        true => {
            let drawn = rotations.entry(seeds.len()).or_insert_with(|| Rotations::of(seeds.len()));
            Contrast::new(&left, &right, drawn)
        }
        false => Contrast::new(&left, &right, &Rotations::draw(seeds.len(), 0)),
    };
    let largest = left.iter().chain(&right).flat_map(|one| &one.score).map(|score| score.abs());
    let largest = largest.fold(0.0, f64::max);
    if Estimate::of(contrast.differences()).is_some_and(|one| one.is_constant(largest)) {
        return Err(WhyNot::SameInEverySeed);
    }
    let chosen = operands.iter().filter_map(|one| one.chosen(&seeds)).collect();
    Ok(Tested { expect: part.expect, contrast, seeds, chosen })
}

#[cfg(test)]
pub(crate) mod tests;
