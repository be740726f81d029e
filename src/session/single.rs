//! Training in this process, to watch it or to keep its weights.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::{Inputs, Options, Print, Request, Session, Work, claim};
use crate::config::RunConfig;
use crate::exit::usage;
use crate::model::write_weights;
use crate::record::Status;
use crate::runner::progress::Dashboard;
use crate::runner::{CohortRunner, InProcess, Progress};
use crate::store::Store;

/// Trains a spec of one arm, on a dashboard if `watched`, and writes the final weights to `save`.
///
/// # Errors
/// A spec of several arms or, with `save`, of several runs; a run that failed; a stop before the end.
pub fn train(
    request: &Request,
    options: Options,
    save: Option<&Path>,
    watched: bool,
    print: Print,
) -> Result<()> {
    let inputs = Inputs::load(request)?;
    usage(check(request, &inputs, save.is_some()))?;
    let mut work = Work::of(&inputs);
    work.notes.extend(claim::check(&inputs, &options.out, options.replace)?);
    let session = Session::start(work, options)?;
    let cohorts = session.cohorts();
    let executor = InProcess(cohort_runner(&inputs, &session)?);
    let progress: Box<dyn Progress> = if watched && !cohorts.is_empty() {
        Box::new(dashboard(&inputs, &session))
    } else {
        session.progress(&cohorts)
    };
    let result = session.sweep(&executor, &*progress, false).run(&cohorts);
    drop(progress);
    let complete = !result.stopped && result.failed.is_empty();
    if let Some(path) = save.filter(|_| complete) {
        write(path, &session.store, &inputs.plan.runs[0])?;
    }
    session.finish(&inputs, result, print)
}

fn check(request: &Request, inputs: &Inputs, save: bool) -> Result<()> {
    let (arms, runs) = (inputs.spec.arms.len(), inputs.plan.runs.len());
    ensure!(
        arms == 1,
        "{} has {arms} arms; `wane train` takes a spec of one arm, one run per seed (use `wane sweep`)",
        request.spec.display()
    );
    ensure!(
        !save || runs == 1,
        "--save writes the weights of one run, but there are {runs}; choose a seed with --seeds"
    );
    Ok(())
}

fn cohort_runner<'a>(inputs: &'a Inputs, session: &Session) -> Result<CohortRunner<'a>> {
    Ok(CohortRunner {
        corpus: &inputs.corpus,
        initial: inputs.initial.clone(),
        device: session.options.backend.open()?,
        threads: session.layout.threads,
        store: session.store.clone(),
        provenance: session.provenance.clone(),
        checkpoint_every: session.options.checkpoint_every,
        interrupter: session.stop.interrupter().clone(),
    })
}

fn dashboard(inputs: &Inputs, session: &Session) -> Dashboard {
    let label = format!("{}: {}", inputs.spec.name, inputs.spec.arms[0].label());
    Dashboard::new(&label, &inputs.plan.runs, session.stop.interrupter())
}

/// Writes the weights of a run's last checkpoint, which is its end.
fn write(path: &Path, store: &Store, run: &RunConfig) -> Result<()> {
    if let Some(record) = store.finished(run)
        && record.end.status == Status::Diverged
    {
        bail!("the run diverged at step {}; there are no weights to save", record.end.steps);
    }
    write_weights(path, store.checkpoint(run)?.weights, &run.model, run.data.vocabulary)
}
