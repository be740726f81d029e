use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::checkpoint::{About, Stored};
use super::run_folder::{BEST, CHECKPOINT, CONFIG, CURVE, END};
use super::seal::SealedFile;
use super::{RunLock, Store, checkpoint, seal, state};
use crate::config::{RunConfig, RunId};
use crate::files::{csv_of, is_draft, json_of, write_atomically};
use crate::record::{Checkpoint, CurveRow, End, Provenance, Status, best_evaluation};

/// Writes the files of one run while it trains; holds its lock.
pub struct RunWriter {
    id: RunId,
    folder: PathBuf,
    curve: csv::Writer<SealedFile>,
    /// The first step at which it may be stopped.
    first_stop: usize,
    /// The lowest val loss so far, from there on.
    lowest: f64,
    /// Whether the last row has it.
    at_its_best: bool,
    /// What produces it, and what produced the steps that it goes on from.
    provenance: Option<Provenance>,
    _lock: RunLock,
}

impl RunWriter {
    /// Begins a run, or resumes it after step `step` of its last checkpoint.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn begin(store: &Store, lock: RunLock, config: &RunConfig, step: usize) -> Result<Self> {
        let id = config.id();
        let folder = store.folder_of(&id);
        lock.assert_in(&folder);
        let (rows, stored) = match step {
            0 => (Vec::new(), None),
            _ => {
                let rows = state::curve_up_to(&folder, config, step)?;
                (rows, Some(checkpoint::read(&folder.join(CHECKPOINT), &id)?))
            }
        };
        remove_drafts(&folder)?;
        if step == 0 {
            write_atomically(&folder.join(CONFIG), &json_of(config)?)?;
        }
        let path = folder.join(CURVE);
        let so_far = csv_of(&rows)?;
        let provenance = match stored {
            Some(stored) => unseal(&folder.join(CHECKPOINT), &id, stored, &so_far)?.provenance,
            None => None,
        };
        write_atomically(&path, &so_far)?;
        let curve = append_to(&path, &so_far)?;
        let first_stop = config.start.first_stop();
        let lowest = best_evaluation(&rows, first_stop).map_or(f64::INFINITY, |(loss, _)| loss);
        let at_its_best = false;
        Ok(RunWriter {
            id,
            folder,
            curve,
            first_stop,
            lowest,
            at_its_best,
            provenance,
            _lock: lock,
        })
    }

    /// Notes what produces the run from here on, beside what did before.
    pub fn produced_by(mut self, provenance: &Provenance) -> Self {
        self.provenance = Some(self.with_before(provenance));
        self
    }

    fn with_before(&self, provenance: &Provenance) -> Provenance {
        self.provenance.as_ref().map_or_else(|| provenance.clone(), |before| before.and(provenance))
    }

    /// Adds a row to the curve.
    ///
    /// # Errors
    /// A file that cannot be written; the message names it.
    pub fn append(&mut self, row: &CurveRow) -> Result<()> {
        self.curve.serialize(row).with_context(|| self.curve_name())?;
        let may_stop = row.step >= self.first_stop;
        let loss = row.val_loss.filter(|loss| may_stop && *loss < self.lowest);
        (self.at_its_best, self.lowest) = (loss.is_some(), loss.unwrap_or(self.lowest));
        // Evaluations at once: people look at them while a run trains.
        if row.val_loss.is_some() {
            self.curve.flush().with_context(|| self.curve_name())?;
        }
        Ok(())
    }

    /// Whether the last row is the [best evaluation](best_evaluation) of the whole curve.
    pub fn is_at_its_best(&self) -> bool {
        self.at_its_best
    }

    /// Where the weights of the lowest val loss are kept.
    pub fn best_weights(&self) -> PathBuf {
        self.folder.join(BEST)
    }

    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Writes a checkpoint, after the curve up to it.
    ///
    /// # Errors
    /// A file that cannot be written; the message names it.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.sync_curve()?;
        let curve = Some(self.curve.get_ref().seal());
        let about = About { curve, provenance: self.provenance.clone() };
        checkpoint::write(&self.folder.join(CHECKPOINT), &self.id, checkpoint, &about)
    }

    /// Ends the run and releases its lock. A failed run ends even if its curve cannot be written.
    ///
    /// # Errors
    /// A file that cannot be written; the message names it.
    pub fn end(mut self, end: &End) -> Result<()> {
        let end = &End { provenance: self.with_before(&end.provenance), ..end.clone() };
        let curve = self.sync_curve().and_then(|()| self.curve_so_far());
        let text = match (curve, end.status) {
            (Err(_), Status::Failed) => json_of(end)?,
            (curve, _) => seal::sealed(end, &self.id, &curve?)?,
        };
        write_atomically(&self.folder.join(END), &text)
    }

    fn curve_so_far(&self) -> Result<Vec<u8>> {
        let path = self.folder.join(CURVE);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn sync_curve(&mut self) -> Result<()> {
        self.curve.flush().with_context(|| self.curve_name())?;
        self.curve.get_ref().sync().with_context(|| self.curve_name())
    }

    fn curve_name(&self) -> String {
        format!("cannot write {}", self.folder.join(CURVE).display())
    }
}

/// Takes the checksum of the curve out of a checkpoint where these columns do not have it: an older version wrote others.
/// If this process were killed before its next checkpoint, a curve that nobody has damaged would contradict it.
fn unseal(path: &Path, id: &RunId, stored: Stored, curve: &[u8]) -> Result<About> {
    let Stored { checkpoint, mut about } = stored;
    if about.curve.take_if(|seal| seal.check(curve).is_err()).is_some() {
        checkpoint::write(path, id, &checkpoint, &about)?;
    }
    Ok(about)
}

/// Removes what a process that was killed had half written: who has the lock writes alone.
fn remove_drafts(folder: &Path) -> Result<()> {
    let context = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if is_draft(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Goes on with a curve that holds this; one without a row gets its header.
fn append_to(path: &Path, so_far: &[u8]) -> Result<csv::Writer<SealedFile>> {
    let file = OpenOptions::new().append(true).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    let file = SealedFile::after(so_far, file);
    Ok(csv::WriterBuilder::new().has_headers(so_far.is_empty()).from_writer(file))
}
