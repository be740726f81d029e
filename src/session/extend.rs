//! Runs of more steps that go on where finished runs of fewer steps ended.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};

use super::Inputs;
use crate::config::{Named, RunConfig, RunId};
use crate::exit::usage;
use crate::plural::counted;
use crate::record::{CurveRow, Provenance, Record, Status};
use crate::store::{Holder, RunState, RunWriter, Store};

/// Names an experiment after its steps, so that its results stand beside those of fewer steps.
pub fn rename(inputs: &mut Inputs) {
    let most = inputs.plan.runs.iter().map(|run| run.recipe.steps).max().unwrap_or(0);
    inputs.spec.name = format!("{}-{most}-steps", inputs.spec.name);
}

/// Gives every run without a checkpoint that of the longest finished run that differs in nothing but
/// fewer steps. What it trains from there is what it would have trained from the start.
///
/// # Errors
/// A usage error where the learning rate depends on the length of the run, or where no run has such a
/// predecessor.
pub fn extend(runs: &[RunConfig], store: &Store, provenance: &Provenance) -> Result<()> {
    let shorter = finished_by_lineage(store)?;
    let mut pairs = Vec::new();
    let mut under_way = 0;
    for run in runs {
        if !matches!(store.state(run), RunState::New | RunState::Begun) {
            under_way += 1;
            continue;
        }
        let candidates = shorter.get(&lineage(run)).into_iter().flatten();
        let fewer = candidates.filter(|one| one.recipe.steps < run.recipe.steps);
        pairs.extend(fewer.max_by_key(|one| one.recipe.steps).map(|one| (one, run)));
    }
    usage(check(&pairs, under_way))?;
    pairs.into_iter().try_for_each(|(from, to)| go_on(from, to, store, provenance))
}

fn check(pairs: &[(&RunConfig, &RunConfig)], under_way: usize) -> Result<()> {
    ensure!(
        under_way > 0 || !pairs.is_empty(),
        "--extend found no finished run that differs from these in nothing but fewer steps; without it they \
         are trained from the start"
    );
    pairs.iter().try_for_each(|(from, to)| {
        same_learning_rate(from, to)?;
        same_lambda(from, to)
    })
}

fn same_learning_rate(from: &RunConfig, to: &RunConfig) -> Result<()> {
    let (before, after) = (from.recipe.lr_schedule(), to.recipe.lr_schedule());
    let differs = (1..=before.steps).find(|step| before.lr_at(*step) != after.lr_at(*step));
    let Some(step) = differs else { return Ok(()) };
    let few = counted(before.steps, "step");
    Err(anyhow!(
        "run {} of {few} cannot go on to {}: its learning rate falls to the end of its {few}, and a longer \
         run would have had another one from step {step} on. Leave --extend out to train from the start. \
         With schedule = \"inverse-sqrt\" or min_lr_ratio = 1.0 the learning rate does not depend on the \
         length of a run",
        from.id(),
        after.steps
    ))
}

/// The same of λ, where it changes over the run.
fn same_lambda(from: &RunConfig, to: &RunConfig) -> Result<()> {
    let (before, after) = (from.recipe.lr_schedule(), to.recipe.lr_schedule());
    let differs = (1..=before.steps).find(|step| before.lambda_at(*step) != after.lambda_at(*step));
    let Some(step) = differs else { return Ok(()) };
    let kind = from.recipe.decay_schedule.name();
    Err(anyhow!(
        "run {} of {} cannot go on to {}: decay_schedule = \"{kind}\" goes by the length of a run, and a \
         longer run would have had another λ from step {step} on. Leave --extend out to train from the start",
        from.id(),
        counted(before.steps, "step"),
        after.steps
    ))
}

/// Finished runs by what they share with longer ones.
fn finished_by_lineage(store: &Store) -> Result<BTreeMap<RunId, Vec<RunConfig>>> {
    let mut found: BTreeMap<RunId, Vec<RunConfig>> = BTreeMap::new();
    for run in store.runs()? {
        if store.end(&run).is_some_and(|end| end.status == Status::Done) {
            found.entry(lineage(&run)).or_default().push(run);
        }
    }
    Ok(found)
}

/// The identity of a run, but for its steps.
fn lineage(run: &RunConfig) -> RunId {
    let mut run = run.clone();
    run.recipe.steps = 1;
    run.id()
}

fn go_on(from: &RunConfig, to: &RunConfig, store: &Store, provenance: &Provenance) -> Result<()> {
    let (from_id, id) = (from.id(), to.id());
    let record = store.finished(from);
    let again = || {
        format!(
            "run {from_id} of {} cannot be gone on with; `wane sweep --fresh` with so many steps trains it again, and \
             without --extend the longer run is trained from the start",
            counted(from.recipe.steps, "step")
        )
    };
    let Record { curve, end, .. } = record.context("its files are damaged").with_context(again)?;
    let checkpoint = store.checkpoint(from).with_context(again)?;
    let Some(lock) = store.lock(&id, &Holder::new(&provenance.host, 0))? else { return Ok(()) };
    // Another call may have brought it here, or farther, before it let go of the lock.
    if !matches!(store.state(to), RunState::New | RunState::Begun) {
        return Ok(());
    }
    let mut writer = RunWriter::begin(store, lock, to, 0)?.produced_by(&end.provenance);
    let rows = curve.into_iter().filter(|row| to.recipe.logs(row.step));
    rows.map(|row| as_logged_by(to, row)).try_for_each(|row| writer.append(&row))?;
    writer.checkpoint(&checkpoint)
}

/// A row as a longer run has it: the last step of the shorter run was evaluated for being the last.
fn as_logged_by(run: &RunConfig, row: CurveRow) -> CurveRow {
    if run.recipe.evaluates(row.step) {
        return row;
    }
    row.without_evaluation()
}
