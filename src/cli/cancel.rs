use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::Result;

use super::output::print;
use crate::cluster::cancel::{Cancelled, Target, cancel};
use crate::cluster::slurm::{JobId, Slurm};
use crate::exit::usage;
use crate::plural::counted;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// TOML file that describes the experiment, or the folder of one submitted sweep
    spec: PathBuf,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Cancel running tasks too, without asking; they stop after a checkpoint
    #[arg(long)]
    yes: bool,
}

pub fn run(args: Args) -> Result<()> {
    let target = usage(Target::read(&args.spec))?;
    let cancelled =
        cancel(&target, &args.out, &Slurm, &|job, running| args.yes || agreed(job, running))?;
    if cancelled.is_empty() {
        return print(&format!("nothing of {} is in the queue", target.name()));
    }
    cancelled.iter().try_for_each(|job| print(&describe(job)))
}

fn describe(Cancelled { job, waiting, running, all }: &Cancelled) -> String {
    let waiting = format!("job {job}: cancelled {}", counted(*waiting, "waiting task"));
    let running_tasks = counted(*running, "running task");
    match (running, all) {
        (0, _) => waiting,
        (_, true) => {
            format!("{waiting} and {running_tasks}; running tasks stop after a checkpoint")
        }
        (_, false) => format!("{waiting}; {running_tasks} left alone (--yes cancels those too)"),
    }
}

/// Asks; where nobody can answer, the answer is no.
fn agreed(job: JobId, running: usize) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("job {job} has {}; cancel them too? [y/N] ", counted(running, "running task"));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
