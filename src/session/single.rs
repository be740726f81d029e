//! Training in this process, to keep its weights.

use anyhow::{Result, ensure};

use super::saving::check_best;
use super::{Inputs, Options, Print, Request, Saves, Session, hold, planned, prepare};
use crate::exit::usage;
use crate::runner::{CohortRunner, InProcess};
use crate::store::Store;

/// Trains a spec of one arm and saves the weights that are asked for.
///
/// # Errors
/// A spec of several arms or, with weights to save, of several runs; files that cannot be written; a run that
/// failed; a stop before the end.
pub fn train(request: &Request, options: Options, saves: &Saves, print: Print) -> Result<()> {
    let (inputs, work) = prepare(request, &options)?;
    usage(check(request, &inputs, &options, saves))?;
    options.check_device()?;
    let options = Options { keep_best: saves.best.is_some(), ..options };
    let held = hold(&inputs, &options)?;
    let session = Session::start(work, options)?.holding(held);
    planned::tell(&inputs, &session.options.out)?;
    session.check_memory()?;
    let cohorts = session.cohorts();
    let executor = InProcess(cohort_runner(&inputs, &session)?);
    let progress = session.progress(&cohorts);
    let result = session.sweep(&executor, &*progress, false).run(&cohorts);
    drop(progress);
    let complete = !result.stopped && result.failed.is_empty();
    let saved = match complete && saves.is_any() {
        true => saves.write(&inputs.plan.runs[0], &session.store, &inputs.corpus),
        false => Ok(()),
    };
    // The results are there even if the weights could not be saved.
    session.finish(&inputs, result, print)?;
    saved
}

fn check(request: &Request, inputs: &Inputs, options: &Options, saves: &Saves) -> Result<()> {
    let (arms, runs) = (inputs.spec.arms.len(), &inputs.plan.runs);
    ensure!(
        !inputs.spec.is_search(),
        "{} searches; `wane train` takes a spec of one arm with every value given (use `wane sweep`)",
        request.spec.display()
    );
    ensure!(
        arms == 1,
        "{} has {arms} arms; `wane train` takes a spec of one arm, one run per seed (use `wane sweep`)",
        request.spec.display()
    );
    if !saves.is_any() {
        return Ok(());
    }
    ensure!(
        runs.len() == 1,
        "--save, --save-best and --save-model write the weights of one run, but there are {}; choose a seed with --seeds",
        runs.len()
    );
    saves.check(&runs[0])?;
    let store = Store::new(&options.out);
    let again = options.fresh || options.retry_diverged;
    if let Some(record) = store.finished(&runs[0]).filter(|_| saves.best.is_some() && !again) {
        check_best(&store, &record)?;
    }
    Ok(())
}

fn cohort_runner<'a>(inputs: &'a Inputs, session: &Session) -> Result<CohortRunner<'a>> {
    Ok(CohortRunner {
        corpus: &inputs.corpus,
        initial: inputs.initial.clone(),
        device: session.options.open_device()?,
        threads: session.layout.threads,
        store: session.store.clone(),
        provenance: session.provenance.clone(),
        checkpoint_every: session.options.checkpoint_every,
        keep_best: session.options.keep_best,
        interrupter: session.stop.interrupter().clone(),
    })
}
