//! Hands cohorts to workers until every run has ended, here or in another process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::causes::{self, cause};
use super::{Event, Outcome, Progress, Stop, Tell};
use crate::config::{RunConfig, RunId};
use crate::plural::counted;
use crate::store::{RunState, Store};

/// Trains cohorts. Their runs are in the store when it returns.
pub trait Executor: Sync {
    /// Trains the runs of a cohort and says what came of each, in their order.
    ///
    /// # Errors
    /// The cohort cannot be trained at all.
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>>;
}

/// How to train a plan.
pub struct Sweep<'a> {
    /// Cohorts in training at once.
    pub workers: usize,
    /// Whether the first failed run stops the others, after a checkpoint.
    pub fail_fast: bool,
    /// Where cohorts train.
    pub executor: &'a dyn Executor,
    /// Where runs are kept.
    pub store: &'a Store,
    /// Shows how far it is.
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
    /// Causes of failures that people have been told.
    pub told: Mutex<BTreeSet<String>>,
}

/// What is missing after a sweep.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SweepResult {
    /// Runs that could not be trained, and why.
    pub failed: BTreeMap<RunId, String>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// How often to look at runs that another process trains.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

impl Sweep<'_> {
    /// Trains all cohorts, then waits for the runs that other processes train and takes over those that
    /// they leave unfinished.
    pub fn run(&self, cohorts: &[Vec<RunConfig>]) -> SweepResult {
        let mut result = SweepResult::default();
        let mut busy = self.round(0, cohorts, &mut result);
        let mut numbered = cohorts.len();
        if !busy.is_empty() && !result.stopped {
            let runs = counted(busy.len(), "run");
            self.progress.note(&format!("waiting for another process that trains {runs}"));
        }
        while !busy.is_empty() && !result.stopped {
            thread::sleep(POLL_INTERVAL);
            let (held, left) = self.look_after(busy);
            busy = held;
            busy.extend(self.round(numbered, &left, &mut result));
            numbered += left.len();
        }
        result
    }

    /// Of runs that other processes had: those that they still have, and those that they left unfinished,
    /// as cohorts of one.
    fn look_after(&self, busy: Vec<RunConfig>) -> (Vec<RunConfig>, Vec<Vec<RunConfig>>) {
        let (held, free): (Vec<_>, Vec<_>) =
            busy.into_iter().partition(|run| self.store.holder(&run.id()).is_some());
        let is_finished = |run: &RunConfig| matches!(self.store.state(run), RunState::Finished(_));
        let (finished, left): (Vec<_>, Vec<_>) = free.into_iter().partition(is_finished);
        self.progress.runs_ended(finished.len());
        (held, left.into_iter().map(|run| vec![run]).collect())
    }

    /// Trains cohorts once; returns the runs that other processes have. `first` is the number of the first
    /// cohort.
    fn round(
        &self,
        first: usize,
        cohorts: &[Vec<RunConfig>],
        result: &mut SweepResult,
    ) -> Vec<RunConfig> {
        let next = AtomicUsize::new(0);
        let outcomes: Mutex<Vec<(RunConfig, Outcome)>> = Mutex::default();
        let work = || {
            while !self.stop.is_requested() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(lanes) = cohorts.get(index) else { return };
                let new = self.run_cohort(first + index, lanes);
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                outcomes.extend(lanes.iter().cloned().zip(new));
            }
        };
        thread::scope(|scope| {
            let start = |_: &usize| thread::Builder::new().spawn_scoped(scope, work).is_ok();
            let started = (0..self.workers.min(cohorts.len())).take_while(start).count();
            // Where the system allows no more threads, fewer train at once, and this one at least.
            if started == 0 {
                work();
            }
        });
        result.stopped |= self.stop.is_requested();
        result.add(outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
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
            .unwrap_or_else(|error| vec![Outcome::failed(&error); lanes.len()]);
        self.tell_failures(lanes, &outcomes);
        self.progress.cohort_finished(cohort);
        self.progress.runs_ended(outcomes.iter().filter(|outcome| outcome.is_kept()).count());
        outcomes
    }
}

impl Sweep<'_> {
    /// Notes why runs failed, each cause once; with `fail_fast` nothing more is trained.
    fn tell_failures(&self, lanes: &[RunConfig], outcomes: &[Outcome]) {
        let mut failed = BTreeMap::new();
        for (run, outcome) in lanes.iter().zip(outcomes) {
            if let Outcome::Failed(why) = outcome {
                failed.insert(run.id(), why.as_str());
            }
        }
        if self.fail_fast && !failed.is_empty() {
            self.stop.request();
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|id, why| !told.contains(&cause(id, why)));
        told.extend(failed.iter().map(|(id, why)| cause(id, why)));
        let lines = causes::lines("failed", failed.iter().map(|(id, why)| (id, *why)));
        lines.iter().for_each(|line| self.progress.note(line));
    }
}

impl SweepResult {
    /// Adds what came of runs; returns those that other processes have.
    fn add(&mut self, outcomes: Vec<(RunConfig, Outcome)>) -> Vec<RunConfig> {
        let mut busy = Vec::new();
        for (run, outcome) in outcomes {
            match outcome {
                Outcome::Kept(_) => {}
                Outcome::Busy => busy.push(run),
                Outcome::Stopped => self.stopped = true,
                Outcome::Failed(why) => drop(self.failed.insert(run.id(), why)),
            }
        }
        busy
    }
}

#[cfg(test)]
mod tests;
