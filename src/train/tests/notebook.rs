//! An observer that keeps everything.

use std::collections::BTreeMap;

use crate::record::{CurveRow, LaneWeights};
use crate::train::*;

/// Keeps everything that it is told.
#[derive(Default)]
pub struct Notebook {
    pub lanes: Vec<TrainedLane>,
    /// Wants the weights of every evaluation.
    pub wants_weights: bool,
    /// Asks for a checkpoint after this step, and stops there.
    pub stop_after: Option<usize>,
    pub interrupter: Interrupter,
}

#[derive(Clone, Debug, Default)]
pub struct TrainedLane {
    pub curve: Vec<CurveRow>,
    pub end: Option<LaneEnd>,
    pub checkpoint: Option<Checkpoint>,
    pub evaluated: BTreeMap<usize, LaneWeights>,
}

impl Notebook {
    pub fn lane(&mut self, lane: usize) -> &mut TrainedLane {
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, TrainedLane::default());
        }
        &mut self.lanes[lane]
    }
}

impl Observer for Notebook {
    fn stepped(&mut self, step: usize) {
        if self.stop_after == Some(step) {
            self.interrupter.stop(None);
        }
    }

    fn logged(&mut self, lane: usize, row: &CurveRow) -> Result<()> {
        self.lane(lane).curve.push(row.clone());
        Ok(())
    }

    fn wants_weights(&mut self, _lane: usize) -> bool {
        self.wants_weights
    }

    fn weights(&mut self, lane: usize, step: usize, weights: &LaneWeights) -> Result<()> {
        self.lane(lane).evaluated.insert(step, weights.clone());
        Ok(())
    }

    fn checkpoint(&mut self, lane: usize, checkpoint: Checkpoint) -> Result<()> {
        self.lane(lane).checkpoint = Some(checkpoint);
        Ok(())
    }

    fn ended(&mut self, lane: usize, end: LaneEnd) -> Result<()> {
        self.lane(lane).end = Some(end);
        Ok(())
    }
}

impl TrainedLane {
    pub fn end(&self) -> LaneEnd {
        self.end.expect("the lane has ended")
    }

    pub fn weights(&self) -> Option<&LaneWeights> {
        self.checkpoint.as_ref().map(|checkpoint| &checkpoint.weights)
    }
}
