use std::collections::BTreeMap;

use crate::plan::Pending;
use crate::record::Status;
use crate::run::RunConfig;
use crate::store::{RunState, Store};

/// Runs that are named one by one in a summary, at most.
const MOST_NAMED: usize = 8;

/// What is left to do of a plan, and why.
pub struct Todo {
    runs: Vec<(RunConfig, RunState)>,
}

impl Todo {
    /// Looks every run up.
    pub fn of(runs: &[RunConfig], store: &Store) -> Self {
        Todo { runs: runs.iter().map(|run| (run.clone(), store.state(run))).collect() }
    }

    /// The runs to train, with the steps that they have behind them.
    pub fn pending(&self) -> Vec<Pending> {
        let left = self.runs.iter().filter(|(_, state)| !is_finished(state));
        left.map(|(run, state)| Pending { run: run.clone(), step: state.step() }).collect()
    }

    /// Runs that have ended.
    pub fn finished(&self) -> usize {
        self.runs.iter().filter(|(_, state)| is_finished(state)).count()
    }

    /// Runs that diverged.
    pub fn diverged(&self) -> Vec<RunConfig> {
        let diverged = self.runs.iter().filter(|(_, state)| {
            matches!(state, RunState::Finished(record) if record.end.status == Status::Diverged)
        });
        diverged.map(|(run, _)| run.clone()).collect()
    }

    /// Why each run is trained or not, in lines for people.
    pub fn reasons(&self) -> Vec<String> {
        let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
        let mut named = Vec::new();
        for (run, state) in &self.runs {
            *counts.entry(reason(state)).or_default() += 1;
            match state {
                RunState::Failed { error, .. } => {
                    named.push(format!("run {} failed before: {error}", run.id()));
                }
                RunState::Broken { why } => {
                    named.push(format!("run {} cannot be used: {why}", run.id()));
                }
                _ => {}
            }
        }
        let more = named.len().saturating_sub(MOST_NAMED);
        named.truncate(MOST_NAMED);
        let lines = counts.into_iter().map(|((_, reason), count)| format!("{count:>5} {reason}"));
        let rest = (more > 0).then(|| format!("… and {more} more"));
        lines.chain(named).chain(rest).collect()
    }
}

fn is_finished(state: &RunState) -> bool {
    matches!(state, RunState::Finished(_))
}

/// A place in the summary and its words.
fn reason(state: &RunState) -> (u8, String) {
    match state {
        RunState::Finished(record) if record.end.status == Status::Diverged => {
            (1, "diverged before; kept (--retry-diverged trains them again)".to_owned())
        }
        RunState::Finished(_) => (0, "finished before".to_owned()),
        RunState::Interrupted { step } => (2, format!("go on after step {step}")),
        RunState::Failed { step: 0, .. } => (3, "failed before; tried again".to_owned()),
        RunState::Failed { step, .. } => {
            (3, format!("failed before; tried again after step {step}"))
        }
        RunState::Broken { .. } => {
            (4, "damaged; trained again, the old files set aside".to_owned())
        }
        RunState::Begun => (5, "stopped before a checkpoint; trained from the start".to_owned()),
        RunState::New => (6, "new".to_owned()),
    }
}
