//! Logs of trainers: lines with a step and losses, or JSON, a line an object.

mod lines;
mod losses;
mod numbers;
mod objects;
mod rows;
mod settings;
mod stepless;
mod steps;

use serde_json::Value as Json;

use super::table::Table;
use lines::Lines;
use rows::{parsed, row_of};

pub use settings::carried;

/// A log as rows of step and losses.
pub fn read(text: &str) -> Table {
    if let Some(list) = of_whole(text) {
        let mut table = Table::default();
        list.into_iter().filter_map(row_of).for_each(|row| table.push(row));
        return table;
    }
    Lines::of(text).table()
}

/// The objects of a file that is one piece of JSON: a list, or what transformers keep as `trainer_state.json`.
fn of_whole(text: &str) -> Option<Vec<Json>> {
    if !text.trim_start().starts_with(['[', '{']) {
        return None;
    }
    let list = match parsed(text)? {
        Json::Array(list) => list,
        Json::Object(mut map) => match map.remove("log_history")? {
            Json::Array(list) => list,
            _ => return None,
        },
        _ => return None,
    };
    list.iter().all(Json::is_object).then_some(list)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn only(line: &str) -> BTreeMap<String, String> {
        read(line).rows.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn lines_of_common_trainers_are_read() {
        let nano = only("step 2000: train loss 2.3109, val loss 2.4001");
        assert_eq!(
            (&*nano["step"], &*nano["train_loss"], &*nano["val_loss"]),
            ("2000", "2.3109", "2.4001")
        );
        let modded = only("step:1750/1750 val_loss:3.2785 train_time:213000ms step_avg:121.7ms");
        assert_eq!((&*modded["step"], &*modded["val_loss"]), ("1750", "3.2785"));
        let iteration = only("iter 100: loss 4.5012, time 120.01ms, mfu 31.20%");
        assert_eq!((&*iteration["step"], &*iteration["loss"]), ("100", "4.5012"));
        let json = only(r#"{"step": 500, "eval_loss": 3.25, "note": "ok"}"#);
        assert_eq!((&*json["step"], &*json["eval_loss"]), ("500", "3.25"));
        let json = only(r#"{"step": 500, "val_loss": NaN, "optimizer": "muon"}"#);
        assert_eq!((&*json["val_loss"], &*json["optimizer"]), ("nan", "muon"));
        let thousands = only("step 4,500: train loss 2.0, val loss 2.1");
        assert_eq!((&*thousands["step"], &*thousands["val_loss"]), ("4500", "2.1"));
        assert!(!only("step 10: val loss 2_9").contains_key("val_loss"));
        let diverged = only("step 10: train loss nan, val loss nan");
        assert_eq!(&*diverged["val_loss"], "nan");
    }

    #[test]
    fn a_comma_parts_the_thousands_of_a_step_and_never_those_of_a_loss() {
        for loss in ["2,171", "1,9668", "1,234.567", "0,5"] {
            let row = only(&format!("step 4,500: train loss 2,000, val loss {loss}."));
            let said = (&*row["step"], &*row["train_loss"], &*row["val_loss"]);
            assert_eq!(said, ("4500", "2,000", loss), "what is no number is refused as it stands");
        }
        for step in ["1,5", "0,100", "1,2345", "1000,250"] {
            assert!(only(&format!("step {step}: val loss 2.5")).is_empty(), "{step}");
        }
        assert_eq!(&*only("step=1,000,000,val_loss=2.5,lr=0.1")["val_loss"], "2.5");
    }

    #[test]
    fn what_python_writes_for_no_number_is_read_and_stays_in_names() {
        let named = only(r#"{"step": 1, "run": "a: NaN-s0", "val_loss": 3.0}"#);
        assert_eq!((&*named["run"], &*named["val_loss"]), ("a: NaN-s0", "3.0"));
        let text =
            r#"{"a\\": "b\": NaN", "val_loss": NaN, "lr":-Infinity, "all": [NaN, Infinity]}"#;
        let both = only(text);
        assert_eq!((&*both["a\\"], &*both["val_loss"], &*both["lr"]), ("b\": NaN", "nan", "-inf"));
    }

    #[test]
    fn a_null_is_no_number_where_no_loss_beside_it_is_one() {
        let null = |line: &str| only(line).get("val_loss").cloned();
        assert_eq!(null(r#"{"step": 9, "val_loss": null}"#).as_deref(), Some("nan"));
        assert_eq!(
            null(r#"{"step": 9, "lr": 0.1, "loss": null, "val_loss": null}"#).as_deref(),
            Some("nan")
        );
        assert_eq!(null(r#"{"step": 9, "loss": 2.5, "val_loss": null}"#), None);
        assert_eq!(null(r#"{"step": 9, "lr": 0.1}"#), None);
    }

    #[test]
    fn json_is_read_in_one_piece_and_in_pieces() {
        let rows = [r#"{"step": 10, "val_loss": 2.5}"#, r#"{"step": 20, "val_loss": 2.25}"#];
        let [lines, commas] = ["\n", ",\n"].map(|between| rows.join(between));
        let texts = [
            format!("[\n{commas}\n]"),
            format!("{{\"epoch\": 1.0, \"log_history\": [{commas}]}}"),
            format!("{commas},"),
            lines,
        ];
        for text in texts {
            let table = read(&text);
            let losses: Vec<&str> = table.rows.iter().map(|row| &*row["val_loss"]).collect();
            assert_eq!((losses, table.remarks.len()), (vec!["2.5", "2.25"], 0), "{text}");
        }
        let beside = read(&rows.join(" "));
        assert!(beside.rows.is_empty() && beside.remarks[0].contains("1 line beginning"));
    }

    #[test]
    fn what_lies_deeper_is_named_by_where_it_lies() {
        let row = only(r#"{"step": 9, "val": {"loss": 2.5}, "config": {"adam": {"lr": 0.1}}}"#);
        let named: Vec<(&str, &str)> =
            row.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(named, [("config/adam/lr", "0.1"), ("step", "9"), ("val/loss", "2.5")]);
    }

    #[test]
    fn settings_that_a_log_begins_with_are_of_all_its_rows() {
        let begun = r#"{"config": {"weight_decay": 0.1, "loss": "cross-entropy"}, "seed": 3}"#;
        let rows =
            [r#"{"step": 10, "val_loss": 2.5}"#, r#"{"step": 20, "val_loss": 2.25, "seed": 4}"#];
        let table = carried(read(&format!("{begun}\n{}", rows.join("\n"))));
        let said: Vec<(&str, &str)> =
            table.rows.iter().map(|row| (&*row["config/weight_decay"], &*row["seed"])).collect();
        assert_eq!(said, [("0.1", "3"), ("0.1", "4")]);
        let again = r#"{"config": {"weight_decay": 0.3}}"#;
        let table = carried(read(&format!("{begun}\n{again}\n{}", rows[0])));
        assert!(!table.rows[0].contains_key("config/weight_decay"), "it is said in two ways");
        assert_eq!(carried(read(begun)).rows.len(), 1);
    }

    #[test]
    fn of_a_line_that_is_written_over_every_state_is_a_line() {
        let bar = read("step 10: val loss 3.5\rstep 20: val loss 3.25\r\nstep 30: val loss 3.0");
        let steps: Vec<&str> = bar.rows.iter().map(|row| &*row["step"]).collect();
        assert_eq!(steps, ["10", "20", "30"]);
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in [
            "",
            "compiling the model...",
            "step by step",
            "number of parameters: 10.65M",
            "loss 3.5",
            "{broken",
        ] {
            assert!(read(line).rows.is_empty(), "{line}");
        }
    }
}
