//! What a run leaves behind, as plain data: its curve, its end, what produced it, its checkpoints.

mod checkpoint;
mod columns;
mod curve;
mod memory;
mod points;
mod provenance;

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::config::RunConfig;

pub use checkpoint::{Best, Checkpoint, LaneState};
pub use columns::Column;
pub use curve::{CurveRow, MEASURES, OfRole, RoleMeasure};
pub use memory::{Memory, joined};
pub use points::{MEASURES_SHOWN, Measured, Places, Points};
pub use provenance::Provenance;

/// The weights of one lane by the names they have in weight files, each in row-major order.
pub type LaneWeights = BTreeMap<String, Vec<f32>>;

/// Val loss and step of the evaluation with the lowest val loss, the first of several; those before
/// the [first step](crate::config::Start::first_stop) at which the run may be stopped do not count.
pub fn best_evaluation(curve: &[CurveRow], first: usize) -> Option<(f64, usize)> {
    let counted = curve.iter().filter(|row| row.step >= first);
    let losses = counted.filter_map(|row| Some((row.val_loss?, row.step)));
    losses.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All steps were taken.
    Done,
    /// The loss became infinite or not a number.
    Diverged,
    /// It could not be trained; the next sweep tries again.
    Failed,
    /// It has not ended yet.
    Unfinished,
}

impl Status {
    /// As written in `runs.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Diverged => "diverged",
            Status::Failed => "failed",
            Status::Unfinished => "unfinished",
        }
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How it ended.
    pub status: Status,
    /// Steps taken, or the step at which it diverged.
    pub steps: usize,
    /// Why it failed.
    pub error: Option<String>,
    /// Exact negative log-likelihood of the evaluation windows of val, in nats per token.
    pub val_floor: Option<f64>,
    /// Loss on those windows of a model that knows only how often each token occurs in train, in nats
    /// per token; missing in records of older versions.
    #[serde(default)]
    pub val_unigram: Option<f64>,
    /// Share of val that stands word for word in train; missing in records of older versions.
    #[serde(default)]
    pub val_copied: Option<f64>,
    /// The same of test.
    #[serde(default)]
    pub test_copied: Option<f64>,
    /// Loss of the last weights on the evaluation windows of test, in nats per token; missing without test
    /// tokens, where the run diverged, and in records of older versions.
    #[serde(default)]
    pub test_loss: Option<f64>,
    /// The same at the [best evaluation](best_evaluation) of val.
    #[serde(default)]
    pub stopped_test_loss: Option<f64>,
    /// Where that was, of a run from given weights; missing in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_step: Option<usize>,
    /// Wall time of its cohorts divided by their lanes.
    pub seconds: f64,
    /// Lanes of its last cohort.
    pub lanes: usize,
    /// The step it was last resumed from, 0 if it never stopped.
    pub resumed_from: usize,
    /// Start of its last cohort, RFC 3339.
    pub started: String,
    /// Its end, RFC 3339.
    pub ended: String,
    /// What produced it.
    pub provenance: Provenance,
}

impl End {
    /// Of a run that could not be trained beyond `step`.
    pub fn failed(step: usize, why: &str, provenance: &Provenance) -> Self {
        let now = now();
        End {
            status: Status::Failed,
            steps: step,
            error: Some(why.to_owned()),
            val_floor: None,
            val_unigram: None,
            val_copied: None,
            test_copied: None,
            test_loss: None,
            stopped_test_loss: None,
            stopped_step: None,
            seconds: 0.0,
            lanes: 1,
            resumed_from: step,
            started: now.clone(),
            ended: now,
            provenance: provenance.clone(),
        }
    }

    /// The first step at which its run may be stopped, where that is `first` by its configuration: older versions took given
    /// weights for no place to stop, and what they measured on test is of a later one.
    pub fn first_stop(&self, first: usize) -> usize {
        let is_of_later = self.stopped_test_loss.is_some() && self.stopped_step != Some(0);
        if is_of_later { first.max(1) } else { first }
    }
}

/// The time, RFC 3339 to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was run.
    pub config: RunConfig,
    /// Its curve.
    pub curve: Vec<CurveRow>,
    /// Its end.
    pub end: End,
}
