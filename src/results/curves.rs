use serde::{Deserialize, Serialize};

use crate::config::{Form, Mask};
use crate::experiment::Entry;
use crate::record::CurveRow;
use crate::store::SoFar;

/// A row of `curves.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveCsvRow {
    pub run: String,
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    pub seed: u64,
    pub step: usize,
    /// Training tokens read until then.
    pub tokens: usize,
    /// Learning rate of the step.
    pub lr: Option<f64>,
    /// Loss of the step's batch before its update.
    pub batch_loss: Option<f32>,
    /// Norm of the gradient before clipping.
    pub grad_norm: Option<f32>,
    pub train_loss: Option<f64>,
    pub val_loss: Option<f64>,
    /// Generalization gap, val − train.
    pub gap: Option<f64>,
    /// Norm of all weights.
    pub weight_norm: Option<f32>,
    pub weight_norm_embedding: Option<f32>,
    /// Norm of the weight matrices inside attention.
    pub weight_norm_attention: Option<f32>,
    /// Norm of the weight matrices inside the MLPs.
    pub weight_norm_mlp: Option<f32>,
    /// Norm of an untied head.
    #[serde(default)]
    pub weight_norm_head: Option<f32>,
    /// Norm of the gains and biases of norms.
    pub weight_norm_norm: Option<f32>,
    /// Norm of the biases of linear layers.
    pub weight_norm_bias: Option<f32>,
    /// Numbers in which the arm's recipe differs from `[train]`.
    pub variant: String,
    /// Train loss of the last step's weights, where the losses above are those of averages over steps.
    #[serde(default)]
    pub last_train_loss: Option<f64>,
    /// The same of val.
    #[serde(default)]
    pub last_val_loss: Option<f64>,
}

/// The curve of an entry, whose run has this record.
pub fn curve_rows<'a>(
    entry: &'a Entry,
    record: &'a SoFar,
) -> impl Iterator<Item = CurveCsvRow> + 'a {
    record.curve.iter().map(|row| curve_row(entry, record, row))
}

fn curve_row(entry: &Entry, record: &SoFar, row: &CurveRow) -> CurveCsvRow {
    let decay = &entry.arm.decay;
    let tokens_per_step = record.tokens_per_step;
    CurveCsvRow {
        run: entry.id.to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        seed: entry.seed.label,
        step: row.step,
        tokens: row.step * tokens_per_step,
        lr: row.lr,
        batch_loss: row.batch_loss,
        grad_norm: row.grad_norm,
        train_loss: row.train_loss,
        val_loss: row.val_loss,
        gap: row.gap(),
        weight_norm: row.weight_norm,
        weight_norm_embedding: row.weight_norm_embedding,
        weight_norm_attention: row.weight_norm_attention,
        weight_norm_mlp: row.weight_norm_mlp,
        weight_norm_head: row.weight_norm_head,
        weight_norm_norm: row.weight_norm_norm,
        weight_norm_bias: row.weight_norm_bias,
        variant: entry.arm.variant.clone(),
        last_train_loss: row.last_train_loss,
        last_val_loss: row.last_val_loss,
    }
}
