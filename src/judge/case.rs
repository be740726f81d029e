//! Arms against each other, each pair by the test that its runs allow.

use anyhow::{Result, ensure};
use serde::Serialize;

use super::arm::Arm;
use super::pairs::{against_baseline, pairs, without_partner};
use crate::stats::{
    Contrast, Estimate, Evidence, FEWEST_SEEDS, Judgement, Terms, Unpaired, judge, power,
};

/// More comparisons than these are not made.
const MOST_CONTESTS: usize = 2000;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Student's t-test of differences by seed.
    Paired,
    /// Welch's t-test of runs that share no seeds.
    Welch,
    /// A t-test that takes both arms to spread alike, for an arm of one or two runs.
    Pooled,
    /// None: all differences by seed are the same number, as those of copies are.
    Copied,
    /// None: too few runs.
    None,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct CaseTerms {
    /// The arm that others are held against, or a value that one of its columns has.
    pub baseline: Option<String>,
    /// The families; empty for the usual one.
    pub families: Vec<JudgedFamily>,
    pub terms: Terms,
    /// Whether larger numbers are better.
    pub higher_is_better: bool,
}

/// Two arms compared.
#[derive(Clone, Debug)]
pub struct Contest {
    pub family: JudgedFamily,
    pub left: String,
    pub right: String,
    pub test: Test,
    /// Left − right, with its own t-interval; of the means where there is no test.
    pub difference: Estimate,
    /// Its standard error with degrees of freedom; `None` where there is no test.
    pub error: Option<(f64, f64)>,
    /// By seed, where runs are paired.
    pub by_seed: Vec<(String, f64)>,
    /// Runs of the left and of the right side that count.
    pub runs: [usize; 2],
    /// Runs of either side that have no partner and are left out.
    pub unpaired: usize,
    pub judgement: Judgement,
    /// Whether a difference, if any, is shown to be below ε.
    pub is_within_epsilon: bool,
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Case {
    /// What was measured.
    pub quantity: String,
    pub arms: Vec<Arm>,
    pub contests: Vec<Contest>,
    /// The arm with the best mean.
    pub best: usize,
    pub terms: Terms,
    /// What was concluded of the input.
    pub remarks: Vec<String>,
}

/// A contest before it is judged.
struct Asked {
    contest: Contest,
    evidence: Option<Box<dyn Evidence>>,
}

impl Case {
    /// Judges arms.
    ///
    /// # Errors
    /// Fewer than two arms with runs, or a baseline that is not among them.
    pub fn new(
        (arms, quantity, mut remarks): (Vec<Arm>, String, Vec<String>),
        asked: &CaseTerms,
    ) -> Result<Self> {
        let arms: Vec<Arm> = arms.into_iter().filter(|arm| !arm.runs.is_empty()).collect();
        ensure!(
            arms.len() > 1,
            "there {} with a finite {quantity}; expected two arms at least: see --arm",
            if arms.len() == 1 {
                format!("is one arm ({})", arms[0].label())
            } else {
                "are no runs".to_owned()
            }
        );
        let mut contests = Vec::new();
        for family in families(asked) {
            let pairs = match family {
                JudgedFamily::AgainstBaseline => {
                    against_baseline(&arms, asked.baseline.as_deref())?
                }
                JudgedFamily::Pairs => pairs(arms.len()),
            };
            ensure!(
                pairs.len() <= MOST_CONTESTS,
                "{} comparisons of {} arms are more than anyone reads; give --baseline",
                pairs.len(),
                arms.len()
            );
            if family == JudgedFamily::AgainstBaseline {
                remarks.extend(without_partner(&arms, &pairs));
            }
            let ask = |[left, right]: [usize; 2]| contest(family, &arms[left], &arms[right]);
            let asked_all: Vec<Asked> = pairs.into_iter().filter_map(ask).collect();
            contests.extend(judged(asked_all, &asked.terms));
        }
        let mean = |arm: &Arm| Estimate::of(&arm.values()).map_or(f64::NAN, |one| one.mean);
        let sign = if asked.higher_is_better { -1.0 } else { 1.0 };
        let by_mean =
            |a: &usize, b: &usize| (sign * mean(&arms[*a])).total_cmp(&(sign * mean(&arms[*b])));
        let best = (0..arms.len()).min_by(by_mean).unwrap_or_default();
        Ok(Case { quantity, best, arms, contests, terms: asked.terms, remarks })
    }

