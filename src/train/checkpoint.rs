use crate::model::LaneWeights;
use crate::optim::LaneMoments;

/// One lane after a step: with its configuration, enough to go on as if it had never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Optimizer steps taken.
    pub step: usize,
    /// Seconds of training up to here.
    pub seconds: f64,
    /// Its weights.
    pub weights: LaneWeights,
    /// Its optimizer's moments.
    pub moments: LaneMoments,
}
