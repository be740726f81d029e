use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

use super::inputs::{Inputs, TrainingArgs};
use super::local::train;
use super::{Session, Work};
use crate::cli::sweep::Args;
use crate::cluster::slurm::{Cluster, JobId, Slurm};
use crate::cluster::snapshot::{Frozen, Program};
use crate::corpus::Source;
use crate::exit::usage;
use crate::experiment::shards::{Shard, deal};
use crate::runner::Pending;
use crate::signals;

/// What a shard trains and with what.
struct Part {
    work: Work,
    source: Source,
    initial: Option<PathBuf>,
    training: TrainingArgs,
}

/// Trains one part of a plan: of a spec, or of a sweep that was frozen for a cluster.
pub fn run(args: &Args, shard: Shard) -> Result<()> {
    let frozen = Frozen::is_at(&args.spec.spec);
    let part = if frozen { part_of_frozen(args, shard)? } else { part_of_spec(args, shard)? };
    if part.work.runs.is_empty() {
        if !args.training.quiet {
            eprintln!("shard {shard} has no runs");
        }
        return Ok(());
    }
    let session = Session::start(part.work, &part.training)?;
    let warned = listen_to_warnings(&session)?;
    let before = steps_left(&session.pending());
    let result = train(&session, &part.training, part.source, part.initial, args.fail_fast)?;
    if frozen && result.stopped && warned.load(Ordering::Relaxed) {
        let after = steps_left(&session.look_again().pending());
        ensure!(after < before, "the time limit leaves no time for a step and a checkpoint");
        session.say("the time limit is near: going back into the queue, to go on from here");
        return requeue();
    }
    session.conclude(result)
}

fn part_of_spec(args: &Args, shard: Shard) -> Result<Part> {
    let inputs = Inputs::load(&args.spec)?;
    let mut work = Work::of(&inputs);
    work.name = format!("{} {shard}", work.name);
    work.runs = deal(&work.runs, shard.count).swap_remove(shard.number - 1);
    let initial = args.spec.changes.init.clone();
    Ok(Part { work, source: inputs.spec.source, initial, training: args.training.clone() })
}

fn part_of_frozen(args: &Args, shard: Shard) -> Result<Part> {
    let frozen = usage(Frozen::open(&args.spec.spec))?;
    frozen.check_program(&Program::this()?)?;
    let runs = usage(frozen.shard(shard))?;
    let contents = &frozen.contents;
    let training = TrainingArgs {
        out: frozen.results().to_owned(),
        backend: contents.backend,
        lanes: contents.lanes,
        jobs: Some(contents.jobs),
        checkpoint_every: contents.checkpoint_every.as_secs_f64(),
        fresh: false,
        retry_diverged: false,
        quiet: args.training.quiet,
    };
    let work = Work { name: format!("{} {shard}", contents.name), runs, notes: Vec::new() };
    let (source, initial) = (contents.source.clone(), contents.initial.clone());
    Ok(Part { work, source, initial, training })
}

/// Stops at a warning of Slurm's; the flag says that it came.
fn listen_to_warnings(session: &Session) -> Result<Arc<AtomicBool>> {
    let came = Arc::new(AtomicBool::new(false));
    let (flag, stop) = (Arc::clone(&came), session.stop.clone());
    signals::on_warning(move || {
        flag.store(true, Ordering::Relaxed);
        stop.request();
    })?;
    Ok(came)
}

fn steps_left(pending: &[Pending]) -> usize {
    pending.iter().map(Pending::steps_left).sum()
}

/// Puts the task that this process is back into the queue.
fn requeue() -> Result<()> {
    let number = |name: &str| {
        let value = std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
        value.with_context(|| format!("{name} is not set: this is no task of a Slurm array"))
    };
    let (job, task) = (number("SLURM_ARRAY_JOB_ID")?, number("SLURM_ARRAY_TASK_ID")?);
    Slurm.requeue(JobId(job), task as usize)
}
