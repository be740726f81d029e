//! Two arms compared, by the test that their runs allow.

use serde::Serialize;

use super::arm::Arm;
use crate::stats::{
    Contrast, Estimate, Evidence, FEWEST_SEEDS, Judgement, Kind, Terms, Unpaired, judge,
};

/// A family of tests: what is claimed of it is corrected together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedFamily {
    /// Every arm against its baseline.
    AgainstBaseline,
    /// Every arm against every other.
    Pairs,
}

/// How two arms were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Student's t-test of differences by seed.
    Paired,
    /// Welch's t-test of runs that share no seeds, or few of many.
    Welch,
    /// A t-test that takes both arms to spread alike, for an arm of one run.
    Pooled,
    /// None: all differences by seed are the same number, as those of copies are, or nothing differs inside of either
    /// arm.
    Copied,
    /// None: a run of either arm has no finite number.
    NotFinite,
    /// None: squares of the numbers are beyond what can be calculated with.
    TooLarge,
    /// None: too few runs.
    None,
}

/// Two arms compared.
#[derive(Clone, Debug)]
pub struct Contest {
    pub family: JudgedFamily,
    /// Which arms the left and the right one are.
    pub places: [usize; 2],
    pub left: String,
    pub right: String,
    pub test: Test,
    /// Left − right, with its own t-interval; of the means where there is no test, and no number where a run has none.
    pub difference: Estimate,
    /// Its standard error with degrees of freedom; `None` where there is no test.
    pub error: Option<(f64, f64)>,
    /// By seed, where runs are paired.
    pub by_seed: Vec<(String, f64)>,
    /// Runs of the left and of the right side that count.
    pub runs: [usize; 2],
    /// Runs of the left and of the right side that have no finite number.
    pub without: [usize; 2],
    /// Runs of either side that have no partner and are left out.
    pub unpaired: usize,
    pub judgement: Judgement,
    /// Whether a difference, if any, is shown to be below ε.
    pub is_within_epsilon: bool,
}

impl Contest {
    /// The arm that is worse by more than chance.
    pub fn worse(&self, higher_is_better: bool) -> Option<usize> {
        let [left, right] = self.places;
        match self.judgement.kind {
            Kind::Lower => Some(if higher_is_better { left } else { right }),
            Kind::Higher => Some(if higher_is_better { right } else { left }),
            Kind::Equivalent | Kind::Undecided | Kind::NoTest => None,
        }
    }

    /// The other of its arms; `None` where it is not of this one.
    pub fn other(&self, place: usize) -> Option<usize> {
        let [left, right] = self.places;
        match place {
            _ if place == left => Some(right),
            _ if place == right => Some(left),
            _ => None,
        }
    }
}

/// A contest before it is judged.
pub struct Asked {
    contest: Contest,
    evidence: Option<Box<dyn Evidence>>,
}

/// Of a comparison that a run without a number forbids. It has no p, and counts in its family as one that shows
/// nothing: which comparisons are made does not hang on how the runs ended.
struct Forgone;

impl Evidence for Forgone {
    fn estimate(&self) -> Option<Estimate> {
        None
    }

    fn error(&self) -> Option<(f64, f64)> {
        None
    }

    fn error_with(&self, _further: usize) -> (f64, f64) {
        (f64::INFINITY, 1.0)
    }

    fn p(&self) -> f64 {
        1.0
    }

    fn p_beyond(&self, _epsilon: f64) -> f64 {
        1.0
    }

    fn interval(&self, _tail: f64) -> [f64; 2] {
        [f64::NEG_INFINITY, f64::INFINITY]
    }
}

/// Two arms by the test that their runs allow.
pub fn contest(family: JudgedFamily, arms: &[Arm], places: [usize; 2]) -> Asked {
    let [left, right] = places.map(|place| &arms[place]);
    let by_seed = by_seed(left, right);
    let is_paired = are_pairs(by_seed.len(), [left, right]);
    let by_seed = if is_paired { by_seed } else { Vec::new() };
    let (test, evidence) = tested(&by_seed, left, right);
    let estimate = evidence.as_ref().and_then(|one| one.estimate());
    let all = [left.runs.len(), right.runs.len()];
    let has_pairs = is_paired && test != Test::NotFinite;
    let contest = Contest {
        family,
        places,
        left: left.label(),
        right: right.label(),
        test,
        difference: match test {
            Test::NotFinite => Estimate { mean: f64::NAN, sd: None, half_width: None, n: 0 },
            _ => estimate.unwrap_or_else(|| described(&by_seed, left, right)),
        },
        error: evidence.as_ref().and_then(|one| one.error()),
        runs: if has_pairs { [by_seed.len(); 2] } else { all },
        without: [left.without, right.without],
        unpaired: if has_pairs { all[0] + all[1] - 2 * by_seed.len() } else { 0 },
        by_seed,
        judgement: Judgement::untested(0),
        is_within_epsilon: false,
    };
    Asked { contest, evidence }
}

