use serde::Serialize;

use super::retrodiction;
use crate::advice::Said;
use crate::config::{Family, Form, LrShape, Mask, OptimizerKind};
use crate::published::Evidence;
use crate::report::words;
use crate::results::RunRow;
use crate::stats::{Carried, Cell, Estimate, ValuesRow, ValuesTable};

/// A row of `table.csv`. Losses in nats per token at the last step, `_ci95` half of a 95% t-interval,
/// `d_` a difference from no decay paired by seed.
#[derive(Clone, Debug, Serialize)]
pub struct ValuesCsvRow {
    pub model: String,
    /// Name of the recipe, with what the experiment varies.
    pub recipe: String,
    /// λ that is repeated for it.
    pub claimed_weight_decay: Option<f64>,
    /// What becomes of that claim at the source.
    pub evidence: Evidence,
    /// What the source says.
    pub finding: String,
    pub source: String,
    /// Of the model that was trained.
    pub family: Family,
    pub optimizer: OptimizerKind,
    pub form: Form,
    pub mask: Mask,
    pub beta_1: f64,
    /// β2; missing for Adafactor, which has 1 − k^−0.8.
    pub beta_2: Option<f64>,
    pub eps: f64,
    /// Bound on the global gradient norm.
    pub clip: f64,
    /// How the learning rate falls.
    pub schedule: LrShape,
    /// To which share of the peak.
    pub min_lr_ratio: f64,
    /// Fields of the recipe that the source does not disclose.
    pub assumed: String,
    /// Λ of the original.
    pub original_total_decay: Option<f64>,
    /// τ of the original, in steps.
    pub original_timescale_steps: Option<f64>,
    /// The same in epochs.
    pub original_timescale_epochs: Option<f64>,
    /// λ that Power Lines would have said for the original.
    pub power_lines_weight_decay: Option<f64>,
    /// Whether the original lies in the range that the rule was fitted on.
    pub power_lines_applies: Option<bool>,
    /// The same of ADANA.
    pub adana_weight_decay: Option<f64>,
    pub adana_applies: Option<bool>,
    /// Why there is no run with the original's Λ.
    pub not_matched: Option<String>,
    /// Runs without decay that reached their end.
    pub n: usize,
    pub none_val_loss: Option<f64>,
    pub none_val_loss_ci95: Option<f64>,
    pub none_test_loss: Option<f64>,
    pub none_test_loss_ci95: Option<f64>,
    pub none_stopped_test_loss: Option<f64>,
    pub none_stopped_test_loss_ci95: Option<f64>,
    pub none_gap: Option<f64>,
    pub none_gap_ci95: Option<f64>,
    /// Whether a run without decay ended no better than by knowing how often each token occurs.
    pub none_collapsed: Option<bool>,
    /// λ of the raw run; missing for the form without one.
    pub raw_weight_decay: Option<f64>,
    pub raw_total_decay: Option<f64>,
    pub raw_val_loss: Option<f64>,
    pub raw_val_loss_ci95: Option<f64>,
    pub raw_test_loss: Option<f64>,
    pub raw_test_loss_ci95: Option<f64>,
    pub raw_gap: Option<f64>,
    pub raw_gap_ci95: Option<f64>,
    /// Its val loss against no decay.
    pub raw_d_val_loss: Option<f64>,
    pub raw_d_val_loss_ci95: Option<f64>,
    /// Its test loss against no decay.
    pub raw_d_test_loss: Option<f64>,
    pub raw_d_test_loss_ci95: Option<f64>,
    /// Its test loss against no decay stopped at its lowest val loss.
    pub raw_d_against_stopped: Option<f64>,
    pub raw_d_against_stopped_ci95: Option<f64>,
    /// Its test loss against no decay, both stopped.
    pub raw_d_both_stopped: Option<f64>,
    pub raw_d_both_stopped_ci95: Option<f64>,
    /// Whether a run ended no better than by knowing how often each token occurs.
    pub raw_collapsed: Option<bool>,
    /// p that there is no difference in the reported loss, after Holm's correction over the table.
    pub raw_p_holm: Option<f64>,
    /// λ of the run that matches the original's Λ.
    pub matched_weight_decay: Option<f64>,
    pub matched_total_decay: Option<f64>,
    pub matched_val_loss: Option<f64>,
    pub matched_val_loss_ci95: Option<f64>,
    pub matched_test_loss: Option<f64>,
    pub matched_test_loss_ci95: Option<f64>,
    pub matched_gap: Option<f64>,
    pub matched_gap_ci95: Option<f64>,
    /// Its val loss against no decay.
    pub matched_d_val_loss: Option<f64>,
    pub matched_d_val_loss_ci95: Option<f64>,
    /// Its test loss against no decay.
    pub matched_d_test_loss: Option<f64>,
    pub matched_d_test_loss_ci95: Option<f64>,
    /// Its test loss against no decay stopped at its lowest val loss.
    pub matched_d_against_stopped: Option<f64>,
    pub matched_d_against_stopped_ci95: Option<f64>,
    /// Its test loss against no decay, both stopped.
    pub matched_d_both_stopped: Option<f64>,
    pub matched_d_both_stopped_ci95: Option<f64>,
    /// Whether a run ended no better than by knowing how often each token occurs.
    pub matched_collapsed: Option<bool>,
    /// p that there is no difference in the reported loss, after Holm's correction over the table.
    pub matched_p_holm: Option<f64>,
    /// λ of the run that matches the original's τ in epochs.
    pub timed_weight_decay: Option<f64>,
    pub timed_total_decay: Option<f64>,
    pub timed_test_loss: Option<f64>,
    pub timed_test_loss_ci95: Option<f64>,
    /// Its test loss against no decay.
    pub timed_d_test_loss: Option<f64>,
    pub timed_d_test_loss_ci95: Option<f64>,
    /// Its test loss against no decay stopped at its lowest val loss.
    pub timed_d_against_stopped: Option<f64>,
    pub timed_d_against_stopped_ci95: Option<f64>,
    /// Its test loss against no decay, both stopped.
    pub timed_d_both_stopped: Option<f64>,
    pub timed_d_both_stopped_ci95: Option<f64>,
    /// Whether a run ended no better than by knowing how often each token occurs.
    pub timed_collapsed: Option<bool>,
    /// p that there is no difference in the reported loss, after Holm's correction over the table.
    pub timed_p_holm: Option<f64>,
    pub verdict: String,
}

