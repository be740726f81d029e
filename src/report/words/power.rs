//! What so many seeds can tell, in lines of a plan.

use super::family;
use crate::report::format;
use crate::stats::FamilySpread;
use crate::stats::power::{POWER, seeds_for, smallest_detectable};

/// The smallest difference that each family would find with so many seeds.
pub fn power(spreads: &[FamilySpread], seeds: usize, alpha: f64) -> Vec<String> {
    let line = |spread: &FamilySpread| {
        let FamilySpread { tests, differences, .. } = *spread;
        let least = smallest_detectable(spread.sd?, seeds, tests, alpha)?;
        Some(format!(
            "{}: {} is found by {}% of such experiments ({}, sd {} from {differences} differences)",
            family(spread.family),
            format::fixed(least, 3),
            100.0 * POWER,
            tests_of(tests),
            format::fixed(spread.sd?, 3)
        ))
    };
    spreads.iter().filter_map(line).collect()
}

/// The seeds that each family needs to find a difference.
pub fn needed(spreads: &[FamilySpread], difference: f64, alpha: f64) -> Vec<String> {
    let line = |spread: &FamilySpread| {
        let (sd, tests) = (spread.sd?, spread.tests);
        let seeds = seeds_for(difference, sd, tests, alpha);
        let seeds = seeds.map_or("more seeds than anyone trains".to_owned(), |seeds| {
            format!("{} seeds", format::count(seeds))
        });
        Some(format!(
            "{}: {seeds} find {} in {}% of experiments ({}, sd {})",
            family(spread.family),
            format::number(difference),
            100.0 * POWER,
            tests_of(tests),
            format::fixed(sd, 3)
        ))
    };
    spreads.iter().filter_map(line).collect()
}

fn tests_of(tests: usize) -> String {
    crate::plural::counted(tests, "test")
}
