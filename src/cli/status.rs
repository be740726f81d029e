use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use indicatif::HumanDuration;

use super::inputs::{Inputs, SpecArgs};
use super::output::print;
use crate::plan::Entry;
use crate::record::Status;
use crate::report::status_table;
use crate::run::RunConfig;
use crate::store::{Holder, RunState, Store};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let store = Store::new(&args.out);
    let states: Vec<[String; 2]> =
        inputs.plan.runs.iter().map(|run| describe(run, &store)).collect();
    let row = |entry: &Entry| {
        let [state, detail] = states[entry.run].clone();
        [entry.id.to_string(), entry.arm.label(), entry.seed.to_string(), state, detail]
    };
    print(&status_table(inputs.plan.entries.iter().map(row).collect()))?;
    print(&format!("\n{}", totals(&states)))
}

fn describe(run: &RunConfig, store: &Store) -> [String; 2] {
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
    [name.to_owned(), detail]
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
    let names = ["done", "running", "waiting", "diverged", "failed", "damaged"];
    let count = |name: &str| states.iter().filter(|[state, _]| state == name).count();
    let counts = names.iter().map(|name| (count(name), name)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    format!("{} runs: {}", states.len(), counts.join(", "))
}
