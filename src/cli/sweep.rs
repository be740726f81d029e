use anyhow::{Context, Result};

use super::inputs::{Inputs, SpecArgs, TrainingArgs};
use super::training::Session;
use crate::plan::cohorts;
use crate::progress;
use crate::sweep::{Assignment, Processes};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Stop at the first run that fails; the others are stopped after a checkpoint
    #[arg(long)]
    fail_fast: bool,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let session = Session::start(&inputs, &args.training)?;
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
        args.training.backend.open()?;
    }
    let program = std::env::current_exe().context("cannot find this program")?;
    let assignment = Assignment {
        results: args.training.out.clone(),
        source: inputs.spec.source.clone(),
        initial: args.spec.changes.init.clone(),
        backend: args.training.backend,
        threads: layout.threads,
        checkpoint_every: args.training.checkpoint_every(),
        provenance: session.provenance.clone(),
        lanes: Vec::new(),
    };
    let executor = Processes::new(program, assignment, session.stop.clone());
    let progress = progress::for_sweep(&cohorts, lane_steps, args.training.quiet);
    let verdict = session.sweep(&executor, &*progress, args.fail_fast).run(&cohorts);
    drop(progress);
    drop(executor);
    session.finish(&inputs, verdict)
}
