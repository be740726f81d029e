//! Rows of `runs.csv` that cannot be: another program or an editor wrote them, and their means would be believed.

use std::collections::HashMap;
use std::f64::consts::LN_2;

use anyhow::{Result, anyhow, bail, ensure};

use super::{REMEDY, RunRow};
use crate::config::{Form, Texts};

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
        check_gap(row.gap, row.train_loss, row.val_loss)
            .map_err(|error| anyhow!("run {} has {error}; {REMEDY}", row.run))?;
        check_bits(row)?;
        check_cells(row)?;
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

/// That a gap is the difference of the losses beside it, where these are numbers.
///
/// # Errors
/// It is another number.
pub fn check_gap(gap: Option<f64>, train: Option<f64>, val: Option<f64>) -> Result<()> {
    let (Some(gap), Some(train), Some(val)) = (gap, train, val) else { return Ok(()) };
    let difference = val - train;
    let is_same = (gap - difference).abs() <= ROUNDING * (val.abs() + train.abs());
    ensure!(
        is_same || !difference.is_finite(),
        "a gap of {gap}, and val_loss − train_loss is {difference}"
    );
    Ok(())
}

/// That losses in bits per byte are those in nats per token.
fn check_bits(row: &RunRow) -> Result<()> {
    let (val, test) = (row.val_bytes_per_token, row.test_bytes_per_token);
    let losses = [
        ("val_bpb", row.val_bpb, row.val_loss, val),
        ("test_bpb", row.test_bpb, row.test_loss, test),
        ("stopped_test_bpb", row.stopped_test_bpb, row.stopped_test_loss, test),
    ];
    for (column, bits, nats, bytes) in losses {
        let (Some(bits), Some(nats), Some(bytes)) = (bits, nats, bytes) else { continue };
        let expected = nats / bytes / LN_2;
        ensure!(
            (bits - expected).abs() <= ROUNDING * expected.abs() || !expected.is_finite(),
            "run {} has a {column} of {bits}, and its loss in nats a token comes to {expected}; {REMEDY}",
            row.run
        );
    }
    Ok(())
}

/// That a run that ended has what it has to have beside what it has: one cell that is emptied changes means without a word.
fn check_cells(row: &RunRow) -> Result<()> {
    let has_test = row.test_loss.is_some();
    let is_of_its_seed = row.texts == Some(Texts::PerSeed);
    let stopped_test = ("stopped_test_loss", row.stopped_test_loss.is_some());
    let test_bpb = ("test_bpb", row.test_bpb.is_some());
    let together = [
        (row.val_loss.is_some(), ("train_loss", row.train_loss.is_some())),
        (row.val_loss.is_some(), ("gap", row.gap.is_some())),
        (row.best_step.is_some(), ("best_val_loss", row.best_val_loss.is_some())),
        (row.best_val_loss.is_some(), ("best_step", row.best_step.is_some())),
        (has_test && row.best_step.is_some(), stopped_test),
        (has_test && row.val_bpb.is_some(), test_bpb),
        (is_of_its_seed, ("text_seed", row.text_seed.is_some())),
    ];
    let lacking = together.into_iter().find(|(is_due, (_, is_there))| *is_due && !is_there);
    match lacking.filter(|_| row.is_done()) {
        Some((_, (column, _))) => {
            bail!(
                "run {} ended, and has no {column} beside the rest of its numbers; {REMEDY}",
                row.run
            )
        }
        None => Ok(()),
    }
}

/// The arm and the seed of a row, by all that tells arms apart.
fn place(row: &RunRow) -> String {
    let decay = (row.form, row.mask, row.weight_decay, &row.recipe, row.transfer);
    let recipe = (row.family, row.lr, &row.variant, &row.setting, &row.treatment);
    format!("{decay:?} {recipe:?} {:?} {:?}", (&row.base, &row.axes, &row.tuned), row.draw())
}
