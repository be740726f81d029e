use serde::Serialize;

use super::words;
use crate::config::{Form, Mask};
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{Analysis, Cell, Comparison, Estimate, Group, Quantity};

/// A row of `summary.csv`: one arm over its seeds. Losses in nats per token, at the last step unless
/// named otherwise; `_ci95` is half of a 95% t-interval, `d_` a difference from no decay paired by
/// seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    /// Numbers in which the arm's recipe differs from `[train]`.
    pub variant: String,
    /// Runs that reached their end: those in the means.
    pub n: usize,
    /// Whether every run reached its last step.
    pub complete: bool,
    /// Whether this is the rule's best λ by mean val loss.
    pub best: bool,
    pub val_loss: Option<f64>,
    pub val_loss_ci95: Option<f64>,
    pub gap: Option<f64>,
    pub gap_ci95: Option<f64>,
    pub train_loss: Option<f64>,
    /// Mean of the lowest val loss of each run.
    pub lowest_val_loss: Option<f64>,
    pub d_val_loss: Option<f64>,
    pub d_val_loss_ci95: Option<f64>,
    pub d_val_loss_p: Option<f64>,
    /// After Holm's correction over all arms.
    pub d_val_loss_p_holm: Option<f64>,
    pub d_gap: Option<f64>,
    pub d_gap_ci95: Option<f64>,
    pub d_gap_p: Option<f64>,
    /// After Holm's correction over all arms.
    pub d_gap_p_holm: Option<f64>,
    /// Standard deviation over seeds of the val loss without decay.
    pub noise_floor: Option<f64>,
    pub total_decay: Option<f64>,
    pub diverged: usize,
    /// Runs that ended no better than by knowing how often each token occurs.
    pub collapsed: usize,
}

/// `summary.json`: everything that the analysis found.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub verdicts: Vec<String>,
    /// How to read the verdicts.
    pub fine_print: String,
    pub warnings: Vec<String>,
    /// The headline comparisons as numbers.
    pub comparisons: Vec<ComparisonRow>,
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
    pub fn of(analysis: &Analysis) -> Self {
        let arms = analysis.groups.iter().flat_map(|group| {
            group.cells.iter().map(move |cell| SummaryRow::of(analysis, group, cell))
        });
        let of_values = analysis.values.iter().flat_map(words::table_verdicts);
        Summary {
            verdicts: words::verdicts(analysis).into_iter().chain(of_values).collect(),
            fine_print: words::fine_print(analysis),
            warnings: analysis.warnings.iter().map(words::warning).collect(),
            comparisons: analysis.headline.iter().map(ComparisonRow::of).collect(),
            arms: arms.collect(),
        }
    }
}

impl SummaryRow {
    fn of(analysis: &Analysis, group: &Group, cell: &Cell) -> Self {
        let side = group.side(cell);
        let count = |is: fn(&RunRow) -> bool| cell.runs.iter().filter(|run| is(run)).count();
        let [val_loss, val_loss_ci95] = numbers(cell.estimate(|run| run.val_loss));
        let [gap, gap_ci95] = numbers(cell.estimate(|run| run.gap));
        let d_val = analysis.against_none(Quantity::ValLoss, &side);
        let d_gap = analysis.against_none(Quantity::Gap, &side);
        let difference = |of: Option<&Comparison>| numbers(of.map(|one| one.difference));
        let [d_val_loss, d_val_loss_ci95] = difference(d_val);
        let [d_gap_mean, d_gap_ci95] = difference(d_gap);
        SummaryRow {
            form: group.rule.form,
            mask: group.rule.mask,
            weight_decay: cell.weight_decay,
            variant: group.rule.variant.clone(),
            n: count(RunRow::is_done),
            complete: cell.is_complete(),
            best: group.best().is_some_and(|best| best.weight_decay == cell.weight_decay),
            val_loss,
            val_loss_ci95,
            gap,
            gap_ci95,
            train_loss: cell.mean(|run| run.train_loss),
            lowest_val_loss: cell.mean(|run| run.best_val_loss),
            d_val_loss,
            d_val_loss_ci95,
            d_val_loss_p: d_val.and_then(|comparison| comparison.p),
            d_val_loss_p_holm: d_val.and_then(|comparison| comparison.p_holm),
            d_gap: d_gap_mean,
            d_gap_ci95,
            d_gap_p: d_gap.and_then(|comparison| comparison.p),
            d_gap_p_holm: d_gap.and_then(|comparison| comparison.p_holm),
            noise_floor: analysis.baseline.and_then(|baseline| baseline.sd),
            total_decay: cell.runs.first().and_then(|run| run.total_decay),
            diverged: count(|run| run.status == Status::Diverged),
            collapsed: count(RunRow::is_collapsed),
        }
    }
}

/// Mean and half width of the interval.
fn numbers(estimate: Option<Estimate>) -> [Option<f64>; 2] {
    [estimate.map(|one| one.mean), estimate.and_then(|one| one.half_width)]
}

impl ComparisonRow {
    fn of(comparison: &Comparison) -> Self {
        let Comparison { quantity, left, right, difference, p, p_holm, .. } = comparison;
        ComparisonRow {
            quantity: *quantity,
            left: words::arm(left),
            right: right.as_ref().map_or("no decay".to_owned(), words::arm),
            n: difference.n,
            difference: difference.mean,
            ci95: difference.half_width,
            p: *p,
            p_holm: *p_holm,
        }
    }
}
