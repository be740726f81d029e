//! Carries a plan out: hands cohorts to workers and keeps what they bring back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use burn::train::Interrupter;

use crate::corpus::Corpus;
use crate::model::LaneWeights;
use crate::record::{CurveRow, End, Record, Store};
use crate::run::RunConfig;
use crate::train::{Cohort, Observer, TrainedLane, train};

/// Is told how a sweep goes. Cohorts are numbered from 0 in the order of the plan.
pub trait Progress: Sync {
    /// A worker took up a cohort.
    fn cohort_started(&self, _cohort: usize, _lanes: &[RunConfig]) {}
    /// Every lane of a cohort took step `step`.
    fn stepped(&self, _cohort: usize, _lanes: usize, _step: usize) {}
    /// A row was added to the curve of a run.
    fn logged(&self, _cohort: usize, _run: &RunConfig, _row: &CurveRow) {}
    /// All runs of a cohort are kept.
    fn cohort_finished(&self, _cohort: usize, _lanes: usize) {}
}

/// Trains one cohort. The sweep does not ask where.
pub trait Executor: Sync {
    /// Trains the runs of a cohort to their ends, in their order.
    ///
    /// # Errors
    /// Whatever keeps the cohort from being trained.
    fn train(&self, lanes: &[RunConfig], observer: &dyn Observer) -> Result<Vec<TrainedLane>>;
    /// Name of the backend, for the records.
    fn backend(&self) -> &str;
}

/// Trains in this process.
pub struct InProcess<'a> {
    /// The data.
    pub corpus: &'a Corpus,
    /// Weights to start from, where runs do.
    pub initial: Option<Arc<LaneWeights>>,
    /// The device, without autodiff.
    pub device: Device,
    /// Its backend's name.
    pub backend: String,
    /// Threads of each cohort.
    pub threads: usize,
    /// Stops training between two steps.
    pub interrupter: Interrupter,
}

impl Executor for InProcess<'_> {
    fn train(&self, lanes: &[RunConfig], observer: &dyn Observer) -> Result<Vec<TrainedLane>> {
        let cohort = Cohort {
            lanes,
            corpus: self.corpus,
            initial: self.initial.clone(),
            device: self.device.clone(),
        };
        // Tensor operations of this worker use a pool of their own: parallelism pays between
        // cohorts, and costs more than it gains inside small operations.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let trained = pool.install(|| train(&cohort, observer, &self.interrupter))?;
        trained.context("training was stopped")
    }

    fn backend(&self) -> &str {
        &self.backend
    }
}

/// Trains all cohorts with `workers` threads and keeps every run in the store as soon as its cohort
/// is done. Returns what each cohort brought, in order.
///
/// # Errors
/// The first error of any cohort, after the workers finished the cohorts they were at.
pub fn train_all(
    cohorts: &[Vec<RunConfig>],
    workers: usize,
    executor: &dyn Executor,
    store: &Store,
    corpus: &Corpus,
    progress: &dyn Progress,
) -> Result<Vec<Vec<TrainedLane>>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Vec<TrainedLane>>)>> = Mutex::new(Vec::new());
    let lock = || done.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let failed = lock().iter().any(|(_, result)| result.is_err());
            let Some(lanes) = cohorts.get(index).filter(|_| !failed) else { return };
            let result = train_one(index, lanes, executor, store, corpus, progress);
            lock().push((index, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.min(cohorts.len()) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let trained = done.into_iter().map(|(_, result)| result).collect::<Result<Vec<_>>>()?;
    if trained.len() < cohorts.len() {
        bail!("a worker stopped before its cohort was trained");
    }
    Ok(trained)
}

fn train_one(
    index: usize,
    lanes: &[RunConfig],
    executor: &dyn Executor,
    store: &Store,
    corpus: &Corpus,
    progress: &dyn Progress,
) -> Result<Vec<TrainedLane>> {
    progress.cohort_started(index, lanes);
    let observer = CohortObserver { index, lanes, progress };
    let trained = executor.train(lanes, &observer)?;
    for (config, lane) in lanes.iter().zip(&trained) {
        store.keep(&record(config, lane, lanes.len(), executor.backend(), corpus))?;
    }
    progress.cohort_finished(index, lanes.len());
    Ok(trained)
}

fn record(
    config: &RunConfig,
    lane: &TrainedLane,
    lanes: usize,
    backend: &str,
    corpus: &Corpus,
) -> Record {
    Record {
        config: config.clone(),
        curve: lane.curve.clone(),
        end: End {
            status: lane.status,
            steps: lane.steps,
            val_floor: corpus.val_floor(config.model.context, config.recipe.eval_windows),
            seconds: round_to_milliseconds(lane.time),
            backend: backend.to_owned(),
            lanes,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    }
}

fn round_to_milliseconds(time: Duration) -> f64 {
    time.as_millis() as f64 / 1e3
}

struct CohortObserver<'a> {
    index: usize,
    lanes: &'a [RunConfig],
    progress: &'a dyn Progress,
}

impl Observer for CohortObserver<'_> {
    fn stepped(&self, step: usize) {
        self.progress.stepped(self.index, self.lanes.len(), step);
    }

    fn logged(&self, lane: usize, row: &CurveRow) {
        self.progress.logged(self.index, &self.lanes[lane], row);
    }
}
