//! Training one cohort: runs of one shape, as one model with a lane for each.
//!
//! The loop is ours and not burn-train's `SupervisedTraining`: that one reports one loss per batch,
//! evaluates by epoch, checkpoints a model and not its lanes, and installs a global logger and panic
//! hook. Its interrupter is used ([`Stop`](crate::runner::Stop)).

mod cohort;
mod evaluation;
mod log;
mod memory;
mod observer;
mod tested;
mod twins;

use std::time::Instant;

use anyhow::Result;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn::train::Interrupter;

use crate::model::{FirstWeights, LanguageModel, Parameter, WithModel, lane_weights, with_model};
use crate::optim::{LaneOptimizer, Stepped, added};
use crate::record::{Checkpoint, LaneState, Status};
pub use cohort::Cohort;
use evaluation::{Evaluation, Measured};
use log::{CohortLog, Pending};
pub use observer::{LaneEnd, Observer};
use tested::Tested;
use twins::WithoutTwins;

/// Whether a cohort came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every lane did.
    Complete,
    /// The interrupter stopped it; there are checkpoints of what was trained.
    Stopped,
}

/// Trains a cohort to its end, or until the interrupter stops it.
///
/// # Errors
/// A device that fails, data that changed meanwhile, or an error of the observer.
///
/// # Panics
/// If the cohort has no lanes or they cannot train together.
pub fn train(
    cohort: &Cohort,
    observer: &mut dyn Observer,
    interrupter: &Interrupter,
) -> Result<Ending> {
    let key = cohort.lanes[0].cohort_key();
    assert!(cohort.lanes.iter().all(|lane| lane.cohort_key() == key), "one cohort, one shape");
    if let Some(lanes) = twins::with_twins(cohort.lanes) {
        let resume = twins::split(&cohort.resume);
        let initial = cohort.initial.clone();
        let device = cohort.device.clone();
        let all = Cohort { lanes: &lanes, resume, corpus: cohort.corpus, initial, device };
        let mut observer = WithoutTwins::new(observer, cohort.lanes.len());
        return train_lanes(&all, &mut observer, interrupter);
    }
    train_lanes(cohort, observer, interrupter)
}

fn train_lanes(
    cohort: &Cohort,
    observer: &mut dyn Observer,
    interrupter: &Interrupter,
) -> Result<Ending> {
    let first = FirstWeights::new(cohort.starts(), &cohort.device.clone().autodiff());
    let (shape, vocabulary) = (&cohort.lanes[0].model, cohort.corpus.vocabulary);
    with_model(shape, vocabulary, first, Run { cohort, observer, interrupter })
}

struct Run<'a> {
    cohort: &'a Cohort<'a>,
    observer: &'a mut dyn Observer,
    interrupter: &'a Interrupter,
}

impl WithModel for Run<'_> {
    type Output = Result<Ending>;

    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> Result<Ending> {
        Training::new(self.cohort, model, parameters)?.run(self.observer, self.interrupter)
    }
}

struct Training<'a, M> {
    cohort: &'a Cohort<'a>,
    model: M,
    parameters: Vec<Parameter>,
    optimizer: LaneOptimizer,
    log: CohortLog,
    tested: Tested<M>,
    start: Instant,
}

impl<'a, M: LanguageModel> Training<'a, M> {
    fn new(cohort: &'a Cohort, model: M, parameters: Vec<Parameter>) -> Result<Self> {
        let mut optimizer = LaneOptimizer::new(&parameters, cohort.lanes);
        if !cohort.resume.is_empty() {
            let states: Vec<&LaneState> =
                cohort.resume.iter().map(|checkpoint| &checkpoint.state).collect();
            optimizer = optimizer.with_states(&states, &cohort.device)?;
        }
        let log = CohortLog::new(cohort.lanes, &parameters);
        let tested = Tested::new(cohort.lanes, &cohort.resume);
        Ok(Training { cohort, model, parameters, optimizer, log, tested, start: Instant::now() })
    }

    fn run(mut self, observer: &mut dyn Observer, interrupter: &Interrupter) -> Result<Ending> {
        let (recipe, first) = (self.cohort.recipe(), self.cohort.first_step());
        let evaluation = Evaluation::new(self.cohort);
        if first == 0 {
            self.evaluate(&evaluation, 0, observer)?;
        }
        if first == recipe.steps {
            self.test_last(&evaluation)?;
        }
        for step in first + 1..=recipe.steps {
            if interrupter.should_stop() {
                self.checkpoint(&evaluation, step - 1, observer)?;
                return Ok(Ending::Stopped);
            }
            self = self.step(step, observer)?;
            if recipe.evaluates(step) {
                self.evaluate(&evaluation, step, observer)?;
            }
            observer.stepped(step);
            if self.log.all_diverged() {
                break;
            }
            if step == recipe.steps || observer.wants_checkpoint() {
                self.checkpoint(&evaluation, step, observer)?;
            }
        }
        self.tested.measure(&evaluation)?;
        self.end_lanes(|_| true, observer)?;
        Ok(Ending::Complete)
    }

