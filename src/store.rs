//! The runs of all experiments under one results folder, each stored once under its identity.
//!
//! A run's folder holds `config.json` (what is run), `curve.csv` (appended as training goes),
//! `checkpoint.safetensors` (the last state to resume from), `best.safetensors` (the weights of the lowest
//! val loss, where somebody asked for them), `lock` (who trains it) and `end.json`. The end is written last
//! and in one go: it alone says that a run is finished, and it has a checksum over itself and the curve.

mod checkpoint;
mod ending;
mod growing;
mod lock;
mod run_folder;
mod seal;
mod state;
mod watch;
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::config::{RunConfig, RunId};
use crate::files::{create_folder, json_of, write_atomically};
use crate::record::{Checkpoint, End, Provenance, Record};
use run_folder::{BEST, CHECKPOINT, CONFIG, CURVE, END, LOCK};

pub use ending::Marks;
pub use growing::Change;
pub use lock::{Holder, RunLock};
pub use state::{RunState, SoFar};
pub use watch::Watch;
pub use writer::RunWriter;

/// The folder of runs, beside the folders of experiments.
pub const FOLDER: &str = ".runs";

/// The runs under one results folder.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn new(results: &Path) -> Self {
        Store { folder: results.join(FOLDER) }
    }

    /// Every run that was begun, by identity. Other files and folders are skipped.
    ///
    /// # Errors
    /// A store that cannot be read; the message names it.
    pub fn runs(&self) -> Result<Vec<RunConfig>> {
        let mut runs = BTreeMap::new();
        for folder in self.entries()? {
            if let Some(run) = run_folder::config(&folder) {
                runs.insert(run.id(), run);
            }
        }
        Ok(runs.into_values().collect())
    }

    /// A run by its identity, if its folder is there and describes it.
    pub fn run(&self, id: &str) -> Option<RunConfig> {
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit());
        let config = is_id.then(|| run_folder::config(&self.folder.join(id))).flatten()?;
        (config.id().as_str() == id).then_some(config)
    }

    /// A run by its identity.
    ///
    /// # Errors
    /// A folder that is not there, or does not describe it; the message names its file.
    pub fn described(&self, id: &str) -> Result<RunConfig> {
        let path = self.folder.join(id).join(CONFIG);
        match self.run(id) {
            Some(config) => Ok(config),
            None => {
                let read = run_folder::config_of(&self.folder.join(id))?;
                let other = read.with_context(|| format!("there is no {}", path.display()))?;
                bail!("{} describes another run, {}", path.display(), other.id())
            }
        }
    }

    pub fn state(&self, config: &RunConfig) -> RunState {
        state::read(&self.folder_of(&config.id()), config)
    }

    /// The record of a run, if it is finished.
    pub fn finished(&self, config: &RunConfig) -> Option<Record> {
        match self.state(config) {
            RunState::Finished(record) => Some(*record),
            _ => None,
        }
    }

    /// How a run ended, if it did; its other files are not looked at.
    pub fn end(&self, config: &RunConfig) -> Option<End> {
        run_folder::end(&self.folder_of(&config.id()))
    }

    /// Curve and end of a run, whether it ended or not.
    pub fn so_far(&self, config: &RunConfig) -> SoFar {
        let folder = self.folder_of(&config.id());
        let (end, curve) = match self.state(config) {
            RunState::Finished(record) => (Some(record.end), record.curve),
            RunState::Failed { .. } => (run_folder::end(&folder), state::whole_rows(&folder)),
            RunState::New | RunState::Unreadable { .. } | RunState::Broken { .. } => {
                (None, Vec::new())
            }
            RunState::Begun | RunState::Interrupted { .. } => (None, state::whole_rows(&folder)),
        };
        let measured = curve.iter().filter(|row| row.step > 0 && row.val_loss.is_some());
        let evaluations = measured.count();
        SoFar { curve, end, evaluations, tokens_per_step: config.tokens_per_step() }
    }

    /// A run to look at again and again while it trains; nothing is read yet. The name of another thing than a run
    /// is that of a run that never begins.
    pub fn watch(&self, id: &str) -> Watch {
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit());
        Watch::new(self.folder.join(if is_id { id } else { "none" }))
    }

    /// The names of all runs that were begun.
    ///
    /// # Errors
    /// A store that cannot be read; the message names it.
    pub fn names(&self) -> Result<Vec<String>> {
        let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
        Ok(self.entries()?.iter().filter_map(name).collect())
    }

    /// What lies in its folder; nothing where that is not there yet.
    fn entries(&self) -> Result<Vec<PathBuf>> {
        let cannot = || format!("cannot read the folder {}", self.folder.display());
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(cannot)?,
        };
        entries.map(|entry| Ok(entry.with_context(cannot)?.path())).collect()
    }

    /// The files that tell whether a run [has ended](Self::has_ended), by its name; they are not read.
    pub fn marks(&self, id: &str) -> Marks {
        Marks::of(&self.folder.join(id))
    }

    /// Whether a run has ended in any way, by its name, and its files are as it left them.
    pub fn has_ended(&self, id: &str) -> bool {
        ending::checked(&self.folder.join(id)).is_ok_and(|end| end.is_some())
    }

    /// The last step in the curve of a run that may be training at this moment.
    pub fn last_step(&self, config: &RunConfig) -> usize {
        let rows = state::whole_rows(&self.folder_of(&config.id()));
        rows.last().map_or(0, |row| row.step)
    }

    /// The last checkpoint of a run.
    ///
    /// # Errors
    /// A checkpoint that is missing, torn, or of another run; the message names the file.
    pub fn checkpoint(&self, config: &RunConfig) -> Result<Checkpoint> {
        let id = config.id();
        Ok(checkpoint::read(&self.folder_of(&id).join(CHECKPOINT), &id)?.checkpoint)
    }

    /// What produced a run up to its last checkpoint, if that can be read and says so.
    pub fn begun_by(&self, config: &RunConfig) -> Option<Provenance> {
        let id = config.id();
        checkpoint::read(&self.folder_of(&id).join(CHECKPOINT), &id).ok()?.about.provenance
    }

    /// Where the weights of a run's lowest val loss are, if they were kept.
    pub fn best_weights(&self, config: &RunConfig) -> PathBuf {
        self.folder_of(&config.id()).join(BEST)
    }

    /// Locks a run for training; `None` if another process has it. The lock is the operating system's and ends
    /// with the process that holds it.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names it.
    pub fn lock(&self, id: &RunId, holder: &Holder) -> Result<Option<RunLock>> {
        let folder = self.folder_of(id);
        create_folder(&folder)?;
        lock::take(&folder.join(LOCK), holder)
    }

    /// Who trains a run at this moment.
    pub fn holder(&self, id: &RunId) -> Option<Holder> {
        lock::holder(&self.folder_of(id).join(LOCK))
    }

    /// Moves the files of a run into a subfolder, for people to look at.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names it.
    pub fn set_aside(&self, lock: &RunLock, id: &RunId) -> Result<PathBuf> {
        let folder = self.folder_of(id);
        let aside = (1..)
            .map(|number| folder.join(format!("set-aside-{number}")))
            .find(|aside| fs::symlink_metadata(aside).is_err())
            .expect("some number is free");
        create_folder(&aside)?;
        lock.assert_in(&folder);
        for file in [END, BEST, CHECKPOINT, CURVE, CONFIG] {
            if fs::symlink_metadata(folder.join(file)).is_ok() {
                fs::rename(folder.join(file), aside.join(file)).with_context(|| {
                    format!("cannot move {} aside", folder.join(file).display())
                })?;
            }
        }
        Ok(aside)
    }

    /// Forgets a run, because the user asked to train it again.
    ///
    /// # Errors
    /// A file that cannot be removed; the message names it.
    pub fn forget(&self, lock: &RunLock, id: &RunId) -> Result<()> {
        let folder = self.folder_of(id);
        lock.assert_in(&folder);
        for file in [END, BEST, CHECKPOINT, CURVE, CONFIG] {
            let path = folder.join(file);
            if fs::symlink_metadata(&path).is_ok() {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Marks a run as failed.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn fail(&self, lock: &RunLock, config: &RunConfig, end: &End) -> Result<()> {
        let folder = self.folder_of(&config.id());
        lock.assert_in(&folder);
        if self.state(config) == RunState::New {
            write_atomically(&folder.join(CONFIG), &json_of(config)?)?;
        }
        write_atomically(&folder.join(END), &json_of(end)?)
    }

    fn folder_of(&self, id: &RunId) -> PathBuf {
        self.folder.join(id.as_str())
    }
}

#[cfg(test)]
mod tests;