/// What a table has of one arm.
#[derive(Default)]
struct Numbers {
    weight_decay: Option<f64>,
    total_decay: Option<f64>,
    val_loss: Option<Estimate>,
    gap: Option<Estimate>,
    test_loss: Option<Estimate>,
    stopped_test_loss: Option<Estimate>,
    d_against_stopped: Option<Estimate>,
    d_both_stopped: Option<Estimate>,
    collapsed: Option<bool>,
    d_val_loss: Option<Estimate>,
    d_test_loss: Option<Estimate>,
    p_holm: Option<f64>,
}

impl Numbers {
    fn of_cell(cell: &Cell) -> Self {
        let run: &RunRow = &cell.runs[0];
        Numbers {
            weight_decay: run.weight_decay,
            total_decay: run.total_decay,
            val_loss: cell.estimate(|run| run.val_loss),
            gap: cell.estimate(|run| run.gap),
            test_loss: cell.estimate(|run| run.test_loss),
            stopped_test_loss: cell.estimate(|run| run.stopped_test_loss),
            collapsed: Some(cell.is_collapsed()),
            ..Numbers::default()
        }
    }

    fn of(carried: Option<&Carried>, none: Option<&Cell>) -> Self {
        let Some(carried) = carried else { return Numbers::default() };
        let comparison = carried.against_none.as_ref();
        let difference = |of: fn(&RunRow) -> Option<f64>| carried.cell.paired(none?, of);
        Numbers {
            d_val_loss: difference(|run| run.val_loss),
            d_test_loss: difference(|run| run.test_loss),
            p_holm: comparison.and_then(|comparison| comparison.judgement.p_holm),
            d_against_stopped: carried.against_stopped,
            d_both_stopped: carried.both_stopped,
            ..Numbers::of_cell(&carried.cell)
        }
    }
}

fn mean(estimate: Option<Estimate>) -> Option<f64> {
    estimate.map(|estimate| estimate.mean)
}

fn half(estimate: Option<Estimate>) -> Option<f64> {
    estimate.and_then(|estimate| estimate.half_width)
}

/// The rows of `table.csv`.
pub fn csv_rows(table: &ValuesTable) -> Vec<ValuesCsvRow> {
    table.rows.iter().map(csv_row).collect()
}

