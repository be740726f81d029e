//! Through what decay acts, in sentences.

use super::{arm, quantity};
use crate::config::{Form, Role};
use crate::plural::counted;
use crate::report::format;
use crate::results::{MechanismRow, RunRow};
use crate::stats::collapse::{Claim, Collapse, Line};
use crate::stats::{Analysis, Cell};

/// Level at which lines are told apart.
const ALPHA: f64 = 0.05;

/// Of the figure of a claim.
pub fn collapse_title(claim: Claim) -> &'static str {
    match claim {
        Claim::Timescale => "Loss against the timescale τ in epochs: one curve for every batch?",
        Claim::TimescaleCost { one_model: true } => {
            "How the loss changes with the timescale τ in epochs: one curve for every text?"
        }
        Claim::TimescaleCost { one_model: false } => {
            "How the loss changes with the timescale τ in epochs: one curve for all of these experiments?"
        }
        Claim::Product => "Loss against ηλ: one curve for every η?",
        Claim::EffectiveRate => "Decay, and no decay at the same η/‖w‖: one curve?",
    }
}

/// How well lines are one: how far they lie apart, what that says, and where each is lowest. Of so many that are told of
/// together, in one in twenty is any told apart that is one (Bonferroni).
pub fn collapse(collapse: &Collapse, family: usize) -> Vec<String> {
    let subject = &collapse.subject;
    let mut told = match &collapse.coincidence {
        None => {
            vec![format!("{subject}: the lines have too few places or seeds in common to compare")]
        }
        Some(found) => {
            let [apart, by_seeds] = [found.apart, found.by_seeds].map(distance);
            let verdict = match found.is_told_apart(ALPHA / family as f64) {
                Some(true) => "they are not one curve",
                Some(false) => "nothing that can be told sets them apart",
                None => "too few seeds to tell them apart",
            };
            vec![
                format!(
                    "{subject}: lines lie {apart} nats from their mean, seeds alone would put them {by_seeds} from it"
                ),
                format!(
                    "{verdict} ({}{}, {} seeds, {} places)",
                    format::p((found.p * family as f64).min(1.0)),
                    if family > 1 {
                        format!(" after correction for {family}")
                    } else {
                        String::new()
                    },
                    found.seeds,
                    found.places
                ),
            ]
        }
    };
    told.extend(lowest(collapse));
    told.extend(collapsed(collapse));
    told
}

/// Which lines are of runs that learned nothing, or in part.
fn collapsed(collapse: &Collapse) -> Option<String> {
    let told = |line: &Line| match line.collapsed() {
        (0, _) => None,
        (collapsed, all) if collapsed == all => {
            Some(format!("all {} of {}", counted(all, "run"), line.label))
        }
        (collapsed, all) => {
            Some(format!("{collapsed} of {} of {}", counted(all, "run"), line.label))
        }
    };
    let told: Vec<String> = collapse.lines.iter().filter_map(told).collect();
    (!told.is_empty()).then(|| {
        format!(
            "collapsed, so no better at the end than token frequencies: {}; where such runs are lowest says nothing of a \
             model that learns",
            told.join(", ")
        )
    })
}

/// Where each line is lowest.
fn lowest(collapse: &Collapse) -> Option<String> {
    let of = match collapse.claim {
        Claim::Timescale | Claim::TimescaleCost { .. } => "τ in epochs",
        Claim::Product => "ηλ",
        Claim::EffectiveRate => return None,
    };
    let place = |line: &Line| {
        let at = format::three_digits(10f64.powf(line.best()?.at));
        Some(format!("{at} ({})", line.label))
    };
    let places: Vec<String> = collapse.lines.iter().filter_map(place).collect();
    (!places.is_empty()).then(|| format!(
        "lowest at {of} = {}, by val loss, of the λ > 0 that were tried and without an interval",
        places.join(", ")
    ))
}

fn distance(nats: f64) -> String {
    if nats < 1e-9 { "0".to_owned() } else { format::three_digits(nats) }
}

/// What the best arm's λ amounts to, and whether τ is what counts, as far as there are runs for it.
pub fn mechanism(
    analysis: &Analysis,
    rows: &[MechanismRow],
    collapses: &[Collapse],
) -> Option<String> {
    let (_, point) = analysis.best_point()?;
    let of = |role: Role, of: fn(&MechanismRow) -> Option<f64>| mean(rows, &point.cell, role, of);
    let tau =
        |of_row: fn(&MechanismRow) -> Option<f64>| of(Role::Mlp, of_row).map(format::three_digits);
    let epochs = tau(|row| row.timescale_epochs)?;
    let (steps, runs) = (tau(|row| row.timescale_steps)?, tau(|row| row.timescale_runs)?);
    let ratio = |role: Role| of(role, |row| row.balance_ratio).map(|ratio| format::fixed(ratio, 2));
    let balance = match (ratio(Role::Attention), ratio(Role::Mlp)) {
        (Some(attention), Some(mlp)) => format!(
            "; settled, its matrices turn {attention} (attention) and {mlp} (mlp) times as far per step as in balance"
        ),
        _ => String::new(),
    };
    let arm = arm(&point.side);
    let of_role = match point.cell.runs.iter().any(RunRow::has_timescales_by_role) {
        true => " for the matrices of its MLP",
        false => "",
    };
    // It takes only from weights that a step makes smaller.
    let is_cautious = point.cell.runs.iter().any(|run| run.form == Form::Cautious);
    let bound = if is_cautious { "at least " } else { "" };
    let told = format!(
        "Mechanism: {arm} means a timescale of {bound}{epochs} epochs ({steps} steps, {runs} of the run){of_role}{balance}."
    );
    Some(told + &equal_timescales(analysis, collapses).unwrap_or_default())
}

/// Whether batches differ at equal timescales.
fn equal_timescales(analysis: &Analysis, collapses: &[Collapse]) -> Option<String> {
    let over_timescale = || collapses.iter().filter(|one| one.claim == Claim::Timescale);
    let found = over_timescale().next()?;
    let (coincidence, family) = (found.coincidence.as_ref()?, over_timescale().count());
    let mut batches: Vec<usize> = found.lines.iter().map(|line| line.tokens).collect();
    batches.sort_unstable();
    batches.dedup();
    let (count, loss) = (batches.len(), quantity(analysis.loss));
    let apart = distance(coincidence.apart);
    let what = match coincidence.is_told_apart(ALPHA / family as f64)? {
        true => "still differ",
        false => "differ by nothing that can be told",
    };
    let whose = if family > 1 { format!(" of {}", found.subject) } else { String::new() };
    Some(format!(
        " At equal timescales {count} batch sizes{whose} {what} in {loss} ({apart} nats from their mean)."
    ))
}

/// Over the runs of a cell.
fn mean(
    rows: &[MechanismRow],
    cell: &Cell,
    role: Role,
    of: fn(&MechanismRow) -> Option<f64>,
) -> Option<f64> {
    let is_own =
        |row: &&MechanismRow| row.role == role && cell.done().any(|run| run.run == row.run);
    let values: Vec<f64> = rows.iter().filter(is_own).filter_map(of).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
