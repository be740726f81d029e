//! Two arms whose runs are not paired.

use super::evidence::Evidence;
use super::inference::{Estimate, FEWEST_SEEDS, t_cdf, t_quantile};

/// The difference between the means of two samples, left − right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unpaired {
    difference: f64,
    /// Standard error of the difference.
    error: f64,
    /// Degrees of freedom.
    freedom: f64,
    /// Standard deviation of the difference of two single runs.
    sd: f64,
    /// Variance of a run, and runs, of both samples.
    samples: [(f64, usize); 2],
    /// Whether both samples are taken to spread alike.
    pub is_pooled: bool,
}

impl Unpaired {
    /// The difference over its standard error where both samples tell their own spread (Welch 1947), with the degrees of
    /// freedom of the smaller sample: so of normal numbers it never errs more often than it says, whatever the spreads
    /// (Scheffé 1970). Welch's own degrees of freedom do where samples are small and of different sizes: of families of ten
    /// arms of three runs against one of twenty, a fifth would claim a difference where there is none. A single value tells
    /// no spread: then both are taken to spread alike (Crawford & Howell 1998). `None` where neither tells it, where neither
    /// spreads at all, and where a number that the test needs is beyond what can be calculated with.
    pub fn new(left: &[f64], right: &[f64]) -> Option<Self> {
        let (a, b) = (Estimate::of(left)?, Estimate::of(right)?);
        let variance = |one: Estimate| one.sd.unwrap_or(0.0).powi(2);
        let (n, m) = (a.n as f64, b.n as f64);
        let is_constant = |one: Estimate| one.n == 1 || one.is_constant(one.mean);
        if a.n.max(b.n) < FEWEST_SEEDS || is_constant(a) && is_constant(b) {
            return None;
        }
        let is_pooled = a.n.min(b.n) == 1;
        let (freedom, variances) = if is_pooled {
            let freedom = n + m - 2.0;
            let pooled = ((n - 1.0) * variance(a) + (m - 1.0) * variance(b)) / freedom;
            (freedom, [pooled; 2])
        } else {
            (n.min(m) - 1.0, [variance(a), variance(b)])
        };
        let samples = [(variances[0], a.n), (variances[1], b.n)];
        let sd = (variances[0] + variances[1]).sqrt();
        let (difference, error) = (a.mean - b.mean, error(samples, 0));
        let is_known = [difference, error, freedom, sd].iter().all(|one| one.is_finite());
        let test = Unpaired { difference, error, freedom, sd, samples, is_pooled };
        (is_known && error > 0.0).then_some(test)
    }

    /// Runs of the smaller sample.
    fn n(&self) -> usize {
        let [(_, n), (_, m)] = self.samples;
        n.min(m)
    }

    /// The share of worlds whose mean difference is `shift` in which this one or a lower would be seen.
    fn below(&self, shift: f64) -> f64 {
        t_cdf((self.difference - shift) / self.error, self.freedom)
    }

    /// The share in which this one or a higher would be seen: not what is left of the other, which is 0 where it is small.
    fn above(&self, shift: f64) -> f64 {
        t_cdf((shift - self.difference) / self.error, self.freedom)
    }
}

/// The standard error of a difference of means with so many further runs in both samples.
fn error(samples: [(f64, usize); 2], further: usize) -> f64 {
    let of = |(variance, runs): (f64, usize)| variance / (runs + further) as f64;
    samples.into_iter().map(of).sum::<f64>().sqrt()
}

impl Evidence for Unpaired {
    fn estimate(&self) -> Option<Estimate> {
        let half_width = t_quantile(0.975, self.freedom) * self.error;
        let Unpaired { difference: mean, sd, .. } = *self;
        Some(Estimate { mean, sd: Some(sd), half_width: Some(half_width), n: self.n() })
    }

    fn error(&self) -> Option<(f64, f64)> {
        Some((self.error, self.freedom))
    }

    /// With a second run a lone one tells its own spread.
    fn error_with(&self, further: usize) -> (f64, f64) {
        (error(self.samples, further), ((self.n() + further) as f64 - 1.0).max(1.0))
    }

    fn p(&self) -> f64 {
        (2.0 * self.below(0.0).min(self.above(0.0))).min(1.0)
    }

    fn p_beyond(&self, epsilon: f64) -> f64 {
        self.below(epsilon).max(self.above(-epsilon))
    }

