use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::Result;

use super::arguments::ChangeArgs;
use super::output::print;
use crate::cluster::cancel::{Cancelled, Target, cancel};
use crate::cluster::slurm::{JobId, Slurm};
use crate::exit::usage;
use crate::plural::counted;
use crate::session::check_is_there;
use crate::talk::ask;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// TOML file that describes the experiment, or the folder of one submitted sweep
    spec: PathBuf,
    #[command(flatten)]
    changes: ChangeArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Cancel running tasks too, without asking; they stop after a checkpoint
    #[arg(long)]
    yes: bool,
}

pub fn run(args: Args) -> Result<()> {
    let request = args.changes.of(args.spec);
    let target = usage(Target::read(&request.spec, &request.changes))?;
    if let Target::Experiment(_) = target {
        check_is_there(&args.out)?;
    }
    let cancelled =
        cancel(&target, &args.out, &Slurm, &|job, running| args.yes || agreed(job, running))?;
    if cancelled.is_empty() {
        return print(&format!("nothing of {} is in the queue", target.name()));
    }
    cancelled.iter().try_for_each(|job| print(&describe(job)))
}

fn describe(Cancelled { job, waiting, running, all }: &Cancelled) -> String {
    let gone = [(*waiting, "waiting task"), (if *all { *running } else { 0 }, "running task")];
    let gone = gone.into_iter().filter(|(count, _)| *count > 0);
    let gone: Vec<String> = gone.map(|(count, noun)| counted(count, noun)).collect();
    let gone = match gone.is_empty() {
        true => "no task".to_owned(),
        false => gone.join(" and "),
    };
    let rest = match (*running, all) {
        (0, _) => String::new(),
        (_, true) => "; running tasks stop after a checkpoint".to_owned(),
        (_, false) => {
            format!("; left {} alone (--yes cancels them too)", counted(*running, "running task"))
        }
    };
    format!("job {job}: cancelled {gone}{rest}")
}

/// Asks; where nobody can answer, the answer is no.
fn agreed(job: JobId, running: usize) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let tasks = counted(running, "running task");
    ask(&format!("job {job} has {tasks}; cancel them too? [y/N] "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_cancelled_and_what_was_left_alone() {
        let line =
            |waiting, running, all| describe(&Cancelled { job: JobId(5), waiting, running, all });
        assert_eq!(line(2, 0, true), "job 5: cancelled 2 waiting tasks");
        let left = "job 5: cancelled no task; left 1 running task alone (--yes cancels them too)";
        assert_eq!(line(0, 1, false), left);
        let both = "job 5: cancelled 1 waiting task and 3 running tasks; running tasks stop after a \
                    checkpoint";
        assert_eq!(line(1, 3, true), both);
    }
}
