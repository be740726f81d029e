//! Trains a cohort: locks its runs, finds out where each resumes, trains them together and writes what
//! they produce into the store.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Error, Result, anyhow, bail};

use super::cohort_runner::CohortRunner;
use super::journal::{Journal, OpenRun};
use super::outcome::{Event, Outcome, Tell};
use crate::config::RunConfig;
use crate::record::{Checkpoint, End, Provenance};
use crate::store::{Holder, RunLock, RunState, RunWriter, Store};
use crate::train::{Cohort, Ending, train};

/// A run, looked up for training.
enum Found {
    ToTrain(Box<Taken>),
    /// There is nothing to train.
    Settled(Outcome),
}

/// A run that this process has locked.
struct Taken {
    /// Index among the lanes asked for.
    index: usize,
    config: RunConfig,
    lock: RunLock,
    resume: Option<Checkpoint>,
}

impl CohortRunner<'_> {
    /// Trains runs of one shape and says what came of each, in their order. Every error becomes the
    /// outcome of the runs that it concerns.
    pub fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Stopped; lanes.len()];
        let mut groups: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
        for (index, config) in lanes.iter().enumerate() {
            match self.take(index, config, tell) {
                Ok(Found::ToTrain(taken)) => {
                    let step = taken.resume.as_ref().map_or(0, |checkpoint| checkpoint.step);
                    groups.entry(step).or_default().push(*taken);
                }
                Ok(Found::Settled(outcome)) => outcomes[index] = outcome,
                Err(error) => outcomes[index] = Outcome::failed(&error),
            }
        }
        // Lanes of a cohort share their step; runs that stopped at another one train separately.
        for group in groups.into_values() {
            let indices: Vec<usize> = group.iter().map(|taken| taken.index).collect();
            for (index, outcome) in indices.into_iter().zip(self.train_group(group, tell)) {
                outcomes[index] = outcome;
            }
        }
        outcomes
    }

    /// Locks a run and finds out where it resumes.
    fn take(&self, index: usize, config: &RunConfig, tell: &mut dyn Tell) -> Result<Found> {
        let id = config.id();
        let mut holder = Holder::new(&self.provenance.host, 0);
        let Some(mut lock) = self.store.lock(&id, &holder)? else {
            return Ok(Found::Settled(Outcome::Busy));
        };
        let state = self.store.state(config);
        let resumes = state.step() > 0;
        match state {
            RunState::Finished(record) => {
                return Ok(Found::Settled(Outcome::Kept(record.end.status)));
            }
            RunState::Unreadable { why } => bail!(why),
            RunState::Broken { why } => {
                let aside = self.store.set_aside(&lock, &id)?;
                let aside = aside.display();
                let text =
                    format!("run {id} is trained again: {why}; its old files are in {aside}");
                tell(Event::Note(text));
            }
            _ => {}
        }
        let resume = resumes.then(|| self.store.checkpoint(config)).transpose()?;
        holder.from_step = resume.as_ref().map_or(0, |checkpoint| checkpoint.step);
        lock.announce(&holder)?;
        Ok(Found::ToTrain(Box::new(Taken { index, config: config.clone(), lock, resume })))
    }

    fn train_group(&self, group: Vec<Taken>, tell: &mut dyn Tell) -> Vec<Outcome> {
        let lanes: Vec<RunConfig> = group.iter().map(|taken| taken.config.clone()).collect();
        match self.begin(group, tell) {
            Ok((resume, mut journal)) => {
                let result = self.train(&lanes, resume, &mut journal);
                journal.outcomes(result)
            }
            Err(error) => vec![Outcome::failed(&error); lanes.len()],
        }
    }

    fn begin<'t>(
        &'t self,
        group: Vec<Taken>,
        tell: &'t mut dyn Tell,
    ) -> Result<(Vec<Checkpoint>, Journal<'t>)> {
        let (mut resume, mut open) = (Vec::new(), Vec::new());
        for Taken { index, config, lock, resume: from, .. } in group {
            let step = from.as_ref().map_or(0, |checkpoint| checkpoint.step);
            let writer = RunWriter::begin(&self.store, lock, &config, step)?;
            let writer = writer.produced_by(&self.provenance);
            open.push(OpenRun::new(index, config, writer, step));
            resume.extend(from);
        }
        Ok((resume, Journal::new(self, open, tell)))
    }

    fn train(
        &self,
        lanes: &[RunConfig],
        resume: Vec<Checkpoint>,
        journal: &mut Journal,
    ) -> Result<Ending> {
        let cohort = Cohort {
            lanes,
            resume,
            corpus: self.corpus,
            initial: self.initial.clone(),
            device: self.device.clone(),
        };
        // A pool of its own for the tensor operations of this cohort: threads pay between cohorts, and
        // cost more than they gain inside small operations.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let work = AssertUnwindSafe(|| pool.install(|| train(&cohort, journal, &self.interrupter)));
        catch_unwind(work).unwrap_or_else(|panic| Err(describe(&*panic)))
    }
}

/// Marks runs as failed, unless they have ended.
pub fn mark_failed(store: &Store, lanes: &[RunConfig], provenance: &Provenance, why: &str) {
    for config in lanes {
        let holder = Holder::new(&provenance.host, 0);
        // If even this cannot be written, the caller still reports the failure.
        let Ok(Some(lock)) = store.lock(&config.id(), &holder) else { continue };
        let state = store.state(config);
        let is_kept = matches!(
            state,
            RunState::Finished(_) | RunState::Broken { .. } | RunState::Unreadable { .. }
        );
        if !is_kept {
            let end = End::failed(state.step(), why, provenance);
            let _ = store.fail(&lock, config, &end);
        }
    }
}

fn describe(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    anyhow!("training panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
