//! Sweeps that were frozen for a cluster: the spec and the plan as they were when they were submitted, so
//! that editing the spec afterwards does not change what is queued.
//!
//! A folder `.sweeps/NAME-NUMBER` beside the store holds `sweep.json` (what it is), `spec.toml`,
//! `shards/I.json` (the runs of a task), the batch scripts and their logs; `submission.json` once it is
//! submitted, and `over` once nothing of it is queued any more.

mod lock;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::cluster::Options as ClusterOptions;
use crate::cluster::slurm::JobId;
use crate::config::{InitialWeights, RunConfig};
use crate::corpus::Source;
use crate::experiment::Changes;
use crate::experiment::shards::Shard;
use crate::files::{create_folder, json_of, write_atomically};

pub use lock::Lock;
pub use program::Program;

const FOLDER: &str = ".sweeps";
const SWEEP: &str = "sweep.json";
const SPEC: &str = "spec.toml";
const SHARDS: &str = "shards";
const SUBMISSION: &str = "submission.json";
const OVER: &str = "over";
const MIXED: &str = "allow-version-mix";

/// A frozen sweep without its runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    pub name: String,
    /// What the command line changed in the spec.
    pub changes: Changes,
    /// Weights that every run starts from.
    pub initial: Option<PathBuf>,
    /// Whether what they have more than the model is left out.
    #[serde(default)]
    pub init_crop: bool,
    /// Whether the weights of the best val loss are kept.
    #[serde(default)]
    pub keep_best: bool,
    pub source: Source,
    pub backend: Backend,
    /// The GPU of a node to compute on, where the user said so.
    #[serde(default)]
    pub device: Option<String>,
    /// Most lanes of a cohort, where the user said so.
    pub lanes: Option<usize>,
    /// Cohorts that a task trains at once.
    pub jobs: usize,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// The program that froze it.
    pub program: Program,
    /// Number of its shards.
    pub shards: usize,
    /// Runs in all of them.
    pub runs: usize,
    /// Of a search: what the user wants of the cluster, for the stages to come.
    #[serde(default)]
    pub search: Option<ClusterOptions>,
    pub command: Vec<String>,
}

impl Contents {
    /// Weights that every run starts from.
    pub fn init(&self) -> Option<InitialWeights> {
        let crop = self.init_crop;
        self.initial.clone().map(|path| InitialWeights { path, crop })
    }
}

/// Jobs of a frozen sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The array with a task for each shard.
    pub job: JobId,
    /// The job that writes results after it.
    pub report: Option<JobId>,
}

/// A frozen sweep on disk.
#[derive(Clone, Debug)]
pub struct Frozen {
    folder: PathBuf,
    pub contents: Contents,
}

impl Frozen {
    /// Freezes a sweep into a results folder, whose [`Lock`] the caller has.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names it.
    pub fn create(
        lock: &Lock,
        contents: Contents,
        spec: &str,
        shards: &[Vec<RunConfig>],
    ) -> Result<Self> {
        let folders = &lock.folder;
        let context = || format!("cannot write to {}", folders.display());
        // Build under a temporary name, then rename.
        let draft = tempfile::Builder::new().prefix(".draft-").tempdir_in(folders);
        let draft = draft.with_context(context)?;
        create_folder(&draft.path().join(SHARDS))?;
        create_folder(&draft.path().join("log"))?;
        fs::write(draft.path().join(SPEC), spec).with_context(context)?;
        for (index, runs) in shards.iter().enumerate() {
            let path = shard_path(draft.path(), index + 1);
            fs::write(path, serde_json::to_vec(runs)?).with_context(context)?;
        }
        fs::write(draft.path().join(SWEEP), json_of(&contents)?).with_context(context)?;
        let folder = (1..)
            .map(|number| folders.join(format!("{}-{number}", contents.name)))
            .find(|folder| fs::symlink_metadata(folder).is_err())
            .expect("some number is free");
        fs::rename(draft.keep(), &folder).with_context(context)?;
        readable_by_all(&folder).with_context(context)?;
        Ok(Frozen { folder, contents })
    }

