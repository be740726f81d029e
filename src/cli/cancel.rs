use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::output::print;
use crate::cluster::slurm::{Cluster, Slurm, Stage};
use crate::cluster::snapshot::{Frozen, Lock};
use crate::cluster::submit::{Live, live};
use crate::exit::usage;
use crate::experiment::{Changes, Spec};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// TOML file that describes the experiment, or the folder of one frozen sweep
    spec: PathBuf,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Cancel running tasks too, without asking; they stop after a checkpoint
    #[arg(long)]
    yes: bool,
}

pub fn run(args: Args) -> Result<()> {
    let frozen = Frozen::is_at(&args.spec).then(|| Frozen::open(&args.spec)).transpose()?;
    let results = frozen.as_ref().map_or(args.out.clone(), |frozen| frozen.results().to_owned());
    let name = match &frozen {
        Some(frozen) => frozen.contents.name.clone(),
        None => usage(name_of(&args.spec))?,
    };
    let chosen = |live: &Live| match &frozen {
        Some(frozen) => live.frozen.folder() == frozen.folder(),
        None => live.frozen.contents.name == name,
    };
    let _lock = Lock::take(&results)?;
    let queued: Vec<Live> = live(&results, &Slurm)?.into_iter().filter(chosen).collect();
    if queued.is_empty() {
        return print(&format!("nothing of {name} is in the queue"));
    }
    queued.iter().try_for_each(|live| cancel(live, args.yes))
}

fn name_of(spec: &Path) -> Result<String> {
    let text = std::fs::read_to_string(spec)
        .with_context(|| format!("cannot read the spec {}", spec.display()))?;
    let spec = Spec::parse(&text, &Changes::default())
        .with_context(|| format!("in {}", spec.display()))?;
    Ok(spec.name)
}

/// Cancels what waits, and what runs if the user says so. The job that writes results stays while anything
/// runs.
fn cancel(live: &Live, yes: bool) -> Result<()> {
    let (pending, running) = (live.tasks.count(Stage::Pending), live.tasks.count(Stage::Running));
    let job = live.submission.job;
    if pending > 0 {
        Slurm.cancel(job, false)?;
    }
    print(&format!("job {job}: cancelled {pending} waiting tasks"))?;
    if running > 0 && (yes || agreed(running)) {
        Slurm.cancel(job, true)?;
        print(&format!(
            "job {job}: cancelled {running} running tasks; they stop after a checkpoint"
        ))?;
    } else if running > 0 {
        return print(&format!("job {job}: {running} tasks go on; --yes cancels them too"));
    }
    live.submission.report.map_or(Ok(()), |report| Slurm.cancel(report, true))
}

/// Asks; where nobody can answer, the answer is no.
fn agreed(running: usize) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("{running} tasks are running; cancel them too? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
