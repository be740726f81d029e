//! What the statistics say, in sentences. Nothing here counts or compares: a sentence claims what the
//! [`Kind`] of a finding allows.

mod rules;
mod values;
mod warnings;

use super::format;
use crate::plural::counted;
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{
    Analysis, Cell, Comparison, Estimate, FEWEST_SEEDS, Group, Kind, Quantity, Rule, Tally,
    ValuesTable,
};

pub use rules::{arm, at_lambda, decay_label, label, labels, title};
pub use values::{row_title, row_verdict, table_in_short, table_verdicts};
pub use warnings::warning;

/// For axes and sentences.
pub fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::ValLoss => "val loss",
        Quantity::Gap => "gap",
    }
}

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Lower => "lower",
        Kind::Higher => "higher",
        Kind::NotDistinguishable => "not distinguishable",
        Kind::NoTest => "no test",
    }
}

/// The headline comparisons that were tested, in sentences.
pub fn verdicts(analysis: &Analysis) -> Vec<String> {
    analysis.headline.iter().filter(|one| one.kind() != Kind::NoTest).map(verdict).collect()
}

/// One comparison as a sentence.
pub fn verdict(comparison: &Comparison) -> String {
    let Comparison { left, right, difference, p_holm, .. } = comparison;
    let subject = match right {
        None => arm(left),
        Some(right) => format!("{} against {}, each at its best", arm(left), arm(right)),
    };
    let what = quantity(comparison.quantity);
    let word = kind(comparison.kind());
    let evidence = format!("n = {}, {}", difference.n, p_holm.map_or("no test".into(), format::p));
    let size = format::size(*difference, 3);
    let signed = format::difference(Some(*difference), 3);
    match (comparison.kind(), right) {
        (Kind::Lower | Kind::Higher, None) => {
            format!("{subject}: {what} {size} {word} than without decay ({evidence})")
        }
        (Kind::Lower | Kind::Higher, Some(_)) => {
            format!("{subject}: {what} {size} {word} ({evidence})")
        }
        (Kind::NotDistinguishable, None) => {
            format!("{subject}: {what} {word} from no decay ({signed}, {evidence})")
        }
        (Kind::NotDistinguishable, Some(_)) => {
            format!("{subject}: {what} {word} ({signed}, {evidence})")
        }
        (Kind::NoTest, _) => format!("{subject}: {what} {signed} ({evidence})"),
    }
}

/// How to read the verdicts, for below them.
pub fn fine_print(analysis: &Analysis) -> String {
    let values = analysis.values.iter().flat_map(ValuesTable::comparisons);
    let mut compared = analysis.headline.iter().chain(values);
    let Some(first) = compared.find(|comparison| comparison.p.is_some()) else {
        return match analysis.seeds() < FEWEST_SEEDS {
            true => format!("Fewer than {FEWEST_SEEDS} seeds: no interval and no verdict."),
            false => "No two arms have reached their end with every seed: no verdict.".to_owned(),
        };
    };
    let choice =
        if analysis.headline.is_empty() { "" } else { " Best λ is chosen on the same seeds." };
    let own = analysis.baseline.filter(|_| !analysis.headline.is_empty());
    let noise = own.and_then(|baseline| baseline.sd).map_or(String::new(), |sd| {
        let sd = format::fixed(sd, 3);
        format!(" Noise floor: val loss without decay varies by {sd} (sd) between seeds.")
    });
    format!(
        "Nats per token at the last step, paired by seed; ± is a 95% t-interval, p is Holm-corrected \
         over {}.{choice}{noise}",
        counted(first.family, "comparison")
    )
}

/// The answer in a few sentences, for a reader in a hurry.
pub fn in_short(analysis: &Analysis) -> Vec<String> {
    if let Some(sentence) = no_result(analysis) {
        return vec![sentence];
    }
    let mut sentences = Vec::from_iter(alarm(analysis));
    sentences.extend(analysis.values.iter().flat_map(table_in_short));
    if analysis.own_groups().next().is_some() {
        sentences.extend(baseline(analysis));
        sentences.extend(best(analysis));
        sentences.extend(pairs(analysis));
    }
    sentences
}

