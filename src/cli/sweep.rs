use std::path::Path;

use anyhow::Result;
use burn::train::Interrupter;

use super::inputs::{Inputs, SpecArgs, TrainingArgs};
use super::output::print;
use crate::figures;
use crate::plan::cohorts;
use crate::progress;
use crate::record::Store;
use crate::report::{best_table, group_by_rule, write_results};
use crate::sweep::{InProcess, train_all};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Train again what was trained before
    #[arg(long)]
    fresh: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let layout = args.training.layout(&inputs.plan)?;
    let backend = args.training.backend;
    let store = Store::new(&args.training.out);
    let runs = &inputs.plan.runs;
    let is_missing = |run: &&_| args.fresh || store.find(run).is_none();
    let missing: Vec<_> = runs.iter().filter(is_missing).cloned().collect();
    if !args.quiet {
        let (all, left) = (runs.len(), missing.len());
        eprintln!(
            "{}: {all} runs, {} finished before, {left} to train",
            inputs.spec.name,
            all - left
        );
    }
    let cohorts = cohorts(missing, layout.lanes, layout.workers);
    if !cohorts.is_empty() {
        let executor = InProcess {
            corpus: &inputs.corpus,
            initial: inputs.initial.clone(),
            device: backend.open()?,
            backend: backend.to_string(),
            threads: layout.threads,
            interrupter: Interrupter::new(),
        };
        let progress = progress::for_sweep(&cohorts, args.quiet);
        train_all(&cohorts, layout.workers, &executor, &store, &inputs.corpus, &*progress)?;
    }
    finish(&inputs, &store, &args.training.out)
}

/// Writes an experiment's files from the store and prints what they say.
pub fn finish(inputs: &Inputs, store: &Store, out: &Path) -> Result<()> {
    let folder = out.join(&inputs.spec.name);
    let rows = write_results(&folder, &inputs.plan, store)?;
    let figures = figures::draw_all(&folder)?;
    if let Some(question) = &inputs.spec.question {
        print(&format!("{question}\n"))?;
    }
    print(&format!("{}\n", best_table(&group_by_rule(&rows))))?;
    for file in ["runs.csv", "curves.csv", "manifest.csv"]
        .map(|file| folder.join(file))
        .iter()
        .chain(&figures)
    {
        print(&file.display().to_string())?;
    }
    Ok(())
}
