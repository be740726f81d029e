//! What stderr shows while a sweep trains.

mod bars;
mod lines;

use std::io::IsTerminal;

use crate::config::RunConfig;
use crate::record::CurveRow;

/// Shows how far a sweep is. Cohorts are numbered from 0.
pub trait Progress: Sync {
    fn cohort_started(&self, _cohort: usize, _lanes: &[RunConfig]) {}
    /// `lanes` runs of a cohort took `steps` more steps and are at step `step`.
    fn advanced(&self, _cohort: usize, _lanes: usize, _steps: usize, _step: usize) {}
    /// A row was added to the curve of a run.
    fn logged(&self, _cohort: usize, _run: &RunConfig, _row: &CurveRow) {}
    /// A cohort trains no more, for whatever reason.
    fn cohort_finished(&self, _cohort: usize) {}
    /// So many more runs are trained to their end, here or in another process.
    fn runs_ended(&self, _count: usize) {}
    /// Something that people should know.
    fn note(&self, _text: &str) {}
}

pub struct Quiet;

impl Progress for Quiet {}

/// How much of its progress a sweep shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    /// Lines for logs.
    Lines,
    /// Bars on a terminal, lines elsewhere.
    Bars,
}

/// For cohorts whose runs have `lane_steps` steps left together.
pub fn for_sweep(cohorts: &[Vec<RunConfig>], lane_steps: u64, shown: Shown) -> Box<dyn Progress> {
    match shown {
        Shown::Nothing => Box::new(Quiet),
        Shown::Bars if std::io::stderr().is_terminal() => {
            Box::new(bars::Bars::new(cohorts, lane_steps))
        }
        _ => Box::new(lines::Lines::new(cohorts.iter().map(Vec::len).sum(), lane_steps)),
    }
}
