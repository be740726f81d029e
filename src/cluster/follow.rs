//! Waits for tasks of a cluster: it trains nothing itself.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::slurm::{Cluster, JobId, Queue, Task};
use super::submit::Live;
use crate::config::{RunConfig, RunId};
use crate::runner::{Event, Executor, Outcome, Stop, Tell};
use crate::store::{RunState, Store};

/// How often to look at the queue and at the store.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Tasks in a cluster's queue. Each has the runs of its shard; what they bring is in the store.
pub struct Queued<'a> {
    cluster: &'a dyn Cluster,
    store: Store,
    stop: Stop,
    /// Each by the first of its runs.
    tasks: HashMap<RunId, Followed>,
    seen: Mutex<HashMap<JobId, Seen>>,
}

/// A task to follow.
struct Followed {
    job: JobId,
    number: usize,
    /// The folder of its frozen sweep.
    folder: PathBuf,
}

/// A job as it was last seen.
struct Seen {
    at: Instant,
    queue: Queue,
}

impl<'a> Queued<'a> {
    /// Every task in the queue that trains wanted runs, and which of those each trains. They are followed
    /// until they end or `stop` is requested.
    ///
    /// # Errors
    /// A frozen sweep that cannot be read; the message names the file.
    pub fn of(
        cluster: &'a dyn Cluster,
        store: Store,
        stop: Stop,
        queued: &[Live],
        wanted: &BTreeSet<RunId>,
    ) -> Result<(Self, Vec<Vec<RunConfig>>)> {
        let (mut shards, mut tasks) = (Vec::new(), HashMap::new());
        for Live { frozen, submission, tasks: queue, .. } in queued {
            for (index, mut runs) in frozen.all_shards()?.into_iter().enumerate() {
                let number = index + 1;
                runs.retain(|run| wanted.contains(&run.id()));
                if queue.task(number).is_some_and(Task::is_live)
                    && let Some(first) = runs.first()
                {
                    let folder = frozen.folder().to_owned();
                    tasks.insert(first.id(), Followed { job: submission.job, number, folder });
                    shards.push(runs);
                }
            }
        }
        Ok((Queued { cluster, store, stop, tasks, seen: Mutex::default() }, shards))
    }

    /// What Slurm says of a task that is over; `None` while it is not, and while the cluster does not answer.
    fn over(&self, task: &Followed) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let old = seen.get(&task.job).is_none_or(|seen| seen.at.elapsed() >= POLL_INTERVAL);
        if old {
            // A controller that restarts does not answer for a while: ask again later.
            let tasks = self.cluster.tasks(task.job, &task.folder).ok()?;
            seen.insert(task.job, Seen { at: Instant::now(), queue: Queue(tasks) });
        }
        match seen.get(&task.job)?.queue.task(task.number) {
            Some(task) if task.is_live() => None,
            Some(task) => Some(task.describe()),
            None => Some("it has left the queue".to_owned()),
        }
    }
}

impl Executor for Queued<'_> {
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        let task = lanes.first().and_then(|run| self.tasks.get(&run.id()));
        let mut runs: Vec<Watched> = lanes.iter().map(Watched::new).collect();
        loop {
            // In this order: a task ends after its runs are in the store.
            let over = task.map_or(Some("it was not submitted".to_owned()), |task| self.over(task));
            for run in runs.iter_mut().filter(|run| !run.is_finished()) {
                run.look(&self.store, tell);
            }
            if let Some(how) = over {
                return Ok(runs.iter().map(|run| run.outcome(&self.store, &how)).collect());
            }
            if runs.iter().all(Watched::is_finished) {
                return Ok(runs.iter().map(|run| run.outcome(&self.store, "")).collect());
            }
            if self.stop.is_requested() {
                return Ok(vec![Outcome::Stopped; lanes.len()]);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

/// A run of a task that is followed.
struct Watched<'a> {
    config: &'a RunConfig,
    step: usize,
    finished: Option<Outcome>,
}

impl<'a> Watched<'a> {
    fn new(config: &'a RunConfig) -> Self {
        Watched { config, step: 0, finished: None }
    }

    fn is_finished(&self) -> bool {
        self.finished.is_some()
    }

    /// Tells of the steps that it took since the last look.
    fn look(&mut self, store: &Store, tell: &mut dyn Tell) {
        let step = store.last_step(self.config);
        if let Some(steps) = step.checked_sub(self.step).filter(|steps| *steps > 0) {
            self.step = step;
            tell(Event::Stepped { lanes: 1, steps, step });
        }
        if step >= self.config.recipe.steps
            && let RunState::Finished(record) = store.state(self.config)
        {
            self.finished = Some(Outcome::Kept(record.end.status));
        }
    }

    /// What came of it, where its task is over; `how` is what Slurm says.
    fn outcome(&self, store: &Store, how: &str) -> Outcome {
        self.finished.clone().unwrap_or_else(|| match store.state(self.config) {
            RunState::Finished(record) => Outcome::Kept(record.end.status),
            RunState::Failed { error, .. } => Outcome::Failed(error),
            _ => Outcome::Failed(format!("its task ended without finishing it: {how}")),
        })
    }
}
