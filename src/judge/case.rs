//! Arms against each other: which pairs, and what is concluded of all.

use anyhow::{Context, Result, ensure};

use super::arm::Arm;
use super::best::{best, none_best};
use super::contest::{Asked, Contest, JudgedFamily, contest, judged};
use super::overfitting::above_the_lowest;
use super::pairs::{against_baseline, pairs, without_partner};
use super::seeds::different_seeds;
use super::words::{is_better_larger, larger_is_better};
use crate::stats::{Terms, power};

/// More comparisons than these are not made.
const MOST_CONTESTS: usize = 2000;

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

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Case {
    /// What was measured.
    pub quantity: String,
    pub arms: Vec<Arm>,
    pub contests: Vec<Contest>,
    /// The arm with the best mean, of those whose every run has a number; whether it may be called the best one hangs on
    /// the comparisons.
    pub best: usize,
    /// Whether larger numbers are better.
    pub higher_is_better: bool,
    pub terms: Terms,
    /// What was concluded of the input.
    pub remarks: Vec<String>,
}

impl Case {
    /// Judges arms.
    ///
    /// # Errors
    /// Fewer than two arms, a baseline that is not among them, or no arm whose every run has a number.
    pub fn new(
        (arms, quantity, mut remarks): (Vec<Arm>, String, Vec<String>),
        asked: &CaseTerms,
    ) -> Result<Self> {
        let few = match arms.first() {
            Some(only) => format!("is one arm ({})", only.label()),
            None => "are no runs".to_owned(),
        };
        ensure!(arms.len() > 1, "there {few}; expected two arms at least: see --arm");
        let best =
            best(&arms, asked.higher_is_better).with_context(|| none_best(&arms, &quantity))?;
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
            let ask = |places: [usize; 2]| contest(family, &arms, places);
            let asked_all: Vec<Asked> = pairs.into_iter().map(ask).collect();
            contests.extend(judged(asked_all, &asked.terms));
        }
        remarks.extend(different_seeds(&arms, &contests));
        let CaseTerms { terms, higher_is_better, .. } = *asked;
        remarks.extend(larger_is_better(&quantity, higher_is_better));
        if !higher_is_better && !is_better_larger(&quantity) {
            remarks.extend(above_the_lowest(&arms, &contests));
        }
        Ok(Case { quantity, best, higher_is_better, arms, contests, terms, remarks })
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