/// Why there is nothing to answer with, and what to try; `None` where a run reached its end.
pub fn no_result(analysis: &Analysis) -> Option<String> {
    let cells = analysis.groups.iter().flat_map(|group| &group.cells);
    let runs: Vec<&RunRow> = cells.flat_map(|cell| &cell.runs).collect();
    if runs.iter().any(|run| run.is_done()) {
        return None;
    }
    let of = |status| runs.iter().copied().filter(move |run| run.status == status);
    let mut parts =
        vec![format!("No result: none of {} reached its end.", counted(runs.len(), "run"))];
    parts.extend(diverged(of(Status::Diverged)));
    parts.extend(match of(Status::Failed).count() {
        0 => None,
        count => Some(format!("{count} failed; `wane status` tells why.")),
    });
    parts.extend(match of(Status::Unfinished).count() {
        0 => None,
        count => Some(format!("{count} have not ended; sweep again to go on.")),
    });
    Some(parts.join(" "))
}

/// How many diverged and when, and a learning rate to try.
fn diverged<'a>(runs: impl Iterator<Item = &'a RunRow>) -> Option<String> {
    let runs: Vec<&RunRow> = runs.collect();
    let steps = runs.iter().map(|run| run.steps);
    let steps = match (steps.clone().min()?, steps.max()?) {
        (first, last) if first == last => format!("at step {first}"),
        (first, last) => format!("at steps {first} to {last}"),
    };
    let lowest = runs.iter().map(|run| run.lr).fold(f64::INFINITY, f64::min);
    let lower = format::number(format!("{:.1e}", lowest / 10.0).parse().unwrap_or(lowest / 10.0));
    Some(format!(
        "{} diverged, {steps}, at peak learning rates from {}. Try a lower one, such as lr = {lower}, \
         or a longer warmup.",
        runs.len(),
        format::number(lowest)
    ))
}

/// The warning that belongs above every answer, where it applies.
pub fn alarm(analysis: &Analysis) -> Option<String> {
    analysis.warnings.first().filter(|_| analysis.nothing_is_learned()).map(warning)
}

fn baseline(analysis: &Analysis) -> Option<String> {
    let cell = analysis.own_groups().find_map(|group| group.baseline.as_ref())?;
    let [loss, gap] = loss_and_gap(cell)?;
    Some(format!("Without decay, val loss ends at {loss} with a gap of {gap} nats per token."))
}

fn best(analysis: &Analysis) -> Option<String> {
    let (group, cell) = analysis.best().filter(|(group, _)| !group.rule.in_values_table)?;
    let side = group.side(cell);
    let [loss, gap] = loss_and_gap(cell)?;
    let finding = match analysis.told_against_none(&side).map_or(Kind::NoTest, Comparison::kind) {
        Kind::Lower => "",
        Kind::Higher => ", higher than without decay",
        Kind::NotDistinguishable => ", not distinguishable from no decay by these seeds",
        Kind::NoTest => ", not tested against no decay",
    };
    Some(format!("The best arm is {}: {loss} with a gap of {gap}{finding}.", arm(&side)))
}

fn pairs(analysis: &Analysis) -> Option<String> {
    let pairs = analysis.headline.iter().filter(|comparison| comparison.right.is_some());
    let tally: Tally = pairs.map(Comparison::kind).collect();
    let (all, apart) = (tally.tested(), tally.lower + tally.higher);
    (all > 0).then(|| {
        format!(
            "Of {all} comparisons between forms and between masks, each at its own best λ, {apart} can be \
             told apart."
        )
    })
}

fn loss_and_gap(cell: &Cell) -> Option<[String; 2]> {
    let (loss, gap) = (cell.mean(|run| run.val_loss)?, cell.mean(|run| run.gap)?);
    Some([loss, gap].map(|value| format::fixed(value, 3)))
}

/// What the best arm does beside no decay, as the title of the figure that shows both.
pub fn story_title(rule: &Rule, [none, best]: [f64; 2], loss: Estimate, found: Kind) -> String {
    let gaps = format!("the gap from {} to {}", format::fixed(none, 2), format::fixed(best, 2));
    let title = title(rule);
    let size = format::size(loss, 2);
    match found {
        Kind::Lower => format!("{title} takes {gaps} and lowers val loss by {size}"),
        Kind::Higher => format!("{title} takes {gaps} and raises val loss by {size}"),
        Kind::NotDistinguishable => format!("{title}: val loss not distinguishable from no decay"),
        Kind::NoTest => {
            let difference = format::difference(Some(loss), 2);
            format!("{title}: val loss {difference} against no decay, not tested")
        }
    }
}

/// λ of the best arm of a rule.
pub fn best_lambda(group: &Group, best: Option<&Cell>) -> String {
    match best {
        Some(cell) => format::lambda(group.rule.form, cell.weight_decay),
        None => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests;
