use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use rayon::prelude::*;

use super::causes;
use crate::config::{RunConfig, RunId};
use crate::plural::counted;
use crate::record::Status;
use crate::runner::Pending;
use crate::store::{RunState, Store};

/// At most so many causes are told.
const MOST_CAUSES: usize = 8;

const FAILED: &str = "failed before";
const DAMAGED: &str = "cannot be used";
const UNREADABLE: &str = "cannot be read";

/// What is left to train of a plan, and why.
pub struct Todo {
    runs: Vec<Known>,
}

/// A run and what the store says of it. Its curve is not kept: a plan may have a hundred thousand runs.
struct Known {
    run: RunConfig,
    finished: Option<Status>,
    step: usize,
    reason: (u8, String),
    complaint: Option<(&'static str, RunId, String)>,
    /// The backend of the steps that were taken, where that is known.
    backend: Option<String>,
}

impl Todo {
    pub fn of(runs: &[RunConfig], store: &Store) -> Self {
        Todo { runs: runs.par_iter().map(|run| Known::of(run, store)).collect() }
    }

    /// What was trained on other backends than this one, in lines for people.
    pub fn of_other_backends(&self, own: &str) -> Vec<String> {
        let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for known in &self.runs {
            if let Some(other) = known.backend.as_deref().filter(|other| *other != own) {
                *counts.entry((known.finished.is_some(), other)).or_default() += 1;
            }
        }
        let told = |((is_finished, other), count): ((bool, &str), usize)| match is_finished {
            true => format!(
                "{} trained on {other} {}: a run is the same run on every backend; --fresh trains it on {own}",
                counted(count, "finished run"),
                if count == 1 { "counts as it is" } else { "count as they are" }
            ),
            false => format!(
                "{} begun on {other} {} on on {own}: both are recorded, and the numbers are those of neither alone",
                counted(count, "run"),
                if count == 1 { "goes" } else { "go" }
            ),
        };
        counts.into_iter().map(told).collect()
    }

    /// Makes sure that every run could be looked at: one that cannot be read may well be whole.
    ///
    /// # Errors
    /// Files that the system does not let be read; the message names them.
    pub fn check_readable(&self) -> Result<()> {
        let unreadable = self.complaints(UNREADABLE);
        ensure!(
            unreadable.is_empty(),
            "files of runs cannot be read, and nothing was trained or written; make them readable, or move the folders of these \
             runs away to train them again:\n  {}",
            unreadable.iter().take(MOST_CAUSES).cloned().collect::<Vec<_>>().join("\n  ")
        );
        Ok(())
    }

    /// The runs to train, with the steps that they have behind them.
    pub fn pending(&self) -> Vec<Pending> {
        let left = self.runs.iter().filter(|known| known.finished.is_none());
        left.map(|known| Pending { run: known.run.clone(), step: known.step }).collect()
    }

    /// Runs that have ended.
    pub fn finished(&self) -> usize {
        self.runs.iter().filter(|known| known.finished.is_some()).count()
    }

    /// Runs that diverged.
    pub fn diverged(&self) -> Vec<RunConfig> {
        let diverged = self.runs.iter().filter(|known| known.finished == Some(Status::Diverged));
        diverged.map(|known| known.run.clone()).collect()
    }

    /// Why each run is trained or not, in lines for people.
    pub fn reasons(&self) -> Vec<String> {
        let mut counts: BTreeMap<&(u8, String), usize> = BTreeMap::new();
        for known in &self.runs {
            *counts.entry(&known.reason).or_default() += 1;
        }
        let lines = counts.into_iter().map(|((_, reason), count)| format!("{count:>5} {reason}"));
        let mut complaints = self.complaints(FAILED);
        complaints.extend(self.complaints(DAMAGED));
        complaints.extend(self.complaints(UNREADABLE));
        let more = complaints.len().saturating_sub(MOST_CAUSES);
        complaints.truncate(MOST_CAUSES);
        let more = (more > 0).then(|| format!("… and {more} more"));
        lines.chain(complaints).chain(more).collect()
    }

    fn complaints(&self, what: &'static str) -> Vec<String> {
        let all = self.runs.iter().filter_map(|known| known.complaint.as_ref());
        let kind = all.filter(|(kind, ..)| *kind == what);
        causes::lines(what, kind.map(|(_, id, why)| (id, why.as_str())))
    }
}

impl Known {
    fn of(run: &RunConfig, store: &Store) -> Self {
        let state = &store.state(run);
        let backend = match state {
            RunState::Finished(record) => Some(record.end.provenance.backend.clone()),
            _ if state.step() > 0 => store.begun_by(run).map(|provenance| provenance.backend),
            _ => None,
        };
        let finished = match state {
            RunState::Finished(record) => Some(record.end.status),
            _ => None,
        };
        let complaint = match state {
            RunState::Failed { error, .. } => Some((FAILED, run.id(), error.clone())),
            RunState::Broken { why } => Some((DAMAGED, run.id(), why.clone())),
            RunState::Unreadable { why } => Some((UNREADABLE, run.id(), why.clone())),
            _ => None,
        };
        let (step, reason) = (state.step(), reason(state));
        Known { run: run.clone(), finished, step, reason, complaint, backend }
    }
}

/// Rank in the summary, and words that follow a count of runs.
fn reason(state: &RunState) -> (u8, String) {
    match state {
        RunState::Finished(record) if record.end.status == Status::Diverged => {
            (1, "diverged before; kept (--retry-diverged trains them again)".to_owned())
        }
        RunState::Finished(_) => (0, "finished before".to_owned()),
        RunState::Interrupted { step } => (2, format!("to be resumed after step {step}")),
        RunState::Failed { step: 0, .. } => (3, "failed before; to be tried again".to_owned()),
        RunState::Failed { step, .. } => {
            (3, format!("failed before; to be tried again after step {step}"))
        }
        RunState::Broken { .. } => {
            (4, "damaged; to be trained again, the old files set aside".to_owned())
        }
        RunState::Unreadable { .. } => (4, "cannot be read; left as they are".to_owned()),
        RunState::Begun => {
            (5, "stopped before a checkpoint; to be trained from the start".to_owned())
        }
        RunState::New => (6, "new".to_owned()),
    }
}