/// Whether runs of common seeds are compared as pairs and all others are left out: where they are at least half of the
/// runs of the smaller arm, whose runs are what the other test rests on. This is asked of the numbers of runs alone: a
/// choice by which of the tests has the smaller error claims falsely in up to 8% of comparisons instead of 5%. Seeds
/// that both have make the other test claim less, not more, where their runs are alike.
fn are_pairs(common: usize, arms: [&Arm; 2]) -> bool {
    let [left, right] = arms.map(|arm| arm.runs.len());
    common >= FEWEST_SEEDS && 2 * common >= left.min(right)
}

/// A test with what it says, or why there is none.
type Tested = (Test, Option<Box<dyn Evidence>>);

/// Of two arms, with their differences by seed where they share enough.
fn tested(by_seed: &[(String, f64)], left: &Arm, right: &Arm) -> Tested {
    if !left.is_complete() || !right.is_complete() {
        return (Test::NotFinite, Some(Box::new(Forgone)));
    }
    let (a, b) = (left.values(), right.values());
    if by_seed.is_empty() {
        return unpaired(&a, &b);
    }
    let size = a.iter().chain(&b).fold(0.0, |size: f64, value| size.max(value.abs()));
    paired(&differences(by_seed), size)
}

/// Differences by seed between numbers as large as `size`.
fn paired(differences: &[f64], size: f64) -> Tested {
    match Estimate::of(differences) {
        Some(estimate) if !estimate.is_measured() => (Test::TooLarge, None),
        // Differences that agree to the last digit are of copies, not of seeds.
        Some(estimate) if estimate.is_constant(size) => (Test::Copied, None),
        _ => (Test::Paired, Some(Box::new(Contrast::paired(differences)))),
    }
}

fn unpaired(a: &[f64], b: &[f64]) -> Tested {
    if let Some(test) = Unpaired::new(a, b) {
        let kind = if test.is_pooled { Test::Pooled } else { Test::Welch };
        return (kind, Some(Box::new(test)));
    }
    let spreads =
        |own: &[f64]| Estimate::of(own).is_some_and(|one| one.n > 1 && !one.is_constant(one.mean));
    let why = match a.len().max(b.len()) < FEWEST_SEEDS {
        true => Test::None,
        false if spreads(a) || spreads(b) => Test::TooLarge,
        false => Test::Copied,
    };
    (why, None)
}

/// The difference of what cannot be tested: between the seeds that both have, or between the means; no number where an
/// arm has none.
fn described(by_seed: &[(String, f64)], left: &Arm, right: &Arm) -> Estimate {
    let (a, b) = (left.values(), right.values());
    let of = |values: &[f64]| Estimate::of(values).map_or(f64::NAN, |one| one.mean);
    let (mean, n) = match by_seed.is_empty() {
        true => (of(&a) - of(&b), a.len().min(b.len())),
        false => (of(&differences(by_seed)), by_seed.len()),
    };
    Estimate { mean, sd: None, half_width: None, n }
}

fn differences(by_seed: &[(String, f64)]) -> Vec<f64> {
    by_seed.iter().map(|(_, difference)| *difference).collect()
}

/// Differences of the seeds that both have.
fn by_seed(left: &Arm, right: &Arm) -> Vec<(String, f64)> {
    let of = |(seed, value): &(Option<String>, f64)| {
        let seed = seed.as_ref()?;
        let twin = right.runs.iter().find(|(own, _)| own.as_ref() == Some(seed))?;
        Some((seed.clone(), value - twin.1))
    };
    left.runs.iter().filter_map(of).collect()
}

/// The contests of a family, corrected together.
pub fn judged(asked: Vec<Asked>, terms: &Terms) -> Vec<Contest> {
    let tested: Vec<&dyn Evidence> =
        asked.iter().filter_map(|one| one.evidence.as_deref()).collect();
    let mut judgements = judge(&tested, terms).into_iter();
    let size = tested.len();
    let told = |one: &Asked| {
        let judgement = one.evidence.as_ref().and_then(|evidence| {
            let own = judgements.next()?;
            // What is forgone took its place in the correction, and has no verdict.
            let is_test = one.contest.test != Test::NotFinite;
            is_test.then(|| own.with_details(evidence.as_ref(), terms))
        });
        let judgement = judgement.unwrap_or(Judgement::untested(size));
        let is_within_epsilon = judgement.is_within_epsilon(terms);
        Contest { judgement, is_within_epsilon, ..one.contest.clone() }
    };
    asked.iter().map(told).collect()
}

#[cfg(test)]
mod tests;
