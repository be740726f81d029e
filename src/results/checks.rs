//! Rows of `runs.csv` that cannot be: another program or an editor wrote them, and their means would be believed.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};

use super::{REMEDY, RunRow};
use crate::config::Form;

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
    let RunRow { run, form, mask, weight_decay, .. } = row;
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

/// The arm and the seed of a row, by all that tells arms apart.
fn place(row: &RunRow) -> String {
    let decay = (row.form, row.mask, row.weight_decay, &row.recipe, row.transfer);
    let recipe = (row.family, row.lr, &row.variant, &row.setting, &row.treatment);
    format!("{decay:?} {recipe:?} {:?} {:?}", (&row.base, &row.axes, &row.tuned), row.draw())
}
