//! Looking at verdicts while seeds are still being added.

use statrs::distribution::{ContinuousCDF, Normal};

/// The share of false claims that each look may spend, of `alpha` in all: the increments of the
/// O'Brien–Fleming-like spending function 2 − 2 Φ(z_{α/2} / √t) (Lan & DeMets 1983) at t, the share of the most
/// seeds that a look has. Whatever depends on what, claims at these levels are false in at most `alpha` of
/// experiments, since the shares add up to it.
pub fn shares(looks: &[usize], alpha: f64) -> Vec<f64> {
    let Some(most) = looks.last() else { return Vec::new() };
    let normal = Normal::standard();
    let z = normal.inverse_cdf(1.0 - alpha / 2.0);
    let mut before = 0.0;
    let spend = |look: &usize| {
        let time = *look as f64 / *most as f64;
        let spent = if look == most { alpha } else { 2.0 * normal.cdf(-z / time.sqrt()) };
        let share = spent - before;
        before = spent;
        share
    };
    looks.iter().map(spend).collect()
}

/// The level of the last look that so many seeds reach; that of the first where they reach none.
pub fn level(looks: &[usize], seeds: usize, alpha: f64) -> f64 {
    let reached = looks.iter().filter(|look| **look <= seeds).count().max(1);
    shares(looks, alpha).get(reached - 1).copied().unwrap_or(alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 − 2 Φ(1.959964 / √0.4) = 0.001942 and so on, from any table of the normal distribution.
    #[test]
    fn the_shares_are_those_of_the_spending_function_and_add_up() {
        let shares = shares(&[8, 12, 20], 0.05);
        for (share, expected) in shares.iter().zip([0.001_942, 0.009_455, 0.038_604]) {
            assert!((share - expected).abs() < 2e-6, "{shares:?}");
        }
        assert!((shares.iter().sum::<f64>() - 0.05).abs() < 1e-15);
        assert!(super::shares(&[], 0.05).is_empty());
    }

    #[test]
    fn a_look_has_the_level_of_the_seeds_that_it_reaches() {
        let looks = [8, 12, 20];
        let all = shares(&looks, 0.05);
        for (seeds, place) in [(3, 0), (8, 0), (11, 0), (12, 1), (19, 1), (20, 2), (40, 2)] {
            assert_eq!(level(&looks, seeds, 0.05), all[place], "{seeds}");
        }
        assert_eq!(level(&[], 5, 0.05), 0.05);
        assert!((level(&[10], 10, 0.05) - 0.05).abs() < 1e-12);
    }
}
