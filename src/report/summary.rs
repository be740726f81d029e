mod optima;
mod rows;

use serde::Serialize;

use super::claims::ClaimJson;
use super::words;
use crate::config::{Form, Mask, Texts};
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::claims::Judged;
use crate::stats::memorisation::{Finding, Measure, Memorisation, Moment};
use crate::stats::{
    Analysis, Cell, Comparison, Estimate, Group, Judgement, Levels, Quantity, ValuesTable,
};
use optima::OptimumRow;
use rows::{ComparisonRow, MemorisationRow, RuleRow};

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
    /// Test loss at the last step.
    pub final_test: Option<f64>,
    pub final_test_ci95: Option<f64>,
    /// Test loss at the step of the lowest val loss.
    pub stopped_test: Option<f64>,
    pub stopped_test_ci95: Option<f64>,
    /// Test loss at the last step in bits per byte of text.
    pub final_test_bpb: Option<f64>,
    /// The same at the step of the lowest val loss.
    pub stopped_test_bpb: Option<f64>,
    /// Mean step of the lowest val loss.
    pub best_step: Option<f64>,
    /// Mean of the lowest val loss of each run.
    pub lowest_val_loss: Option<f64>,
    pub d_val_loss: Option<f64>,
    pub d_val_loss_ci95: Option<f64>,
    pub d_val_loss_p: Option<f64>,
    /// After Holm's correction over all arms.
    pub d_val_loss_p_holm: Option<f64>,
    /// The same of test loss at the last step.
    pub d_test_loss: Option<f64>,
    pub d_test_loss_ci95: Option<f64>,
    pub d_test_loss_p: Option<f64>,
    pub d_test_loss_p_holm: Option<f64>,
    pub d_gap: Option<f64>,
    pub d_gap_ci95: Option<f64>,
    pub d_gap_p: Option<f64>,
    /// After Holm's correction over all arms.
    pub d_gap_p_holm: Option<f64>,
    /// Standard deviation over seeds of the reported loss without decay.
    pub noise_floor: Option<f64>,
    pub total_decay: Option<f64>,
    pub diverged: usize,
    /// Runs that ended no better than by knowing how often each token occurs.
    pub collapsed: usize,
    /// The same on val, which tells what may be best.
    pub collapsed_on_val: usize,
    /// Share of the greedy continuations of train prompts that are the text, at the last step.
    pub verbatim_train: Option<f64>,
    pub verbatim_train_ci95: Option<f64>,
    /// The same of val prompts.
    pub verbatim_val: Option<f64>,
    pub verbatim_val_ci95: Option<f64>,
    /// Mean over runs of the longest verbatim beginning, in tokens.
    pub longest_verbatim: Option<f64>,
    /// Mean exposure of canaries, in bits.
    pub exposure: Option<f64>,
    pub exposure_ci95: Option<f64>,
    /// Mean divergence from the true distribution of the next token.
    pub divergence: Option<f64>,
    pub divergence_ci95: Option<f64>,
    /// What is verbatim on train less what is on val.
    pub d_by_heart: Option<f64>,
    pub d_by_heart_ci95: Option<f64>,
    pub d_by_heart_p: Option<f64>,
    /// After Holm's correction over all arms.
    pub d_by_heart_p_holm: Option<f64>,
    /// The same where both had the same test loss last.
    pub d_by_heart_equal_loss: Option<f64>,
    pub d_by_heart_equal_loss_ci95: Option<f64>,
    pub d_by_heart_equal_loss_p: Option<f64>,
    pub d_by_heart_equal_loss_p_holm: Option<f64>,
    pub d_exposure: Option<f64>,
    pub d_exposure_ci95: Option<f64>,
    pub d_exposure_p: Option<f64>,
    pub d_exposure_p_holm: Option<f64>,
    pub d_exposure_equal_loss: Option<f64>,
    pub d_exposure_equal_loss_ci95: Option<f64>,
    pub d_exposure_equal_loss_p: Option<f64>,
    pub d_exposure_equal_loss_p_holm: Option<f64>,
    /// Mean test loss at which arms are compared at equal test loss.
    pub equal_test_loss: Option<f64>,
}

