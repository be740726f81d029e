//! What λ amounted to: a line per arm or run, and how well runs are one that theory says are.

mod nothing;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::figures::Data;
use super::tables::{align_right, broken, new_table, set_close};
use super::{format, words};
use crate::config::{Role, plain};
use crate::plural::counted;
use crate::record::Status;
use crate::results::MechanismRow;
use crate::stats::collapse::Collapse;
use nothing::nothing;

const COLUMNS: usize = 110;
/// Rounding that changes decay by less is not told.
const LITTLE: f64 = 0.1;

pub const HEADER: [&str; 11] = [
    "arm",
    "λ",
    "n",
    "Λ",
    "τ steps",
    "τ runs",
    "epochs",
    "turn",
    "of balance",
    "decay's part",
    "first weights",
];

/// One arm over its seeds, or one run.
type Rows<'a> = Vec<&'a MechanismRow>;

/// The arms of an experiment, or all its runs, as decay acted on the parameters of a role.
///
/// # Errors
/// A model without such weights, no run that tells of an arm, and files of older versions.
pub fn explain(data: &Data, name: &str, role: Role, every_run: bool) -> Result<String> {
    ensure!(
        !data.mechanism.is_empty(),
        "{name} does not say what its steps did to the weights: mechanism.csv is missing, or of an older version; write it \
         anew with `wane collect SPEC`"
    );
    let rows = of_role(data, role);
    ensure!(!rows.is_empty(), "{}", nothing(&data.mechanism, name, role));
    let arms = arms(&rows);
    let lines = if every_run { rows.iter().map(|row| vec![*row]).collect() } else { arms.clone() };
    let over = if every_run { "every run" } else { "means over seeds" };
    let table = table(&lines, every_run);
    let mut parts = vec![format!("{name}: what λ amounted to for {role} weights, {over}\n{table}")];
    parts.extend(remarks(&arms));
    parts.extend(not_told(data, role));
    parts.extend(data.collapses.iter().map(|one| {
        let (title, told) =
            (words::collapse_title(one.claim), words::collapse(one, family(data, one)).join("; "));
        broken(&format!("{title} {told}."), COLUMNS)
    }));
    parts.push(broken(&format!("How to read it: {} {}", reading(), holds(role)), COLUMNS));
    Ok(parts.join("\n\n"))
}

/// How many of its claim are told of together.
fn family(data: &Data, one: &Collapse) -> usize {
    data.collapses.iter().filter(|other| other.claim == one.claim).count()
}

/// How many runs have no part in any line, as they did not reach their end.
fn not_told(data: &Data, role: Role) -> Option<String> {
    let rows = || data.mechanism.iter().filter(move |row| row.role == role);
    let count = |status: Status| {
        let runs = rows().filter(|row| row.status == status).map(|row| row.run.as_str());
        match runs.collect::<BTreeSet<_>>().len() {
            0 => None,
            count => Some(format!("{} {}", counted(count, "run"), status.name())),
        }
    };
    let others = [Status::Diverged, Status::Failed, Status::Unfinished];
    let counts: Vec<String> = others.into_iter().filter_map(count).collect();
    (!counts.is_empty()).then(|| format!("not told of, without an end: {}", counts.join(", ")))
}

/// A line for every arm of the matrices inside blocks, by role: the role, then what [`HEADER`] says.
pub fn lines(data: &Data) -> Vec<(Role, [String; HEADER.len()])> {
    let roles = Role::ALL.into_iter().filter(|role| role.is_nearly_scale_invariant());
    let of_role = |role: Role| {
        let arms = arms(&of_role(data, role)).into_iter();
        arms.map(|rows| (role, line(arm(rows[0], false), &rows))).collect::<Vec<_>>()
    };
    roles.flat_map(of_role).collect()
}

/// The rows that count, of one role.
fn of_role(data: &Data, role: Role) -> Rows<'_> {
    data.mechanism.iter().filter(|row| row.role == role && row.counts()).collect()
}

/// The rows of each arm together, in their order; a run that several arms share once in each.
fn arms<'a>(rows: &[&'a MechanismRow]) -> Vec<Rows<'a>> {
    let mut arms: Vec<Rows> = Vec::new();
    for row in rows {
        let is_same = |arm: &&mut Rows| {
            let known = arm[0];
            (known.form, known.mask, &known.variant) == (row.form, row.mask, &row.variant)
                && known.weight_decay == row.weight_decay
        };
        match arms.iter_mut().find(is_same) {
            Some(arm) if arm.iter().any(|known| known.run == row.run) => {}
            Some(arm) => arm.push(row),
            None => arms.push(vec![row]),
        }
    }
    arms
}

