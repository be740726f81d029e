use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use burn::train::Interrupter;

use crate::corpus::Corpus;
use crate::record::{LaneWeights, Provenance};
use crate::store::Store;

/// Trains cohorts one after another with the same data on the same device.
pub struct CohortRunner<'a> {
    /// The data of every run.
    pub corpus: &'a Corpus,
    /// Weights to start from, where runs do.
    pub initial: Option<Arc<LaneWeights>>,
    /// The device, without autodiff.
    pub device: Device,
    /// Threads of its tensor operations.
    pub threads: usize,
    /// Where runs are kept.
    pub store: Store,
    /// What the records say about their origin.
    pub provenance: Provenance,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// Whether the weights of the best val loss of every run are kept.
    pub keep_best: bool,
    /// Stops training between two steps, after a checkpoint.
    pub interrupter: Interrupter,
}
