//! What so many seeds can tell, in lines of a plan.

use super::family;
use crate::plural::counted;
use crate::report::format;
use crate::stats::FamilySpread;
use crate::stats::power::{POWER, seeds_for, smallest_detectable};

/// The smallest difference that each family would find with so many seeds; none where nothing is known.
pub fn power(spreads: &[FamilySpread], seeds: usize, alpha: f64) -> Vec<String> {
    let line = |spread: &FamilySpread| {
        let FamilySpread { tests, degrees, .. } = *spread;
        let least = smallest_detectable(spread.sd?, seeds, tests, alpha)?;
        Some(format!(
            "{}: {} ({}, sd {} with {degrees} degrees of freedom)",
            family(spread.family),
            format::fixed(least, 3),
            counted(tests, "test"),
            format::fixed(spread.sd?, 3)
        ))
    };
    let lines: Vec<String> = spreads.iter().filter_map(line).collect();
    let head = format!(
        "with {}, {}% of such experiments find a difference from",
        counted(seeds, "seed"),
        100.0 * POWER
    );
    if lines.is_empty() { lines } else { [vec![head], lines].concat() }
}

/// The seeds that each family needs to find a difference; none where nothing is known.
pub fn needed(spreads: &[FamilySpread], difference: f64, alpha: f64) -> Vec<String> {
    let line = |spread: &FamilySpread| {
        let (sd, tests) = (spread.sd?, spread.tests);
        let seeds = seeds_for(difference, sd, tests, alpha);
        let seeds = seeds.map_or("more seeds than anyone trains".to_owned(), |seeds| {
            format!("{} seeds", format::count(seeds))
        });
        Some(format!(
            "{}: {seeds} ({}, sd {})",
            family(spread.family),
            counted(tests, "test"),
            format::fixed(sd, 3)
        ))
    };
    let lines: Vec<String> = spreads.iter().filter_map(line).collect();
    let head = format!(
        "to find a difference of {} in {}% of such experiments",
        format::number(difference),
        100.0 * POWER
    );
    if lines.is_empty() { lines } else { [vec![head], lines].concat() }
}
