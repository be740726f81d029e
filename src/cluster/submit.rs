//! Submits a plan: deals its runs into tasks, freezes them and queues them; finds what is queued. The queue
//! says what may still run; what came of runs is in the store.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Result, ensure};

use super::slurm::{Cluster, JobId, JobOptions, Queue, Scripts, Task};
use super::snapshot::{Contents, Frozen, Lock, Submission};
use crate::config::{RunConfig, RunId};
use crate::experiment::cost::core_seconds;
use crate::experiment::shards::{deal, deal_by};

/// How long a task should last at least, by estimate: many sites object to more than about ten short
/// jobs a minute.
const TASK_SECONDS: f64 = 300.0;

/// A frozen sweep of which something is in the queue.
pub struct Live {
    pub frozen: Frozen,
    pub submission: Submission,
    /// The tasks that train.
    pub tasks: Queue,
    /// The job that writes results.
    pub report: Queue,
}

/// A task in the queue.
#[derive(Clone, Debug)]
pub struct QueuePosition {
    pub job: JobId,
    pub task: Task,
}

/// The frozen sweeps of a results folder of which something is in the queue. Marks the others as finished.
///
/// # Errors
/// A cluster that does not answer, or files that cannot be read; guessing could submit runs twice.
pub fn live(results: &Path, cluster: &dyn Cluster) -> Result<Vec<Live>> {
    let mut live = Vec::new();
    for (frozen, submission) in Frozen::submitted(results)? {
        let tasks = Queue(cluster.tasks(submission.job, frozen.folder())?);
        let report = match submission.report {
            Some(job) => Queue(cluster.tasks(job, frozen.folder())?),
            None => Queue::default(),
        };
        if tasks.is_live() || report.is_live() {
            live.push(Live { frozen, submission, tasks, report });
        } else {
            frozen.mark_finished()?;
        }
    }
    Ok(live)
}

/// The task of each run that is in the queue.
///
/// # Errors
/// Files that cannot be read.
pub fn queue_positions(live: &[Live]) -> Result<HashMap<RunId, QueuePosition>> {
    let mut queue_positions = HashMap::new();
    for Live { frozen, submission, tasks, .. } in live.iter().filter(|live| live.tasks.is_live()) {
        for (index, runs) in frozen.all_shards()?.iter().enumerate() {
            let Some(task) = tasks.task(index + 1).filter(|task| task.is_live()) else { continue };
            let position = QueuePosition { job: submission.job, task: task.clone() };
            queue_positions.extend(runs.iter().map(|run| (run.id(), position.clone())));
        }
    }
    Ok(queue_positions)
}

/// A sweep to submit.
pub struct SubmissionOrder<'a> {
    /// The numbers of its shards and runs are filled in.
    pub contents: Contents,
    /// The text of its spec.
    pub spec: &'a str,
    /// The runs to train.
    pub runs: &'a [RunConfig],
    /// Most runs of a task, where the user says so.
    pub runs_per_task: Option<usize>,
    /// Other jobs that train runs of the same plan.
    pub beside: &'a BTreeSet<JobId>,
    pub options: &'a JobOptions,
}

/// Freezes a sweep and submits it: an array that trains, and a job that writes results after it. If the
/// cluster refuses either, both are taken back.
///
/// # Errors
/// A cluster that refuses, a folder that cannot be written.
pub fn submit(
    lock: &Lock,
    cluster: &dyn Cluster,
    order: SubmissionOrder,
) -> Result<(Frozen, Submission)> {
    let most = cluster.most_tasks()?;
    let shards = shards(order.runs, order.contents.jobs, order.runs_per_task, most)?;
    let (count, runs) = (shards.len(), order.runs.len());
    let contents = Contents { shards: count, runs, ..order.contents };
    let frozen = Frozen::create(lock, contents, order.spec, &shards)?;
    match submit_frozen(&frozen, cluster, order.options, order.beside) {
        Ok(submission) => Ok((frozen, submission)),
        Err(error) => {
            frozen.discard()?;
            Err(error)
        }
    }
}

fn submit_frozen(
    frozen: &Frozen,
    cluster: &dyn Cluster,
    options: &JobOptions,
    beside: &BTreeSet<JobId>,
) -> Result<Submission> {
    let contents = &frozen.contents;
    let scripts = Scripts {
        program: &contents.program.path,
        folder: frozen.folder(),
        shards: contents.shards,
        cores: contents.jobs,
        goes_on: contents.search.is_some(),
        options,
    };
    let (script, arguments) = scripts.array()?;
    let job = cluster.submit(&script, &arguments)?;
    let finish = || -> Result<Submission> {
        let after: Vec<JobId> = beside.iter().copied().chain([job]).collect();
        let (script, arguments) = scripts.report(&after)?;
        let report = cluster.submit(&script, &arguments)?;
        let submission = Submission { job, report: Some(report) };
        frozen.mark_submitted(&submission)?;
        Ok(submission)
    };
    finish().inspect_err(|_| drop(cluster.cancel(job, true)))
}

/// Deals runs into tasks: as many a task as the user says, or enough for [`TASK_SECONDS`]; never into more
/// tasks than the cluster takes.
fn shards(
    runs: &[RunConfig],
    jobs: usize,
    runs_per_task: Option<usize>,
    most_tasks: usize,
) -> Result<Vec<Vec<RunConfig>>> {
    ensure!(most_tasks > 0, "the cluster takes no job arrays (MaxArraySize)");
    if let Some(most) = runs_per_task {
        let shards = deal_by(runs, most);
        ensure!(
            shards.len() <= most_tasks,
            "--runs-per-task {most} makes {} tasks of {} runs, but the cluster takes {most_tasks} at \
             once (MaxArraySize); give a task {} runs or more",
            shards.len(),
            runs.len(),
            runs.len().div_ceil(most_tasks)
        );
        return Ok(shards);
    }
    let seconds: f64 = runs.iter().map(core_seconds).sum();
    let wanted = (seconds / jobs as f64 / TASK_SECONDS).ceil() as usize;
    let mut shards = deal(runs, wanted.clamp(1, most_tasks.min(runs.len())));
    shards.retain(|runs| !runs.is_empty());
    Ok(shards)
}

#[cfg(test)]
pub(super) mod tests;
