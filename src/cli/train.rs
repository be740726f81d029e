use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::config::RunConfig;
use crate::exit::usage;
use crate::model::write_weights;
use crate::record::Status;
use crate::runner::CohortRunner;
use crate::runner::cohorts;
use crate::runner::progress::{self, Dashboard};
use crate::runner::{InProcess, Progress};
use crate::session::inputs::{Inputs, SpecArgs, TrainingArgs};
use crate::session::{Session, Work};
use crate::store::Store;

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
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    usage(check(&args, &inputs))?;
    let session = Session::start(Work::of(&inputs), &args.training)?;
    let pending = session.pending();
    let lane_steps = pending.iter().map(|run| run.steps_left() as u64).sum();
    let cohorts = cohorts(pending, session.layout.lanes, session.layout.workers);
    let executor = InProcess(CohortRunner {
        corpus: &inputs.corpus,
        initial: inputs.initial.clone(),
        device: args.training.backend.open()?,
        threads: session.layout.threads,
        store: session.store.clone(),
        provenance: session.provenance.clone(),
        checkpoint_every: args.training.checkpoint_every(),
        interrupter: session.stop.interrupter().clone(),
    });
    let progress = progress(&args, &inputs, &session, &cohorts, lane_steps);
    let result = session.sweep(&executor, &*progress, false).run(&cohorts);
    drop(progress);
    let complete = !result.stopped && result.failed.is_empty();
    if let Some(path) = args.save.as_ref().filter(|_| complete) {
        save(path, &session.store, &inputs.plan.runs[0])?;
    }
    session.finish(&inputs, result)
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
    session: &Session,
    cohorts: &[Vec<RunConfig>],
    lane_steps: u64,
) -> Box<dyn Progress> {
    let watched = std::io::stdout().is_terminal() && !args.plain && !args.training.quiet;
    if watched && !cohorts.is_empty() {
        let label = format!("{}: {}", inputs.spec.name, inputs.spec.arms[0].label());
        Box::new(Dashboard::new(&label, &inputs.plan.runs, session.stop.interrupter()))
    } else {
        progress::for_sweep(cohorts, lane_steps, args.training.quiet)
    }
}

/// Writes the weights of a run's last checkpoint, which is its end.
fn save(path: &Path, store: &Store, run: &RunConfig) -> Result<()> {
    if let Some(record) = store.finished(run)
        && record.end.status == Status::Diverged
    {
        bail!("the run diverged at step {}; there are no weights to save", record.end.steps);
    }
    write_weights(path, store.checkpoint(run)?.weights, &run.model, run.data.vocabulary)
}
