use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::JobId;
use crate::files::write_atomically;
use crate::shell::quoted;

/// So many seconds before the time limit Slurm warns a task, which then writes a checkpoint and is queued
/// again. A step and a checkpoint must fit in.
const WARNING_SECONDS: u32 = 60;

/// What the user wants of the jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOptions {
    pub partition: Option<String>,
    /// Time limit of a task, as `sbatch --time` takes it.
    pub time: Option<String>,
    /// GPUs of a task.
    pub gpus: Option<usize>,
    /// Most tasks to run at once.
    pub array_limit: Option<usize>,
    /// Options for `sbatch`, last, so that they override ours.
    pub raw: Vec<String>,
}

/// The batch scripts of a frozen sweep and how they are submitted.
pub struct Scripts<'a> {
    pub program: &'a Path,
    /// The frozen sweep.
    pub folder: &'a Path,
    /// Its shards.
    pub shards: usize,
    /// Cores of a task.
    pub cores: usize,
    /// Whether the job that writes results also submits what a search asks for then.
    pub goes_on: bool,
    pub options: &'a JobOptions,
}

impl Scripts<'_> {
    /// Writes the script of the array; returns it with its options.
    ///
    /// # Errors
    /// A folder that cannot be written, or a path that no shell can take.
    pub fn array(&self) -> Result<(PathBuf, Vec<String>)> {
        let limit = self.options.array_limit.map_or(String::new(), |limit| format!("%{limit}"));
        let mut options = self.common("shard-%a");
        options.extend([
            format!("--array=1-{}{limit}", self.shards),
            format!("--cpus-per-task={}", self.cores),
            format!("--signal=B:USR1@{WARNING_SECONDS}"),
            "--requeue".to_owned(),
        ]);
        options.extend(self.options.time.as_ref().map(|time| format!("--time={time}")));
        options.extend(self.options.gpus.map(|gpus| format!("--gpus={gpus}")));
        options.extend(self.options.raw.iter().cloned());
        let shard = format!("\"$SLURM_ARRAY_TASK_ID/{}\"", self.shards);
        let script =
            self.write("job.sh", &format!("sweep {} --shard {shard}", quoted(self.folder)))?;
        Ok((script, options))
    }

    /// Writes the script of the job that writes results once other jobs have ended; returns it with its
    /// options.
    ///
    /// # Errors
    /// A folder that cannot be written, or a path that no shell can take.
    pub fn report(&self, after: &[JobId]) -> Result<(PathBuf, Vec<String>)> {
        let after: Vec<String> = after.iter().map(JobId::to_string).collect();
        let mut options = self.common("report");
        // Accounts and the like are for both jobs, but a held array must not hold this job too.
        let raw =
            self.options.raw.iter().filter(|option| !["--hold", "-H"].contains(&option.as_str()));
        options.extend(raw.cloned());
        options.extend([
            format!("--dependency=afterany:{}", after.join(":")),
            "--kill-on-invalid-dep=yes".to_owned(),
            "--requeue".to_owned(),
        ]);
        let go_on = if self.goes_on { " --go-on" } else { "" };
        let arguments = format!("collect {}{go_on}", quoted(self.folder));
        let script = self.write("report.sh", &arguments)?;
        Ok((script, options))
    }

    fn common(&self, log: &str) -> Vec<String> {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        // Slurm expands percent signs in the name of a log.
        let folder = self.folder.display().to_string().replace('%', "%%");
        let mut options = vec![
            format!("--job-name=wane-{name}"),
            format!("--comment={}", self.folder.display()),
            format!("--output={folder}/log/{log}.log"),
            "--open-mode=append".to_owned(),
        ];
        options.extend(self.options.partition.as_ref().map(|name| format!("--partition={name}")));
        options
    }

    fn write(&self, name: &str, arguments: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        // Until the program listens to the warning, the warning must not kill it.
        let program = quoted(self.program);
        let text = format!("#!/bin/bash\ntrap '' USR1\nexec {program} {arguments}\n");
        write_atomically(&path, text.as_bytes())?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_user_come_last_and_so_override_ours() {
        let folder = tempfile::tempdir().unwrap();
        let raw = vec!["--mem=2G".to_owned(), "--no-requeue".to_owned()];
        let options = JobOptions {
            time: Some("1:00".into()),
            array_limit: Some(3),
            raw,
            ..JobOptions::default()
        };
        let program = Path::new("/opt/it's wane");
        let scripts = Scripts {
            program,
            folder: folder.path(),
            shards: 7,
            cores: 2,
            goes_on: true,
            options: &options,
        };
        let (script, arguments) = scripts.array().unwrap();
        let at = |option: &str| arguments.iter().position(|argument| argument == option);
        assert!(at("--array=1-7%3").is_some() && at("--time=1:00").is_some());
        assert!(at("--requeue") < at("--no-requeue"));
        let text = std::fs::read_to_string(script).unwrap();
        assert!(text.contains(r#"exec "/opt/it's wane" sweep "#), "{text}");
        assert!(text.contains("--shard \"$SLURM_ARRAY_TASK_ID/7\""), "{text}");
        let (script, arguments) = scripts.report(&[JobId(4), JobId(9)]).unwrap();
        assert!(arguments.contains(&"--dependency=afterany:4:9".to_owned()));
        assert!(std::fs::read_to_string(script).unwrap().trim_end().ends_with("--go-on"));
    }
}
