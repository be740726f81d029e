use std::time::Instant;

use anyhow::{Result, ensure};

use super::cohort_runner::CohortRunner;
use super::outcome::{Event, Outcome, Tell};
use crate::config::RunConfig;
use crate::model::{Purpose, write_weights};
use crate::record::{Checkpoint, CurveRow, End, LaneWeights, Status, now};
use crate::store::RunWriter;
use crate::train::{Ending, LaneEnd, Observer};

/// Writes what the runs of a cohort produce into the store while they train, and passes events on.
pub struct Journal<'a> {
    runner: &'a CohortRunner<'a>,
    lanes: Vec<OpenRun>,
    tell: &'a mut dyn Tell,
    last_checkpoint: Instant,
    /// Step of the last [`Event::Stepped`].
    told: usize,
}

/// One run of the cohort, with its files open.
pub struct OpenRun {
    index: usize,
    config: RunConfig,
    /// `None` once the run has ended.
    writer: Option<RunWriter>,
    outcome: Outcome,
    from_step: usize,
    step: usize,
    started: String,
}

impl OpenRun {
    /// A run that goes on after step `from_step`.
    pub fn new(index: usize, config: RunConfig, writer: RunWriter, from_step: usize) -> Self {
        let started = now();
        let outcome = Outcome::Stopped;
        OpenRun {
            index,
            config,
            writer: Some(writer),
            outcome,
            from_step,
            step: from_step,
            started,
        }
    }

    /// Ends the run with an error, also in the store if it can be written: the disk that refused the
    /// curve may refuse this as well.
    pub fn fail(&mut self, runner: &CohortRunner, lanes: usize, why: &str) -> Result<()> {
        self.outcome = Outcome::Failed(why.to_owned());
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let (status, steps) = (Status::Failed, self.step);
        let end = LaneEnd {
            status,
            steps,
            seconds: 0.0,
            test_loss: None,
            stopped_test_loss: None,
            stopped_step: None,
        };
        writer.end(&self.record(runner, lanes, end, Some(why.to_owned())))
    }

    fn end(&mut self, runner: &CohortRunner, lanes: usize, end: LaneEnd) -> Result<()> {
        let record = self.record(runner, lanes, end, None);
        match self.writer.take() {
            Some(writer) => writer.end(&record)?,
            None => return Ok(()),
        }
        self.outcome = Outcome::Kept(end.status);
        Ok(())
    }

    fn record(
        &self,
        runner: &CohortRunner,
        lanes: usize,
        end: LaneEnd,
        error: Option<String>,
    ) -> End {
        let (context, windows) = (self.config.model.context, self.config.recipe.eval_windows);
        let tokens = self.config.train_tokens();
        let text = &runner.corpus.beginning(self.config.data.text_seed, tokens);
        let copied = text.copied;
        End {
            status: end.status,
            steps: end.steps,
            error,
            val_floor: runner.corpus.val_floor(context, windows),
            val_unigram: runner.corpus.val_unigram(text, context, windows),
            val_copied: copied.map(|copied| copied.val),
            test_copied: copied.map(|copied| copied.test),
            test_loss: end.test_loss,
            stopped_test_loss: end.stopped_test_loss,
            stopped_step: end.stopped_step,
            seconds: (end.seconds * 1e3).round() / 1e3,
            lanes,
            resumed_from: self.from_step,
            started: self.started.clone(),
            ended: now(),
            provenance: runner.provenance.clone(),
        }
    }
}

impl<'a> Journal<'a> {
    /// For runs that train together.
    pub fn new(runner: &'a CohortRunner<'a>, lanes: Vec<OpenRun>, tell: &'a mut dyn Tell) -> Self {
        let told = lanes.first().map_or(0, |lane| lane.from_step);
        Journal { runner, lanes, tell, last_checkpoint: Instant::now(), told }
    }

    /// What came of each lane, given how training ended.
    pub fn outcomes(mut self, result: Result<Ending>) -> Vec<Outcome> {
        if let Err(error) = result {
            let why = format!("{error:#}");
            (0..self.lanes.len()).for_each(|lane| self.fail(lane, &why));
        }
        self.lanes.into_iter().map(|lane| lane.outcome).collect()
    }

