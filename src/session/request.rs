use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::backend::Backend;
use crate::config::RunConfig;
use crate::exit::usage;
use crate::experiment::Changes;
use crate::runner::Machine;
use crate::runner::layout::Layout;

/// A spec and what a call changes of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub spec: PathBuf,
    pub changes: Changes,
    /// Weights that every run starts from.
    pub init: Option<PathBuf>,
}

/// Where and how a call trains.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of results.
    pub out: PathBuf,
    pub backend: Backend,
    /// Most lanes of a cohort, where the user says so.
    pub lanes: Option<usize>,
    /// Cohorts to train at once, where the user says so.
    pub jobs: Option<usize>,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Train again what was trained before.
    pub fresh: bool,
    /// Replace the results of another experiment of the same name.
    pub replace: bool,
    /// Train again what diverged before.
    pub retry_diverged: bool,
    /// Say nothing on stderr but errors.
    pub quiet: bool,
    /// Say how the runs are grouped.
    pub verbose: bool,
}

impl Options {
    /// How many lanes and workers to use for these runs.
    ///
    /// # Errors
    /// A usage error where there are no runs.
    pub fn layout(&self, runs: &[RunConfig]) -> Result<Layout> {
        usage((|| {
            ensure!(!runs.is_empty(), "the spec has no runs");
            let machine = Machine::here(self.backend);
            Ok(Layout::choose(runs, &machine, self.lanes, self.jobs))
        })())
    }
}
