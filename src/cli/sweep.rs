mod launch;
mod shard;

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::inputs::{Inputs, SpecArgs, TrainingArgs};
use super::training::{Session, Work};
use crate::corpus::Source;
use crate::plan::cohorts;
use crate::plan::shards::Shard;
use crate::progress;
use crate::sweep::{Assignment, Processes, Verdict};
use launch::SlurmArgs;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Stop at the first run that fails; the others are stopped after a checkpoint
    #[arg(long, conflicts_with = "launcher")]
    fail_fast: bool,
    /// Train the I-th of N parts of the plan alone and write no results; `wane collect` does once all parts
    /// are trained, on any machines that share the folder of results
    #[arg(long, value_name = "I/N", conflicts_with = "launcher")]
    shard: Option<Shard>,
    /// Where to train [default: local]
    #[arg(long, value_enum)]
    launcher: Option<Launcher>,
    #[command(flatten)]
    slurm: SlurmArgs,
}

/// Where a sweep trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Launcher {
    /// On this machine, in worker processes
    Local,
    /// On a Slurm cluster, as a job array; returns at once
    Slurm,
}

pub fn run(args: Args) -> Result<()> {
    match (args.launcher, args.shard) {
        (Some(Launcher::Slurm), _) => launch::run(args),
        (_, Some(shard)) => shard::run(&args, shard),
        (_, None) => whole(&args),
    }
}

fn whole(args: &Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let session = Session::start(Work::of(&inputs), &args.training)?;
    let (source, initial) = (inputs.spec.source.clone(), args.spec.changes.init.clone());
    let verdict = train(&session, &args.training, source, initial, args.fail_fast)?;
    session.finish(&inputs, verdict)
}

/// Trains what is left in worker processes of this machine.
fn train(
    session: &Session,
    training: &TrainingArgs,
    source: Source,
    initial: Option<PathBuf>,
    fail_fast: bool,
) -> Result<Verdict> {
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
