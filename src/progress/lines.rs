use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use indicatif::HumanDuration;

use crate::run::RunConfig;
use crate::sweep::Progress;

/// One line per finished cohort, for logs.
pub struct Lines {
    cohorts: usize,
    finished: AtomicUsize,
    lane_steps: u64,
    taken: AtomicU64,
    start: Instant,
}

impl Lines {
    /// Lines for these cohorts.
    pub fn new(cohorts: &[Vec<RunConfig>]) -> Self {
        Lines {
            cohorts: cohorts.len(),
            finished: AtomicUsize::new(0),
            lane_steps: super::lane_steps(cohorts),
            taken: AtomicU64::new(0),
            start: Instant::now(),
        }
    }
}

impl Progress for Lines {
    fn stepped(&self, _cohort: usize, lanes: usize, _step: usize) {
        self.taken.fetch_add(lanes as u64, Ordering::Relaxed);
    }

    fn cohort_finished(&self, cohort: usize, lanes: usize) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let taken = self.taken.load(Ordering::Relaxed).max(1);
        let elapsed = self.start.elapsed();
        let left = elapsed.mul_f64((self.lane_steps as f64 / taken as f64 - 1.0).max(0.0));
        eprintln!(
            "cohort {} of {} done ({lanes} lanes); {finished} finished, {:.0}% of all steps, about {} left",
            cohort + 1,
            self.cohorts,
            100.0 * taken as f64 / self.lane_steps as f64,
            HumanDuration(left),
        );
    }
}
