use anyhow::Result;

use super::arguments::{SlurmArgs, SpecArgs, TrainingArgs};
use super::output::answer;
use crate::exit::usage;
use crate::experiment::shards::Shard;
use crate::session::{Options, local, shard, submit};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Say how the runs are grouped and why
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
    /// Stop at the first run that fails; the others stop after a checkpoint
    #[arg(long, conflicts_with = "launcher")]
    fail_fast: bool,
    /// Keep the weights of the lowest val loss of every run, as best.safetensors in its folder under DIR/.runs
    #[arg(long)]
    save_best: bool,
    /// Train only the I-th of N parts of the plan and write no results; run `wane collect` once all parts
    /// are trained, on any machines that share the folder of results
    #[arg(long, value_name = "I/N", conflicts_with_all = ["launcher", "extend"])]
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
    /// On a Slurm cluster, as a job array; returns as soon as it is submitted
    Slurm,
}

pub fn run(args: Args) -> Result<()> {
    let request = args.spec.into();
    let (verbose, keep_best) = (args.verbose, args.save_best);
    let options = Options { verbose, keep_best, ..args.training.into() };
    match (args.launcher, args.shard) {
        (Some(Launcher::Slurm), _) => {
            submit::sweep(&request, options, &usage(args.slurm.options())?, &answer)
        }
        (_, Some(part)) => shard::sweep(&request, options, part, args.fail_fast),
        (_, None) => local::sweep(&request, options, args.fail_fast, &answer),
    }
}
