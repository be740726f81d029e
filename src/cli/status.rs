use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use indicatif::HumanDuration;

use super::output::print;
use crate::cluster::slurm::Slurm;
use crate::cluster::submit::{QueuePosition, live, queue_positions};
use crate::config::{RunConfig, RunId};
use crate::experiment::Entry;
use crate::record::Status;
use crate::report::status_table;
use crate::session::inputs::{ChangeArgs, Inputs, SpecArgs};
use crate::store::{Holder, RunState, Store};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// TOML file that describes the experiment [default: every run in the folder]
    spec: Option<PathBuf>,
    #[command(flatten)]
    changes: ChangeArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    let store = Store::new(&args.out);
    let lines: Vec<Line> = match args.spec {
        Some(spec) => {
            let plan = Inputs::load(&SpecArgs { spec, changes: args.changes })?.plan;
            let line = |entry: Entry| Line {
                run: plan.runs[entry.run].clone(),
                arm: entry.arm.label(),
                seed: entry.seed,
            };
            plan.entries.into_iter().map(line).collect()
        }
        None => store.runs()?.into_iter().map(Line::of).collect(),
    };
    let queue = queue(&args.out);
    let mut states = BTreeMap::new();
    let mut rows = Vec::new();
    for Line { run, arm, seed } in lines {
        let id = run.id().to_string();
        let state = states.entry(id.clone()).or_insert_with(|| describe(&run, &store, &queue));
        let [state, detail] = state.clone();
        rows.push([id, arm, seed.to_string(), state, detail]);
    }
    print(&status_table(rows))?;
    print(&format!("\n{}", totals(&states.into_values().collect::<Vec<_>>())))
}

/// A run as it is shown.
struct Line {
    run: RunConfig,
    arm: String,
    seed: u64,
}

impl Line {
    /// A run of which no spec is known.
    fn of(run: RunConfig) -> Self {
        Line { arm: run.decay.label(), seed: run.data.seed, run }
    }
}

/// Where runs are in a cluster's queue, where a sweep was submitted to one.
fn queue(results: &Path) -> HashMap<RunId, QueuePosition> {
    let queue_positions = live(results, &Slurm).and_then(|live| queue_positions(&live));
    queue_positions.unwrap_or_else(|error| {
        eprintln!("what is in the queue is not known: {error:#}");
        HashMap::new()
    })
}

fn describe(run: &RunConfig, store: &Store, queue: &HashMap<RunId, QueuePosition>) -> [String; 2] {
    let steps = run.recipe.steps;
    let holder = store.holder(&run.id());
    let state = store.state(run);
    let (name, detail) = match (&state, holder) {
        (RunState::Finished(record), _) => match record.end.status {
            Status::Diverged => ("diverged", format!("at step {}", record.end.steps)),
            _ => ("done", format!("in {:.1} s", record.end.seconds)),
        },
        (_, Some(holder)) => ("running", running(run, &holder, store)),
        (RunState::New | RunState::Begun, None) => ("waiting", String::new()),
        (RunState::Interrupted { step }, None) => {
            ("waiting", format!("stopped at step {step} of {steps}"))
        }
        (RunState::Failed { error, .. }, None) => ("failed", error.clone()),
        (RunState::Broken { why }, None) => ("damaged", why.clone()),
    };
    match (name, queue.get(&run.id())) {
        ("waiting" | "failed", Some(QueuePosition { job, task })) => {
            let place = format!("job {job}_{} {}", task.number, task.describe());
            let detail = if detail.is_empty() { place } else { format!("{place}; {detail}") };
            ["queued".to_owned(), detail]
        }
        _ => [name.to_owned(), detail],
    }
}

/// Step and time left, as far as the curve on disk tells.
fn running(run: &RunConfig, holder: &Holder, store: &Store) -> String {
    let (step, steps) = (store.last_step(run), run.recipe.steps);
    let place = format!("step {step} of {steps} on {} ({})", holder.host, holder.process);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let elapsed = now.as_secs().saturating_sub(holder.since) as f64;
    match step.saturating_sub(holder.from_step) {
        0 => place,
        taken => {
            let left = elapsed / taken as f64 * (steps - step) as f64;
            format!("{place}, about {} left", HumanDuration(Duration::from_secs_f64(left)))
        }
    }
}

fn totals(states: &[[String; 2]]) -> String {
    let names = ["done", "running", "queued", "waiting", "diverged", "failed", "damaged"];
    let count = |name: &str| states.iter().filter(|[state, _]| state == name).count();
    let counts = names.iter().map(|name| (count(name), name)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    format!("{} runs: {}", states.len(), counts.join(", "))
}
