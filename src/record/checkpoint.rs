use std::collections::BTreeMap;

use super::LaneWeights;
use crate::config::AVERAGE;

/// What an optimizer keeps of one lane between steps: for each of its slots, such as `momentum`, the
/// values of every parameter that has it.
pub type LaneState = BTreeMap<String, LaneWeights>;

/// The evaluation of a run with the lowest val loss, and the test loss that was measured there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Optimizer steps taken.
    pub step: usize,
    /// In nats per token, as the other.
    pub val_loss: f64,
    pub test_loss: f64,
}

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
    /// The best evaluation so far of those that the run's length does not decide on: the last step may have
    /// been evaluated for being the last, and a longer run would know nothing of it. `None` without test
    /// tokens.
    pub best: Option<Best>,
}

impl Checkpoint {
    /// The weights whose losses the run reports: averages over steps where it keeps them, else the last.
    pub fn into_evaluated(mut self) -> LaneWeights {
        self.state.remove(AVERAGE).unwrap_or(self.weights)
    }
}
