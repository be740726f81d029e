//! Through what decay acts, in sentences.

use super::{arm, quantity};
use crate::config::Role;
use crate::report::format;
use crate::results::MechanismRow;
use crate::stats::collapse::{Claim, Coincidence, Collapse};
use crate::stats::{Analysis, Cell};

/// Level at which lines are told apart.
const ALPHA: f64 = 0.05;

/// Of the figure of a claim.
pub fn collapse_title(claim: Claim) -> String {
    match claim {
        Claim::Timescale => "Loss against the timescale τ in epochs: is it one curve?",
        Claim::Product => "Loss against η λ: is it one curve for every η?",
        Claim::EffectiveRate => "Decay, and no decay at the same η/‖w‖: are they one curve?",
    }
    .to_owned()
}

/// How well lines are one: how far they lie apart, and what that says.
pub fn collapse(collapse: &Collapse) -> [String; 2] {
    let of = match collapse.subject.as_str() {
        "" => String::new(),
        subject => format!("{subject}: "),
    };
    let Some(found) = &collapse.coincidence else {
        return [
            format!("{of}the lines share too few places or seeds"),
            "they cannot be compared".to_owned(),
        ];
    };
    let [apart, by_seeds] =
        [found.apart, found.by_seeds].map(|distance| format::three_digits(distance.max(1e-9)));
    let Coincidence { p, seeds, places, .. } = found;
    let verdict = match found.is_told_apart(ALPHA) {
        true => "they are not one curve",
        false => "nothing that can be told sets them apart",
    };
    [
        format!(
            "{of}lines lie {apart} nats from their mean, seeds alone would put them {by_seeds} from it"
        ),
        format!("{verdict} (p = {}, {seeds} seeds, {places} places)", format::three_digits(*p)),
    ]
}

/// What the best arm's λ amounts to, and whether τ is what counts, as far as there are runs for it.
pub fn mechanism(
    analysis: &Analysis,
    rows: &[MechanismRow],
    collapses: &[Collapse],
) -> Option<String> {
    let (_, point) = analysis.best_point()?;
    let of = |role: Role, of: fn(&MechanismRow) -> Option<f64>| mean(rows, &point.cell, role, of);
    let tau = |of_row: fn(&MechanismRow) -> Option<f64>| of(Role::Mlp, of_row);
    let epochs = format::three_digits(tau(|row| row.timescale_epochs)?);
    let steps = format::three_digits(tau(|row| row.timescale_steps)?);
    let runs = format::three_digits(tau(|row| row.timescale_runs)?);
    let ratio = |role: Role| {
        let measured = of(role, |row| row.rotation)?;
        Some(measured / of(role, |row| row.equilibrium_rotation)?)
    };
    let balance = match (ratio(Role::Attention), ratio(Role::Mlp)) {
        (Some(attention), Some(mlp)) => format!(
            "; at the end its matrices turn {} (attention) and {} (mlp) times as far a step as in balance",
            format::fixed(attention, 2),
            format::fixed(mlp, 2)
        ),
        _ => String::new(),
    };
    let told = format!(
        "Mechanism: {} means a timescale of {epochs} epochs ({steps} steps, {runs} of the run){balance}.",
        arm(&point.side)
    );
    let equal = collapses.iter().find(|one| one.claim == Claim::Timescale);
    let equal = equal.and_then(|one| Some((one.lines.len(), one.coincidence.as_ref()?)));
    let equal = equal.map_or(String::new(), |(lines, found)| {
        let what = match found.is_told_apart(ALPHA) {
            true => "still differ",
            false => "differ by nothing that can be told",
        };
        let loss = quantity(analysis.loss);
        let apart = format::three_digits(found.apart.max(1e-9));
        format!(" At equal timescales {lines} batch sizes {what} in {loss} ({apart} nats from their mean).")
    });
    Some(told + &equal)
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
