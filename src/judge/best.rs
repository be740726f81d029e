//! Which arm is the best, as far as its mean and the comparisons agree.

use std::collections::{BTreeMap, BTreeSet};

use super::arm::Arm;
use super::case::Case;
use super::contest::{Contest, JudgedFamily};
use crate::stats::Estimate;

/// Arms that an error names.
const MOST_NAMED: usize = 5;

impl Case {
    /// Arms whose mean is that of the best, and the best itself.
    pub fn as_good(&self) -> Vec<&Arm> {
        self.arms.iter().filter(|arm| self.has_best_mean(arm)).collect()
    }

    fn has_best_mean(&self, arm: &Arm) -> bool {
        let mean = |arm: &Arm| Estimate::of(&arm.values()).map(|one| one.mean);
        arm.is_complete() && mean(arm) == mean(&self.arms[self.best])
    }

    /// Whether an arm is called best: no other has a better mean, and no comparison says the opposite.
    pub fn is_best(&self, place: usize) -> bool {
        self.has_best_mean(&self.arms[place]) && self.against_the_best().is_empty()
    }

    /// Comparisons that find an arm of the best mean worse than another, one for each other. The means of arms over
    /// different seeds can say the opposite of what the seeds say that both have.
    pub fn against_the_best(&self) -> Vec<&Contest> {
        let mut others = BTreeMap::new();
        for one in &self.contests {
            let worse = one.worse(self.higher_is_better);
            let worse = worse.filter(|place| self.has_best_mean(&self.arms[*place]));
            if let Some(better) = worse.and_then(|worse| one.other(worse)) {
                others.entry(better).or_insert(one);
            }
        }
        others.into_values().collect()
    }

    /// Arms that were compared with the best, and those of them that are worse by more than chance.
    pub fn held_against_the_best(&self) -> [usize; 2] {
        let distinct = self.distinct();
        let own = || distinct.iter().filter_map(|one| Some((one, one.other(self.best)?)));
        let is_worse = |one: &Contest, other| one.worse(self.higher_is_better) == Some(other);
        let all: BTreeSet<usize> = own().map(|(_, other)| other).collect();
        let worse = own().filter(|(one, other)| is_worse(one, *other));
        [all.len(), worse.map(|(_, other)| other).collect::<BTreeSet<_>>().len()]
    }

    /// Comparisons, each once. Every arm against every other has those with a baseline too, by the stricter correction.
    pub fn distinct(&self) -> Vec<&Contest> {
        let is_of_pairs = |one: &&Contest| one.family == JudgedFamily::Pairs;
        let has_pairs = self.contests.iter().any(|one| is_of_pairs(&one));
        self.contests.iter().filter(|one| !has_pairs || is_of_pairs(one)).collect()
    }
}

/// The arm with the best mean of those whose every run has a number: of the others it would be that of the runs that
/// went well.
pub fn best(arms: &[Arm], higher_is_better: bool) -> Option<usize> {
    let sign = if higher_is_better { -1.0 } else { 1.0 };
    let mean = |place: usize| Some(sign * Estimate::of(&arms[place].values())?.mean);
    let complete = (0..arms.len()).filter(|place| arms[*place].is_complete());
    let known = complete.filter_map(|place| Some((mean(place)?, place)));
    known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, place)| place)
}

/// Why no arm is the best: all have runs without a number.
pub fn none_best(arms: &[Arm], quantity: &str) -> String {
    let lost =
        |arm: &Arm| format!("{}: {} of {}", arm.label(), arm.without, arm.without + arm.runs.len());
    let some: Vec<String> = arms.iter().take(MOST_NAMED).map(lost).collect();
    let more = if arms.len() > MOST_NAMED { ", …" } else { "" };
    format!(
        "every arm has runs without a finite {quantity} ({}{more}): no test; a run that diverged is an outcome",
        some.join(", ")
    )
}
