use anyhow::Result;
use burn::tensor::Tensor;

use super::Observer;
use super::evaluation::{Measured, read};
use crate::record::{CurveRow, Status};
use crate::run::{Recipe, RunConfig};

/// Steps whose losses stay on the device until they are read back together, so that reading does
/// not hold the device up.
const MOST_PENDING: usize = 64;

/// The curves of a cohort as they grow.
pub struct CohortLog<'a> {
    lanes: Vec<LaneLog>,
    pending: Vec<Pending>,
    observer: &'a dyn Observer,
}

/// A lane's curve and how it ended.
pub struct FinishedLane {
    /// How it ended.
    pub status: Status,
    /// Steps taken, or the step at which the loss was no longer finite.
    pub steps: usize,
    /// Its rows.
    pub curve: Vec<CurveRow>,
}

struct LaneLog {
    recipe: Recipe,
    curve: Vec<CurveRow>,
    diverged_at: Option<usize>,
}

struct Pending {
    step: usize,
    losses: Tensor<1>,
    norms: Tensor<1>,
}

impl<'a> CohortLog<'a> {
    pub fn new(lanes: &[RunConfig], observer: &'a dyn Observer) -> Self {
        let lane =
            |run: &RunConfig| LaneLog { recipe: run.recipe, curve: Vec::new(), diverged_at: None };
        CohortLog { lanes: lanes.iter().map(lane).collect(), pending: Vec::new(), observer }
    }

    /// Keeps the losses before step `step`'s update and its gradient norms, `[lanes]` each.
    pub fn stepped(&mut self, step: usize, losses: Tensor<1>, norms: Tensor<1>) -> Result<()> {
        if self.pending.len() == MOST_PENDING {
            self.read_pending()?.into_iter().for_each(|rows| self.add(rows));
        }
        self.pending.push(Pending { step, losses, norms });
        Ok(())
    }

    /// Adds an evaluation after step `step`, and all rows before it.
    pub fn evaluated(&mut self, step: usize, measured: Measured) -> Result<()> {
        let mut rows = self.read_pending()?;
        if step == 0 {
            rows.push(self.lanes.iter().map(|_| CurveRow::at(0)).collect());
        }
        if let Some(last) = rows.last_mut() {
            for (lane, row) in last.iter_mut().enumerate() {
                row.train_loss = Some(measured.train_loss[lane]);
                row.val_loss = Some(measured.val_loss[lane]);
                row.weight_norm = Some(measured.weight_norm[lane]);
            }
        }
        for lanes in rows {
            self.add(lanes);
        }
        Ok(())
    }

    /// Whether no lane has anything left to learn.
    pub fn all_diverged(&self) -> bool {
        self.lanes.iter().all(|lane| lane.diverged_at.is_some())
    }

    /// The finished curves, in the order of the lanes.
    pub fn finish(self) -> Vec<FinishedLane> {
        let finish = |lane: LaneLog| FinishedLane {
            status: if lane.diverged_at.is_some() { Status::Diverged } else { Status::Done },
            steps: lane.diverged_at.unwrap_or(lane.recipe.steps),
            curve: lane.curve,
        };
        self.lanes.into_iter().map(finish).collect()
    }

    /// One list of rows per pending step, one row per lane.
    fn read_pending(&mut self) -> Result<Vec<Vec<CurveRow>>> {
        let mut rows = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            let losses = read(pending.losses)?;
            let norms = read(pending.norms)?;
            let row = |(lane, (loss, norm)): (&LaneLog, (f32, f32))| CurveRow {
                lr: Some(lane.recipe.schedule().lr_at(pending.step)),
                batch_loss: Some(loss),
                grad_norm: Some(norm),
                ..CurveRow::at(pending.step)
            };
            rows.push(self.lanes.iter().zip(losses.into_iter().zip(norms)).map(row).collect());
        }
        Ok(rows)
    }

    fn add(&mut self, rows: Vec<CurveRow>) {
        for (index, (lane, row)) in self.lanes.iter_mut().zip(rows).enumerate() {
            if lane.diverged_at.is_some() {
                continue;
            }
            if !row.is_finite() {
                lane.diverged_at = Some(row.step);
            } else if row.step == 0 || lane.recipe.logs(row.step) {
                self.observer.logged(index, &row);
                lane.curve.push(row);
            }
        }
    }
}
