//! Titles of figures. What a title claims is counted from the verdicts.

use super::quantity;
use super::rules::capitalised;
use super::values::transfer_title;
use crate::config::TestFamily;
use crate::published::Transfer;
use crate::stats::{Analysis, Comparison, Quantity, Tally, ValuesTable};

/// Of the differences from no decay and from stopping.
pub fn differences_title(analysis: &Analysis) -> String {
    let what = capitalised(quantity(analysis.loss));
    let of =
        |family: TestFamily| -> Tally { analysis.family(family).map(Comparison::kind).collect() };
    let none = of(TestFamily::AgainstNone);
    match none.tested() {
        0 => format!("{what} against no decay"),
        _ => format!("{what} against no decay: {}", counted(none, "rule")),
    }
}

/// Of the published recipes: what is claimed stands above the rows that it counts.
pub fn values_title(analysis: &Analysis) -> String {
    format!("{} of published recipes against no decay", capitalised(quantity(analysis.loss)))
}

/// Above the rows of one transfer, with what was found.
pub fn transfer_heading(table: &ValuesTable, transfer: Transfer) -> String {
    let at = transfer_title(transfer);
    format!("{at}: {}", counted(table.tally(transfer), ""))
}

/// Of what every arm ends with and would have had.
pub fn stopping_title(analysis: &Analysis) -> String {
    let what = capitalised(quantity(analysis.loss));
    let tally: Tally = analysis.family(TestFamily::AgainstStopping).map(Comparison::kind).collect();
    let told = match tally.tested() {
        0 => String::new(),
        _ => format!("; against stopping no decay: {}", counted(tally, "rule")),
    };
    format!("{what} at the last and at the best step{told}")
}

/// A number of all arms at the last step.
pub fn last_step_title(quantity: Quantity) -> String {
    match quantity {
        Quantity::Gap => "Generalization gap at the last step against λ".to_owned(),
        _ => format!("{} at the last step against λ", capitalised(super::quantity(quantity))),
    }
}

/// Of a loss over two axes.
pub fn surface_title(analysis: &Analysis) -> String {
    format!("{} over peak learning rate η and λ", capitalised(quantity(analysis.loss)))
}

/// Of the loss that every λ costs against the best of its rule.
pub fn regret_title(loss: Quantity) -> String {
    format!("What each λ costs in {} against the best of its rule", quantity(loss))
}

/// "2 of 4 rules lower, 2 undecided".
fn counted(tally: Tally, noun: &str) -> String {
    let parts = [
        (tally.lower, "lower"),
        (tally.higher, "higher"),
        (tally.equivalent, "equivalent"),
        (tally.undecided, "undecided"),
        (tally.no_test, "not tested"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let all = tally.tested() + tally.no_test;
    let noun = match (noun, all) {
        ("", _) => String::new(),
        (noun, 1) => format!(" {noun}"),
        (noun, _) => format!(" {noun}s"),
    };
    let told = parts.enumerate().map(|(place, (count, what))| match place {
        0 => format!("{count} of {all}{noun} {what}"),
        _ => format!("{count} {what}"),
    });
    told.collect::<Vec<_>>().join(", ")
}
