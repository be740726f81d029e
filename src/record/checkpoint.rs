use std::collections::BTreeMap;

use super::LaneWeights;

/// What an optimizer keeps of one lane between steps: for each of its slots, such as `momentum`, the
/// values of every parameter that has it.
pub type LaneState = BTreeMap<String, LaneWeights>;

/// One lane after a step: with its configuration, enough to go on as if it had never stopped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Optimizer steps taken.
    pub step: usize,
    /// Seconds of training up to here.
    pub seconds: f64,
    /// Its weights.
    pub weights: LaneWeights,
    /// Its optimizer's state.
    pub state: LaneState,
}
