//! What a finished run leaves on disk, one folder per run under its id.
//!
//! `config.json` is the resolved configuration, `curve.csv` the curve, `end.json` the end. The end
//! is written last and at once: it alone says that a run is finished.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::run::{RunConfig, RunId};

/// A row of a run's curve. What was not measured at a step is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveRow {
    /// Optimizer steps taken.
    pub step: usize,
    /// Learning rate of the step.
    pub lr: Option<f64>,
    /// Loss of the step's batch before its update, in nats per token.
    pub batch_loss: Option<f32>,
    /// Norm of the gradient over all parameters, before clipping.
    pub grad_norm: Option<f32>,
    /// Loss on the evaluation windows of train, in nats per token.
    pub train_loss: Option<f64>,
    /// Loss on the evaluation windows of val, in nats per token.
    pub val_loss: Option<f64>,
    /// Norm of all weights.
    pub weight_norm: Option<f32>,
}

impl CurveRow {
    /// A row with nothing measured.
    pub fn at(step: usize) -> Self {
        CurveRow {
            step,
            lr: None,
            batch_loss: None,
            grad_norm: None,
            train_loss: None,
            val_loss: None,
            weight_norm: None,
        }
    }

    /// Whether every measured loss is a number.
    pub fn is_finite(&self) -> bool {
        let losses = [self.batch_loss.map(f64::from), self.train_loss, self.val_loss];
        losses.into_iter().flatten().all(f64::is_finite)
    }

    /// Generalization gap: val − train loss, in nats per token.
    pub fn gap(&self) -> Option<f64> {
        Some(self.val_loss? - self.train_loss?)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All steps were taken.
    Done,
    /// The loss became infinite or not a number.
    Diverged,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How it ended.
    pub status: Status,
    /// Steps taken, or the step at which it diverged.
    pub steps: usize,
    /// Exact negative log-likelihood of the evaluation windows of val, in nats per token.
    pub val_floor: Option<f64>,
    /// Wall time of its cohort divided by the lanes.
    pub seconds: f64,
    /// Backend it trained on.
    pub backend: String,
    /// Lanes of its cohort.
    pub lanes: usize,
    /// Version of wane.
    pub version: String,
}

/// A finished run.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was run.
    pub config: RunConfig,
    /// Its curve.
    pub curve: Vec<CurveRow>,
    /// Its end.
    pub end: End,
}

/// The runs of all experiments under one results folder, each kept once.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store of a results folder.
    pub fn new(results: &Path) -> Self {
        Store { folder: results.join(".runs") }
    }

    /// A finished run, if there is one whose parts can all be read and agree with `config`.
    pub fn find(&self, config: &RunConfig) -> Option<Record> {
        let folder = self.folder_of(&config.id());
        let record = read_record(&folder).ok()?;
        (record.config == *config).then_some(record)
    }

    /// Keeps a finished run.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names it.
    pub fn keep(&self, record: &Record) -> Result<()> {
        let folder = self.folder_of(&record.config.id());
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        write_atomically(&folder.join("config.json"), &json(&record.config)?)?;
        write_atomically(&folder.join("curve.csv"), &csv_of(&record.curve)?)?;
        write_atomically(&folder.join("end.json"), &json(&record.end)?)
    }

    fn folder_of(&self, id: &RunId) -> PathBuf {
        self.folder.join(id.as_str())
    }
}

fn read_record(folder: &Path) -> Result<Record> {
    let end = serde_json::from_slice(&fs::read(folder.join("end.json"))?)?;
    let config = serde_json::from_slice(&fs::read(folder.join("config.json"))?)?;
    let curve = csv::Reader::from_path(folder.join("curve.csv"))?
        .deserialize()
        .collect::<Result<_, csv::Error>>()?;
    Ok(Record { config, curve, end })
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}

/// Rows as CSV with a header.
///
/// # Errors
/// A row that cannot be written as CSV.
pub fn csv_of<T: Serialize>(rows: &[T]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    writer.into_inner().map_err(|error| anyhow!("{error}"))
}

/// Writes a file through a temporary one beside it, so that it is never seen half-written.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let write = || -> Result<()> {
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(contents)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::example;

    fn record() -> Record {
        let row = CurveRow { val_loss: Some(0.1 + 0.2), ..CurveRow::at(2) };
        Record {
            config: example(),
            curve: vec![CurveRow::at(0), row],
            end: End {
                status: Status::Done,
                steps: 4,
                val_floor: None,
                seconds: 1.5,
                backend: "flex".into(),
                lanes: 1,
                version: "0".into(),
            },
        }
    }

    #[test]
    fn a_kept_run_is_found_again_number_for_number() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::new(results.path());
        assert_eq!(store.find(&example()), None);
        store.keep(&record()).unwrap();
        assert_eq!(store.find(&example()), Some(record()));
    }

    #[test]
    fn a_run_whose_parts_are_torn_is_not_finished() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::new(results.path());
        store.keep(&record()).unwrap();
        let folder = store.folder_of(&example().id());
        fs::write(folder.join("curve.csv"), "step,lr\n0").unwrap();
        assert_eq!(store.find(&example()), None);
    }
}
