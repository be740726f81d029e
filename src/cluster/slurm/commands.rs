use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Error, Result, anyhow};

use super::Cluster;
use super::queue::{self, JobId, Task};
use crate::exit::usage;

/// Calls `sbatch`, `squeue`, `scontrol`, `sinfo` and `scancel`.
pub struct Slurm;

impl Cluster for Slurm {
    fn most_tasks(&self) -> Result<usize> {
        let config = call("scontrol", ["show", "config"])?;
        let size = config.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "MaxArraySize").then(|| value.trim().parse::<usize>().ok())?
        });
        let size = size.context("`scontrol show config` does not tell MaxArraySize")?;
        // Task numbers must stay below it, and ours start at 1.
        Ok(size.saturating_sub(1))
    }

    fn partitions(&self) -> Result<Vec<String>> {
        lines("sinfo", &["--noheader", "--all", "--format=%R"])
    }

    fn hosts(&self, partition: Option<&str>) -> Result<Vec<String>> {
        let mut arguments =
            vec!["--noheader".to_owned(), "--Node".to_owned(), "--format=%n".to_owned()];
        arguments.extend(partition.map(|name| format!("--partition={name}")));
        lines("sinfo", &arguments)
    }

    fn submit(&self, script: &Path, options: &[String]) -> Result<JobId> {
        let mut arguments = vec!["--parsable".to_owned()];
        arguments.extend(options.iter().cloned());
        arguments.push(script.display().to_string());
        let said = call("sbatch", arguments)?;
        // `ID` or `ID;CLUSTER`.
        let id = said.trim().split(';').next().and_then(|id| id.parse().ok());
        id.map(JobId).with_context(|| format!("sbatch said {said:?} where a job id was expected"))
    }

    fn tasks(&self, job: JobId, folder: &Path) -> Result<Vec<Task>> {
        let format = format!("--format={}", queue::FORMAT);
        let job = format!("--jobs={job}");
        let arguments = ["--noheader", "--array", "--states=all", &job, &format];
        match run("squeue", arguments)? {
            Ok(text) => queue::parse(&text, folder),
            Err(said) if said.contains("Invalid job id") => Ok(Vec::new()),
            Err(said) => Err(refused("squeue", &said)),
        }
    }

    fn cancel(&self, job: JobId, running_too: bool) -> Result<()> {
        let pending = (!running_too).then_some("--state=PENDING".to_owned());
        call("scancel", pending.into_iter().chain([job.to_string()])).map(drop)
    }

    fn requeue(&self, job: JobId, task: usize) -> Result<()> {
        call("scontrol", ["requeue".to_owned(), format!("{job}_{task}")]).map(drop)
    }
}

/// Puts the task that this process is back into the queue.
///
/// # Errors
/// A process that is no task of a job array, or a cluster that refuses.
pub fn requeue_this_task() -> Result<()> {
    let number = |name: &str| {
        let value = std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
        value.with_context(|| format!("{name} is not set: this is no task of a Slurm array"))
    };
    let (job, task) = (number("SLURM_ARRAY_JOB_ID")?, number("SLURM_ARRAY_TASK_ID")?);
    Slurm.requeue(JobId(job), task as usize)
}

fn lines<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Result<Vec<String>> {
    let text = call(program, arguments)?;
    let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

/// Calls a command that is expected to succeed; returns its stdout.
fn call<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Result<String> {
    run(program, arguments)?.map_err(|said| refused(program, &said))
}

/// Calls a command; returns its stdout, or what it said on stderr where it failed.
fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Result<String, String>> {
    let mut command = Command::new(program);
    // Filters that the user has set for the commands must not hide jobs from us.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["SQUEUE_", "SCANCEL_", "SINFO_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    let output = match command.args(arguments).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => usage(Err(anyhow!(
            "there is no `{program}` on the path: this machine cannot submit to Slurm. Use one that can, \
             or train here without --launcher"
        )))?,
        output => output.with_context(|| format!("cannot start {program}"))?,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    })
}

fn refused(program: &str, said: &str) -> Error {
    anyhow!("{program} failed: {}", if said.is_empty() { "it did not say why" } else { said })
}
