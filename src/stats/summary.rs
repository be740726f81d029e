use serde::Serialize;

use super::comparison::{Comparison, Quantity};
use super::groups::{Cell, Group};
use super::inference::Estimate;
use super::values::ValuesTable;
use super::{Analysis, verdicts};
use crate::config::{Form, Mask};

/// A row of `summary.csv`: one arm over its seeds. Losses in nats per token, at the last step unless
/// named otherwise; `_ci95` is half of a 95% t-interval, `d_` a difference from no decay paired by
/// seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// Form of the arm.
    pub form: Form,
    /// Mask of the arm.
    pub mask: Option<Mask>,
    /// λ of the arm.
    pub weight_decay: Option<f64>,
    /// Numbers in which the arm's recipe differs from `[train]`.
    pub variant: String,
    /// Seeds.
    pub n: usize,
    /// Whether every run reached its last step.
    pub complete: bool,
    /// Whether this is the rule's best λ by mean val loss.
    pub best: bool,
    /// Mean val loss.
    pub val_loss: Option<f64>,
    /// Half width of its interval.
    pub val_loss_ci95: Option<f64>,
    /// Mean gap.
    pub gap: Option<f64>,
    /// Half width of its interval.
    pub gap_ci95: Option<f64>,
    /// Mean train loss.
    pub train_loss: Option<f64>,
    /// Mean of the lowest val loss of each run.
    pub lowest_val_loss: Option<f64>,
    /// Mean difference of val loss from no decay.
    pub d_val_loss: Option<f64>,
    /// Half width of its interval.
    pub d_val_loss_ci95: Option<f64>,
    /// p that there is no difference.
    pub d_val_loss_p: Option<f64>,
    /// The same after Holm's correction over all arms.
    pub d_val_loss_p_holm: Option<f64>,
    /// Mean difference of the gap from no decay.
    pub d_gap: Option<f64>,
    /// Half width of its interval.
    pub d_gap_ci95: Option<f64>,
    /// p that there is no difference.
    pub d_gap_p: Option<f64>,
    /// The same after Holm's correction over all arms.
    pub d_gap_p_holm: Option<f64>,
    /// Standard deviation over seeds of the val loss without decay.
    pub noise_floor: Option<f64>,
    /// Total decay Λ.
    pub total_decay: Option<f64>,
}

/// `summary.json`: everything that the analysis found.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Sentences.
    pub verdicts: Vec<String>,
    /// How to read them.
    pub fine_print: String,
    /// What to know before believing them.
    pub warnings: Vec<String>,
    /// The headline comparisons as numbers.
    pub comparisons: Vec<ComparisonRow>,
    /// The rows of `summary.csv`.
    pub arms: Vec<SummaryRow>,
}

/// A comparison as numbers.
#[derive(Clone, Debug, Serialize)]
pub struct ComparisonRow {
    quantity: Quantity,
    left: String,
    right: String,
    n: usize,
    difference: f64,
    ci95: Option<f64>,
    p: Option<f64>,
    p_holm: Option<f64>,
}

impl Summary {
    /// Of an analysis.
    pub fn of(analysis: &Analysis) -> Self {
        let arms = analysis.groups.iter().flat_map(|group| {
            group.cells.iter().map(move |cell| SummaryRow::of(analysis, group, cell))
        });
        let of_values = analysis.values.iter().flat_map(ValuesTable::verdicts);
        Summary {
            verdicts: verdicts(analysis).into_iter().chain(of_values).collect(),
            fine_print: analysis.fine_print(),
            warnings: analysis.warnings.clone(),
            comparisons: analysis.headline.iter().map(ComparisonRow::of).collect(),
            arms: arms.collect(),
        }
    }
}

impl SummaryRow {
    fn of(analysis: &Analysis, group: &Group, cell: &Cell) -> Self {
        let side = group.side(cell);
        let mean = |estimate: Option<Estimate>| estimate.map(|estimate| estimate.mean);
        let half = |estimate: Option<Estimate>| estimate.and_then(|estimate| estimate.half_width);
        let val_loss = cell.estimate(|run| run.val_loss);
        let gap = cell.estimate(|run| run.gap);
        let d_val = analysis.against_none(Quantity::ValLoss, &side);
        let d_gap = analysis.against_none(Quantity::Gap, &side);
        let difference = |of: Option<&Comparison>| of.map(|comparison| comparison.difference);
        SummaryRow {
            form: group.key.form,
            mask: group.key.mask,
            weight_decay: cell.weight_decay,
            variant: group.key.variant.clone(),
            n: cell.runs.len(),
            complete: cell.is_complete(),
            best: group.best().is_some_and(|best| best.weight_decay == cell.weight_decay),
            val_loss: mean(val_loss),
            val_loss_ci95: half(val_loss),
            gap: mean(gap),
            gap_ci95: half(gap),
            train_loss: mean(cell.estimate(|run| run.train_loss)),
            lowest_val_loss: mean(cell.estimate(|run| run.best_val_loss)),
            d_val_loss: mean(difference(d_val)),
            d_val_loss_ci95: half(difference(d_val)),
            d_val_loss_p: d_val.and_then(|comparison| comparison.p),
            d_val_loss_p_holm: d_val.and_then(|comparison| comparison.p_holm),
            d_gap: mean(difference(d_gap)),
            d_gap_ci95: half(difference(d_gap)),
            d_gap_p: d_gap.and_then(|comparison| comparison.p),
            d_gap_p_holm: d_gap.and_then(|comparison| comparison.p_holm),
            noise_floor: analysis.baseline.and_then(|baseline| baseline.sd),
            total_decay: cell.runs.first().and_then(|run| run.total_decay),
        }
    }
}

impl ComparisonRow {
    fn of(comparison: &Comparison) -> Self {
        ComparisonRow {
            quantity: comparison.quantity,
            left: verdicts::side(&comparison.left),
            right: comparison.right.as_ref().map_or("no decay".to_owned(), verdicts::side),
            n: comparison.difference.n,
            difference: comparison.difference.mean,
            ci95: comparison.difference.half_width,
            p: comparison.p,
            p_holm: comparison.p_holm,
        }
    }
}
