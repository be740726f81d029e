use super::Analysis;
use super::comparison::Comparison;
use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, FEWEST_SEEDS, p_text};
use super::values::ValuesTable;
use crate::results::RunRow;

/// What the experiment says, in sentences; empty with too few seeds.
pub fn verdicts(analysis: &Analysis) -> Vec<String> {
    let told = analysis.headline.iter().filter(|comparison| comparison.p_holm.is_some());
    told.map(verdict).collect()
}

/// One comparison as a sentence.
fn verdict(comparison: &Comparison) -> String {
    let Comparison { quantity, left, right, difference, p_holm, .. } = comparison;
    let what = quantity.name();
    let subject = match right {
        None => side(left),
        Some(right) => format!("{} against {}, each at its best", side(left), side(right)),
    };
    if !comparison.is_distinguishable() {
        let than = if right.is_none() { " from no decay" } else { "" };
        return format!(
            "{subject}: {what} not distinguishable{than} ({}, {})",
            signed(difference),
            evidence(difference, *p_holm)
        );
    }
    let direction = if difference.mean < 0.0 { "lower" } else { "higher" };
    let than = if right.is_none() { " than without decay" } else { "" };
    format!(
        "{subject}: {what} {} {direction}{than} ({})",
        unsigned(difference),
        evidence(difference, *p_holm)
    )
}

/// "AdamW on matrices, λ = 1".
pub fn side(side: &Side) -> String {
    match side.weight_decay {
        Some(value) => format!("{}, λ = {value}", side.key.title()),
        None => side.key.title(),
    }
}

fn evidence(difference: &Estimate, p: Option<f64>) -> String {
    format!("n = {}, {}", difference.n, p.map_or("no test".to_owned(), p_text))
}

fn signed(estimate: &Estimate) -> String {
    with_half_width(format!("{:+.3}", estimate.mean).replace('-', "−"), estimate)
}

fn unsigned(estimate: &Estimate) -> String {
    with_half_width(format!("{:.3}", estimate.mean.abs()), estimate)
}

fn with_half_width(mean: String, estimate: &Estimate) -> String {
    match estimate.half_width {
        Some(half) => format!("{mean} ± {half:.3}"),
        None => mean,
    }
}

impl Analysis {
    /// How to read the verdicts, for below them.
    pub fn fine_print(&self) -> String {
        let values = self.values.iter().flat_map(ValuesTable::comparisons);
        let mut compared = self.headline.iter().chain(values);
        let Some(first) = compared.find(|comparison| comparison.p.is_some()) else {
            return format!("Fewer than {FEWEST_SEEDS} seeds: no interval and no verdict.");
        };
        let choice =
            if self.headline.is_empty() { "" } else { " Best λ is chosen on the same seeds." };
        let own = self.baseline.filter(|_| !self.headline.is_empty());
        let noise = own.and_then(|baseline| baseline.sd).map_or(String::new(), |sd| {
            format!(" Noise floor: val loss without decay varies by {sd:.3} (sd) between seeds.")
        });
        format!(
            "Nats per token at the last step, paired by seed; ± is a 95% t-interval, p is Holm-corrected \
             over {} comparisons.{choice}{noise}",
            first.family
        )
    }
}

/// The answer in at most three sentences, for a reader in a hurry.
pub fn in_short(analysis: &Analysis) -> Vec<String> {
    let mut sentences: Vec<String> =
        analysis.values.iter().flat_map(ValuesTable::in_short).collect();
    if analysis.groups.iter().all(Group::is_published) {
        return sentences;
    }
    let mean = |cell: &Cell, of: fn(&RunRow) -> Option<f64>| Some(cell.estimate(of)?.mean);
    let baseline = analysis.groups.iter().find_map(|group| group.baseline.as_ref());
    if let Some(cell) = baseline
        && let (Some(loss), Some(gap)) = (mean(cell, |run| run.val_loss), mean(cell, |run| run.gap))
    {
        sentences.push(format!(
            "Without decay, val loss ends at {loss:.3} with a gap of {gap:.3} nats per token."
        ));
    }
    if let Some((group, cell)) = analysis.best()
        && let (Some(loss), Some(gap)) = (mean(cell, |run| run.val_loss), mean(cell, |run| run.gap))
    {
        let against =
            analysis.headline.iter().find(|c| c.right.is_none() && c.left == group.side(cell));
        let doubt = match against {
            Some(comparison) if comparison.is_distinguishable() => "",
            _ => ", not distinguishable from no decay by these seeds",
        };
        let best = side(&group.side(cell));
        sentences.push(format!("The best arm is {best}: {loss:.3} with a gap of {gap:.3}{doubt}."));
    }
    let pairs: Vec<&Comparison> =
        analysis.headline.iter().filter(|c| c.right.is_some() && c.p_holm.is_some()).collect();
    if !pairs.is_empty() {
        let apart = pairs.iter().filter(|comparison| comparison.is_distinguishable()).count();
        sentences.push(format!(
            "Of {} comparisons between forms and between masks, each at its own best λ, {apart} can be \
             told apart.",
            pairs.len()
        ));
    }
    sentences
}
