//! Training one cohort: runs of one shape, as one model with a lane for each.
//!
//! The loop is ours and not burn-train's `SupervisedTraining`: that one reports one loss per batch,
//! evaluates by epoch, and installs a global logger and panic hook. Its interrupter and its
//! dashboard are used ([`progress`](crate::progress)).

mod evaluation;
mod log;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use burn::tensor::Device;
use burn::train::Interrupter;

use crate::corpus::{Batches, Corpus};
use crate::model::{
    FirstWeights, Gpt2, LaneStart, LaneWeights, LanguageModel, Tokens, lane_weights,
};
use crate::optim::LaneOptimizer;
use crate::record::{CurveRow, Status};
use crate::run::{Family, Recipe, RunConfig, Start};
use evaluation::Evaluation;
use log::CohortLog;

/// What is trained, on what.
pub struct Cohort<'a> {
    /// One run per lane; their [`cohort_key`](RunConfig::cohort_key)s are equal.
    pub lanes: &'a [RunConfig],
    /// The data of every lane.
    pub corpus: &'a Corpus,
    /// Weights to start from, for runs whose [`Start`] says so.
    pub initial: Option<Arc<LaneWeights>>,
    /// Device, without autodiff.
    pub device: Device,
}

/// Is told how training goes.
pub trait Observer: Sync {
    /// Step `step` (from 1) of every lane was taken.
    fn stepped(&self, _step: usize) {}
    /// A row was added to a lane's curve.
    fn logged(&self, _lane: usize, _row: &CurveRow) {}
}

/// What became of one lane.
#[derive(Clone, Debug)]
pub struct TrainedLane {
    /// How it ended.
    pub status: Status,
    /// Steps taken, or the step at which the loss was no longer finite.
    pub steps: usize,
    /// Its curve.
    pub curve: Vec<CurveRow>,
    /// Its last weights.
    pub weights: LaneWeights,
    /// Wall time of the cohort divided by its lanes.
    pub time: Duration,
}

/// Trains a cohort to its end; `None` if the interrupter stopped it before.
///
/// # Errors
/// A device that fails.
///
/// # Panics
/// If the cohort has no lanes or their keys differ.
pub fn train(
    cohort: &Cohort,
    observer: &dyn Observer,
    interrupter: &Interrupter,
) -> Result<Option<Vec<TrainedLane>>> {
    let key = cohort.lanes[0].cohort_key();
    assert!(cohort.lanes.iter().all(|lane| lane.cohort_key() == key), "one cohort, one shape");
    let first = FirstWeights::new(cohort.starts(), &cohort.device.clone().autodiff());
    let (shape, vocabulary) = (&cohort.lanes[0].model, cohort.corpus.vocabulary);
    match shape.family {
        Family::Gpt2 => run(cohort, Gpt2::new(shape, vocabulary, &first), observer, interrupter),
    }
}

fn run<M: LanguageModel>(
    cohort: &Cohort,
    mut model: M,
    observer: &dyn Observer,
    interrupter: &Interrupter,
) -> Result<Option<Vec<TrainedLane>>> {
    let start = Instant::now();
    let recipe = cohort.recipe();
    let evaluation = Evaluation::new(cohort);
    let mut optimizer = LaneOptimizer::new(&model, cohort.lanes);
    let mut log = CohortLog::new(cohort.lanes, observer);
    log.evaluated(0, evaluation.of(&model.valid())?)?;
    for step in 1..=recipe.steps {
        if interrupter.should_stop() {
            return Ok(None);
        }
        let losses = model.loss(&cohort.batch(step));
        let gradients = losses.clone().sum().backward();
        let (updated, norms) = optimizer.step(model, gradients, step);
        model = updated;
        log.stepped(step, losses.inner(), norms)?;
        observer.stepped(step);
        if recipe.evaluates(step) {
            log.evaluated(step, evaluation.of(&model.valid())?)?;
            if log.all_diverged() {
                break;
            }
        }
    }
    let time = start.elapsed() / cohort.lanes.len() as u32;
    let lane = |(lane, finished): (usize, log::FinishedLane)| {
        let weights = lane_weights(&model, lane)?;
        Ok(TrainedLane {
            status: finished.status,
            steps: finished.steps,
            curve: finished.curve,
            weights,
            time,
        })
    };
    log.finish().into_iter().enumerate().map(lane).collect::<Result<_>>().map(Some)
}

impl Cohort<'_> {
    fn recipe(&self) -> &Recipe {
        &self.lanes[0].recipe
    }

    fn context(&self) -> usize {
        self.lanes[0].model.context
    }

    fn starts(&self) -> Vec<LaneStart> {
        let start = |lane: &RunConfig| match &lane.start {
            Start::Seed(seed) => LaneStart::Seed(*seed),
            Start::Weights(_) => {
                let weights = self.initial.as_ref().expect("the plan read the initial weights");
                LaneStart::Weights(Arc::clone(weights))
            }
        };
        self.lanes.iter().map(start).collect()
    }

    /// The batches of every lane for a step.
    fn batch(&self, step: usize) -> Tokens {
        let block = |lane: &RunConfig| {
            let batches = Batches {
                tokens: &self.corpus.train,
                order: lane.data.split.order,
                seed: lane.data.seed,
                batch: lane.recipe.batch,
                context: lane.model.context,
            };
            batches.at(step)
        };
        let blocks: Vec<_> = self.lanes.iter().map(block).collect();
        let device = self.device.clone().autodiff();
        Tokens::new(&blocks, self.corpus.vocabulary, self.context(), &device)
    }
}

#[cfg(test)]
mod tests;
