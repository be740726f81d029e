//! The state of runs, as the store and a cluster's queue tell it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use super::{Inputs, Request, check_is_there};
use crate::cluster::slurm::Slurm;
use crate::cluster::submit::{QueuePosition, live, queue_positions};
use crate::config::{RunConfig, RunId};
use crate::record::Status;
use crate::runner::layout::duration;
use crate::store::{Holder, RunState, Store};
use crate::talk::say;

/// Every state that a row may name, in the order of a summary.
pub const STATES: [&str; 7] =
    ["done", "running", "queued", "waiting", "diverged", "failed", "damaged"];

/// A run under one of the arms that share it.
pub struct Row {
    pub id: RunId,
    pub arm: String,
    pub seed: u64,
    /// One of [`STATES`].
    pub state: &'static str,
    /// More about the state; may be empty.
    pub detail: String,
}

/// The runs of a spec, or every run in a folder of results.
///
/// # Errors
/// A spec that is wrong, a folder that is not there where no spec says what to look for, or a store that cannot be read.
pub fn list(request: Option<&Request>, results: &Path) -> Result<Vec<Row>> {
    let store = Store::new(results);
    let runs = match request {
        Some(request) => {
            let runs = of_spec(request, results)?;
            if !results.is_dir() {
                say(&format!(
                    "nothing is trained in {} yet: there is no such folder",
                    results.display()
                ));
            }
            runs
        }
        None => {
            check_is_there(results)?;
            store.runs()?.into_iter().map(without_spec).collect()
        }
    };
    let queue = queue(results);
    let mut known = BTreeMap::new();
    let row = |(run, arm, seed): (RunConfig, String, u64)| {
        let id = run.id();
        let describe = || describe(&run, &store, queue.get(&id));
        let (state, detail) = known.entry(id.clone()).or_insert_with(describe).clone();
        Row { id, arm, seed, state, detail }
    };
    Ok(runs.into_iter().map(row).collect())
}

fn of_spec(request: &Request, results: &Path) -> Result<Vec<(RunConfig, String, u64)>> {
    let plan = Inputs::planned(request, results)?.plan;
    let entries = plan.entries.iter();
    Ok(entries
        .map(|entry| (plan.runs[entry.run].clone(), entry.arm.label(), entry.seed.label))
        .collect())
}

fn without_spec(run: RunConfig) -> (RunConfig, String, u64) {
    let (arm, seed) = (run.decay.label(), run.data.seed);
    (run, arm, seed)
}

/// Where runs are in a cluster's queue, where a sweep was submitted to one.
fn queue(results: &Path) -> HashMap<RunId, QueuePosition> {
    let positions = live(results, &Slurm).and_then(|live| queue_positions(&live));
    positions.unwrap_or_else(|error| {
        say(&format!("cannot tell what is queued: {error:#}"));
        HashMap::new()
    })
}

fn describe(
    run: &RunConfig,
    store: &Store,
    queued: Option<&QueuePosition>,
) -> (&'static str, String) {
    let holder = store.holder(&run.id());
    let (state, detail) = match (store.state(run), holder) {
        (RunState::Finished(record), _) => match record.end.status {
            Status::Diverged => return ("diverged", format!("at step {}", record.end.steps)),
            _ => return ("done", format!("in {:.1} s", record.end.seconds)),
        },
        (_, Some(holder)) => return ("running", running(run, &holder, store)),
        (RunState::Broken { why }, None) => return ("damaged", why),
        (RunState::Unreadable { why }, None) => return ("unreadable", why),
        (RunState::New | RunState::Begun, None) => ("waiting", String::new()),
        (RunState::Interrupted { step }, None) => {
            ("waiting", format!("stopped at step {step} of {}", run.recipe.steps))
        }
        (RunState::Failed { error, .. }, None) => ("failed", error),
    };
    let Some(QueuePosition { job, task }) = queued else { return (state, detail) };
    let position = format!("job {job}_{} {}", task.number, task.describe());
    let before = if detail.is_empty() { detail } else { format!("; {detail}") };
    ("queued", format!("{position}{before}"))
}

/// Step and time left, as far as the curve on disk tells.
fn running(run: &RunConfig, holder: &Holder, store: &Store) -> String {
    let (step, steps) = (store.last_step(run), run.recipe.steps);
    let reached = format!("step {step} of {steps} on {} ({})", holder.host, holder.process);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let elapsed = now.as_secs().saturating_sub(holder.since) as f64;
    match step.saturating_sub(holder.from_step) {
        0 => reached,
        taken => {
            let left = elapsed / taken as f64 * steps.saturating_sub(step) as f64;
            format!("{reached}, about {} left", duration(left))
        }
    }
}
