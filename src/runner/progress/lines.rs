use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::HumanDuration;

use super::Progress;
use crate::plural::counted;
use crate::talk::say;

/// A line is due when runs have ended, and at least this often while they train.
const INTERVAL: Duration = Duration::from_secs(60);

/// Lines for logs.
pub struct Lines {
    runs: usize,
    lane_steps: u64,
    reached: Mutex<Reached>,
}

struct Reached {
    runs: usize,
    lane_steps: u64,
    /// When steps were first heard of, and how many: a GPU's kernels are compiled before, which takes minutes and tells
    /// nothing of how long steps take.
    first: Option<(Instant, u64)>,
    last_line: Instant,
}

impl Lines {
    /// For so many runs, which have `lane_steps` steps left together.
    pub fn new(runs: usize, lane_steps: u64) -> Self {
        let last_line = Instant::now();
        let reached = Mutex::new(Reached { runs: 0, lane_steps: 0, first: None, last_line });
        Lines { runs, lane_steps, reached }
    }

    fn reached(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, reached: &mut Reached) {
        reached.last_line = Instant::now();
        // Steps that a dead worker lost are counted twice.
        let share = (reached.lane_steps as f64 / self.lane_steps.max(1) as f64).min(1.0);
        let left = reached.first.and_then(|(at, steps)| {
            let taken = reached.lane_steps - steps;
            let rest = self.lane_steps.saturating_sub(reached.lane_steps);
            (taken > 0).then(|| at.elapsed().mul_f64(rest as f64 / taken as f64))
        });
        say(&line(reached.runs, self.runs, share, left));
    }
}

impl Progress for Lines {
    fn advanced(&self, _cohort: usize, lanes: usize, steps: usize, _step: usize) {
        let mut reached = self.reached();
        reached.lane_steps += (lanes * steps) as u64;
        let steps = reached.lane_steps;
        reached.first.get_or_insert_with(|| (Instant::now(), steps));
        if reached.last_line.elapsed() >= INTERVAL {
            self.print(&mut reached);
        }
    }

    fn note(&self, text: &str) {
        say(text);
    }

    fn runs_ended(&self, count: usize) {
        let mut reached = self.reached();
        reached.runs += count;
        if count > 0 {
            self.print(&mut reached);
        }
    }
}

/// Runs that are done, share of all steps, and time left, where it is known.
fn line(done: usize, runs: usize, share: f64, left: Option<Duration>) -> String {
    let all = counted(runs, "run");
    if done == runs {
        return format!("{done} of {all} done");
    }
    let steps = format!("{done} of {all} done, {:.0}% of the steps", 100.0 * share);
    left.map_or(steps.clone(), |left| format!("{steps}, about {} left", HumanDuration(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_many_runs_are_done_how_many_steps_and_how_long_it_takes() {
        let minute = Duration::from_secs(60);
        assert_eq!(line(0, 6, 0.0, None), "0 of 6 runs done, 0% of the steps");
        let half = line(2, 6, 0.5, Some(5 * minute));
        assert_eq!(half, "2 of 6 runs done, 50% of the steps, about 5 minutes left");
        assert_eq!(line(6, 6, 1.0, Some(minute)), "6 of 6 runs done");
        assert_eq!(line(1, 1, 1.0, None), "1 of 1 run done");
    }

    #[test]
    fn only_runs_that_ended_are_counted_as_done() {
        let lines = Lines::new(3, 30);
        lines.advanced(0, 2, 5, 5);
        lines.cohort_finished(0);
        lines.runs_ended(0);
        assert_eq!(lines.reached().runs, 0);
        assert_eq!(lines.reached().lane_steps, 10);
        lines.runs_ended(2);
        assert_eq!(lines.reached().runs, 2);
    }
}