fn table(lines: &[Rows], every_run: bool) -> String {
    let mut table = new_table(&HEADER);
    let mut before = String::new();
    for rows in lines {
        let arm = arm(rows[0], every_run);
        // The name of a rule stands once.
        let shown = if arm == before { String::new() } else { arm.clone() };
        table.add_row(line(shown, rows));
        before = arm;
    }
    align_right(&mut table, 1..HEADER.len());
    set_close(&mut table);
    table.to_string()
}

fn mean(rows: &[&MechanismRow], of: impl Fn(&MechanismRow) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = rows.iter().filter_map(|row| of(row)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn arm(row: &MechanismRow, every_run: bool) -> String {
    let mut arm = words::decay_label(row.form, row.mask);
    if !row.variant.is_empty() {
        arm += &format!(", {}", row.variant);
    }
    if every_run {
        arm += &format!(", seed {}", row.seed);
    }
    arm
}

fn line(arm: String, rows: &[&MechanismRow]) -> [String; HEADER.len()] {
    let shown = |value: Option<f64>| match value {
        None => format::MISSING.to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format::three_digits(value),
    };
    let number = |of: fn(&MechanismRow) -> Option<f64>| shown(mean(rows, of));
    let ratio = mean(rows, |row| row.balance_ratio).map(|ratio| format::fixed(ratio, 2));
    let left = mean(rows, |row| row.initial_share);
    let left = left.map(|share| format!("{}%", format::fixed(100.0 * share, 1)));
    [
        arm,
        rows[0].weight_decay.map_or(format::MISSING.to_owned(), plain),
        rows.len().to_string(),
        number(|row| row.total_decay),
        number(|row| row.timescale_steps),
        number(|row| row.timescale_runs),
        number(|row| row.timescale_epochs),
        number(|row| row.rotation),
        ratio.unwrap_or(format::MISSING.to_owned()),
        number(|row| row.decay_share),
        left.unwrap_or(format::MISSING.to_owned()),
    ]
}

/// What a reader must know of single arms and of all.
fn remarks(arms: &[Rows]) -> Option<String> {
    let mut told: Vec<String> = arms.iter().filter_map(|rows| rounded(rows)).collect();
    let all: Rows = arms.iter().flatten().copied().collect();
    let cosines = all.iter().filter_map(|row| row.gradient_cosine);
    let (low, high) =
        cosines.fold((1.0_f64, -1.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    if low <= high {
        let [low, high] = [low, high].map(|one| format::signed(one, 3));
        told.push(format!(
            "cosine of gradient and weights, run by run: {low} to {high}; where it is not 0, their size counts"
        ));
    }
    told.extend(mean(&all, |row| row.clipped).map(|share| {
        format!(
            "of the logged steps of a run {}% were clipped, on average over the runs",
            format::fixed(100.0 * share, 1)
        )
    }));
    let told: Vec<String> = told.iter().map(|one| broken(one, COLUMNS)).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// Decay that float32 does not take as λ says.
fn rounded(rows: &[&MechanismRow]) -> Option<String> {
    let kept = mean(rows, |row| row.float32_share).filter(|kept| (kept - 1.0).abs() > LITTLE)?;
    Some(format!(
        "{}{}: float32 makes this decay {}% of what λ says, since 1 − s_t, with s_t the share taken in a step, is \
         rounded to 24 bits",
        arm(rows[0], false),
        words::at_lambda(rows[0].weight_decay),
        format::fixed(100.0 * kept, 0)
    ))
}

/// What the columns are.
pub fn reading() -> String {
    "n: runs that ended. Λ = Σ s_t, with s_t the share of the weights that decay takes in step t: η_t λ for AdamW; τ = \
     1/s_t at the peak of η, in steps, in runs and in epochs. \
     turn: radians per step over the last fifth of the run; of balance: rotation over that at which decay and updates \
     balance, √(2 η_t λ (1 − β1)/(1 + β1)) for AdamW (Kosson et al. 2024), over the steps at which the norm had time to \
     settle, – where it had none; 1 is balance. decay's part: of a step, or for L2 of the gradient. first weights: what \
     decay left of them, of the norm at the end. Of cautious decay τ and first weights are at least, Λ is at most what \
     is shown, and there is no balance to turn by: how many weights a step spares is not known before."
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
