//! How a sweep shows itself on stderr while it runs.

mod bars;
mod dashboard;
mod lines;

use std::io::IsTerminal;

use crate::run::RunConfig;
use crate::sweep::Progress;

pub use dashboard::Dashboard;

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {}

/// Bars on a terminal, lines elsewhere, nothing if `quiet`.
pub fn for_sweep(cohorts: &[Vec<RunConfig>], quiet: bool) -> Box<dyn Progress> {
    if quiet {
        Box::new(Quiet)
    } else if std::io::stderr().is_terminal() {
        Box::new(bars::Bars::new(cohorts))
    } else {
        Box::new(lines::Lines::new(cohorts))
    }
}

/// Lane-steps of a sweep: the unit in which progress is counted.
fn lane_steps(cohorts: &[Vec<RunConfig>]) -> u64 {
    cohorts.iter().flatten().map(|run| run.recipe.steps as u64).sum()
}