    /// Opens a frozen sweep.
    ///
    /// # Errors
    /// A folder that holds none; the message names the file.
    pub fn open(folder: &Path) -> Result<Self> {
        let context = || format!("cannot find the folder {}", folder.display());
        let folder = fs::canonicalize(folder).with_context(context)?;
        let contents = read_json(&folder.join(SWEEP))?;
        Ok(Frozen { folder, contents })
    }

    /// Whether a path is the folder of a frozen sweep.
    pub fn is_at(path: &Path) -> bool {
        path.join(SWEEP).is_file()
    }

    /// Every frozen sweep of a results folder whose jobs may still be in the queue.
    ///
    /// # Errors
    /// A folder that cannot be read; the message names the file.
    pub fn submitted(results: &Path) -> Result<Vec<(Frozen, Submission)>> {
        let folders = results.join(FOLDER);
        if !folders.exists() {
            return Ok(Vec::new());
        }
        let context = || format!("cannot read the folder {}", folders.display());
        let mut found = Vec::new();
        for entry in fs::read_dir(&folders).with_context(context)? {
            let folder = entry.with_context(context)?.path();
            if folder.join(SUBMISSION).is_file() && !folder.join(OVER).exists() {
                found.push(Frozen::submitted_in(&folder)?);
            }
        }
        found.sort_by_key(|(_, submission)| submission.job);
        Ok(found)
    }

    fn submitted_in(folder: &Path) -> Result<(Frozen, Submission)> {
        let read = || anyhow::Ok((Frozen::open(folder)?, read_json(&folder.join(SUBMISSION))?));
        read().with_context(|| {
            let sweep = folder.display();
            format!("the sweep in {sweep} cannot be read; remove the folder once none of its jobs is queued (squeue)")
        })
    }

    /// Its folder, from the root.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The results folder that it belongs to.
    pub fn results(&self) -> &Path {
        self.folder.ancestors().nth(2).unwrap_or(Path::new("/"))
    }

    /// The spec as it was.
    pub fn spec(&self) -> PathBuf {
        self.folder.join(SPEC)
    }

    /// The runs of a shard.
    ///
    /// # Errors
    /// A shard that it does not have, or that cannot be read; the message names the file.
    pub fn shard(&self, shard: Shard) -> Result<Vec<RunConfig>> {
        ensure!(
            shard.count == self.contents.shards,
            "--shard {shard}: {} was frozen in {} shards",
            self.folder.display(),
            self.contents.shards
        );
        read_json(&shard_path(&self.folder, shard.number))
    }

    /// The runs of every shard.
    ///
    /// # Errors
    /// One that cannot be read; the message names the file.
    pub fn all_shards(&self) -> Result<Vec<Vec<RunConfig>>> {
        let numbers = 1..=self.contents.shards;
        numbers.map(|number| read_json(&shard_path(&self.folder, number))).collect()
    }

    /// # Errors
    /// Another program than the one that froze it; the message says which.
    pub fn check_program(&self, program: &Program) -> Result<()> {
        let frozen = &self.contents.program;
        ensure!(
            frozen.sha256 == program.sha256 || self.folder.join(MIXED).exists(),
            "{} was frozen by another program ({frozen}) than this one ({program}). To keep their results \
             apart, put that program back, or cancel the sweep (`wane cancel`) and submit it again; to mix \
             them, pass --allow-version-mix",
            self.folder.display(),
        );
        Ok(())
    }

    /// Allows any program to train it.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn allow_version_mix(&self) -> Result<()> {
        write_atomically(&self.folder.join(MIXED), b"")
    }

    /// Notes that it was submitted.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn mark_submitted(&self, submission: &Submission) -> Result<()> {
        write_atomically(&self.folder.join(SUBMISSION), &json_of(submission)?)
    }

    /// Notes that nothing of it is queued any more.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn mark_finished(&self) -> Result<()> {
        write_atomically(&self.folder.join(OVER), b"")
    }

    /// Removes it, because it could not be submitted.
    ///
    /// # Errors
    /// A folder that cannot be removed; the message names it.
    pub fn discard(self) -> Result<()> {
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}

fn shard_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(SHARDS).join(format!("{number}.json"))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
}

/// A temporary folder is private; a sweep gets the permissions that any new folder has.
fn readable_by_all(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let beside = fs::metadata(folder.join(SHARDS))?.permissions().mode();
        fs::set_permissions(folder, fs::Permissions::from_mode(beside))?;
    }
    Ok(())
}
