//! What λ amounted to: a line per arm or run, and how well runs are one that theory says are.

use anyhow::{Result, ensure};

use super::figures::Data;
use super::tables::{align_right, broken, new_table, set_close};
use super::{format, words};
use crate::config::{Role, plain};
use crate::results::MechanismRow;

const COLUMNS: usize = 110;
/// Decay of which float32 keeps less does not what λ says.
const TOO_LITTLE: f64 = 0.9;

pub const HEADER: [&str; 11] = [
    "arm",
    "λ",
    "Λ",
    "τ steps",
    "runs",
    "epochs",
    "turn",
    "balance",
    "ratio",
    "decay's part",
    "first weights",
];

/// The arms of an experiment, or all its runs, as decay acted on the parameters of a role.
///
/// # Errors
/// A model without such weights, and files of older versions.
pub fn explain(data: &Data, name: &str, role: Role, every_run: bool) -> Result<String> {
    ensure!(
        !data.mechanism.is_empty(),
        "{name} is of an older version and does not say what its steps did to the weights; write it anew with \
         `wane collect SPEC`"
    );
    let rows: Vec<&MechanismRow> = data.mechanism.iter().filter(|row| row.role == role).collect();
    ensure!(!rows.is_empty(), "the models of {name} have no {role} weights");
    let lines = if every_run { rows.iter().map(|row| vec![*row]).collect() } else { arms(&rows) };
    let several = lines.iter().any(|line| line[0].variant != lines[0][0].variant);
    let mut table = new_table(&HEADER);
    let mut before = String::new();
    for line in &lines {
        let arm = arm(line[0], every_run, several);
        // The name of a rule stands once.
        let shown = if arm == before { String::new() } else { arm.clone() };
        table.add_row(self::line(shown, line));
        before = arm;
    }
    align_right(&mut table, 1..HEADER.len());
    set_close(&mut table);
    let over = if every_run { "every run" } else { "means over seeds" };
    let mut parts = vec![format!("{name}: what λ amounted to for {role} weights, {over}\n{table}")];
    parts.extend(remarks(&lines));
    parts.extend(data.collapses.iter().map(|one| {
        let told = words::collapse(one).join("; ");
        let told = format!("{} {told}.", words::collapse_title(one.claim));
        broken(&told, COLUMNS)
    }));
    parts.push(broken(&format!("How to read it: {} {}", reading(), holds(role)), COLUMNS));
    Ok(parts.join("\n\n"))
}

/// A line for every arm of the matrices inside blocks, by role: the role, then what [`HEADER`] says.
pub fn lines(data: &Data) -> Vec<(Role, [String; HEADER.len()])> {
    let roles = Role::ALL.into_iter().filter(|role| role.is_nearly_scale_invariant());
    let of_role = |role: Role| {
        let rows: Vec<_> = data.mechanism.iter().filter(|row| row.role == role).collect();
        let line = move |rows: Vec<&MechanismRow>| (role, line(arm(rows[0], false, true), &rows));
        arms(&rows).into_iter().map(line).collect::<Vec<_>>()
    };
    roles.flat_map(of_role).collect()
}

/// The rows of each arm together, in their order.
fn arms<'a>(rows: &[&'a MechanismRow]) -> Vec<Vec<&'a MechanismRow>> {
    let mut arms: Vec<Vec<&MechanismRow>> = Vec::new();
    for row in rows {
        let is_same = |arm: &&mut Vec<&MechanismRow>| {
            let known = arm[0];
            (known.form, known.mask, &known.variant) == (row.form, row.mask, &row.variant)
                && known.weight_decay == row.weight_decay
        };
        match arms.iter_mut().find(is_same) {
            Some(arm) => arm.push(row),
            None => arms.push(vec![row]),
        }
    }
    arms
}