/// `summary.json`: everything that the analysis found.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub verdicts: Vec<String>,
    /// How to read the verdicts.
    pub fine_print: String,
    pub warnings: Vec<String>,
    /// On what is chosen and on what is reported.
    pub splits: Splits,
    /// Whether each seed has a text of its own; missing in files of older versions, which have one.
    pub texts: Option<Texts>,
    /// The smallest difference that matters, in nats per token.
    pub epsilon: Option<f64>,
    /// Share of families in which any difference may be false, and of those in which any equivalence may be.
    pub alpha: f64,
    pub reference_levels: Levels,
    /// The rules that are compared, each at its own best point.
    pub rules: Vec<RuleRow>,
    /// What a search found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optima: Vec<OptimumRow>,
    /// What runs say of the claims of their spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimJson>,
    /// Every comparison of every family as numbers.
    pub comparisons: Vec<ComparisonRow>,
    /// What arms know by heart, against no decay; only where it was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memorisation: Vec<MemorisationRow>,
    pub arms: Vec<SummaryRow>,
}

/// The splits by what they are for.
#[derive(Clone, Debug, Serialize)]
pub struct Splits {
    pub fitted_on: &'static str,
    pub chosen_on: &'static str,
    pub reported_on: &'static str,
}

impl Summary {
    /// Of an analysis, of what was found of what is known by heart, if that was measured, and of claims.
    pub fn of(analysis: &Analysis, memorisation: Option<&Memorisation>, claims: &[Judged]) -> Self {
        let arms = analysis.groups.iter().flat_map(|group| {
            group.cells.iter().map(move |cell| SummaryRow::of(analysis, memorisation, group, cell))
        });
        let of_values = analysis.values.iter().flat_map(words::table_verdicts);
        let compared = analysis.values.iter().flat_map(ValuesTable::comparisons);
        let reported_on = if analysis.loss.is_on_test() { "test" } else { "val" };
        Summary {
            verdicts: claims
                .iter()
                .map(words::claim_told)
                .chain(words::verdicts(analysis))
                .chain(words::optima(analysis))
                .chain(of_values)
                .chain(words::by_heart_verdicts(analysis, memorisation))
                .collect(),
            fine_print: words::fine_print(analysis),
            warnings: words::late_claims(claims)
                .into_iter()
                .chain(analysis.warnings.iter().map(words::warning))
                .collect(),
            splits: Splits { fitted_on: "train", chosen_on: "val", reported_on },
            texts: analysis.texts,
            epsilon: analysis.epsilon.map(|epsilon| epsilon.value),
            alpha: analysis.alpha,
            reference_levels: analysis.levels,
            rules: analysis.contenders.iter().map(|one| RuleRow::of(analysis, one)).collect(),
            optima: OptimumRow::all(analysis),
            claims: ClaimJson::all(claims),
            comparisons: analysis
                .headline
                .iter()
                .chain(compared)
                .map(|one| ComparisonRow::of(one, analysis))
                .collect(),
            memorisation: memorisation
                .iter()
                .flat_map(|one| &one.findings)
                .map(MemorisationRow::of)
                .collect(),
            arms: arms.collect(),
        }
    }
}

