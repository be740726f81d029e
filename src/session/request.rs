use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Error, Result, anyhow, ensure};
use burn::tensor::Device;

use crate::backend::Backend;
use crate::cluster::snapshot::Frozen;
use crate::config::{InitialWeights, RunConfig};
use crate::exit::usage;
use crate::experiment::Changes;
use crate::record::Provenance;
use crate::runner::Machine;
use crate::runner::layout::Layout;
use crate::runner::progress::Shown;

/// A spec and what a call changes of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub spec: PathBuf,
    pub changes: Changes,
    /// Weights that every run starts from.
    pub init: Option<InitialWeights>,
}

/// Where and how a call trains.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Folder of results.
    pub out: PathBuf,
    pub backend: Backend,
    /// The GPU to compute on: its number or part of its name.
    pub device: Option<String>,
    /// Most lanes of a cohort, where the user says so.
    pub lanes: Option<usize>,
    /// Cohorts to train at once, where the user says so.
    pub jobs: Option<usize>,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Keep the weights of the best val loss of every run.
    pub keep_best: bool,
    /// Train again what was trained before.
    pub fresh: bool,
    /// Replace the results of another experiment of the same name.
    pub replace: bool,
    /// Train again what diverged before.
    pub retry_diverged: bool,
    /// Go on from finished runs of fewer steps.
    pub extend: bool,
    /// Say nothing on stderr but errors.
    pub quiet: bool,
    /// Show lines instead of bars, even on a terminal.
    pub plain: bool,
    /// Say how the runs are grouped.
    pub verbose: bool,
}

impl Options {
    /// As a frozen sweep trains.
    pub fn of_frozen(frozen: &Frozen) -> Self {
        let contents = &frozen.contents;
        Options {
            out: frozen.results().to_owned(),
            backend: contents.backend,
            device: contents.device.clone(),
            lanes: contents.lanes,
            jobs: Some(contents.jobs),
            checkpoint_every: contents.checkpoint_every,
            keep_best: contents.keep_best,
            ..Options::default()
        }
    }

    /// Checks the GPU that the user asked for, before anything is thrown away or trained.
    ///
    /// # Errors
    /// A usage error that lists what there is.
    pub fn check_device(&self) -> Result<()> {
        self.backend.check_device(self.device.as_deref())
    }

    /// Opens what to compute on.
    ///
    /// # Errors
    /// No such device on this machine; the message says what there is.
    pub fn open_device(&self) -> Result<Device> {
        self.backend.open_device(self.device.as_deref())
    }

    /// What the records of this call's runs say about their origin.
    pub fn provenance(&self, jobs: usize, command: Vec<String>) -> Provenance {
        Provenance::of_call(self.backend, self.device.as_deref(), jobs, command)
    }

    /// How much of its progress a call shows.
    pub fn shown(&self) -> Shown {
        match (self.quiet, self.plain) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Lines,
            (false, false) => Shown::Bars,
        }
    }

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

/// Even one run is too much for the memory that there is.
pub fn hopeless(shortage: &str) -> Error {
    anyhow!(
        "{shortage}; make the model or train.batch smaller (train.accumulate keeps the step's size), or train on a \
         machine with more"
    )
}
