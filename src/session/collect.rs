//! Results without training.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::{Inputs, Print, Request, claim, command, held, results, submit};
use crate::backend::Backend;
use crate::cluster::snapshot::Frozen;
use crate::config::RunConfig;
use crate::exit::usage;
use crate::files::is_there;
use crate::plural::counted;
use crate::record::Provenance;
use crate::results::{RunRow, read_csv};
use crate::runner::Todo;
use crate::store::{RunState, Store};
use crate::talk::say;

/// Presents the results of the runs that there are, of a spec or of a frozen sweep.
///
/// # Errors
/// Runs that are not trained yet; what there is was presented all the same.
pub fn collect(request: Request, out: PathBuf, replace: bool, print: Print) -> Result<()> {
    if !Frozen::is_at(&request.spec) {
        let inputs = Inputs::planned(&request, &out)?;
        return present(&inputs, &out, Backend::Flex, replace, print);
    }
    let frozen = usage(Frozen::open(&request.spec))?;
    let inputs = Inputs::planned(&as_frozen(&frozen), frozen.results())?;
    present(&inputs, frozen.results(), frozen.contents.backend, replace, print)
}

/// Goes on with a frozen search once its runs have ended: submits what it asks for then. Presents the results
/// where nothing is left, where runs failed, and where nothing is searched.
///
/// # Errors
/// A cluster that refuses, or runs that are not trained yet.
pub fn go_on(request: &Request, print: Print) -> Result<()> {
    let frozen = usage(Frozen::open(&request.spec))?;
    let (request, out) = (as_frozen(&frozen), frozen.results());
    let store = Store::new(out);
    let own: Vec<RunConfig> = frozen.all_shards()?.into_iter().flatten().collect();
    let have_ended = Todo::of(&own, &store).pending().is_empty();
    let inputs = Inputs::planned(&request, out)?;
    let asks_more = !Todo::of(&inputs.plan.runs, &store).pending().is_empty();
    if inputs.spec.is_search() && have_ended && asks_more {
        return submit::go_on(&frozen, &request, print);
    }
    present(&inputs, out, frozen.contents.backend, false, print)
}

/// The spec of a frozen sweep, as it was asked for.
fn as_frozen(frozen: &Frozen) -> Request {
    let (changes, init) = (frozen.contents.changes.clone(), frozen.contents.init());
    Request { spec: frozen.spec(), changes, init }
}

/// Refuses to write results without a run over results with some.
fn refuse_nothing(inputs: &Inputs, out: &Path, store: &Store) -> Result<()> {
    let all = inputs.plan.runs.len();
    let folder = out.join(&inputs.spec.name);
    let has_ended = |run: &RunConfig| store.end(run).is_some();
    ensure!(
        inputs.plan.runs.iter().any(has_ended) || !is_there(&folder.join("experiment.json"))?,
        "none of {} is trained; {} is left as it is",
        counted(all, "run"),
        folder.display()
    );
    Ok(())
}

/// Refuses to write results without the numbers of runs that they have and that are damaged in the store.
fn refuse_damaged(inputs: &Inputs, out: &Path, store: &Store) -> Result<()> {
    let folder = out.join(&inputs.spec.name);
    if !is_there(&folder.join("runs.csv"))? {
        return Ok(());
    }
    // What cannot be read is written anew.
    let rows: Vec<RunRow> = read_csv(&folder.join("runs.csv")).unwrap_or_default();
    let ended: BTreeSet<&str> =
        rows.iter().filter(|row| row.is_done()).map(|row| row.run.as_str()).collect();
    let known = inputs.plan.runs.iter().filter(|run| ended.contains(&*run.id().to_string()));
    let damaged = known.filter_map(|run| match store.state(run) {
        RunState::Broken { why } => Some(why),
        _ => None,
    });
    let damaged: Vec<String> = damaged.collect();
    let Some(first) = damaged.first() else { return Ok(()) };
    bail!(
        "{} holds the numbers of {} whose records are damaged ({first}), and its files would be written anew without \
         them: `wane sweep` trains these again, and --replace leaves them out",
        folder.display(),
        counted(damaged.len(), "run")
    );
}

fn present(
    inputs: &Inputs,
    out: &Path,
    backend: Backend,
    replace: bool,
    print: Print,
) -> Result<()> {
    let _held = held::take(inputs, out)?;
    let note = claim::check(inputs, out, replace)?;
    let store = Store::new(out);
    refuse_nothing(inputs, out, &store)?;
    if !replace {
        refuse_damaged(inputs, out, &store)?;
    }
    let todo = Todo::of(&inputs.plan.runs, &store);
    todo.check_readable()?;
    note.iter().for_each(|note| say(note));
    let call = Provenance::of_call(backend, None, 1, command::as_text());
    results::present(inputs, out, &store, &call, print)?;
    let (finished, all) = (todo.finished(), inputs.plan.runs.len());
    if finished < all {
        todo.reasons().iter().for_each(|reason| say(reason));
        bail!(
            "only {finished} of {all} runs are trained, and the results hold those; `wane sweep` trains the rest"
        );
    }
    Ok(())
}
