//! With how many further seeds most experiments would tell what a claim's runs do not.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::config::Expect;
use crate::stats::inference::t_quantile;
use crate::stats::power::{MOST_SEEDS, POWER, over_spreads};

/// What is asked of a claim of so many comparisons, one of a family of claims.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub smallest: f64,
    pub comparisons: usize,
    pub family: usize,
    pub alpha: f64,
}

/// One of its comparisons as observed.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub expect: Expect,
    pub mean: f64,
    pub seeds: usize,
    /// That of so many claims.
    pub interval: [f64; 2],
}

impl Asked {
    /// Further seeds with which most experiments would tell, should the truth be what was observed of every comparison.
    /// `None` where that takes more than anyone trains.
    pub fn further_seeds(&self, seen: &[Seen]) -> Option<usize> {
        let sds = seen.iter().map(|one| self.sds(one)).collect::<Option<Vec<[f64; 2]>>>()?;
        let is_enough = |further: usize| self.chance(seen, &sds, further) >= POWER;
        // More seeds are not always better: what is there and too small to matter may be neither shown nor excluded.
        let (mut low, mut high) = (0, 1);
        while !is_enough(high) {
            (low, high) = (high, high + 1 + high / 20);
            if high > MOST_SEEDS {
                return None;
            }
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            *if is_enough(middle) { &mut high } else { &mut low } = middle;
        }
        Some(high)
    }

    /// The ends of an interval where the claim is one of another number of claims: stretched from the mean by Student's t,
    /// which is exact where no best of several arms is chosen.
    pub fn stretched(&self, seen: &Seen, family_before: usize) -> [f64; 2] {
        let freedom = seen.seeds.saturating_sub(1).max(1) as f64;
        let before = Asked { family: family_before, ..*self };
        let factor = self.quantile(self.tests(), freedom) / self.quantile(before.tests(), freedom);
        seen.interval.map(|end| seen.mean + (end - seen.mean) * factor)
    }

    /// The standard deviations that both ends of an interval are of, the lower first: the choice of the best of several
    /// arms makes them wider, and not alike. `None` where the interval has no end at all.
    fn sds(&self, seen: &Seen) -> Option<[f64; 2]> {
        let [low, high] = seen.interval;
        let freedom = seen.seeds.saturating_sub(1).max(1) as f64;
        let plain = self.quantile(self.tests(), freedom) / (seen.seeds as f64).sqrt();
        let sds = [seen.mean - low, high - seen.mean].map(|half| half / plain);
        let is_known = sds.iter().all(|sd| *sd > 0.0) && sds.iter().any(|sd| sd.is_finite());
        is_known.then_some(sds)
    }

    /// The chance that so many further seeds tell: that all comparisons come out as said, which fails no more often than
    /// each of them does together, or that one of them is contradicted.
    fn chance(&self, seen: &[Seen], sds: &[[f64; 2]], further: usize) -> f64 {
        let chances = seen.iter().zip(sds);
        let chances: Vec<[f64; 2]> =
            chances.map(|(one, sds)| self.chances(one, *sds, one.seeds + further)).collect();
        let misses: f64 = chances.iter().map(|[shows, _]| 1.0 - shows).sum();
        let against = chances.iter().map(|[_, against]| *against).fold(0.0, f64::max);
        (1.0 - misses).max(0.0) + against
    }

    /// The chance that a comparison comes out as said over so many seeds, and that it is contradicted. Each goes by the end
    /// of the interval that decides it.
    fn chances(&self, seen: &Seen, [of_low, of_high]: [f64; 2], seeds: usize) -> [f64; 2] {
        let freedom = (seeds - 1) as f64;
        let corrected = self.quantile(self.tests(), freedom);
        let of = |chance: &dyn Fn(f64) -> f64| over_spreads(freedom, chance);
        // In standard errors, of which u is what an estimate of them is.
        let errors = |value: f64, sd: f64| value * (seeds as f64).sqrt() / sd;
        let normal = Normal::standard();
        if seen.expect == Expect::Equal {
            let (size, sd) = (seen.mean.abs(), of_low.max(of_high));
            let (mean, smallest) = (errors(size, sd), errors(self.smallest, sd));
            let within = |room: f64| (normal.cdf(room - mean) - normal.cdf(-room - mean)).max(0.0);
            let towards_zero = if seen.mean < 0.0 { of_high } else { of_low };
            let beyond = errors(size - self.smallest, towards_zero);
            return [
                of(&|u| within(smallest - corrected * u)),
                of(&|u| normal.cdf(beyond - corrected * u)),
            ];
        }
        let (mean, shows, against) = match seen.expect {
            Expect::Lower => (-seen.mean, of_high, of_low),
            _ => (seen.mean, of_low, of_high),
        };
        // It does not show where it seems too small to matter before the correction.
        let alone = self.quantile(self.comparisons, freedom);
        let (away, short) = (errors(mean, shows), errors(self.smallest - mean, against));
        [
            of(&|u| normal.cdf(away - corrected * u).min(normal.cdf(alone * u - short))),
            of(&|u| normal.cdf(short - corrected * u)),
        ]
    }

