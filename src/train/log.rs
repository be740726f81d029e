use anyhow::Result;
use burn::tensor::Tensor;

use super::Observer;
use super::evaluation::Measured;
use crate::config::{ParameterShape, RunConfig};
use crate::model::Parameter;
use crate::optim::{LaneNumbers, SUMS, told};
use crate::record::{CurveRow, Status};

/// Steps whose losses stay on the device until they are read back together, so that reading does
/// not hold the device up.
const MOST_PENDING: usize = 64;

/// The curves of a cohort as they grow.
pub struct CohortLog {
    lanes: Vec<LaneLog>,
    parameters: Vec<ParameterShape>,
    pending: Vec<Pending>,
}

struct LaneLog {
    run: RunConfig,
    diverged_at: Option<usize>,
    /// Whether its end was handed out.
    ended: bool,
}

/// What is known of a step once it is taken, on the device.
pub struct Pending {
    pub step: usize,
    /// Losses before its update, `[lanes]`.
    pub losses: Tensor<1>,
    /// Norm of each lane's gradient.
    pub norms: LaneNumbers,
    /// What it did to the weights of a lane, where that was measured.
    pub changes: Option<LaneNumbers>,
}

impl CohortLog {
    pub fn new(lanes: &[RunConfig], parameters: &[Parameter]) -> Self {
        let lane = |run: &RunConfig| LaneLog { run: run.clone(), diverged_at: None, ended: false };
        CohortLog {
            lanes: lanes.iter().map(lane).collect(),
            parameters: parameters.iter().map(|one| one.shape.clone()).collect(),
            pending: Vec::new(),
        }
    }

    /// Keeps what is known of a step.
    pub fn stepped(&mut self, pending: Pending, observer: &mut dyn Observer) -> Result<()> {
        if self.pending.len() == MOST_PENDING {
            self.flush(observer)?;
        }
        self.pending.push(pending);
        Ok(())
    }

    /// Adds an evaluation after step `step`, and all rows before it.
    pub fn evaluated(
        &mut self,
        step: usize,
        measured: Measured,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut rows = self.read_pending()?;
        if step == 0 {
            rows.push(self.lanes.iter().map(|_| CurveRow::at(0)).collect());
        }
        if let Some(last) = rows.last_mut() {
            for (lane, row) in last.iter_mut().enumerate() {
                row.train_loss = Some(measured.train_loss[lane]);
                row.val_loss = Some(measured.val_loss[lane]);
                if let Some(last) = &measured.last {
                    (row.last_train_loss, row.last_val_loss) =
                        (Some(last.train[lane]), Some(last.val[lane]));
                }
                row.weight_norm = Some(measured.weight_norm[lane]);
                if let Some(memory) = &measured.memory {
                    row.memory.clone_from(&memory[lane]);
                }
                for (role, norms) in &measured.weight_norm_of {
                    row.of_mut(*role).weight_norm = Some(norms[lane]);
                }
            }
        }
        rows.into_iter().try_for_each(|rows| self.add(rows, observer))
    }

    /// Hands out all rows that are still on the device.
    pub fn flush(&mut self, observer: &mut dyn Observer) -> Result<()> {
        self.read_pending()?.into_iter().try_for_each(|rows| self.add(rows, observer))
    }

    /// Whether no lane has anything left to learn.
    pub fn all_diverged(&self) -> bool {
        self.lanes.iter().all(|lane| lane.diverged_at.is_some())
    }

    /// Whether a lane's loss was not finite at some step.
    pub fn diverged(&self, lane: usize) -> bool {
        self.lanes[lane].diverged_at.is_some()
    }

    /// Lane, status and steps of every lane of such a status that was not handed out before.
    pub fn take_ends(&mut self, which: impl Fn(Status) -> bool) -> Vec<(usize, Status, usize)> {
        let mut ends = Vec::new();
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            let status = if lane.diverged_at.is_some() { Status::Diverged } else { Status::Done };
            if !lane.ended && which(status) {
                lane.ended = true;
                ends.push((index, status, lane.diverged_at.unwrap_or(lane.run.recipe.steps)));
            }
        }
        ends
    }

    /// One list of rows per pending step, one row per lane.
    fn read_pending(&mut self) -> Result<Vec<Vec<CurveRow>>> {
        let mut rows = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            let losses = LaneNumbers::on_device(pending.losses).read()?;
            let norms = pending.norms.read()?;
            let changes = pending.changes.map(LaneNumbers::read).transpose()?;
            let mut of_step: Vec<CurveRow> = self
                .lanes
                .iter()
                .zip(losses.into_iter().zip(norms))
                .map(|(lane, (loss, norm))| lane.row(pending.step, loss, norm))
                .collect();
            if let Some(changes) = changes {
                let sums = changes.chunks(self.parameters.len() * SUMS);
                for ((lane, row), sums) in self.lanes.iter().zip(&mut of_step).zip(sums) {
                    let norm = row.grad_norm.unwrap_or_default();
                    (row.roles, row.relative_update_by_layer) =
                        told(&lane.run, &self.parameters, row.step, norm, sums);
                }
            }
            rows.push(of_step);
        }
        Ok(rows)
    }

    fn add(&mut self, rows: Vec<CurveRow>, observer: &mut dyn Observer) -> Result<()> {
        for (index, (lane, row)) in self.lanes.iter_mut().zip(rows).enumerate() {
            if lane.diverged_at.is_some() {
                continue;
            }
            if !row.is_finite() {
                lane.diverged_at = Some(row.step);
            } else if row.step == 0 || lane.run.recipe.logs(row.step) {
                observer.logged(index, &row)?;
            }
        }
        Ok(())
    }
}

impl LaneLog {
    fn row(&self, step: usize, loss: f32, norm: f32) -> CurveRow {
        let recipe = &self.run.recipe;
        let is_clipped = recipe.clip > 0.0 && f64::from(norm) + 1e-6 > recipe.clip;
        CurveRow {
            lr: Some(recipe.lr_schedule().lr_at(step)),
            batch_loss: Some(loss),
            grad_norm: Some(norm),
            clipped: Some(f32::from(u8::from(is_clipped))),
            ..CurveRow::at(step)
        }
    }
}
