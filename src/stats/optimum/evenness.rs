//! How alike runs scatter at all points, told from the variances of a handful of seeds at each.
//!
//! Variances that differ by more than so few seeds explain are taken for draws from a scaled inverse χ² of
//! some degrees of freedom: as many as what all points tell together weighs beside what a difference
//! itself tells (G. K. Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3(1), article 3,
//! section 6.2).

use statrs::function::gamma::digamma;

/// Degrees of freedom beyond which points count as alike.
const ALIKE: f64 = 1e4;

/// The least variance, as a share of the mean of all: the logarithm of 0 says nothing.
const LEAST: f64 = 1e-4;

/// The degrees of freedom of the common variance, +∞ where points are no less alike than chance has them. Of
/// the variance at each point and the degrees of freedom that it rests on.
pub fn prior_freedom(variances: &[(f64, f64)]) -> f64 {
    let count = variances.len() as f64;
    let least = LEAST * variances.iter().map(|(variance, _)| variance).sum::<f64>() / count;
    if variances.len() < 3 || least <= 0.0 {
        return f64::INFINITY;
    }
    // Without the bias that the logarithm of so uncertain a variance has.
    let logs = variances.iter().map(|(variance, freedom)| {
        variance.max(least).ln() - digamma(freedom / 2.0) + (freedom / 2.0).ln()
    });
    let logs: Vec<f64> = logs.collect();
    let mean = logs.iter().sum::<f64>() / count;
    let spread = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let by_chance = variances.iter().map(|(_, freedom)| trigamma(freedom / 2.0)).sum::<f64>();
    let beyond = spread - by_chance / count;
    if beyond > trigamma(ALIKE / 2.0) { 2.0 * inverse_trigamma(beyond) } else { f64::INFINITY }
}

/// ψ′, the derivative of the digamma function: by its recurrence up to 6, then asymptotically (Abramowitz and
/// Stegun 6.4.6 and 6.4.12).
fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 6.0 {
        below += x.powi(-2);
        x += 1.0;
    }
    let square = x.powi(-2);
    let series =
        square * (1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0)));
    below + 1.0 / x + square / 2.0 + series / x
}

/// Where ψ′ is this; it falls from +∞ to 0.
fn inverse_trigamma(value: f64) -> f64 {
    let (mut low, mut high) = (1e-6_f64, ALIKE);
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if trigamma(middle) > value { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_of_the_digamma_function_is_that_of_the_tables() {
        let pi_squared = std::f64::consts::PI.powi(2);
        for (x, expected) in [(0.5, pi_squared / 2.0), (1.0, pi_squared / 6.0)] {
            assert!((trigamma(x) - expected).abs() < 1e-9, "{x}");
            assert!((inverse_trigamma(expected) / x - 1.0).abs() < 1e-9, "{x}");
        }
        let slope = (digamma(7.3 + 1e-4) - digamma(7.3 - 1e-4)) / 2e-4;
        assert!((trigamma(7.3) - slope).abs() < 1e-7);
    }

    #[test]
    fn points_of_one_variance_are_alike_and_one_that_scatters_five_times_as_far_is_not() {
        assert_eq!(prior_freedom(&[(1.0, 3.2), (1.3, 3.2), (0.8, 3.2), (1.1, 3.2)]), f64::INFINITY);
        let freedom = prior_freedom(&[(1.0, 3.2), (1.3, 3.2), (0.8, 3.2), (25.0, 3.2)]);
        assert!((0.5..4.0).contains(&freedom), "{freedom}");
        assert_eq!(prior_freedom(&[(1.0, 3.2), (25.0, 3.2)]), f64::INFINITY, "two tell nothing");
        assert_eq!(prior_freedom(&[(0.0, 3.2), (0.0, 3.2), (0.0, 3.2)]), f64::INFINITY);
    }
}
