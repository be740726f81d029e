//! What a page's figures are drawn from: the arms of an experiment, their runs as they stand, and curves, as columns.

mod arms;
mod curves;

use serde::Serialize;

use crate::config::AnalysisTerms;
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{Analysis, Quantity, Warning};

use super::summary::Summary;
use super::words;

pub use arms::{Arm, Chart};
pub use curves::{Curves, Grids};

/// Runs of an experiment as columns, one value a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunColumns {
    /// Places among all runs.
    pub at: Vec<usize>,
    pub status: Vec<&'static str>,
    /// Steps taken.
    pub step: Vec<usize>,
    /// Steps that it is to take.
    pub steps: Vec<usize>,
    pub val: Vec<Option<f64>>,
    pub train: Vec<Option<f64>>,
    pub test: Vec<Option<f64>>,
    pub best: Vec<Option<f64>>,
    /// More about the status: seconds since it was heard of, the step at which it diverged, why it failed.
    pub detail: Vec<String>,
}

/// A run as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// `done`, `training`, `quiet`, `waiting`, `diverged` or `failed`.
    pub status: &'static str,
    pub step: usize,
    pub steps: usize,
    /// Losses: at the end, and before it the last that was measured.
    pub val: Option<f64>,
    pub train: Option<f64>,
    pub test: Option<f64>,
    /// Lowest val loss so far.
    pub best: Option<f64>,
    pub detail: String,
}

impl Standing {
    /// As a finished experiment's files tell it.
    pub fn of(row: &RunRow) -> Self {
        let status = match row.status {
            Status::Unfinished if row.steps == 0 => "waiting",
            Status::Unfinished => "quiet",
            ended => ended.name(),
        };
        let detail = match row.status {
            Status::Diverged => format!("at step {}", row.steps),
            _ => String::new(),
        };
        Standing {
            status,
            step: row.steps,
            steps: row.steps,
            val: row.val_loss,
            train: row.train_loss,
            test: row.test_loss,
            best: row.best_val_loss,
            detail,
        }
    }
}

impl RunColumns {
    pub fn add(&mut self, at: usize, run: &Standing) {
        self.at.push(at);
        self.status.push(run.status);
        self.step.push(run.step);
        self.steps.push(run.steps);
        self.val.push(run.val);
        self.train.push(run.train);
        self.test.push(run.test);
        self.best.push(run.best);
        self.detail.push(run.detail.clone());
    }
}

/// What is told of an experiment, by the sentences of its report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    pub short: Vec<String>,
    pub verdicts: Vec<String>,
    pub fine_print: String,
    pub warnings: Vec<String>,
    /// Runs that have ended, and all.
    pub ended: usize,
    pub runs: usize,
    /// The loss that is told.
    pub loss: &'static str,
}

/// What the runs that have ended say. Statistics know of those that have not: no arm is judged before its seeds have
/// ended.
pub fn tell(rows: &[RunRow], terms: &AnalysisTerms) -> Told {
    let ended = rows.iter().filter(|row| row.status != Status::Unfinished).count();
    let told = Told { ended, runs: rows.len(), ..Told::default() };
    if !rows.iter().any(RunRow::is_done) {
        return told;
    }
    let mut analysis = Analysis::on(rows, terms);
    // How many have not ended is told beside it, and they may be training at this moment.
    analysis.warnings.retain(|warning| !matches!(warning, Warning::Unfinished { .. }));
    let Summary { verdicts, fine_print, warnings, .. } = Summary::of(&analysis);
    let loss = words::quantity(Quantity::reported(rows));
    // The sentences on how to read verdicts need verdicts.
    let fine_print = if verdicts.is_empty() { String::new() } else { fine_print };
    Told { short: words::in_short(&analysis), verdicts, fine_print, warnings, loss, ..told }
}
