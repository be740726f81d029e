use statrs::distribution::{ContinuousCDF, StudentsT};

/// With fewer seeds there is no interval and no test.
pub const FEWEST_SEEDS: usize = 3;

/// Numbers from here on are no measurements: sums of their squares leave what a 64-bit number holds.
const TOO_LARGE: f64 = 1e100;
/// Numbers that differ by a smaller share of their size differ by rounding.
const ROUNDING: f64 = 1e-12;

/// Whether statistics can be made of a number: it is finite, and so are sums of its square.
pub fn is_measured(number: f64) -> bool {
    number.abs() < TOO_LARGE
}

/// A mean over seeds and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    /// Standard deviation (n − 1); missing for one seed.
    pub sd: Option<f64>,
    /// Half of the 95% t-interval around the mean; missing for fewer than [`FEWEST_SEEDS`].
    pub half_width: Option<f64>,
    /// Number of values.
    pub n: usize,
}

impl Estimate {
    /// Of these values; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let sum: f64 = values.iter().sum();
        // The sum of large numbers may be infinite where their mean is not.
        let share = |value: &f64| value / n as f64;
        let mean = if sum.is_finite() { sum / n as f64 } else { values.iter().map(share).sum() };
        let mean = (n > 0).then_some(mean)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
        let half_width = sd
            .filter(|_| n >= FEWEST_SEEDS)
            .map(|sd| t_quantile(0.975, (n - 1) as f64) * sd / (n as f64).sqrt());
        Some(Estimate { mean, sd, half_width, n })
    }

    /// Whether its values are one number but for the rounding of numbers as large as `size`, as differences between
    /// copies of runs are: their t statistic would be infinite, or made of rounding.
    pub fn is_constant(&self, size: f64) -> bool {
        self.sd.is_some_and(|sd| sd <= ROUNDING * size.abs())
    }

    /// Whether its mean and its spread can be calculated with.
    pub fn is_measured(&self) -> bool {
        is_measured(self.mean) && is_measured(self.sd.unwrap_or(0.0))
    }
}

/// Two-sided p of the hypothesis that the mean of these differences is 0 (Student's t-test);
/// `None` for fewer than [`FEWEST_SEEDS`]. Simulations hold it against the test that is used.
/// Sum of squares around the mean, and its degrees of freedom.
pub fn squares(differences: &[f64]) -> (f64, usize) {
    let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
    let squares = differences.iter().map(|one| (one - mean).powi(2)).sum();
    (squares, differences.len().saturating_sub(1))
}

#[cfg(test)]
pub fn p_of_no_difference(differences: &[f64]) -> Option<f64> {
    if differences.len() < FEWEST_SEEDS {
        return None;
    }
    let first = differences[0];
    if differences.iter().all(|difference| *difference == first) {
        return Some(if first == 0.0 { 1.0 } else { 0.0 });
    }
    let n = differences.len() as f64;
    let Estimate { mean, sd, .. } = Estimate::of(differences)?;
    Some(2.0 * t_cdf(-(mean / (sd? / n.sqrt())).abs(), n - 1.0))
}

/// The share of Student's t distribution below `t`.
pub fn t_cdf(t: f64, freedom: f64) -> f64 {
    student(freedom).cdf(t)
}

/// Where that share is `share`.
pub fn t_quantile(share: f64, freedom: f64) -> f64 {
    student(freedom).inverse_cdf(share)
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("there are degrees of freedom")
}

/// Holm's correction (Holm 1979) over the p values that are there.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<usize> =
        (0..p_values.len()).filter(|index| p_values[*index].is_some()).collect();
    let p = |place: usize| p_values[place].expect("kept above");
    order.sort_by(|a, b| p(*a).total_cmp(&p(*b)));
    let (count, mut corrected, mut highest) = (order.len(), vec![None; p_values.len()], 0.0_f64);
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max(((count - rank) as f64 * p(index)).min(1.0));
        corrected[index] = Some(highest);
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Differences 1, 2, 3: t = 2 / (1 / √3) = 3.4641 on 2 degrees of freedom; the quantile 4.30265
    /// and p = 0.0742 stand in any table of the t distribution.
    #[test]
    fn intervals_and_p_are_those_of_the_t_distribution() {
        let estimate = Estimate::of(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((estimate.mean, estimate.sd, estimate.n), (2.0, Some(1.0), 3));
        assert!((estimate.half_width.unwrap() - 4.302_653 / 3f64.sqrt()).abs() < 1e-5);
        assert!((p_of_no_difference(&[1.0, 2.0, 3.0]).unwrap() - 0.074_180).abs() < 1e-5);
    }

    #[test]
    fn fewer_than_three_seeds_give_no_interval_and_no_test() {
        let two = Estimate::of(&[1.0, 2.0]).unwrap();
        assert_eq!(two.half_width, None);
        assert!(two.sd.is_some());
        assert_eq!(p_of_no_difference(&[1.0, 2.0]), None);
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn equal_differences_are_certain() {
        assert_eq!(p_of_no_difference(&[0.5, 0.5, 0.5]), Some(0.0));
        assert_eq!(p_of_no_difference(&[0.0, 0.0, 0.0]), Some(1.0));
    }

    /// −0.001 in every seed, as losses of about 3 leave it.
    #[test]
    fn differences_that_are_the_same_but_for_rounding_are_constant() {
        let differences = [3.011 - 3.012, 3.0461 - 3.0471, 2.9944 - 2.9954, 3.0999 - 3.1009];
        assert!(differences.windows(2).any(|pair| pair[0] != pair[1]), "{differences:?}");
        assert!(Estimate::of(&differences).unwrap().is_constant(3.0));
        assert!(Estimate::of(&[0.0; 3]).unwrap().is_constant(3.0));
        assert!(!Estimate::of(&[0.001, 0.001, 0.001_001]).unwrap().is_constant(3.0));
        assert!(!Estimate::of(&[0.001]).unwrap().is_constant(3.0), "one value has no spread");
    }

    #[test]
    fn numbers_whose_squares_overflow_are_not_measured() {
        let measured = [0.0, -3.0, 1e90].map(is_measured);
        let not = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.5e308].map(is_measured);
        assert_eq!((measured, not), ([true; 3], [false; 4]));
        assert!(!Estimate::of(&[1.5e308, -1.5e308, 1.5e308]).unwrap().is_measured());
    }

    #[test]
    fn holm_does_not_fail_on_what_is_no_number() {
        let corrected = holm(&[Some(f64::NAN), Some(0.01), None]);
        assert_eq!((corrected[1], corrected[2]), (Some(0.02), None));
    }

    /// The example of Holm's method: 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02.
    #[test]
    fn holm_corrects_as_in_the_book() {
        let corrected = holm(&[Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)]);
        let expected = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (corrected, expected) in corrected.iter().zip(expected) {
            assert_eq!(corrected.is_some(), expected.is_some());
            assert!((corrected.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn holm_never_lowers_a_p_and_keeps_their_order(p in prop::collection::vec(0.0f64..=1.0, 1..20)) {
            let given: Vec<Option<f64>> = p.iter().copied().map(Some).collect();
            let corrected = holm(&given);
            for (a, b) in given.iter().zip(&corrected) {
                prop_assert!(b.unwrap() >= a.unwrap() && b.unwrap() <= 1.0);
            }
            for (i, a) in given.iter().enumerate() {
                for (j, b) in given.iter().enumerate() {
                    prop_assert!(a > b || corrected[i] <= corrected[j] || a == b);
                }
            }
        }
    }
}