impl SummaryRow {
    fn of(
        analysis: &Analysis,
        memorisation: Option<&Memorisation>,
        group: &Group,
        cell: &Cell,
    ) -> Self {
        let side = group.side(cell);
        let [verbatim_train, verbatim_train_ci95] =
            numbers(cell.estimate(|run| run.verbatim_train));
        let [verbatim_val, verbatim_val_ci95] = numbers(cell.estimate(|run| run.verbatim_val));
        let [exposure, exposure_ci95] = numbers(cell.estimate(|run| run.exposure));
        let [divergence, divergence_ci95] = numbers(cell.estimate(|run| run.divergence));
        let found = |measure: Measure, moment: Moment| {
            memorisation.and_then(|one| one.find(measure, moment, &side))
        };
        let told = |finding: Option<&Finding>| {
            let [mean, half] = numbers(finding.map(|one| one.difference));
            let judgement = finding.map(|one| &one.judgement);
            let p = |of: fn(&Judgement) -> Option<f64>| judgement.and_then(of);
            [mean, half, p(|one| one.p), p(|one| one.p_holm)]
        };
        let (by_heart, exposed) = (Measure::ByHeart, Measure::Exposure);
        let equal = |measure| found(measure, Moment::EqualTestLoss);
        let of_heart = told(found(by_heart, Moment::LastStep));
        let of_heart_equal = told(equal(by_heart));
        let of_exposure = told(found(exposed, Moment::LastStep));
        let of_exposure_equal = told(equal(exposed));
        let count = |is: fn(&RunRow) -> bool| cell.runs.iter().filter(|run| is(run)).count();
        let [val_loss, val_loss_ci95] = numbers(cell.estimate(|run| run.val_loss));
        let [gap, gap_ci95] = numbers(cell.estimate(|run| run.gap));
        let [final_test, final_test_ci95] = numbers(cell.estimate(|run| run.test_loss));
        let [stopped_test, stopped_test_ci95] = numbers(cell.estimate(|run| run.stopped_test_loss));
        let d_test = analysis.against_none(Quantity::TestLoss, &side);
        let d_val = analysis.against_none(Quantity::ValLoss, &side);
        let d_gap = analysis.against_none(Quantity::Gap, &side);
        let difference = |of: Option<&Comparison>| numbers(of.map(|one| one.difference));
        let none = group.baseline.as_ref();
        let none = none.and_then(|none| none.estimate(|run| analysis.loss.of(run)));
        let [d_val_loss, d_val_loss_ci95] = difference(d_val);
        let [d_test_loss, d_test_loss_ci95] = difference(d_test);
        let [d_gap_mean, d_gap_ci95] = difference(d_gap);
        SummaryRow {
            form: group.rule.form,
            mask: group.rule.mask,
            weight_decay: cell.weight_decay,
            variant: group.rule.variant.clone(),
            n: count(RunRow::is_done),
            complete: cell.is_complete(),
            best: group.best_of_rule().is_some_and(|best| best.weight_decay == cell.weight_decay),
            val_loss,
            val_loss_ci95,
            gap,
            gap_ci95,
            final_test,
            final_test_ci95,
            stopped_test,
            stopped_test_ci95,
            final_test_bpb: cell.mean(|run| run.test_bpb),
            stopped_test_bpb: cell.mean(|run| run.stopped_test_bpb),
            best_step: cell.mean(|run| run.best_step.map(|step| step as f64)),
            train_loss: cell.mean(|run| run.train_loss),
            lowest_val_loss: cell.mean(|run| run.best_val_loss),
            d_val_loss,
            d_val_loss_ci95,
            d_val_loss_p: d_val.and_then(|comparison| comparison.judgement.p),
            d_val_loss_p_holm: d_val.and_then(|comparison| comparison.judgement.p_holm),
            d_test_loss,
            d_test_loss_ci95,
            d_test_loss_p: d_test.and_then(|comparison| comparison.judgement.p),
            d_test_loss_p_holm: d_test.and_then(|comparison| comparison.judgement.p_holm),
            d_gap: d_gap_mean,
            d_gap_ci95,
            d_gap_p: d_gap.and_then(|comparison| comparison.judgement.p),
            d_gap_p_holm: d_gap.and_then(|comparison| comparison.judgement.p_holm),
            noise_floor: none.and_then(|none| none.sd),
            total_decay: cell.runs.first().and_then(|run| run.total_decay),
            diverged: count(|run| run.status == Status::Diverged),
            collapsed: count(RunRow::is_collapsed),
            collapsed_on_val: count(RunRow::is_collapsed_on_val),
            verbatim_train,
            verbatim_train_ci95,
            verbatim_val,
            verbatim_val_ci95,
            longest_verbatim: cell.mean(|run| run.longest_verbatim.map(|tokens| tokens as f64)),
            exposure,
            exposure_ci95,
            divergence,
            divergence_ci95,
            d_by_heart: of_heart[0],
            d_by_heart_ci95: of_heart[1],
            d_by_heart_p: of_heart[2],
            d_by_heart_p_holm: of_heart[3],
            d_by_heart_equal_loss: of_heart_equal[0],
            d_by_heart_equal_loss_ci95: of_heart_equal[1],
            d_by_heart_equal_loss_p: of_heart_equal[2],
            d_by_heart_equal_loss_p_holm: of_heart_equal[3],
            d_exposure: of_exposure[0],
            d_exposure_ci95: of_exposure[1],
            d_exposure_p: of_exposure[2],
            d_exposure_p_holm: of_exposure[3],
            d_exposure_equal_loss: of_exposure_equal[0],
            d_exposure_equal_loss_ci95: of_exposure_equal[1],
            d_exposure_equal_loss_p: of_exposure_equal[2],
            d_exposure_equal_loss_p_holm: of_exposure_equal[3],
            equal_test_loss: equal(by_heart).or(equal(exposed)).and_then(|one| one.test_loss),
        }
    }
}

/// Mean and half width of the interval.
fn numbers(estimate: Option<Estimate>) -> [Option<f64>; 2] {
    [estimate.map(|one| one.mean), estimate.and_then(|one| one.half_width)]
}