    /// Changes the files of a run. An error fails that run alone: the others train on, as long as one of them can be
    /// written.
    fn write(
        &mut self,
        lane: usize,
        work: impl FnOnce(&mut OpenRun, &CohortRunner, usize) -> Result<()>,
    ) -> Result<()> {
        let count = self.lanes.len();
        if let Err(error) = work(&mut self.lanes[lane], self.runner, count) {
            self.fail(lane, &format!("{error:#}"));
        }
        let lanes = self.lanes.iter().map(|lane| (lane.writer.is_some(), &lane.outcome));
        ensure!(!is_for_nobody(lanes), "no run of the cohort can be written");
        Ok(())
    }

    fn fail(&mut self, lane: usize, why: &str) {
        let count = self.lanes.len();
        let lane = &mut self.lanes[lane];
        if lane.outcome == Outcome::Stopped {
            let _ = lane.fail(self.runner, count, why);
        }
    }
}

/// Whether steps are taken for nobody: a run that could not be written has not come to its end, and no other is left to
/// be written. Where all have come to theirs, training ends by itself.
fn is_for_nobody<'o>(mut lanes: impl Iterator<Item = (bool, &'o Outcome)> + Clone) -> bool {
    let is_one_written = lanes.clone().any(|(is_written, _)| is_written);
    let has_one_failed = lanes.any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    has_one_failed && !is_one_written
}

impl Observer for Journal<'_> {
    fn stepped(&mut self, step: usize) {
        let steps = step - self.told;
        self.told = step;
        self.lanes.iter_mut().for_each(|lane| lane.step = step);
        (self.tell)(Event::Stepped { lanes: self.lanes.len(), steps, step });
    }

    fn logged(&mut self, lane: usize, row: &CurveRow) -> Result<()> {
        self.write(lane, |lane, _, _| match &mut lane.writer {
            Some(writer) => writer.append(row),
            None => Ok(()),
        })?;
        (self.tell)(Event::Logged { lane: self.lanes[lane].index, row: Box::new(row.clone()) });
        Ok(())
    }

    fn wants_checkpoint(&mut self) -> bool {
        self.last_checkpoint.elapsed() >= self.runner.checkpoint_every
    }

    fn checkpoint(&mut self, lane: usize, checkpoint: Checkpoint) -> Result<()> {
        self.last_checkpoint = Instant::now();
        self.write(lane, |lane, _, _| match &mut lane.writer {
            Some(writer) => writer.checkpoint(&checkpoint),
            None => Ok(()),
        })
    }

    fn wants_weights(&mut self, lane: usize) -> bool {
        let writer = self.lanes[lane].writer.as_ref();
        self.runner.keep_best && writer.is_some_and(RunWriter::is_at_its_best)
    }

    fn weights(&mut self, lane: usize, step: usize, weights: &LaneWeights) -> Result<()> {
        self.write(lane, |lane, runner, _| {
            let Some(writer) = &lane.writer else { return Ok(()) };
            let purpose = Purpose::of(&lane.config.model, runner.corpus);
            let origin = Some((writer.id(), step));
            write_weights(&writer.best_weights(), weights, purpose, origin)
        })
    }

    fn ended(&mut self, lane: usize, end: LaneEnd) -> Result<()> {
        self.write(lane, |lane, runner, count| lane.end(runner, count, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_goes_on_as_long_as_a_run_can_be_written() {
        let (kept, failed) = (Outcome::Kept(Status::Diverged), Outcome::Failed("full".into()));
        let is_over = |lanes: &[(bool, &Outcome)]| is_for_nobody(lanes.iter().copied());
        assert!(is_over(&[(false, &failed), (false, &failed)]));
        assert!(is_over(&[(false, &kept), (false, &failed)]), "one diverged before");
        assert!(!is_over(&[(true, &Outcome::Stopped), (false, &failed), (false, &kept)]));
        assert!(!is_over(&[(false, &kept), (false, &kept)]), "all have ended");
    }
}
