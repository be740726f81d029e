use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use indicatif::HumanDuration;

use super::Progress;

/// One line per finished cohort, for logs.
pub struct Lines {
    cohorts: usize,
    finished: AtomicUsize,
    lane_steps: u64,
    taken: AtomicU64,
    start: Instant,
}

impl Lines {
    /// Lines for so many cohorts, whose runs have `lane_steps` steps left together.
    pub fn new(cohorts: usize, lane_steps: u64) -> Self {
        Lines {
            cohorts,
            finished: AtomicUsize::new(0),
            lane_steps,
            taken: AtomicU64::new(0),
            start: Instant::now(),
        }
    }
}

impl Progress for Lines {
    fn advanced(&self, _cohort: usize, lanes: usize, steps: usize, _step: usize) {
        self.taken.fetch_add((lanes * steps) as u64, Ordering::Relaxed);
    }

    fn note(&self, text: &str) {
        eprintln!("{text}");
    }

    fn cohort_finished(&self, cohort: usize, lanes: usize) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let taken = self.taken.load(Ordering::Relaxed).max(1);
        // Steps that a dead worker lost are counted twice.
        let share = (taken as f64 / self.lane_steps.max(1) as f64).min(1.0);
        let left = self.start.elapsed().mul_f64(1.0 / share - 1.0);
        eprintln!(
            "cohort {} of {} done ({lanes} lanes); {finished} finished, {:.0}% of all steps, about {} left",
            cohort + 1,
            self.cohorts,
            100.0 * share,
            HumanDuration(left),
        );
    }
}
