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

/// Bars on a terminal, lines elsewhere, nothing if `quiet`; for cohorts whose runs have
/// `lane_steps` steps left together.
pub fn for_sweep(cohorts: &[Vec<RunConfig>], lane_steps: u64, quiet: bool) -> Box<dyn Progress> {
    if quiet {
        Box::new(Quiet)
    } else if std::io::stderr().is_terminal() {
        Box::new(bars::Bars::new(cohorts, lane_steps))
    } else {
        Box::new(lines::Lines::new(cohorts.len(), lane_steps))
    }
}
