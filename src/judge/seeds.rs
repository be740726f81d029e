//! Arms that were not run on the same seeds.

use std::collections::BTreeMap;

use super::arm::Arm;
use super::contest::Contest;
use crate::config::{plain, to_digits};
use crate::plural::counted;
use crate::stats::Estimate;

/// Comparisons that are told.
const MOST: usize = 3;

/// Arms whose means say something else than the seeds that both have, since their other runs are of different seeds.
pub fn different_seeds(arms: &[Arm], contests: &[Contest]) -> Option<String> {
    let mut told = BTreeMap::new();
    for one in contests {
        let [left, right] = one.places;
        let difference = mean(&arms[left]) - mean(&arms[right]);
        if misleads(one, difference) {
            told.entry([left.min(right), left.max(right)]).or_insert_with(|| tell(one, difference));
        }
    }
    let more = match told.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; so do {}", counted(more, "more pair")),
    };
    let some: Vec<String> = told.values().take(MOST).cloned().collect();
    (!some.is_empty()).then(|| {
        format!(
            "arms were run on different seeds, and their means mislead: {}{more}. Go by the comparisons, which are of \
             common seeds",
            some.join("; ")
        )
    })
}

fn mean(arm: &Arm) -> f64 {
    Estimate::of(&arm.values()).map_or(f64::NAN, |one| one.mean)
}

/// Whether a difference of means has another sign than that of the common seeds, or one that these rule out.
fn misleads(contest: &Contest, difference: f64) -> bool {
    let is_outside = |[low, high]: [f64; 2]| difference < low || difference > high;
    contest.unpaired > 0
        && !contest.by_seed.is_empty()
        && (difference * contest.difference.mean < 0.0
            || contest.judgement.interval.is_some_and(is_outside))
}

fn tell(contest: &Contest, difference: f64) -> String {
    let by = |difference: f64| {
        let word = if difference < 0.0 { "lower" } else { "higher" };
        format!("{} {word}", plain(to_digits(difference.abs(), 3)))
    };
    format!(
        "the mean of {} is {} than that of {}, and {} on the {} that both have",
        contest.left,
        by(difference),
        contest.right,
        by(contest.difference.mean),
        counted(contest.by_seed.len(), "seed")
    )
}