    /// The smallest difference that most such experiments would find, in the middle of the tests of a family;
    /// `None` where nothing was tested.
    pub fn detectable(&self, family: JudgedFamily) -> Option<f64> {
        let own = self.contests.iter().filter(|one| one.family == family);
        let mut errors: Vec<(f64, f64, usize)> = own
            .filter_map(|one| {
                let (error, freedom) = one.error.filter(|(error, _)| *error > 0.0)?;
                Some((error, freedom, one.judgement.family_size))
            })
            .collect();
        errors.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (error, freedom, tests) = errors.get(errors.len() / 2).copied()?;
        Some(power::smallest_detectable_with(error, freedom, tests, self.terms.alpha))
    }
}

fn families(asked: &CaseTerms) -> Vec<JudgedFamily> {
    let usual = match asked.baseline {
        Some(_) => JudgedFamily::AgainstBaseline,
        None => JudgedFamily::Pairs,
    };
    let all = [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs];
    let is_asked = |family: &JudgedFamily| match asked.families.is_empty() {
        true => *family == usual,
        false => asked.families.contains(family),
    };
    all.into_iter().filter(is_asked).collect()
}

/// Two arms by the test that their runs allow.
fn contest(family: JudgedFamily, left: &Arm, right: &Arm) -> Option<Asked> {
    let by_seed = by_seed(left, right);
    let is_paired = by_seed.len() >= FEWEST_SEEDS;
    // Differences that agree to the last digit are of copies, not of seeds.
    let same =
        |difference: f64| difference != 0.0 && by_seed.iter().all(|(_, own)| *own == difference);
    let is_copied = is_paired && same(by_seed[0].1);
    let (a, b) = (left.values(), right.values());
    let (evidence, test): (Option<Box<dyn Evidence>>, Test) = if is_copied {
        (None, Test::Copied)
    } else if is_paired {
        let differences: Vec<f64> = by_seed.iter().map(|(_, difference)| *difference).collect();
        (Some(Box::new(Contrast::paired(&differences))), Test::Paired)
    } else {
        match Unpaired::new(&a, &b) {
            Some(test) => {
                let kind = if test.is_pooled { Test::Pooled } else { Test::Welch };
                (Some(Box::new(test)), kind)
            }
            None => (None, Test::None),
        }
    };
    let described = || {
        let mean = Estimate::of(&a)?.mean - Estimate::of(&b)?.mean;
        Some(Estimate { mean, sd: None, half_width: None, n: a.len().min(b.len()) })
    };
    let difference = evidence.as_ref().map_or_else(described, |one| one.estimate())?;
    let unpaired = if is_paired { a.len() + b.len() - 2 * by_seed.len() } else { 0 };
    let contest = Contest {
        family,
        left: left.label(),
        right: right.label(),
        test,
        difference,
        error: evidence.as_ref().and_then(|one| one.error()),
        runs: if is_paired { [by_seed.len(); 2] } else { [a.len(), b.len()] },
        by_seed: if is_paired { by_seed } else { Vec::new() },
        unpaired,
        judgement: Judgement::untested(0),
        is_within_epsilon: false,
    };
    Some(Asked { contest, evidence })
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

fn judged(asked: Vec<Asked>, terms: &Terms) -> Vec<Contest> {
    let tested: Vec<&dyn Evidence> =
        asked.iter().filter_map(|one| one.evidence.as_deref()).collect();
    let mut judgements = judge(&tested, terms).into_iter();
    let size = tested.len();
    let told = |one: &Asked| {
        let judgement = match &one.evidence {
            Some(evidence) => {
                judgements.next().map(|own| own.with_details(evidence.as_ref(), terms))
            }
            None => None,
        };
        let judgement = judgement.unwrap_or(Judgement::untested(size));
        let is_within_epsilon = judgement.is_within_epsilon(terms);
        Contest { judgement, is_within_epsilon, ..one.contest.clone() }
    };
    asked.iter().map(told).collect()
}
