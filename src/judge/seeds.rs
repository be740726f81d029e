//! Arms that were not run on the same seeds.

use std::collections::BTreeMap;

use super::arm::Arm;
use super::contest::{Contest, Test};
use crate::config::{plain, to_digits};
use crate::plural::counted;
use crate::stats::{Estimate, Evidence, Kind, Unpaired};

/// Comparisons that are told.
const MOST: usize = 3;
/// Seeds matter where the error of pairs is below this share of what it is when the same runs are not paired.
const CLOSER: f64 = 0.5;
/// They matter too where runs on other seeds differ from those of the same arm on common ones, with a p below this.
const ELSEWHERE: f64 = 0.01;
/// Fewer pairs are that much closer by chance in one of eight comparisons, where seeds do not matter.
const FEWEST_CLOSER: usize = 5;

/// Arms whose means say something else than the seeds that both have, since their other runs are of different seeds:
/// those whose means mislead, and those of which either may be chance.
pub fn different_seeds(arms: &[Arm], contests: &[Contest]) -> Vec<String> {
    let (mut misled, mut open) = (BTreeMap::new(), BTreeMap::new());
    for one in contests.iter().filter(|one| one.test == Test::Paired && one.unpaired > 0) {
        let [left, right] = one.places;
        let sides = [&arms[left], &arms[right]];
        let difference = mean(sides[0]) - mean(sides[1]);
        let told = match is_outside(one, difference) {
            true if seeds_matter(one, sides) => &mut misled,
            false if difference * one.difference.mean >= 0.0 => continue,
            _ => &mut open,
        };
        let pair = [left.min(right), left.max(right)];
        told.entry(pair).or_insert_with(|| tell(one, difference));
    }
    // Told of either family, a pair is told once.
    open.retain(|pair, _| !misled.contains_key(pair));
    let misled = listed(&misled).map(|pairs| {
        format!(
            "arms were run on different seeds, and their means mislead: {pairs}. Go by those comparisons that are of \
             pairs"
        )
    });
    let open = listed(&open).map(|pairs| {
        format!(
            "arms were run on different seeds, and means and common seeds differ: {pairs}. Such pairs tell too little \
             to say which of the two is chance"
        )
    });
    misled.into_iter().chain(open).chain(confounded(arms, contests)).collect()
}

/// Arms that are told apart, or alike, though they share too few seeds to be pairs, where pairs with others show that a
/// seed shifts numbers: a test of two samples counts seeds as chance only if each arm drew its own at random.
fn confounded(arms: &[Arm], contests: &[Contest]) -> Option<String> {
    let is_told = |one: &Contest| !matches!(one.judgement.kind, Kind::Undecided | Kind::NoTest);
    let have_seeds = |one: &Contest| {
        let mut runs = one.places.iter().flat_map(|place| &arms[*place].runs);
        runs.all(|(seed, _)| seed.is_some())
    };
    let are_apart = |one: &Contest| matches!(one.test, Test::Welch | Test::Pooled);
    let own = contests.iter().filter(|one| are_apart(one) && is_told(one) && have_seeds(one));
    let own = own.filter(|one| seeds_shift(one, arms, contests));
    let told = |one: &Contest| {
        let [left, right] = one.places;
        ([left.min(right), left.max(right)], format!("{} and {}", one.left, one.right))
    };
    listed(&own.map(told).collect()).map(|pairs| {
        format!(
            "pairs with other arms show that a seed shifts numbers, so that what is told of arms on different seeds may be of \
             their seeds: {pairs}. Run those on the same seeds to tell"
        )
    })
}

/// Whether most comparisons of pairs with either arm show that seeds matter.
fn seeds_shift(contest: &Contest, arms: &[Arm], contests: &[Contest]) -> bool {
    let is_beside = |other: &&Contest| {
        other.test == Test::Paired
            && other.places.iter().any(|place| contest.places.contains(place))
    };
    let show = |other: &Contest| {
        let sides = other.places.map(|place| &arms[place]);
        lie_elsewhere(other, sides)
            || other.by_seed.len() >= FEWEST_CLOSER && are_closer(other, sides)
    };
    let shown: Vec<bool> = contests.iter().filter(is_beside).map(show).collect();
    2 * shown.iter().filter(|shows| **shows).count() > shown.len()
}

/// The first of some pairs of arms; `None` where there are none.
fn listed(told: &BTreeMap<[usize; 2], String>) -> Option<String> {
    let more = match told.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; and {}", counted(more, "more pair")),
    };
    let some: Vec<&str> = told.values().take(MOST).map(String::as_str).collect();
    (!some.is_empty()).then(|| format!("{}{more}", some.join("; ")))
}

fn mean(arm: &Arm) -> f64 {
    Estimate::of(&arm.values()).map_or(f64::NAN, |one| one.mean)
}

/// Whether the common seeds rule out a difference of means.
fn is_outside(contest: &Contest, difference: f64) -> bool {
    let is_outside = |[low, high]: [f64; 2]| difference < low || difference > high;
    contest.judgement.interval.is_some_and(is_outside)
}

/// Whether runs of one seed are alike, or those of different seeds are not: where neither shows, all runs of an arm tell
/// more of it than those of the common seeds.
fn seeds_matter(contest: &Contest, sides: [&Arm; 2]) -> bool {
    are_closer(contest, sides) || lie_elsewhere(contest, sides)
}

/// Whether pairs tell much more than the same runs would that were no pairs.
fn are_closer(contest: &Contest, sides: [&Arm; 2]) -> bool {
    let squared_error = |arm: &Arm| {
        let [common, _] = parted(contest, arm);
        let sd = Estimate::of(&common).and_then(|one| one.sd);
        sd.map_or(f64::NAN, |sd| sd.powi(2) / common.len() as f64)
    };
    let apart = sides.map(squared_error).iter().sum::<f64>().sqrt();
    contest.error.is_some_and(|(error, _)| error < CLOSER * apart)
}