    fn interval(&self, tail: f64) -> [f64; 2] {
        let half = t_quantile(1.0 - tail, self.freedom) * self.error;
        [self.difference - half, self.difference + half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha8Rng;

    use crate::random::{normals, stream};

    /// t = −2.85295487 by SciPy's ttest_ind with equal_var=False, and p of that with 14 degrees of freedom.
    #[test]
    fn the_difference_over_its_error_is_that_of_the_textbook() {
        let left = [
            27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7,
            21.4,
        ];
        let right = [
            27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5,
            24.4,
        ];
        let test = Unpaired::new(&left, &right).unwrap();
        assert!((test.difference / test.error + 2.852_954_87).abs() < 1e-7, "{test:?}");
        assert!((test.p() - 0.012_775_25).abs() < 1e-7, "{}", test.p());
        assert!(!test.is_pooled);
        let [low, high] = test.interval(0.025);
        assert!((high - low - 2.0 * test.estimate().unwrap().half_width.unwrap()).abs() < 1e-9);
    }

    /// A single value among controls: t = (x − mean)/(sd √(1 + 1/n)).
    #[test]
    fn a_single_run_is_held_against_the_spread_of_the_others() {
        let controls = [1.0, 2.0, 3.0, 4.0];
        let test = Unpaired::new(&[6.0], &controls).unwrap();
        let sd = Estimate::of(&controls).unwrap().sd.unwrap();
        let t = (6.0 - 2.5) / (sd * (1.25_f64).sqrt());
        assert!((test.p() - 2.0 * t_cdf(-t, 3.0)).abs() < 1e-12);
        assert!(test.is_pooled);
    }

    /// The two runs of the first differ by 1, and the eight of the second by hundredths: nothing of that is taken to be
    /// alike.
    #[test]
    fn two_runs_have_their_own_spread_and_one_degree_of_freedom() {
        let test =
            Unpaired::new(&[3.0, 4.0], &[3.0, 3.01, 2.99, 3.0, 3.02, 2.98, 3.0, 3.0]).unwrap();
        assert!(!test.is_pooled && test.freedom == 1.0 && test.p() > 0.4, "{test:?}");
    }

    #[test]
    fn too_few_runs_on_both_sides_tell_nothing() {
        assert_eq!(Unpaired::new(&[1.0, 2.0], &[3.0, 4.0]), None);
        assert_eq!(Unpaired::new(&[], &[3.0, 4.0, 5.0]), None);
    }

    #[test]
    fn runs_that_are_the_same_on_both_sides_are_not_tested() {
        assert_eq!(Unpaired::new(&[1.0; 3], &[2.0; 3]), None);
        assert_eq!(Unpaired::new(&[0.1; 7], &[0.3]), None, "the mean of 0.1s is not 0.1");
        assert!(Unpaired::new(&[1.0; 3], &[2.0, 2.1, 2.0]).unwrap().p() < 0.05);
    }

    /// Of two such runs a side the mean is infinite; of these the variances are, or their squares.
    #[test]
    fn numbers_too_large_to_calculate_with_are_not_tested() {
        let (high, low) = ([1e308, 1e308], [-1e308, -1e308, 1e308]);
        assert_eq!(Unpaired::new(&high, &low), None);
        assert_eq!(Unpaired::new(&low, &high), None);
        assert_eq!(Unpaired::new(&[1e200, -1e200, 2e200], &low), None);
        let squared = Unpaired::new(&[1e100, 2e100, 3e100], &[1e100, 2e100, 3.5e100]).unwrap();
        let small = Unpaired::new(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.5]).unwrap();
        assert!((squared.p() - small.p()).abs() < 1e-12, "{} {}", squared.p(), small.p());
    }

    fn falsely_claimed(rng: &mut ChaCha8Rng, n: usize, m: usize, sd: f64, level: f64) -> f64 {
        let worlds = 4000;
        let mut draw = |count: usize, sd: f64| -> Vec<f64> {
            normals(rng, 1.0, count).into_iter().map(|one| sd * f64::from(one)).collect()
        };
        let is_claimed = |_: &usize| {
            let (left, right) = (draw(n, 1.0), draw(m, sd));
            Unpaired::new(&left, &right).unwrap().p() < level
        };
        (0..worlds).filter(is_claimed).count() as f64 / worlds as f64
    }

    /// In 5% of worlds without a difference where one sample alone spreads, and where both are taken to spread alike and do.
    #[test]
    fn claims_are_false_as_often_as_they_may_be_and_no_more() {
        let mut rng = stream("unpaired", &[]);
        for (n, m, sd) in [(4, 30, 0.01), (30, 4, 100.0), (1, 5, 1.0)] {
            let share = falsely_claimed(&mut rng, n, m, sd, 0.05);
            assert!((0.035..0.065).contains(&share), "{n} {m} {sd}: {share}");
        }
        for (n, m) in [(2, 20), (3, 3), (3, 20), (5, 20), (5, 8), (8, 8)] {
            for sd in [0.2, 1.0, 5.0] {
                for level in [0.05, 0.005] {
                    let share = falsely_claimed(&mut rng, n, m, sd, level);
                    let error = (level * (1.0 - level) / 4000.0).sqrt();
                    assert!(share < level + 3.0 * error, "{n} {m} {sd} {level}: {share}");
                }
            }
        }
    }

    /// The same runs on changed sides have the same p, however small.
    #[test]
    fn p_is_the_same_on_either_side_and_never_nothing() {
        let (low, high): (Vec<f64>, Vec<f64>) =
            (0..30).map(|run| (f64::from(run), 1e6 + f64::from(run % 7))).unzip();
        let [one, other] =
            [(&low, &high), (&high, &low)].map(|(a, b)| Unpaired::new(a, b).unwrap().p());
        assert!(one > 0.0 && one == other, "{one} {other}");
    }

    #[test]
    fn runs_that_are_there_are_not_asked_for_again() {
        let test = Unpaired::new(&[1.0, 1.1, 0.9], &[2.0, 2.5, 1.5, 2.2, 1.8, 2.0]).unwrap();
        assert_eq!(test.error_with(0), test.error().unwrap());
        let (error, freedom) = test.error_with(4);
        let [(a, _), (b, _)] = test.samples;
        assert!((error - (a / 7.0 + b / 10.0).sqrt()).abs() < 1e-12);
        assert_eq!(freedom, 6.0);
        assert_eq!(Unpaired::new(&[1.0], &[2.0, 2.5, 1.5]).unwrap().error_with(2).1, 2.0);
    }
}