    fn tests(&self) -> usize {
        self.family * self.comparisons
    }

    /// Beyond which the t statistic of one of so many tests tells.
    fn quantile(&self, tests: usize, freedom: f64) -> f64 {
        t_quantile(1.0 - self.alpha / 2.0 / tests.max(1) as f64, freedom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(smallest: f64, comparisons: usize, family: usize) -> Asked {
        Asked { smallest, comparisons, family, alpha: 0.05 }
    }

    /// Of so many seeds with a standard deviation.
    fn seen(of: &Asked, expect: Expect, mean: f64, sd: f64, seeds: usize) -> Seen {
        let half = of.quantile(of.tests(), (seeds - 1) as f64) * sd / (seeds as f64).sqrt();
        Seen { expect, mean, seeds, interval: [mean - half, mean + half] }
    }

    /// With so many seeds 80% of simulated experiments tell.
    #[test]
    fn an_effect_that_is_there_is_told_as_soon_as_0_or_what_matters_is_excluded() {
        for (share, expected) in [(0.3, 27), (0.7, 27), (0.8, 25), (0.95, 21), (1.0, 19), (1.3, 13)]
        {
            for expect in [Expect::Lower, Expect::Higher] {
                let of = asked(0.02, 1, 1);
                let mean = if expect == Expect::Lower { -0.02 * share } else { 0.02 * share };
                let seeds = 5 + of.further_seeds(&[seen(&of, expect, mean, 0.03, 5)]).unwrap();
                assert!(seeds.abs_diff(expected) <= 1, "{share}: {seeds} and not {expected}");
            }
        }
    }

    /// Among many claims what is there and small is not shown while it seems too small to matter by itself.
    #[test]
    fn what_neither_shows_nor_is_contradicted_is_not_told() {
        let of = asked(0.01, 1, 37);
        let told =
            |mean: f64| of.further_seeds(&[seen(&of, Expect::Lower, mean, 0.0257, 14)]).unwrap();
        assert!((1200..1450).contains(&told(-0.0072)), "{}", told(-0.0072));
        assert!((100..130).contains(&told(-0.01)), "{}", told(-0.01));
    }

    #[test]
    fn all_comparisons_have_to_come_out_with_the_seeds_that_are_named() {
        let told = |means: &[f64]| {
            let of = asked(0.02, means.len(), 1);
            let all: Vec<Seen> =
                means.iter().map(|mean| seen(&of, Expect::Lower, *mean, 0.03, 5)).collect();
            5 + of.further_seeds(&all).unwrap()
        };
        for (comparisons, expected) in [(1, 19), (3, 37), (5, 46), (7, 52)] {
            let seeds = told(&vec![-0.02; comparisons]);
            assert!(seeds.abs_diff(expected) <= 1, "{comparisons}: {seeds} and not {expected}");
        }
        // One that is certain asks for no more than its place among the tests.
        assert!(told(&[-0.02, -0.2]).abs_diff(24) <= 1);
    }

    #[test]
    fn one_comparison_that_is_contradicted_is_enough() {
        let of = asked(0.02, 2, 1);
        let slow = seen(&of, Expect::Lower, -0.01, 0.06, 5);
        let fast = seen(&of, Expect::Lower, 0.005, 0.03, 5);
        assert!(of.further_seeds(&[slow, fast]).unwrap() < 20);
        assert!(of.further_seeds(&[slow, slow]).unwrap() > 200);
    }

    #[test]
    fn what_is_to_be_equal_is_told_where_it_lies_within_or_beyond_what_matters() {
        let of = asked(0.03, 1, 37);
        let within = of.further_seeds(&[seen(&of, Expect::Equal, 0.0047, 0.0195, 8)]).unwrap();
        assert!(within.abs_diff(7) <= 1, "{within}");
        let of = asked(0.1, 1, 37);
        let beyond = of.further_seeds(&[seen(&of, Expect::Equal, 0.151, 0.0555, 8)]).unwrap();
        assert!(beyond.abs_diff(17) <= 1, "{beyond}");
        assert_eq!(of.further_seeds(&[seen(&of, Expect::Equal, 0.1, 0.0555, 8)]), None);
    }

    #[test]
    fn the_end_that_decides_nothing_asks_for_no_seeds() {
        let of = asked(0.02, 1, 1);
        let even = seen(&of, Expect::Lower, -0.03, 0.03, 5);
        let [low, high] = even.interval;
        let uneven = Seen { interval: [even.mean - 20.0 * (even.mean - low), high], ..even };
        let [even, uneven] = [even, uneven].map(|one| of.further_seeds(&[one]).unwrap());
        assert!(even.abs_diff(uneven) <= 1, "{even} {uneven}");
    }

    #[test]
    fn an_interval_without_end_names_no_seeds() {
        let open =
            Seen { expect: Expect::Lower, mean: -1.0, seeds: 3, interval: [-2.0, f64::INFINITY] };
        assert_eq!(asked(1.0, 1, 1).further_seeds(&[open]), None);
    }
}