/// Whether runs of an arm on other seeds differ from its own on common ones.
fn lie_elsewhere(contest: &Contest, sides: [&Arm; 2]) -> bool {
    sides.iter().any(|arm| {
        let [common, other] = parted(contest, arm);
        Unpaired::new(&common, &other).is_some_and(|test| test.p() < ELSEWHERE)
    })
}

/// The numbers of an arm on common seeds, and those on others.
fn parted(contest: &Contest, arm: &Arm) -> [Vec<f64>; 2] {
    let is_common = |seed: &str| contest.by_seed.iter().any(|(own, _)| own == seed);
    let numbers = |common: bool| {
        let own =
            arm.runs.iter().filter(|(seed, _)| seed.as_deref().is_some_and(is_common) == common);
        own.map(|(_, value)| *value).collect()
    };
    [numbers(true), numbers(false)]
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

#[cfg(test)]
mod tests {
    use super::super::contest::{JudgedFamily, contest, judged};
    use super::*;
    use crate::random::{normals, stream};
    use crate::stats::Terms;

    /// Runs and the seeds that both arms have, and how far runs and seeds spread.
    struct World {
        runs: usize,
        common: usize,
        sd: f64,
        of_seeds: f64,
    }

    impl World {
        /// What is remarked of two arms, of which the first is lower by 0.02.
        fn remarked(&self, draw: &mut impl FnMut(f64, usize) -> Vec<f64>) -> Vec<String> {
            let levels = draw(self.of_seeds, 2 * self.runs - self.common);
            let mut arm = |first: usize, mean: f64| {
                let own = draw(self.sd, self.runs);
                let run = |(place, own): (usize, f64)| {
                    let seed = first + place;
                    (Some(seed.to_string()), mean + levels[seed] + own)
                };
                Arm {
                    name: first.to_string(),
                    runs: own.into_iter().enumerate().map(run).collect(),
                    ..Arm::default()
                }
            };
            let arms = [arm(0, 2.98), arm(self.runs - self.common, 3.0)];
            let asked = vec![contest(JudgedFamily::Pairs, &arms, [0, 1])];
            different_seeds(&arms, &judged(asked, &Terms { alpha: 0.05, epsilon: None }))
        }

        /// The shares of such tables of which each is said: that means mislead, and that either may be chance.
        fn shares(&self) -> [f64; 2] {
            let mut rng = stream("different seeds", &[]);
            let mut draw = |sd: f64, count: usize| -> Vec<f64> {
                normals(&mut rng, sd, count).into_iter().map(f64::from).collect()
            };
            let worlds = 400;
            let all: Vec<String> = (0..worlds).flat_map(|_| self.remarked(&mut draw)).collect();
            let says = |text: &str| all.iter().filter(|one| one.contains(text)).count();
            ["their means mislead", "which of the two is chance"]
                .map(|text| says(text) as f64 / worlds as f64)
        }
    }

    #[test]
    fn means_are_said_to_mislead_where_seeds_matter_and_hardly_ever_elsewhere() {
        for of_seeds in [0.0, 0.02] {
            let [misled, open] = World { runs: 8, common: 5, sd: 0.03, of_seeds }.shares();
            assert!(misled < 0.04, "{of_seeds}: {misled}");
            assert!((0.05..0.2).contains(&open), "{of_seeds}: {open}");
        }
        for (runs, common) in [(8, 5), (20, 12)] {
            let [misled, open] = World { runs, common, sd: 0.02, of_seeds: 0.1 }.shares();
            assert!(misled > 0.2 && open < 0.2, "{runs}: {misled} {open}");
        }
    }

    #[test]
    fn of_few_common_seeds_among_many_runs_nothing_is_said() {
        let few = World { runs: 20, common: 3, sd: 0.03, of_seeds: 0.01 };
        assert_eq!(few.shares(), [0.0, 0.0], "all runs are compared");
    }

    /// What is remarked of an arm on ten seeds and two that lie above it, of which one has the first five and the other the
    /// rest; numbers of the rest are higher by `shift`.
    fn of_disjoint_seeds(shift: f64) -> Vec<String> {
        let level = |seed: usize| if seed < 5 { 2.0 } else { 2.0 + shift };
        let arm = |(name, seeds, mean): (&str, std::ops::Range<usize>, f64)| {
            let mut noise = normals(&mut stream(name, &[]), 0.005, 10).into_iter();
            let mut own = || f64::from(noise.next().unwrap());
            let runs = seeds.map(|seed| (Some(seed.to_string()), mean + level(seed) + own()));
            Arm { name: name.to_owned(), runs: runs.collect(), ..Arm::default() }
        };
        let arms = [("a", 0..10, 0.0), ("b", 0..5, 0.02), ("c", 5..10, 0.05)].map(arm);
        let places = [[0, 1], [0, 2], [1, 2]];
        let asked = places.map(|places| contest(JudgedFamily::Pairs, &arms, places));
        different_seeds(&arms, &judged(asked.into(), &Terms { alpha: 0.05, epsilon: None }))
    }

    #[test]
    fn arms_on_seeds_of_their_own_are_said_to_be_so_where_seeds_shift_numbers() {
        let told = of_disjoint_seeds(-0.2);
        let marked = |told: &[String]| told.iter().any(|one| one.contains("their seeds: b and c."));
        assert!(marked(&told), "{told:?}");
        assert!(told.iter().any(|one| one.ends_with("those comparisons that are of pairs")));
        let alike = of_disjoint_seeds(0.0);
        assert!(!marked(&alike), "{alike:?}");
    }
}
