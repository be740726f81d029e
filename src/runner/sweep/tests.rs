use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::bail;

use super::*;
use crate::config::tests::example;
use crate::config::{RunConfig, Start};
use crate::record::Status;
use crate::store::Holder;

/// Says what it was told to say, and remembers what it was asked.
#[derive(Default)]
struct Mock {
    /// What comes of a run at its first, second, … time; afterwards it is kept.
    script: Mutex<HashMap<RunId, Vec<Outcome>>>,
    asked: Mutex<Vec<RunId>>,
    refuses: bool,
}

impl Executor for Mock {
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        if self.refuses {
            bail!("no such machine");
        }
        tell(Event::Stepped { lanes: lanes.len(), steps: 1, step: 1 });
        let mut script = self.script.lock().unwrap();
        let outcome = |run: &RunConfig| {
            self.asked.lock().unwrap().push(run.id());
            let left = script.get_mut(&run.id()).filter(|left| !left.is_empty());
            left.map_or(Outcome::Kept(Status::Done), |left| left.remove(0))
        };
        Ok(lanes.iter().map(outcome).collect())
    }
}

struct Silent;
impl Progress for Silent {}

fn runs(count: u64) -> Vec<RunConfig> {
    (0..count).map(|seed| RunConfig { start: Start::Seed(seed), ..example() }).collect()
}

fn one_each(runs: &[RunConfig]) -> Vec<Vec<RunConfig>> {
    runs.iter().map(|run| vec![run.clone()]).collect()
}

fn script(entries: &[(&RunConfig, Outcome)]) -> Mock {
    let script = entries.iter().map(|(run, outcome)| (run.id(), vec![outcome.clone()])).collect();
    Mock { script: Mutex::new(script), ..Mock::default() }
}

fn sweep(mock: &Mock, cohorts: &[Vec<RunConfig>], fail_fast: bool, stop: &Stop) -> SweepResult {
    let results = tempfile::tempdir().unwrap();
    let store = Store::new(results.path());
    let (executor, progress, told) = (mock, &Silent, Mutex::default());
    Sweep { workers: 1, fail_fast, executor, store: &store, progress, stop, told }.run(cohorts)
}

#[test]
fn every_cohort_is_carried_out_once_in_order() {
    let runs = runs(5);
    let mock = Mock::default();
    let cohorts = [runs[..2].to_vec(), runs[2..].to_vec()];
    assert_eq!(sweep(&mock, &cohorts, false, &Stop::default()), SweepResult::default());
    let asked = mock.asked.into_inner().unwrap();
    assert_eq!(asked, runs.iter().map(RunConfig::id).collect::<Vec<_>>());
}

#[test]
fn where_no_thread_can_be_started_cohorts_are_carried_out_all_the_same() {
    let (results, runs, mock) = (tempfile::tempdir().unwrap(), runs(3), Mock::default());
    let (store, stop, told) = (Store::new(results.path()), Stop::default(), Mutex::default());
    let (progress, fail_fast) = (&Silent, false);
    let sweep = Sweep {
        workers: 0,
        fail_fast,
        executor: &mock,
        store: &store,
        progress,
        stop: &stop,
        told,
    };
    assert_eq!(sweep.run(&one_each(&runs)), SweepResult::default());
    assert_eq!(mock.asked.lock().unwrap().len(), 3);
}

#[test]
fn one_failed_run_does_not_take_the_others_with_it() {
    let runs = runs(3);
    let mock = script(&[(&runs[0], Outcome::Failed("no memory".into()))]);
    let result = sweep(&mock, &one_each(&runs), false, &Stop::default());
    assert_eq!(result.failed, BTreeMap::from([(runs[0].id(), "no memory".to_owned())]));
    assert_eq!(mock.asked.into_inner().unwrap().len(), 3);
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let runs = runs(3);
    let mock = script(&[(&runs[1], Outcome::Failed("no memory".into()))]);
    let result = sweep(&mock, &one_each(&runs), true, &Stop::default());
    assert_eq!(result.failed.len(), 1);
    assert_eq!(mock.asked.into_inner().unwrap().len(), 2);
}

#[test]
fn fail_fast_asks_cohorts_in_training_to_stop() {
    let runs = runs(2);
    let mock = script(&[(&runs[0], Outcome::Failed("no memory".into()))]);
    let stop = Stop::default();
    sweep(&mock, &one_each(&runs), true, &stop);
    assert!(stop.is_requested());
}

#[test]
fn an_executor_that_cannot_start_fails_its_runs() {
    let mock = Mock { refuses: true, ..Mock::default() };
    let result = sweep(&mock, &one_each(&runs(2)), false, &Stop::default());
    assert!(result.failed.values().all(|why| why == "no such machine"));
    assert_eq!(result.failed.len(), 2);
}

#[test]
fn a_stopped_sweep_takes_up_no_more_cohorts() {
    let stop = Stop::default();
    stop.request();
    let mock = Mock::default();
    let result = sweep(&mock, &one_each(&runs(2)), false, &stop);
    assert!(result.stopped && mock.asked.into_inner().unwrap().is_empty());
}

#[test]
fn a_run_that_another_process_leaves_unfinished_is_taken_over() {
    let runs = runs(2);
    let mock = script(&[(&runs[1], Outcome::Busy)]);
    let result = sweep(&mock, &one_each(&runs), false, &Stop::default());
    assert_eq!(result, SweepResult::default());
    let asked = mock.asked.into_inner().unwrap();
    assert_eq!(asked.iter().filter(|id| **id == runs[1].id()).count(), 2);
}

#[test]
fn a_run_that_another_process_holds_is_waited_for() {
    let results = tempfile::tempdir().unwrap();
    let store = Store::new(results.path());
    let runs = runs(1);
    let lock = store.lock(&runs[0].id(), &Holder::new("there", 0)).unwrap();
    let mock = script(&[(&runs[0], Outcome::Busy)]);
    let (stop, executor, progress) = (Stop::default(), &mock, &Silent);
    let told = Mutex::default();
    std::thread::scope(|scope| {
        let sweep = Sweep {
            workers: 1,
            fail_fast: false,
            executor,
            store: &store,
            progress,
            stop: &stop,
            told,
        };
        let cohorts = one_each(&runs);
        let waiting = scope.spawn(move || sweep.run(&cohorts));
        std::thread::sleep(POLL_INTERVAL * 3);
        assert_eq!(mock.asked.lock().unwrap().len(), 1, "it waits as long as the lock is held");
        drop(lock);
        assert_eq!(waiting.join().unwrap(), SweepResult::default());
    });
    assert_eq!(mock.asked.into_inner().unwrap().len(), 2);
}
