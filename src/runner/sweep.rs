//! Carries a plan out: hands cohorts to workers until every run has ended, here or elsewhere.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;

use super::{Event, Outcome, Progress, Stop, Tell};
use crate::config::{RunConfig, RunId};
use crate::store::{RunState, Store};

/// Carries cohorts out, somewhere. What it brings is in the store when it returns.
pub trait Executor: Sync {
    /// Trains the runs of a cohort and says what came of each, in their order.
    ///
    /// # Errors
    /// Whatever keeps the cohort from being trained at all.
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>>;
}

/// How to go about a sweep.
pub struct Sweep<'a> {
    /// Cohorts in training at once.
    pub workers: usize,
    /// Whether the first failed run stops the others.
    pub fail_fast: bool,
    /// Where cohorts train.
    pub executor: &'a dyn Executor,
    /// Where runs are kept.
    pub store: &'a Store,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Stops the sweep from outside.
    pub stop: &'a Stop,
}

/// Whether a sweep brought every run to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SweepResult {
    /// Runs that could not be trained, and why.
    pub failed: BTreeMap<RunId, String>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// How often to look after runs that another process trains.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

impl Sweep<'_> {
    /// Trains all cohorts, then waits for runs that other processes train and takes over what they
    /// leave behind.
    pub fn run(&self, cohorts: &[Vec<RunConfig>]) -> SweepResult {
        let mut result = SweepResult::default();
        let mut busy = self.round(0, cohorts, &mut result);
        let mut numbered = cohorts.len();
        if !busy.is_empty() && !result.stopped {
            self.progress.note(&format!(
                "{} of the runs are being trained by another process; waiting for it",
                busy.len()
            ));
        }
        while !busy.is_empty() && !result.stopped {
            std::thread::sleep(POLL_INTERVAL);
            if self.stop.is_requested() {
                result.stopped = true;
                break;
            }
            let (held, free): (Vec<_>, Vec<_>) =
                busy.into_iter().partition(|run| self.store.holder(&run.id()).is_some());
            let left: Vec<Vec<RunConfig>> = free
                .into_iter()
                .filter(|run| !matches!(self.store.state(run), RunState::Finished(_)))
                .map(|run| vec![run])
                .collect();
            busy = held;
            busy.extend(self.round(numbered, &left, &mut result));
            numbered += left.len();
        }
        result
    }

    /// Trains cohorts once; returns the runs that other processes have.
    fn round(
        &self,
        first: usize,
        cohorts: &[Vec<RunConfig>],
        result: &mut SweepResult,
    ) -> Vec<RunConfig> {
        let next = AtomicUsize::new(0);
        let outcomes: Mutex<Vec<(RunConfig, Outcome)>> = Mutex::new(Vec::new());
        let lock = || outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = || lock().iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
        let over = || self.stop.is_requested() || self.fail_fast && failed();
        let work = || {
            while !over() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(lanes) = cohorts.get(index) else { return };
                let brought = self.run_cohort(first + index, lanes);
                lock().extend(lanes.iter().cloned().zip(brought));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.workers.min(cohorts.len()) {
                scope.spawn(work);
            }
        });
        let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        result.stopped |= self.stop.is_requested();
        let mut busy = Vec::new();
        for (run, outcome) in outcomes {
            match outcome {
                Outcome::Kept(_) => {}
                Outcome::Busy => busy.push(run),
                Outcome::Stopped => result.stopped = true,
                Outcome::Failed(why) => drop(result.failed.insert(run.id(), why)),
            }
        }
        busy
    }

    fn run_cohort(&self, cohort: usize, lanes: &[RunConfig]) -> Vec<Outcome> {
        self.progress.cohort_started(cohort, lanes);
        let mut tell = |event| match event {
            Event::Stepped { lanes, steps, step } => {
                self.progress.advanced(cohort, lanes, steps, step);
            }
            Event::Logged { lane, row } => self.progress.logged(cohort, &lanes[lane], &row),
            Event::Note(text) => self.progress.note(&text),
        };
        let outcomes = self
            .executor
            .run_cohort(lanes, &mut tell)
            .unwrap_or_else(|error| vec![Outcome::Failed(format!("{error:#}")); lanes.len()]);
        for (run, outcome) in lanes.iter().zip(&outcomes) {
            if let Outcome::Failed(why) = outcome {
                self.progress.note(&format!("run {} failed: {why}", run.id()));
            }
        }
        self.progress.cohort_finished(cohort, lanes.len());
        outcomes
    }
}

#[cfg(test)]
mod tests;
