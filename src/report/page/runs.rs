//! Every run once, with all that tells it from the others.

use std::collections::HashMap;

use super::coefficient;
use crate::config::Named;
use crate::report::html::Table;
use crate::report::{format, words};
use crate::results::RunRow;

/// The runs of an experiment. One that is of several arms stands with the first, and names the others.
pub fn runs(rows: &[RunRow]) -> Table {
    let mut listed: Vec<(&RunRow, Vec<String>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        let place = *places.entry(&row.run).or_insert(listed.len());
        let Some((known, others)) = listed.get_mut(place) else {
            listed.push((row, Vec::new()));
            continue;
        };
        let name = arm(row);
        if name != arm(known) && !others.contains(&name) {
            others.push(name);
        }
    }
    let columns = Columns {
        variant: rows.iter().any(|row| !row.variant.is_empty()),
        stage: rows.iter().any(|row| row.stage.is_some()),
        others: listed.iter().any(|(_, others)| !others.is_empty()),
    };
    let lines = listed.iter().map(|(row, others)| columns.line(row, others));
    Table::new(("runs", "runs"), &columns.header(), lines)
}

/// An arm as the table names it.
fn arm(row: &RunRow) -> String {
    let variant = Some(row.variant.as_str()).filter(|variant| !variant.is_empty());
    let variant = variant.map_or(String::new(), |variant| format!(", {variant}"));
    let lambda = words::at_lambda(row.weight_decay);
    format!("{}{variant}{lambda}", words::decay_label(row.form, row.mask))
}

/// The columns that tell something here.
struct Columns {
    variant: bool,
    stage: bool,
    others: bool,
}

impl Columns {
    fn header(&self) -> Vec<&'static str> {
        let mut header = vec!["run", "form", "mask", "λ", "lr"];
        header.extend(self.variant.then_some("variant"));
        header.extend(["seed"]);
        header.extend(self.stage.then_some("stage"));
        header.extend(["status", "train", "val", "test", "stopped", "gap", "s"]);
        header.extend(self.others.then_some("also of"));
        header
    }

    fn line(&self, row: &RunRow, others: &[String]) -> Vec<String> {
        let number = |value: Option<f64>| format::fixed_or_empty(value, 4);
        let mut line = vec![
            row.run.clone(),
            row.form.to_string(),
            row.mask.map_or(String::new(), |mask| mask.to_string()),
            coefficient(row.weight_decay),
            format::exact(row.lr),
        ];
        line.extend(self.variant.then(|| row.variant.clone()));
        line.push(row.seed.to_string());
        let stage = || row.stage.map_or(String::new(), |stage| stage.name().to_owned());
        line.extend(self.stage.then(stage));
        line.push(row.status.name().to_owned());
        let losses = [row.train_loss, row.val_loss, row.test_loss, row.stopped_test_loss, row.gap];
        line.extend(losses.map(number));
        line.push(format::fixed_or_empty(row.seconds, 1));
        line.extend(self.others.then(|| others.join("; ")));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask, Stage};
    use crate::stats::tests::row;

    #[test]
    fn a_run_stands_once_with_its_variant_its_stage_and_the_other_arms_that_have_it() {
        let none = RunRow { run: "a".to_owned(), ..row(Form::AdamW, Mask::Matrices, 0.0, 0, 2.0) };
        let other = RunRow {
            run: "b".to_owned(),
            variant: "batch=8".to_owned(),
            stage: Some(Stage::Refine),
            stopped_test_loss: Some(1.25),
            ..row(Form::AdamW, Mask::Matrices, 0.0, 0, 2.0)
        };
        let shared = RunRow { form: Form::L2, ..none.clone() };
        let table = serde_json::to_value(runs(&[none, other, shared])).unwrap();
        let header = table["header"].as_array().unwrap();
        let at = |name: &str| header.iter().position(|one| one == name).unwrap();
        let rows = table["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2, "{table}");
        assert_eq!(rows[0][at("also of")], "l2 on matrices, λ = 0");
        assert_eq!(rows[1][at("also of")], "");
        let told = ["variant", "stage", "stopped"].map(|name| rows[1][at(name)].clone());
        assert_eq!(told, ["batch=8", "refine", "1.2500"]);
    }

    #[test]
    fn a_column_that_is_empty_for_every_run_is_not_there() {
        let table =
            serde_json::to_value(runs(&[row(Form::AdamW, Mask::Matrices, 1.0, 0, 2.0)])).unwrap();
        for name in ["variant", "stage", "also of"] {
            assert!(!table["header"].as_array().unwrap().iter().any(|one| one == name), "{table}");
        }
    }
}
