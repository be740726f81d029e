//! A sweep on this machine.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Session;
use super::inputs::TrainingArgs;
use crate::corpus::Source;
use crate::runner::{Assignment, Processes, SweepResult, cohorts, progress};

/// Trains what is left in worker processes of this machine.
pub fn train(
    session: &Session,
    training: &TrainingArgs,
    source: Source,
    initial: Option<PathBuf>,
    fail_fast: bool,
) -> Result<SweepResult> {
    let layout = &session.layout;
    let pending = session.pending();
    let lane_steps = pending.iter().map(|run| run.steps_left() as u64).sum();
    let cohorts = cohorts(pending, layout.lanes, layout.workers);
    session.say(&format!(
        "training {} cohorts of at most {} lanes ({}), {} at a time in processes of {} thread(s)",
        cohorts.len(),
        layout.lanes,
        layout.reason,
        layout.workers,
        layout.threads,
    ));
    if !cohorts.is_empty() {
        // An adapter that is missing is better missed here than in every worker.
        training.backend.open()?;
    }
    let program = std::env::current_exe().context("cannot find this program")?;
    let assignment = Assignment {
        results: training.out.clone(),
        source,
        initial,
        backend: training.backend,
        threads: layout.threads,
        checkpoint_every: training.checkpoint_every(),
        provenance: session.provenance.clone(),
        lanes: Vec::new(),
    };
    let executor = Processes::new(program, assignment, session.stop.clone());
    let progress = progress::for_sweep(&cohorts, lane_steps, training.quiet);
    Ok(session.sweep(&executor, &*progress, fail_fast).run(&cohorts))
}
