//! Runs that are to be trained once more, or longer.

use anyhow::{Context, Result};

use super::extend;
use super::request::{Options, hopeless};
use crate::config::RunConfig;
use crate::record::Provenance;
use crate::runner::Todo;
use crate::runner::layout::Shortage;
use crate::store::{Holder, Store};

/// What is left to train, after extending or forgetting what the user wants extended or trained again.
pub fn look_up(
    runs: &[RunConfig],
    options: &Options,
    store: &Store,
    provenance: &Provenance,
) -> Result<Todo> {
    if options.extend {
        extend::extend(runs, store, provenance)?;
    }
    let todo = Todo::of(runs, store);
    let again = match (options.fresh, options.retry_diverged) {
        (true, _) => runs.to_vec(),
        (false, true) => todo.diverged(),
        (false, false) => return Ok(todo),
    };
    forget(&again, options, store, provenance)?;
    Ok(Todo::of(runs, store))
}

/// Forgets runs, if this machine can train them and none is being trained: else what was trained would be lost for nothing.
fn forget(runs: &[RunConfig], options: &Options, store: &Store, call: &Provenance) -> Result<()> {
    if runs.is_empty() {
        return Ok(());
    }
    if let Some(Shortage::Hopeless(text)) = options.layout(runs)?.shortage() {
        return Err(hopeless(&text));
    }
    options.open_device()?;
    let holder = Holder::new(&call.host, 0);
    let lock = |run: &RunConfig| {
        let id = run.id();
        let lock = store.lock(&id, &holder)?;
        lock.with_context(|| {
            format!("run {id} is being trained by another process; wait for it or stop it")
        })
    };
    // One after the other: a lock is an open file, of which a process may have few.
    runs.iter().try_for_each(|run| lock(run).map(drop))?;
    runs.iter().try_for_each(|run| store.forget(&lock(run)?, &run.id()))
}