fn csv_row(row: &ValuesRow) -> ValuesCsvRow {
    let published = row.published;
    let recipe = &published.recipe;
    let settings = published.recipe();
    let [beta_1, beta_2] = settings.betas;
    let is_adam = settings.optimizer == OptimizerKind::Adam;
    let none = row.none.as_ref().map(Numbers::of_cell).unwrap_or_default();
    let raw = Numbers::of(row.raw.as_ref(), row.none.as_ref());
    let matched = Numbers::of(row.matched.as_ref(), row.none.as_ref());
    let timed = Numbers::of(row.timed.as_ref(), row.none.as_ref());
    let said = retrodiction::said(published);
    let rule = |place: usize| said.get(place).and_then(Option::as_ref);
    let [power_lines, adana] = [rule(0), rule(1)];
    ValuesCsvRow {
        model: words::row_title(row),
        recipe: row.variant.clone(),
        claimed_weight_decay: published.claim,
        evidence: published.evidence,
        finding: published.finding.clone(),
        source: published.source.clone(),
        family: recipe.family.value,
        optimizer: settings.optimizer,
        form: row.form,
        mask: row.mask.unwrap_or(recipe.mask.value),
        beta_1,
        beta_2: is_adam.then_some(beta_2),
        eps: settings.eps,
        clip: settings.clip,
        schedule: settings.schedule,
        min_lr_ratio: settings.min_lr_ratio,
        assumed: published.assumed().join(" "),
        original_total_decay: published.total_decay(),
        original_timescale_steps: published.timescale_steps(),
        original_timescale_epochs: published.timescale_epochs(),
        power_lines_weight_decay: power_lines.and_then(|one| one.weight_decay),
        power_lines_applies: power_lines.map(Said::applies),
        adana_weight_decay: adana.and_then(|one| one.weight_decay),
        adana_applies: adana.map(Said::applies),
        not_matched: published.original.undisclosed.clone(),
        n: row.none.as_ref().map_or(0, |none| none.done().count()),
        none_val_loss: mean(none.val_loss),
        none_val_loss_ci95: half(none.val_loss),
        none_test_loss: mean(none.test_loss),
        none_test_loss_ci95: half(none.test_loss),
        none_stopped_test_loss: mean(none.stopped_test_loss),
        none_stopped_test_loss_ci95: half(none.stopped_test_loss),
        none_gap: mean(none.gap),
        none_gap_ci95: half(none.gap),
        none_collapsed: none.collapsed,
        raw_weight_decay: raw.weight_decay,
        raw_total_decay: raw.total_decay,
        raw_val_loss: mean(raw.val_loss),
        raw_val_loss_ci95: half(raw.val_loss),
        raw_test_loss: mean(raw.test_loss),
        raw_test_loss_ci95: half(raw.test_loss),
        raw_gap: mean(raw.gap),
        raw_gap_ci95: half(raw.gap),
        raw_d_val_loss: mean(raw.d_val_loss),
        raw_d_val_loss_ci95: half(raw.d_val_loss),
        raw_d_test_loss: mean(raw.d_test_loss),
        raw_d_test_loss_ci95: half(raw.d_test_loss),
        raw_d_against_stopped: mean(raw.d_against_stopped),
        raw_d_against_stopped_ci95: half(raw.d_against_stopped),
        raw_d_both_stopped: mean(raw.d_both_stopped),
        raw_d_both_stopped_ci95: half(raw.d_both_stopped),
        raw_collapsed: raw.collapsed,
        raw_p_holm: raw.p_holm,
        matched_weight_decay: matched.weight_decay,
        matched_total_decay: matched.total_decay,
        matched_val_loss: mean(matched.val_loss),
        matched_val_loss_ci95: half(matched.val_loss),
        matched_test_loss: mean(matched.test_loss),
        matched_test_loss_ci95: half(matched.test_loss),
        matched_gap: mean(matched.gap),
        matched_gap_ci95: half(matched.gap),
        matched_d_val_loss: mean(matched.d_val_loss),
        matched_d_val_loss_ci95: half(matched.d_val_loss),
        matched_d_test_loss: mean(matched.d_test_loss),
        matched_d_test_loss_ci95: half(matched.d_test_loss),
        matched_d_against_stopped: mean(matched.d_against_stopped),
        matched_d_against_stopped_ci95: half(matched.d_against_stopped),
        matched_d_both_stopped: mean(matched.d_both_stopped),
        matched_d_both_stopped_ci95: half(matched.d_both_stopped),
        matched_collapsed: matched.collapsed,
        matched_p_holm: matched.p_holm,
        timed_weight_decay: timed.weight_decay,
        timed_total_decay: timed.total_decay,
        timed_test_loss: mean(timed.test_loss),
        timed_test_loss_ci95: half(timed.test_loss),
        timed_d_test_loss: mean(timed.d_test_loss),
        timed_d_test_loss_ci95: half(timed.d_test_loss),
        timed_d_against_stopped: mean(timed.d_against_stopped),
        timed_d_against_stopped_ci95: half(timed.d_against_stopped),
        timed_d_both_stopped: mean(timed.d_both_stopped),
        timed_d_both_stopped_ci95: half(timed.d_both_stopped),
        timed_collapsed: timed.collapsed,
        timed_p_holm: timed.p_holm,
        verdict: words::row_verdict(row),
    }
}
