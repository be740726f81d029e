//! Who is told how training goes.

use anyhow::Result;

use crate::record::{Checkpoint, CurveRow, LaneWeights, Status};

/// Is told how training goes and may ask for checkpoints. An error of its own stops training.
pub trait Observer {
    /// Step `step` (from 1) of every lane was taken.
    fn stepped(&mut self, _step: usize) {}
    /// A row was added to a lane's curve.
    ///
    /// # Errors
    /// A row that cannot be kept.
    fn logged(&mut self, _lane: usize, _row: &CurveRow) -> Result<()> {
        Ok(())
    }
    /// Whether it wants a checkpoint of every lane now.
    fn wants_checkpoint(&mut self) -> bool {
        false
    }
    /// A checkpoint of a lane; all rows of its curve up to there were logged before.
    ///
    /// # Errors
    /// A checkpoint that cannot be kept.
    fn checkpoint(&mut self, _lane: usize, _checkpoint: Checkpoint) -> Result<()> {
        Ok(())
    }
    /// Whether it wants the weights of a lane that was evaluated just now; the row was logged before.
    fn wants_weights(&mut self, _lane: usize) -> bool {
        false
    }
    /// The weights of a lane that it wanted, after step `step`.
    ///
    /// # Errors
    /// Weights that cannot be kept.
    fn weights(&mut self, _lane: usize, _step: usize, _weights: &LaneWeights) -> Result<()> {
        Ok(())
    }
    /// A lane came to its end; its last checkpoint and all rows came before.
    ///
    /// # Errors
    /// An end that cannot be kept.
    fn ended(&mut self, _lane: usize, _end: LaneEnd) -> Result<()> {
        Ok(())
    }
}

/// What became of one lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneEnd {
    /// How it ended.
    pub status: Status,
    /// Steps taken, or the step at which the loss was no longer finite.
    pub steps: usize,
    /// Wall time of its cohorts divided by their lanes.
    pub seconds: f64,
    /// Loss of the last weights on the evaluation windows of test, where there are any.
    pub test_loss: Option<f64>,
    /// The same where the val loss was lowest.
    pub stopped_test_loss: Option<f64>,
    /// Where that was, of a lane from given weights.
    pub stopped_step: Option<usize>,
}
