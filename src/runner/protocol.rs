//! How a sweep and its worker processes talk, in lines of JSON: a worker gets [`Assignment`]s on stdin and
//! answers each on stdout with events and then the outcomes. End of file on stdin means stop.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Event, Outcome};
use crate::backend::Backend;
use crate::config::{InitialWeights, RunConfig};
use crate::corpus::Source;
use crate::record::Provenance;

/// A cohort to train, and with what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Folder of results.
    #[serde(with = "crate::paths")]
    pub results: PathBuf,
    pub source: Source,
    /// Folder in which the sweep put the source as it read it ([`Corpus::hand_over`](crate::corpus::Corpus::hand_over)).
    pub handed: Option<PathBuf>,
    /// Weights to start from, for runs that start from a file.
    pub initial: Option<InitialWeights>,
    pub backend: Backend,
    /// The GPU that the user asked for.
    pub device: Option<String>,
    /// Threads of its tensor operations.
    pub threads: usize,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Whether the weights of the best val loss are kept.
    pub keep_best: bool,
    /// Of the call, for the ends of the runs.
    pub provenance: Provenance,
    pub lanes: Vec<RunConfig>,
}

/// What a worker process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Event(Event),
    /// What came of each run; the cohort is finished.
    Outcomes(Vec<Outcome>),
}
