//! Rows of `runs.csv` that cannot be: another program or an editor wrote them, and their means would be believed.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};

use super::{REMEDY, RunRow};
use crate::config::Form;

/// Losses that were rounded differ from their gap by no larger share of them.
const ROUNDING: f64 = 1e-6;

/// That the rows are of runs that there can be, each once.
///
/// # Errors
/// A run without the λ or the mask that its form takes, or with a number that cannot be; a run that stands twice, which
/// would count as two; two runs of one arm under one seed.
pub fn check(rows: &[RunRow]) -> Result<()> {
    let mut seen: HashMap<&str, Vec<&RunRow>> = HashMap::new();
    let mut arms: HashMap<String, &str> = HashMap::new();
    for row in rows {
        check_decay(row)?;
        check_numbers(row)?;
        check_shares(row)?;
        check_gap(row)?;
        let known = seen.entry(&row.run).or_default();
        let run = &row.run;
        ensure!(
            !known.contains(&row),
            "run {run} stands there twice: every line is a run of an arm; take the second away"
        );
        known.push(row);
        let other = *arms.entry(place(row)).or_insert(run);
        ensure!(
            other == run,
            "runs {other} and {run} are of one arm and one seed, where an arm has one run a seed; {REMEDY}"
        );
    }
    Ok(())
}

/// That a run has the λ and the mask that its form takes.
fn check_decay(row: &RunRow) -> Result<()> {
    let RunRow { run, form, mask, weight_decay, total_decay, .. } = row;
    let decays = [("weight_decay", weight_decay), ("total_decay", total_decay)];
    let decays = decays.into_iter().find(|(_, value)| value.is_some_and(|value| value != 0.0));
    if let (Form::None, Some((column, value))) = (form, decays) {
        let value = value.unwrap_or_default();
        bail!(
            "run {run} has form none, and a {column} of {value} where it can be 0 alone; {REMEDY}"
        );
    }
    let lacks = match (weight_decay, mask) {
        (None, _) if form.takes_weight_decay() => "weight_decay",
        (_, None) if *form != Form::None => "mask",
        _ => return Ok(()),
    };
    bail!("run {run} has no {lacks}, which its form {form} takes; {REMEDY}")
}

/// That λ, η and losses are numbers that a run can have. A loss that is no number is told elsewhere.
fn check_numbers(row: &RunRow) -> Result<()> {
    let is_at_least_zero = |number: f64| number >= 0.0 && number.is_finite();
    let is_possible_loss = |loss: f64| loss.is_nan() || loss >= 0.0;
    let numbers = [
        ("weight_decay", row.weight_decay.is_none_or(is_at_least_zero)),
        ("lr", is_at_least_zero(row.lr)),
        ("train_loss", row.train_loss.is_none_or(is_possible_loss)),
        ("val_loss", row.val_loss.is_none_or(is_possible_loss)),
        ("best_val_loss", row.best_val_loss.is_none_or(is_possible_loss)),
        ("test_loss", row.test_loss.is_none_or(is_possible_loss)),
        ("stopped_test_loss", row.stopped_test_loss.is_none_or(is_possible_loss)),
    ];
    let wrong = numbers.into_iter().find(|(_, is_possible)| !is_possible);
    match wrong {
        Some((column, _)) => bail!("run {} has a {column} that no run can have; {REMEDY}", row.run),
        None => Ok(()),
    }
}

/// That shares of a text are within 0 and 1.
fn check_shares(row: &RunRow) -> Result<()> {
    let shares = [
        ("verbatim_train", row.verbatim_train),
        ("verbatim_val", row.verbatim_val),
        ("stopped_verbatim_train", row.stopped_verbatim_train),
        ("stopped_verbatim_val", row.stopped_verbatim_val),
        ("val_copied", row.val_copied),
        ("test_copied", row.test_copied),
    ];
    for (column, share) in shares {
        ensure!(
            share.is_none_or(|share| (0.0..=1.0).contains(&share)),
            "run {} has a {column} that no run can have: it is a share, from 0 to 1; {REMEDY}",
            row.run
        );
    }
    Ok(())
}

/// That the gap is the difference of the losses beside it, where these are numbers.
fn check_gap(row: &RunRow) -> Result<()> {
    let (Some(gap), Some(train), Some(val)) = (row.gap, row.train_loss, row.val_loss) else {
        return Ok(());
    };
    let difference = val - train;
    let is_same = (gap - difference).abs() <= ROUNDING * (val.abs() + train.abs());
    ensure!(
        is_same || !difference.is_finite(),
        "run {} has a gap of {gap}, and val_loss − train_loss is {difference}; {REMEDY}",
        row.run
    );
    Ok(())
}

/// The arm and the seed of a row, by all that tells arms apart.
fn place(row: &RunRow) -> String {
    let decay = (row.form, row.mask, row.weight_decay, &row.recipe, row.transfer);
    let recipe = (row.family, row.lr, &row.variant, &row.setting, &row.treatment);
    format!("{decay:?} {recipe:?} {:?} {:?}", (&row.base, &row.axes, &row.tuned), row.draw())
}