fn mean(rows: &[&MechanismRow], of: impl Fn(&MechanismRow) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = rows.iter().filter_map(|row| of(row)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn arm(row: &MechanismRow, every_run: bool, with_variant: bool) -> String {
    let mut arm = words::decay_label(row.form, row.mask);
    if with_variant && !row.variant.is_empty() {
        arm += &format!(", {}", row.variant);
    }
    if every_run {
        arm += &format!(", seed {}", row.seed);
    }
    arm
}

fn line(arm: String, rows: &[&MechanismRow]) -> [String; HEADER.len()] {
    let number = |of: fn(&MechanismRow) -> Option<f64>| {
        mean(rows, of).map_or_else(
            || format::MISSING.to_owned(),
            |value| match value {
                0.0 => "0".to_owned(),
                value => format::three_digits(value),
            },
        )
    };
    let ratio = mean(rows, |row| Some(row.rotation? / row.equilibrium_rotation?));
    let left = mean(rows, |row| row.initial_share)
        .map(|share| format!("{}%", format::fixed(100.0 * share, 1)));
    [
        arm,
        rows[0].weight_decay.map_or(format::MISSING.to_owned(), plain),
        number(|row| row.total_decay),
        number(|row| row.timescale_steps),
        number(|row| row.timescale_runs),
        number(|row| row.timescale_epochs),
        number(|row| row.rotation),
        number(|row| row.equilibrium_rotation),
        ratio.map_or(format::MISSING.to_owned(), |ratio| format::fixed(ratio, 2)),
        number(|row| row.decay_share),
        left.unwrap_or(format::MISSING.to_owned()),
    ]
}

/// What a reader must know of single arms.
fn remarks(lines: &[Vec<&MechanismRow>]) -> Vec<String> {
    let mut told = Vec::new();
    for line in lines {
        let first = line[0];
        let name = format!(
            "{}{}",
            words::decay_label(first.form, first.mask),
            words::at_lambda(first.weight_decay)
        );
        if let Some(kept) = mean(line, |row| row.float32_share).filter(|kept| *kept < TOO_LITTLE) {
            told.push(format!(
                "{name}: float32 keeps {}% of this decay: 1 − ηλ is rounded to 24 bits, and λ is too small for them",
                format::fixed(100.0 * kept, 0)
            ));
        }
    }
    let all: Vec<&MechanismRow> = lines.iter().flatten().copied().collect();
    let cosines = || all.iter().filter_map(|row| row.gradient_cosine);
    if cosines().next().is_some() {
        let shown = |value: f64| format::signed(value, 3);
        let (low, high) =
            cosines().fold((1.0, -1.0), |(low, high), one| (one.min(low), one.max(high)));
        told.push(format!(
            "cosine of gradient and weights, run by run: {} to {}; where it is not 0, their size counts",
            shown(low),
            shown(high)
        ));
    }
    let clipped = mean(&all, |row| row.clipped);
    told.extend(clipped.map(|share| {
        format!("{}% of the logged steps were clipped", format::fixed(100.0 * share, 1))
    }));
    vec![told.iter().map(|one| broken(one, COLUMNS)).collect::<Vec<_>>().join("\n")]
}

/// What the columns are.
pub fn reading() -> String {
    "Λ = Σ η_t λ; τ = 1/(ηλ) at the peak, in steps, in runs and in epochs. turn: angle a step in radians over the last \
     fifth of the run; balance: the same where decay and updates balance at the η_t and λ of those steps, \
     √(2 η_t λ (1 − β1)/(1 + β1)) for AdamW (Kosson et al. 2024); ratio: 1 is balance, and as the learning rate falls, \
     turn falls faster. decay's part: of a step, or for L2 of the gradient. first weights: what decay left of them, of \
     the norm at the end."
        .to_owned()
}

fn holds(role: Role) -> &'static str {
    match role.is_nearly_scale_invariant() {
        true => {
            "The theory assumes that the size of weights does not count: here roughly. mechanism.csv has every role \
             and run; --role shows another."
        }
        false => {
            "The theory assumes that the size of weights does not count, but here it does: balance need not come. \
             mechanism.csv has every role and run; --role shows another."
        }
    }
}
