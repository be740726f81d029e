//! A Slurm cluster, through the commands that every site has. Needs no accounting: `squeue` says what is
//! queued, the store what came of runs.

mod commands;
mod queue;
mod script;
mod shared;

use std::path::Path;

use anyhow::Result;

pub use commands::{Slurm, requeue_this_task};
pub use queue::{JobId, Queue, Stage, Task};
pub use script::{JobOptions, Scripts};
pub use shared::check_shared;

/// What a sweep needs of a cluster.
pub trait Cluster: Sync {
    /// Most tasks of an array.
    ///
    /// # Errors
    /// A cluster that does not answer; the message holds what it said.
    fn most_tasks(&self) -> Result<usize>;

    /// Names of its partitions.
    ///
    /// # Errors
    /// A cluster that does not answer; the message holds what it said.
    fn partitions(&self) -> Result<Vec<String>>;

    /// Host names of its nodes, or of those of a partition.
    ///
    /// # Errors
    /// A cluster that does not answer; the message holds what it said.
    fn hosts(&self, partition: Option<&str>) -> Result<Vec<String>>;

    /// Submits a batch script with more options, which go before those of the script.
    ///
    /// # Errors
    /// A cluster that refuses; the message holds what it said.
    fn submit(&self, script: &Path, options: &[String]) -> Result<JobId>;

    /// The tasks of a job as far as the cluster remembers them, where the job belongs to this folder.
    ///
    /// # Errors
    /// A cluster that does not answer; the message holds what it said.
    fn tasks(&self, job: JobId, folder: &Path) -> Result<Vec<Task>>;

    /// Cancels a job: the tasks that have not started, or all.
    ///
    /// # Errors
    /// A cluster that refuses; the message holds what it said.
    fn cancel(&self, job: JobId, running_too: bool) -> Result<()>;

    /// Puts a running task back into the queue.
    ///
    /// # Errors
    /// A cluster that refuses; the message holds what it said.
    fn requeue(&self, job: JobId, task: usize) -> Result<()>;
}
