//! Logs of trainers: lines with a step and losses, or JSON, a line an object.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::table::Table;
use crate::json;

/// Names of losses in lines, with what they are called here; the longer before those that end them.
const LOSSES: [(&str, &str); 13] = [
    ("train_loss", "train_loss"),
    ("train loss", "train_loss"),
    ("val_loss", "val_loss"),
    ("val loss", "val_loss"),
    ("valid_loss", "val_loss"),
    ("validation loss", "val_loss"),
    ("validation_loss", "val_loss"),
    ("eval_loss", "eval_loss"),
    ("eval loss", "eval_loss"),
    ("test_loss", "test_loss"),
    ("test loss", "test_loss"),
    ("val/loss", "val_loss"),
    ("loss", "loss"),
];

/// Longer lines say no losses.
const LONGEST: usize = 4096;

/// Before a step.
const STEPS: [&str; 4] = ["step", "iter", "iteration", "it"];

/// A log as rows of step and losses.
pub fn read(text: &str) -> Table {
    let mut table = Table::default();
    let mut twice = 0;
    for line in text.lines() {
        let is_object = line.trim_start().starts_with('{');
        let row = if is_object { of_json(line) } else { of_line(line) };
        twice += usize::from(is_object && row.is_none() && json::is_json(line));
        if let Some(row) = row {
            table.push(row);
        }
    }
    if twice > 0 {
        let lines = if twice == 1 { "line" } else { "lines" };
        table.remarks.push(format!(
            "{twice} {lines} of JSON hold nothing that is read, or a key twice, and are left out"
        ));
    }
    table
}

/// Python writes numbers that JSON does not have.
const NO_NUMBERS: [(&str, &str); 6] = [
    (": NaN", ": \"nan\""),
    (":NaN", ":\"nan\""),
    (": Infinity", ": \"inf\""),
    (":Infinity", ":\"inf\""),
    (": -Infinity", ": \"-inf\""),
    (":-Infinity", ":\"-inf\""),
];

fn of_json(line: &str) -> Option<BTreeMap<String, String>> {
    let mut line = line.to_owned();
    for (written, known) in NO_NUMBERS {
        line = line.replace(written, known);
    }
    let Json::Object(map) = json::parse(&line).ok()? else { return None };
    let text = |(name, value): (String, Json)| match value {
        Json::String(text) => Some((name, text)),
        Json::Number(_) | Json::Bool(_) => Some((name, value.to_string())),
        _ => None,
    };
    let row: BTreeMap<String, String> = map.into_iter().filter_map(text).collect();
    (!row.is_empty()).then_some(row)
}

fn of_line(line: &str) -> Option<BTreeMap<String, String>> {
    if line.len() > LONGEST {
        return None;
    }
    let lower = line.to_lowercase();
    let step = STEPS.iter().find_map(|word| number_after(&lower, word))?;
    let mut row = BTreeMap::new();
    let mut rest = lower.clone();
    for (written, name) in LOSSES {
        if let Some(value) = number_after(&rest, written) {
            row.entry(name.to_owned()).or_insert(value);
            rest = rest.replace(written, "");
        }
    }
    (!row.is_empty()).then(|| {
        row.insert("step".to_owned(), step);
        row
    })
}

/// Words before a loss that make it another number than that of the step.
const OTHERS: [&str; 5] = ["best", "lowest", "min", "minimum", "previous"];

/// The number that follows a word, with `:`, `=` or blanks between; the word stands apart from letters.
fn number_after(line: &str, word: &str) -> Option<String> {
    line.match_indices(word).find_map(|(at, _)| {
        if line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            return None;
        }
        if OTHERS.iter().any(|other| line[..at].trim_end().ends_with(other)) {
            return None;
        }
        let after = line[at + word.len()..].trim_start_matches([':', '=', ' ', '\t']);
        let is_ended = after.len() < line.len() - at - word.len();
        let end = after.find(|one: char| !(one.is_ascii_alphanumeric() || "+-.".contains(one)));
        let (number, rest) = after.split_at(end.unwrap_or(after.len()));
        let number = with_thousands(number.trim_end_matches('.'), rest)?;
        let is_number = number.parse::<f64>().is_ok();
        (is_ended && is_number).then_some(number)
    })
}

/// A number with the groups of thousands that go on after a comma; `None` for a decimal comma.
fn with_thousands(first: &str, rest: &str) -> Option<String> {
    let mut number = first.to_owned();
    let mut rest = rest;
    while let Some(after) = rest.strip_prefix(',').filter(|after| after.starts_with(is_digit)) {
        let end = after.find(|one: char| !is_digit(one)).unwrap_or(after.len());
        let is_whole = !first.starts_with('0') && first.chars().all(is_digit);
        (end == 3 && is_whole).then_some(())?;
        number.push_str(&after[..end]);
        rest = &after[end..];
    }
    Some(number)
}

fn is_digit(one: char) -> bool {
    one.is_ascii_digit()
}

#[cfg(test)]
mod tests {
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
        let best = only("step 10: best val loss 1.0000, val loss 2.0229");
        assert_eq!(&*best["val_loss"], "2.0229");
        assert!(!only("step 10: val loss 1,9668").contains_key("val_loss"));
        let diverged = only("step 10: train loss nan, val loss nan");
        assert_eq!(&*diverged["val_loss"], "nan");
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
