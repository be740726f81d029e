//! A sweep on this machine.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Inputs, Options, Print, Request, Session, Work};
use crate::corpus::Source;
use crate::runner::{Assignment, Processes, SweepResult, cohorts, progress};

/// Trains what is missing of an experiment and presents its results.
///
/// # Errors
/// A spec that is wrong, a run that failed, or a stop before the end.
pub fn sweep(request: &Request, options: Options, fail_fast: bool, print: Print) -> Result<()> {
    let inputs = Inputs::load(request)?;
    let session = Session::start(Work::of(&inputs), options)?;
    let (source, initial) = (inputs.spec.source.clone(), request.init.clone());
    let result = train(&session, source, initial, fail_fast)?;
    session.finish(&inputs, result, print)
}

/// Trains what is missing in worker processes of this machine.
pub fn train(
    session: &Session,
    source: Source,
    initial: Option<PathBuf>,
    fail_fast: bool,
) -> Result<SweepResult> {
    let (layout, options) = (&session.layout, &session.options);
    let pending = session.pending();
    let lane_steps = pending.iter().map(|run| run.steps_left() as u64).sum();
    let cohorts = cohorts(pending, layout.lanes, layout.workers);
    session.announce(&cohorts);
    if !cohorts.is_empty() {
        // Fail early if there is no adapter, not in every worker.
        options.backend.open()?;
    }
    let program = std::env::current_exe().context("cannot find this program")?;
    let assignment = Assignment {
        results: options.out.clone(),
        source,
        initial,
        backend: options.backend,
        threads: layout.threads,
        checkpoint_every: options.checkpoint_every,
        provenance: session.provenance.clone(),
        lanes: Vec::new(),
    };
    let executor = Processes::new(program, assignment, session.stop.clone());
    let progress = progress::for_sweep(&cohorts, lane_steps, options.quiet);
    Ok(session.sweep(&executor, &*progress, fail_fast).run(&cohorts))
}
