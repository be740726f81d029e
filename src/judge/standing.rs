//! How far the comparisons bear out the arm of the best mean.

use std::collections::{BTreeMap, BTreeSet};

use super::arm::Arm;
use super::case::Case;
use super::contest::{Contest, JudgedFamily};
use crate::stats::{Estimate, Kind};

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

    /// Arms that were compared with the best, those of them that had runs enough for a test, and those that are worse by
    /// more than chance.
    pub fn held_against_the_best(&self) -> [usize; 3] {
        let distinct = self.distinct();
        let own = || distinct.iter().filter_map(|one| Some((one, one.other(self.best)?)));
        let is_worse = |one: &Contest, other| one.worse(self.higher_is_better) == Some(other);
        let is_tested = |one: &Contest| one.judgement.kind != Kind::NoTest;
        let arms_where = |holds: &dyn Fn(&Contest, usize) -> bool| {
            let arms = own().filter(|(one, other)| holds(one, *other)).map(|(_, other)| other);
            arms.collect::<BTreeSet<_>>().len()
        };
        [arms_where(&|_, _| true), arms_where(&|one, _| is_tested(one)), arms_where(&is_worse)]
    }

    /// Comparisons, each once. Every arm against every other has those with a baseline too, by the stricter correction.
    pub fn distinct(&self) -> Vec<&Contest> {
        let is_of_pairs = |one: &&Contest| one.family == JudgedFamily::Pairs;
        let has_pairs = self.contests.iter().any(|one| is_of_pairs(&one));
        self.contests.iter().filter(|one| !has_pairs || is_of_pairs(one)).collect()
    }
}
