//! Runs under [`Form::Matched`] train beside the runs whose η/‖w‖ they have: their twins, which differ in being under
//! AdamW alone. A twin is a lane behind all others, in the same order, of which nobody outside hears; its weights and
//! its state travel in its run's checkpoints.

use anyhow::Result;

use super::{LaneEnd, Observer};
use crate::config::{Decay, Form, RunConfig};
use crate::record::{Checkpoint, CurveRow, LaneState, LaneWeights};

/// What stands before the name of every slot of a twin in a checkpoint.
const PREFIX: &str = "twin.";
/// The slot of its weights.
const WEIGHTS: &str = "twin.weights";

/// The lanes with their twins behind them; `None` where no lane has one.
pub fn with_twins(lanes: &[RunConfig]) -> Option<Vec<RunConfig>> {
    let twin = |lane: &RunConfig| RunConfig {
        decay: Decay { form: Form::AdamW, ..lane.decay },
        ..lane.clone()
    };
    let has_twins = lanes.iter().any(|lane| lane.decay.form == Form::Matched);
    has_twins.then(|| lanes.iter().cloned().chain(lanes.iter().map(twin)).collect())
}

/// Checkpoints of lanes, and behind them those of their twins.
pub fn split(checkpoints: &[Checkpoint]) -> Vec<Checkpoint> {
    let mut lanes = checkpoints.to_vec();
    let twins: Vec<Checkpoint> = lanes.iter_mut().map(take_twin).collect();
    lanes.into_iter().chain(twins).collect()
}

fn take_twin(lane: &mut Checkpoint) -> Checkpoint {
    let weights = lane.state.remove(WEIGHTS).unwrap_or_default();
    let is_own = |slot: &str| !slot.starts_with(PREFIX);
    let (own, of_twin): (LaneState, LaneState) =
        std::mem::take(&mut lane.state).into_iter().partition(|(slot, _)| is_own(slot));
    lane.state = own;
    let name = |(slot, values): (String, LaneWeights)| (slot[PREFIX.len()..].to_owned(), values);
    let state = of_twin.into_iter().map(name).collect();
    Checkpoint { weights, state, best: None, ..lane.clone() }
}

fn join(mut lane: Checkpoint, twin: Checkpoint) -> Checkpoint {
    let name = |(slot, values): (String, LaneWeights)| (format!("{PREFIX}{slot}"), values);
    lane.state.extend(twin.state.into_iter().map(name));
    lane.state.insert(WEIGHTS.to_owned(), twin.weights);
    lane
}

/// Tells an observer of the lanes that are runs.
pub struct WithoutTwins<'a> {
    observer: &'a mut dyn Observer,
    /// Checkpoints that wait for those of their twins.
    waiting: Vec<Option<Checkpoint>>,
}

impl<'a> WithoutTwins<'a> {
    /// Of this many runs.
    pub fn new(observer: &'a mut dyn Observer, runs: usize) -> Self {
        WithoutTwins { observer, waiting: vec![None; runs] }
    }

    fn is_twin(&self, lane: usize) -> bool {
        lane >= self.waiting.len()
    }
}

impl Observer for WithoutTwins<'_> {
    fn stepped(&mut self, step: usize) {
        self.observer.stepped(step);
    }

    fn logged(&mut self, lane: usize, row: &CurveRow) -> Result<()> {
        if self.is_twin(lane) { Ok(()) } else { self.observer.logged(lane, row) }
    }

    fn wants_checkpoint(&mut self) -> bool {
        self.observer.wants_checkpoint()
    }

    fn checkpoint(&mut self, lane: usize, checkpoint: Checkpoint) -> Result<()> {
        if !self.is_twin(lane) {
            self.waiting[lane] = Some(checkpoint);
            return Ok(());
        }
        let run = lane - self.waiting.len();
        match self.waiting[run].take() {
            Some(own) => self.observer.checkpoint(run, join(own, checkpoint)),
            None => Ok(()),
        }
    }

    fn wants_weights(&mut self, lane: usize) -> bool {
        !self.is_twin(lane) && self.observer.wants_weights(lane)
    }

    fn weights(&mut self, lane: usize, step: usize, weights: &LaneWeights) -> Result<()> {
        self.observer.weights(lane, step, weights)
    }

    fn ended(&mut self, lane: usize, end: LaneEnd) -> Result<()> {
        if self.is_twin(lane) {
            return Ok(());
        }
        // A run's time is that of both lanes.
        self.observer.ended(lane, LaneEnd { seconds: 2.0 * end.seconds, ..end })
    }
}
