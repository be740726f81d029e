//! Trains a plan on a cluster: freezes it, submits it as tasks, follows or cancels them.

pub mod cancel;
pub mod check;
pub mod follow;
pub mod slurm;
pub mod snapshot;
pub mod submit;

use serde::{Deserialize, Serialize};

/// What the user wants of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// For the jobs themselves.
    pub job: slurm::JobOptions,
    /// Most runs of a task, where the user says so.
    pub runs_per_task: Option<usize>,
    /// Wait until the tasks end.
    pub wait: bool,
    /// Let this program continue what another one submitted.
    pub allow_version_mix: bool,
}
