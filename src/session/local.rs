//! A sweep on this machine.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Inputs, Options, Print, Request, Session, Work, claim};
use crate::corpus::Source;
use crate::runner::{Assignment, Processes, SweepResult};

/// Trains what is missing of an experiment and presents its results.
///
/// # Errors
/// A spec that is wrong, a run that failed, or a stop before the end.
pub fn sweep(request: &Request, options: Options, fail_fast: bool, print: Print) -> Result<()> {
    let inputs = Inputs::load(request)?;
    let mut work = Work::of(&inputs);
    work.notes.extend(claim::check(&inputs, &options.out, options.replace)?);
    let session = Session::start(work, options)?;
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
    let cohorts = session.cohorts();
    if !cohorts.is_empty() {
        // Fail early if there is no adapter, not in every worker.
        session.options.backend.open()?;
    }
    let executor = processes(session, source, initial)?;
    let progress = session.progress(&cohorts);
    Ok(session.sweep(&executor, &*progress, fail_fast).run(&cohorts))
}

fn processes(session: &Session, source: Source, initial: Option<PathBuf>) -> Result<Processes> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let options = &session.options;
    let assignment = Assignment {
        results: options.out.clone(),
        source,
        initial,
        backend: options.backend,
        threads: session.layout.threads,
        checkpoint_every: options.checkpoint_every,
        provenance: session.provenance.clone(),
        lanes: Vec::new(),
    };
    Ok(Processes::new(program, assignment, session.stop.clone()))
}