    fn evaluate(
        &mut self,
        evaluation: &Evaluation,
        step: usize,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let last = self.model.valid();
        let averaged = self.averaged(&last, step);
        let measured = evaluation.evaluate(&last, averaged.as_ref(), &self.parameters)?;
        let model = averaged.unwrap_or(last);
        let Measured { val_loss, test_loss, .. } = &measured;
        let (val_losses, test_losses) = (val_loss.clone(), test_loss.clone());
        self.log.evaluated(step, measured, observer)?;
        self.test(step, &val_losses, model.clone(), test_losses, evaluation)?;
        for lane in 0..self.cohort.lanes.len() {
            if !self.log.diverged(lane) && observer.wants_weights(lane) {
                let weights = lane_weights(&model, &self.parameters, lane)?;
                observer.weights(lane, step, &weights)?;
            }
        }
        Ok(())
    }

    /// The averaged weights, where there are any.
    fn averaged(&self, last: &M, step: usize) -> Option<M> {
        let is_averaged = self.cohort.recipe().ema > 0.0 && step > 0;
        is_averaged.then(|| self.optimizer.averaged(last.clone()))
    }

    /// A run that was stopped between its last checkpoint and its end has everything but what test says of its last
    /// weights.
    fn test_last(&mut self, evaluation: &Evaluation) -> Result<()> {
        let (last, step) = (self.model.valid(), self.cohort.recipe().steps);
        let averaged = self.averaged(&last, step);
        let measured = evaluation.evaluate(&last, averaged.as_ref(), &self.parameters)?;
        let model = averaged.unwrap_or(last);
        self.test(step, &measured.val_loss, model, measured.test_loss, evaluation)
    }

    /// What is measured on test of an evaluated model, now or when it is known to be wanted.
    fn test(
        &mut self,
        step: usize,
        val_losses: &[f64],
        model: M,
        test_losses: Option<Vec<f64>>,
        evaluation: &Evaluation,
    ) -> Result<()> {
        let goes_on = |(lane, loss): (usize, &f64)| (!self.log.diverged(lane)).then_some(*loss);
        let val_losses: Vec<_> = val_losses.iter().enumerate().map(goes_on).collect();
        self.tested.evaluated(step, &val_losses, model, test_losses.as_deref(), evaluation)
    }

    fn step(mut self, step: usize, observer: &mut dyn Observer) -> Result<Self> {
        let (losses, gradients) = self.gradients(step);
        let recipe = self.cohort.recipe();
        let measured = recipe.log_updates && recipe.logs(step);
        let Stepped { model, norms, changes } =
            self.optimizer.step(self.model, gradients, step, measured);
        self.model = model;
        self.log.stepped(Pending { step, losses, norms, changes }, observer)?;
        Ok(self)
    }

    /// Mean loss, `[lanes]`, and gradients over the batches of a step; one batch at a time is in memory.
    fn gradients(&self, step: usize) -> (Tensor<1>, GradientsParams) {
        let batches = self.cohort.batches(step);
        let count = batches.len() as f64;
        let (mut losses, mut sum) = (Vec::new(), None);
        for batch in &batches {
            let loss = self.model.loss(batch);
            // A division by 1 would be two more operations of a step.
            let loss = if count == 1.0 { loss } else { loss / count };
            // Each lane's loss is a root of its own: the gradient of their sum.
            let gradients = loss.backward();
            let gradients = GradientsParams::from_grads(gradients, &self.model);
            sum = Some(match sum {
                Some(sum) => added(&self.model, sum, gradients),
                None => gradients,
            });
            losses.push(loss.inner());
        }
        let losses = losses.into_iter().reduce(|sum, loss| sum + loss);
        (losses.expect("a step reads a batch"), sum.expect("a step reads a batch"))
    }

    /// Hands out the state after `step` of every lane that goes on, and the ends of those that
    /// diverged.
    fn checkpoint(
        &mut self,
        evaluation: &Evaluation,
        step: usize,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        if step == self.cohort.first_step() {
            return Ok(());
        }
        self.tested.measure(evaluation)?;
        self.cohort.corpus.check_unchanged()?;
        self.log.flush(observer)?;
        // One lane at a time: all at once would double the memory of the whole cohort.
        for lane in 0..self.cohort.lanes.len() {
            if self.log.diverged(lane) {
                continue;
            }
            let weights = lane_weights(&self.model, &self.parameters, lane)?;
            let (state, seconds) = (self.optimizer.lane_state(lane)?, self.seconds(lane));
            let best = self.tested.best(lane);
            observer.checkpoint(lane, Checkpoint { step, seconds, weights, state, best })?;
        }
        self.end_lanes(|status| status == Status::Diverged, observer)
    }

    fn end_lanes(
        &mut self,
        which: impl Fn(Status) -> bool,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        self.cohort.corpus.check_unchanged()?;
        self.log.flush(observer)?;
        for (lane, status, steps) in self.log.take_ends(which) {
            let end = LaneEnd {
                status,
                steps,
                seconds: self.seconds(lane),
                test_loss: self.tested.last_loss(lane).filter(|_| status == Status::Done),
                stopped_test_loss: self.tested.stopped_loss(lane),
                stopped_step: self.tested.stopped_step(lane),
            };
            observer.ended(lane, end)?;
        }
        Ok(())
    }

    fn seconds(&self, lane: usize) -> f64 {
        let before = self.cohort.resume.get(lane).map_or(0.0, |checkpoint| checkpoint.seconds);
        before + self.start.elapsed().as_secs_f64() / self.cohort.lanes.len() as f64
    }
}

#[cfg(test)]
mod tests;
