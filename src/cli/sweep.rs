use anyhow::Result;

use crate::experiment::shards::Shard;
use crate::session::inputs::{Inputs, SpecArgs, TrainingArgs};
use crate::session::local::train;
use crate::session::submit::{self, SlurmArgs};
use crate::session::{Session, Work, shard};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    pub spec: SpecArgs,
    #[command(flatten)]
    pub training: TrainingArgs,
    /// Stop at the first run that fails; the others are stopped after a checkpoint
    #[arg(long, conflicts_with = "launcher")]
    pub fail_fast: bool,
    /// Train the I-th of N parts of the plan alone and write no results; `wane collect` does once all parts
    /// are trained, on any machines that share the folder of results
    #[arg(long, value_name = "I/N", conflicts_with = "launcher")]
    pub shard: Option<Shard>,
    /// Where to train [default: local]
    #[arg(long, value_enum)]
    pub launcher: Option<Launcher>,
    #[command(flatten)]
    pub slurm: SlurmArgs,
}

/// Where a sweep trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Launcher {
    /// On this machine, in worker processes
    Local,
    /// On a Slurm cluster, as a job array; returns at once
    Slurm,
}

pub fn run(args: Args) -> Result<()> {
    match (args.launcher, args.shard) {
        (Some(Launcher::Slurm), _) => submit::run(args),
        (_, Some(shard)) => shard::run(&args, shard),
        (_, None) => whole(&args),
    }
}

fn whole(args: &Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let session = Session::start(Work::of(&inputs), &args.training)?;
    let (source, initial) = (inputs.spec.source.clone(), args.spec.changes.init.clone());
    let result = train(&session, &args.training, source, initial, args.fail_fast)?;
    session.finish(&inputs, result)
}
