//! Two arms whose runs share no seeds.

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
    /// Runs of the smaller sample.
    n: usize,
    /// Whether both samples are taken to spread alike.
    pub is_pooled: bool,
}

impl Unpaired {
    /// Welch's test (Welch 1947) where both samples tell their own spread. One of two values hardly does, and with his
    /// degrees of freedom a tenth of such tests would be wrong: it has the one of the smaller sample, which never errs
    /// more often than it says (Scheffé 1970). A single value tells nothing: then both are taken to spread alike
    /// (Crawford & Howell 1998). `None` where neither tells it, where neither spreads at all, and where a number that
    /// the test needs is beyond what can be calculated with.
    pub fn new(left: &[f64], right: &[f64]) -> Option<Self> {
        let (a, b) = (Estimate::of(left)?, Estimate::of(right)?);
        let variance = |one: Estimate| one.sd.unwrap_or(0.0).powi(2);
        let (n, m) = (a.n as f64, b.n as f64);
        let is_constant = |one: Estimate| one.n == 1 || one.is_constant(one.mean);
        if a.n.max(b.n) < FEWEST_SEEDS || is_constant(a) && is_constant(b) {
            return None;
        }
        let is_pooled = a.n.min(b.n) == 1;
        let (error, freedom, sd) = if is_pooled {
            let freedom = n + m - 2.0;
            let pooled = ((n - 1.0) * variance(a) + (m - 1.0) * variance(b)) / freedom;
            ((pooled * (n.recip() + m.recip())).sqrt(), freedom, (2.0 * pooled).sqrt())
        } else {
            let (left, right) = (variance(a) / n, variance(b) / m);
            // By shares: squares of variances may be beyond what can be calculated with.
            let share = left / (left + right);
            let freedom = match a.n.min(b.n) < FEWEST_SEEDS {
                true => n.min(m) - 1.0,
                false => (share.powi(2) / (n - 1.0) + (1.0 - share).powi(2) / (m - 1.0)).recip(),
            };
            ((left + right).sqrt(), freedom, (variance(a) + variance(b)).sqrt())
        };
        let difference = a.mean - b.mean;
        let is_known = [difference, error, freedom, sd].iter().all(|one| one.is_finite());
        let test = Unpaired { difference, error, freedom, sd, n: a.n.min(b.n), is_pooled };
        (is_known && error > 0.0).then_some(test)
    }

    /// The share of worlds whose mean difference is `shift` in which this one or a lower would be seen.
    fn below(&self, shift: f64) -> f64 {
        t_cdf((self.difference - shift) / self.error, self.freedom)
    }
}

impl Evidence for Unpaired {
    fn estimate(&self) -> Option<Estimate> {
        let half_width = t_quantile(0.975, self.freedom) * self.error;
        let Unpaired { difference: mean, sd, n, .. } = *self;
        Some(Estimate { mean, sd: Some(sd), half_width: Some(half_width), n })
    }

    fn error(&self) -> Option<(f64, f64)> {
        Some((self.error, self.freedom))
    }

    fn single_sd(&self) -> Option<f64> {
        Some(self.sd)
    }

    fn p(&self) -> f64 {
        let below = self.below(0.0);
        (2.0 * below.min(1.0 - below)).min(1.0)
    }

    fn p_beyond(&self, epsilon: f64) -> f64 {
        self.below(epsilon).max(1.0 - self.below(-epsilon))
    }

    fn interval(&self, tail: f64) -> [f64; 2] {
        let half = t_quantile(1.0 - tail, self.freedom) * self.error;
        [self.difference - half, self.difference + half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};

    /// As SciPy's ttest_ind with equal_var=False has it.
    #[test]
    fn welch_is_that_of_the_textbook() {
        let left = [
            27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7,
            21.4,
        ];
        let right = [
            27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5,
            24.4,
        ];
        let test = Unpaired::new(&left, &right).unwrap();
        assert!((test.p() - 0.008_071_9).abs() < 1e-6, "{}", test.p());
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

    /// Both err in 5% of worlds without a difference: Welch under any spreads, the pooled test under equal ones. Where one
    /// sample has two values, in no more.
    #[test]
    fn claims_are_false_as_often_as_they_may_be() {
        let mut rng = stream("unpaired", &[]);
        let mut share = |n: usize, m: usize, sd: f64| {
            let worlds = 4000;
            let is_claimed = |_: &usize| {
                let draw = |rng: &mut _, count: usize, sd: f64| -> Vec<f64> {
                    normals(rng, 1.0, count).into_iter().map(|one| sd * f64::from(one)).collect()
                };
                let (left, right) = (draw(&mut rng, n, 1.0), draw(&mut rng, m, sd));
                Unpaired::new(&left, &right).unwrap().p() < 0.05
            };
            (0..worlds).filter(is_claimed).count() as f64 / f64::from(worlds as u32)
        };
        for (n, m, sd) in [(5, 5, 1.0), (4, 8, 3.0), (8, 4, 3.0), (1, 5, 1.0)] {
            let share = share(n, m, sd);
            assert!((0.03..0.068).contains(&share), "{n} {m} {sd}: {share}");
        }
        for (n, m, sd) in [(2, 6, 1.0), (2, 20, 1.0), (2, 8, 0.2), (2, 8, 5.0)] {
            let share = share(n, m, sd);
            assert!(share < 0.06, "{n} {m} {sd}: {share}");
        }
    }
}
