//! What so many seeds can tell, before anything is trained.

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal};

use super::inference::{FEWEST_SEEDS, t_quantile};

/// The chance with which a difference is to be found.
pub const POWER: f64 = 0.8;
/// Seeds beyond which nobody is sent.
pub const MOST_SEEDS: usize = 10_000;

/// The chance that a two-sided paired t-test at level `alpha` over n seeds finds a difference of
/// `effect` standard deviations, in its own direction: the noncentral t distribution, integrated over the
/// estimate of the standard deviation.
pub fn power(effect: f64, seeds: usize, alpha: f64) -> f64 {
    if seeds < 2 {
        return 0.0;
    }
    power_of(effect * (seeds as f64).sqrt(), (seeds - 1) as f64, alpha)
}

/// The same for a difference of so many of its standard errors, with degrees of freedom.
pub fn power_of(away: f64, freedom: f64, alpha: f64) -> f64 {
    let critical = t_quantile(1.0 - alpha / 2.0, freedom);
    let normal = Normal::standard();
    over_spreads(freedom, |u| normal.cdf(away - critical * u))
}

/// The mean of a chance over what is estimated of a standard deviation with degrees of freedom, in units of the true one.
pub fn over_spreads(freedom: f64, chance: impl Fn(f64) -> f64) -> f64 {
    let squares = ChiSquared::new(freedom).expect("there are degrees of freedom");
    // Over u with s² = u² · freedom, so that the density is smooth at 0 with one degree of freedom too.
    // By its logarithm: the powers in it overflow from some 200 degrees of freedom on.
    let density = |u: f64| 2.0 * u * freedom * squares.ln_pdf(u * u * freedom).exp();
    let last = 1.0 + 10.0 / freedom.sqrt();
    simpson(|u| chance(u) * density(u.max(1e-9)), last, 400)
}

/// The integral from 0 to `last` in an even number of parts.
fn simpson(of: impl Fn(f64) -> f64, last: f64, parts: usize) -> f64 {
    let step = last / parts as f64;
    let inner: f64 =
        (1..parts).map(|part| of(part as f64 * step) * if part % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (of(0.0) + inner + of(last)) * step / 3.0
}

/// The smallest difference that [`POWER`] of experiments find, for a standard deviation of the paired
/// differences and a number of tests in the family; `None` for too few seeds.
pub fn smallest_detectable(sd: f64, seeds: usize, tests: usize, alpha: f64) -> Option<f64> {
    if seeds < FEWEST_SEEDS {
        return None;
    }
    let error = sd / (seeds as f64).sqrt();
    Some(smallest_detectable_with(error, (seeds - 1) as f64, tests, alpha))
}

/// The same for a standard error of the mean difference with degrees of freedom, from whatever test.
pub fn smallest_detectable_with(error: f64, freedom: f64, tests: usize, alpha: f64) -> f64 {
    let alpha = alpha / tests.max(1) as f64;
    let (mut low, mut high) = (0.0, 1.0);
    while power_of(high, freedom, alpha) < POWER {
        high *= 2.0;
    }
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        let is_enough = power_of(middle, freedom, alpha) >= POWER;
        *if is_enough { &mut high } else { &mut low } = middle;
    }
    high * error
}

/// Seeds with which [`POWER`] of experiments find a difference; `None` where that takes more than anyone
/// trains.
pub fn seeds_for(difference: f64, sd: f64, tests: usize, alpha: f64) -> Option<usize> {
    let alpha = alpha / tests.max(1) as f64;
    fewest(|seeds| power(difference.abs() / sd, seeds, alpha) >= POWER)
}

/// The fewest further seeds that are enough; `None` where that takes more than anyone trains.
pub fn fewest_further(is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    fewest_from(1, is_enough)
}

fn fewest(is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    fewest_from(FEWEST_SEEDS, is_enough)
}

/// The fewest that are enough and no fewer than the first, where more are always enough too.
fn fewest_from(first: usize, is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    let mut high = first;
    while !is_enough(high) {
        high *= 2;
        if high > 2 * MOST_SEEDS {
            return None;
        }
    }
    let mut low = first - 1;
    while high - low > 1 {
        let middle = low.midpoint(high);
        *if is_enough(middle) { &mut high } else { &mut low } = middle;
    }
    (high <= MOST_SEEDS).then_some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the design, for a standard deviation of 0.02.
    #[test]
    fn the_smallest_detectable_difference_is_that_of_the_design() {
        for (seeds, tests, expected) in [
            (5, 1, 0.034),
            (5, 4, 0.050),
            (5, 8, 0.060),
            (5, 31, 0.085),
            (10, 1, 0.020),
            (10, 8, 0.029),
            (10, 31, 0.035),
            (20, 4, 0.016),
            (20, 31, 0.021),
        ] {
            let found = smallest_detectable(0.02, seeds, tests, 0.05).unwrap();
            assert!((found - expected).abs() < 0.0011, "{seeds} seeds, {tests} tests: {found}");
        }
        assert_eq!(smallest_detectable(0.02, 2, 1, 0.05), None);
    }

    #[test]
    fn seeds_for_a_difference_are_the_fewest_that_detect_it() {
        let seeds = seeds_for(0.02, 0.02, 4, 0.05).unwrap();
        assert!(smallest_detectable(0.02, seeds, 4, 0.05).unwrap() <= 0.02);
        assert!(smallest_detectable(0.02, seeds - 1, 4, 0.05).unwrap() > 0.02);
        assert_eq!(seeds_for(1e-9, 1.0, 1, 0.05), None);
        assert_eq!(seeds_for(10.0, 0.02, 1, 0.05), Some(FEWEST_SEEDS));
    }

    /// (z₀.₉₇₅ + z₀.₈)² over the squared effect, and half of z₀.₉₇₅² more for the estimate of the spread.
    #[test]
    fn seeds_by_the_hundred_are_those_of_a_normal_distribution() {
        for expected in (50..4000).step_by(25) {
            let effect = (1.959964 + 0.841621) / f64::from(expected).sqrt();
            let seeds = seeds_for(effect, 1.0, 1, 0.05).unwrap() as f64;
            assert!((seeds - f64::from(expected) - 1.92).abs() < 1.5, "{expected}: {seeds}");
        }
    }
}
