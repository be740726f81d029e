//! Every arm over its seeds.

use super::{coefficient, interval};
use crate::report::format;
use crate::report::html::Table;
use crate::report::summary::SummaryRow;

pub fn arms(rows: &[SummaryRow]) -> Table {
    let has_lost = rows.iter().any(|row| !lost(row).is_empty());
    let mut header = vec!["form", "mask", "λ", "variant", "n"];
    header.extend(has_lost.then_some("lost"));
    header.extend(["test", "stopped", "val", "gap", "val − no decay", "best"]);
    let line = |row: &SummaryRow| {
        let mut line = vec![
            row.form.to_string(),
            row.mask.map_or(String::new(), |mask| mask.to_string()),
            coefficient(row.weight_decay),
            row.variant.clone(),
            row.n.to_string(),
        ];
        line.extend(has_lost.then(|| lost(row)));
        line.extend([
            interval(row.final_test, row.final_test_ci95, format::fixed),
            interval(row.stopped_test, row.stopped_test_ci95, format::fixed),
            interval(row.val_loss, row.val_loss_ci95, format::fixed),
            interval(row.gap, row.gap_ci95, format::fixed),
            interval(row.d_val_loss, row.d_val_loss_ci95, format::signed),
            if row.best { "best".to_owned() } else { String::new() },
        ]);
        line
    };
    Table::new(("arms", "arms"), &header, rows.iter().map(line))
}

/// Why an arm with a lower loss may not be the best: `1 diverged, 2 collapsed on val`.
fn lost(row: &SummaryRow) -> String {
    // Without a test split it is val that tells.
    let on_test = if row.final_test.is_some() { row.collapsed } else { 0 };
    let told = [
        (row.diverged, "diverged"),
        (row.collapsed_on_val, "collapsed on val"),
        (on_test, "collapsed on test"),
    ];
    let told = told.iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::report::summary::Summary;
    use crate::stats::Analysis;
    use crate::stats::tests::{experiment, row};

    #[test]
    fn an_arm_says_how_many_of_its_runs_collapsed_and_on_which_text() {
        let mut rows = experiment();
        let told = |rows: &[crate::results::RunRow]| {
            let summary = Summary::of(&Analysis::of(rows), None, &[]);
            serde_json::to_value(arms(&summary.arms)).unwrap().to_string()
        };
        assert!(!told(&rows).contains("lost"), "{}", told(&rows));
        rows[0].val_unigram = Some(0.5);
        rows.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
        let table = told(&rows);
        assert!(table.contains("\"lost\"") && table.contains("\"1 diverged\""), "{table}");
        assert!(table.contains("\"1 collapsed on val\""), "{table}");
    }
}
