//! Runs that reached their last step without a loss that is a number.

use super::inference::is_measured;
use super::quantity::Quantity;
use super::warnings::{Warning, runs};
use crate::record::Status;
use crate::results::RunRow;

/// Rows as they are analysed. Where test reports, a run whose test loss is missing has none that is a number: it is left
/// out as one that did not reach its end.
pub fn marked(rows: &[RunRow]) -> Vec<RunRow> {
    let is_on_test = Quantity::reported(rows).is_on_test();
    let lacks = |row: &RunRow| is_on_test && row.status == Status::Done && row.test_loss.is_none();
    let mark = |row: &RunRow| match lacks(row) {
        true => RunRow { test_loss: Some(f64::NAN), ..row.clone() },
        false => row.clone(),
    };
    rows.iter().map(mark).collect()
}

/// Which runs have no loss, or one that is no number, loss by loss.
pub fn unmeasured(rows: &[RunRow]) -> Vec<Warning> {
    let is_on_test = Quantity::reported(rows).is_on_test();
    let losses: [Loss; 2] = [
        (Quantity::ValLoss, true, |row| row.val_loss),
        (Quantity::TestLoss, is_on_test, |row| row.test_loss),
    ];
    let all = runs(rows);
    let of = |(quantity, is_expected, loss): Loss| {
        let lacking = |lacks: fn(Option<f64>) -> bool| -> Vec<String> {
            let ended = all.iter().filter(|row| row.status == Status::Done);
            ended.filter(|row| lacks(loss(row))).map(|row| row.run.clone()).collect()
        };
        let missing = if is_expected { lacking(|loss| loss.is_none()) } else { Vec::new() };
        let infinite = lacking(|loss| loss.is_some_and(|loss| !is_measured(loss)));
        [(missing, true), (infinite, false)]
            .into_iter()
            .filter(|(runs, _)| !runs.is_empty())
            .map(|(runs, is_missing)| Warning::Unmeasured {
                quantity,
                is_missing,
                runs,
                all: all.len(),
            })
            .collect::<Vec<_>>()
    };
    losses.into_iter().flat_map(of).collect()
}

/// A loss, whether every run that ended has to have it, and its value in a run.
type Loss = (Quantity, bool, fn(&RunRow) -> Option<f64>);
