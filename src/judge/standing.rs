//! How far the comparisons bear out the arm of the best mean.

use std::collections::{BTreeMap, BTreeSet};

use super::arm::Arm;
use super::case::Case;
use super::contest::{Contest, JudgedFamily, Test};
use crate::stats::{Estimate, Kind};

/// How the arms that were compared with the best came off.
pub struct Held {
    pub arms: usize,
    /// Those that are worse by more than chance.
    pub worse: usize,
    /// Why the others were not tested, one for each, those of one reason beside each other.
    pub untested: Vec<Test>,
}

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

    /// How the arms that were compared with the best came off.
    pub fn held_against_the_best(&self) -> Held {
        let distinct = self.distinct();
        let own = || distinct.iter().filter_map(|one| Some((one, one.other(self.best)?)));
        let is_worse = |one: &Contest, other| one.worse(self.higher_is_better) == Some(other);
        let is_untested = |one: &Contest| one.judgement.kind == Kind::NoTest;
        let untested: BTreeMap<usize, Test> = own()
            .filter(|(one, _)| is_untested(one))
            .map(|(one, other)| (other, one.test))
            .collect();
        let mut untested: Vec<Test> = untested.into_values().collect();
        untested.sort_unstable();
        Held {
            arms: own().map(|(_, other)| other).collect::<BTreeSet<_>>().len(),
            worse: own()
                .filter(|(one, other)| is_worse(one, *other))
                .map(|(_, other)| other)
                .collect::<BTreeSet<_>>()
                .len(),
            untested,
        }
    }

    /// Comparisons, each once. Every arm against every other has those with a baseline too, by the stricter correction.
    pub fn distinct(&self) -> Vec<&Contest> {
        let is_of_pairs = |one: &&Contest| one.family == JudgedFamily::Pairs;
        let has_pairs = self.contests.iter().any(|one| is_of_pairs(&one));
        self.contests.iter().filter(|one| !has_pairs || is_of_pairs(one)).collect()
    }
}
