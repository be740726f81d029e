use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use burn::train::Interrupter;

use super::inputs::{Inputs, SpecArgs, TrainingArgs};
use super::sweep::finish;
use crate::model::write_weights;
use crate::plan::cohorts;
use crate::progress::{self, Dashboard};
use crate::record::Store;
use crate::run::RunConfig;
use crate::sweep::{InProcess, Progress, train_all};
use crate::usage::usage;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Write the last weights here (safetensors); the spec must resolve to one run
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Plain lines instead of the dashboard, even on a terminal
    #[arg(long)]
    plain: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    usage(check(&args, &inputs))?;
    let layout = args.training.layout(&inputs.plan)?;
    let backend = args.training.backend;
    let store = Store::new(&args.training.out);
    let interrupter = Interrupter::new();
    let executor = InProcess {
        corpus: &inputs.corpus,
        initial: inputs.initial.clone(),
        device: backend.open()?,
        backend: backend.to_string(),
        threads: layout.threads,
        interrupter: interrupter.clone(),
    };
    let cohorts = cohorts(inputs.plan.runs.clone(), layout.lanes, layout.workers);
    let progress = progress(&args, &inputs, &cohorts, &interrupter);
    let trained =
        train_all(&cohorts, layout.workers, &executor, &store, &inputs.corpus, &*progress);
    drop(progress);
    let mut lanes = trained?.into_iter().flatten();
    if let (Some(path), Some(lane)) = (&args.save, lanes.next()) {
        write_weights(path, lane.weights, &inputs.spec.model, inputs.corpus.vocabulary)?;
    }
    finish(&inputs, &store, &args.training.out)
}

fn check(args: &Args, inputs: &Inputs) -> Result<()> {
    let (arms, runs) = (inputs.spec.arms.len(), inputs.plan.runs.len());
    ensure!(
        arms == 1,
        "{} has {arms} arms; `wane train` takes a spec of one arm, one run per seed (use `wane sweep`)",
        args.spec.spec.display()
    );
    ensure!(
        args.save.is_none() || runs == 1,
        "--save writes the weights of one run, but there are {runs}; choose a seed with --seeds"
    );
    Ok(())
}

fn progress(
    args: &Args,
    inputs: &Inputs,
    cohorts: &[Vec<RunConfig>],
    interrupter: &Interrupter,
) -> Box<dyn Progress> {
    let dashboard = std::io::stdout().is_terminal() && !args.plain && !args.quiet;
    if dashboard {
        let label = format!("{}: {}", inputs.spec.name, inputs.spec.arms[0].label());
        Box::new(Dashboard::new(&label, &inputs.plan.runs, interrupter))
    } else {
        progress::for_sweep(cohorts, args.quiet)
    }
}
