//! JSON, YAML and TOML.

use anyhow::{Result, ensure};
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value as Json;

use crate::advice::expression::value_of;
use crate::advice::keys::{Found, Keys};
use crate::json;

/// Deeper lists are no configuration.
const DEEPEST: usize = 32;

pub fn json(text: &str) -> Result<Keys> {
    let mut keys = Keys::default();
    flatten_json("", &json::parse(text)?, &mut keys);
    Ok(keys)
}

pub fn toml(text: &str) -> Result<Keys> {
    let mut keys = Keys::default();
    flatten_toml("", &toml::from_str::<toml::Value>(text)?, &mut keys);
    Ok(keys)
}

/// Not by way of JSON, which has no `nan` and no `inf`.
fn flatten_toml(table: &str, value: &toml::Value, keys: &mut Keys) {
    match value {
        toml::Value::Table(map) if map.is_empty() => keys.set_empty(table, "{}"),
        toml::Value::Array(values) if values.is_empty() => keys.set_empty(table, "[]"),
        toml::Value::Table(map) => {
            map.iter().for_each(|(key, value)| flatten_toml(&within(table, key), value, keys));
        }
        toml::Value::Array(values) => values.iter().enumerate().for_each(|(place, value)| {
            flatten_toml(&within(table, &place.to_string()), value, keys);
        }),
        toml::Value::String(text) => set_text(table, text, keys),
        toml::Value::Datetime(date) => keys.replace(table, Found::not_computed(&date.to_string())),
        other => keys.set(table, other.to_string()),
    }
}

pub fn yaml(text: &str) -> Result<Keys> {
    not_too_deep(text)?;
    let mut keys = Keys::default();
    for document in Yaml::load_from_str(text)? {
        flatten_yaml("", &document, &mut keys);
    }
    let merged = keys.names().any(|key| key.split('.').any(|part| part == "<<"));
    ensure!(!merged, "it merges tables by `<<`, which is not read; write out what they hold");
    doubt_octal(text, &mut keys);
    Ok(keys)
}

/// Numbers that begin with a zero: programs that read YAML 1.1, as Python's do, have another than YAML 1.2 says.
fn doubt_octal(text: &str, keys: &mut Keys) {
    let entries = text.lines().flat_map(|line| line.split(['{', '}', ',']));
    for (name, value) in entries.filter_map(|entry| entry.split_once(':')) {
        let value = value.split(" #").next().unwrap_or_default().trim();
        let Some((octal, decimal)) = both_readings(value) else { continue };
        let name = name.trim().trim_start_matches("- ").trim_matches(['"', '\'']);
        let name = within("", name);
        let is_meant = |key: &&String| {
            let last = key.rsplit('.').next().unwrap_or_default();
            last == name && keys.value(key) == Some(&decimal.to_string())
        };
        let meant: Vec<String> = keys.names().filter(is_meant).cloned().collect();
        let told =
            format!("{value} ({octal} in YAML 1.1, as Python reads it, {decimal} in YAML 1.2)");
        meant.iter().for_each(|key| keys.doubt(key, &told));
    }
}

/// `010` as 8 and as 10; `None` for what is one number.
fn both_readings(value: &str) -> Option<(i64, i64)> {
    let digits = value.trim_start_matches(['-', '+']);
    (digits.len() > 1 && digits.starts_with('0')).then_some(())?;
    let (octal, decimal) = (i64::from_str_radix(value, 8).ok()?, value.parse().ok()?);
    (octal != decimal).then_some((octal, decimal))
}

/// The parser goes as deep as a line does.
fn not_too_deep(text: &str) -> Result<()> {
    let marks = |line: &str| {
        line.split_whitespace().take_while(|word| matches!(*word, "-" | "?" | ":")).count()
    };
    ensure!(text.lines().all(|line| marks(line) < DEEPEST), "expected lists that are less deep");
    Ok(())
}

/// Programs write the parts of a name with `-` on a command line and some in their files; keys have `_`.
fn within(table: &str, key: &str) -> String {
    let key = key.replace('-', "_");
    if table.is_empty() { key } else { format!("{table}.{key}") }
}

/// The table or list that a text holds as JSON, such as arguments have it in one word.
pub fn within_text(text: &str) -> Option<Json> {
    let text = text.trim();
    let is_one = text.starts_with(['{', '[']);
    let read = |text: &str| json::parse(text).ok().filter(|_| is_one);
    // A shell has quotation marks in a text with a mark before each.
    read(text).or_else(|| read(&text.replace("\\\"", "\"")))
}

/// Texts hold tables where a program reads them as JSON, as the Trainer of Hugging Face does.
fn set_text(table: &str, text: &str, keys: &mut Keys) {
    match within_text(text) {
        Some(value) if !table.is_empty() => flatten_json(table, &value, keys),
        // Their programs compute nothing: `2024-01-01` is a date, and no number of years.
        _ if is_sum(text) => keys.replace(table, Found::not_computed(text)),
        _ => keys.set(table, text),
    }
}

/// Whether a text is a number by arithmetic alone.
fn is_sum(text: &str) -> bool {
    let is_plain = text.trim().replace('_', "").parse::<f64>().is_ok();
    !is_plain && value_of(text, &|_| None).is_some()
}

pub fn flatten_json(table: &str, value: &Json, keys: &mut Keys) {
    match value {
        Json::Object(map) if map.is_empty() => keys.set_empty(table, "{}"),
        Json::Array(values) if values.is_empty() => keys.set_empty(table, "[]"),
        Json::Object(map) if is_of_a_tracker(map.keys().map(String::as_str)) => {
            flatten_json(table, &map["value"], keys);
        }
        Json::Object(map) => {
            map.iter().for_each(|(key, value)| flatten_json(&within(table, key), value, keys));
        }
        Json::Array(values) => {
            let indexed = values.iter().enumerate();
            indexed.for_each(|(place, value)| {
                flatten_json(&within(table, &place.to_string()), value, keys)
            });
        }
        Json::Null => {}
        Json::String(text) => set_text(table, text, keys),
        other => keys.set(table, other.to_string()),
    }
}

/// Whether a table is a value as Weights & Biases keeps it: `{desc: …, value: …}`.
fn is_of_a_tracker<'a>(mut keys: impl Iterator<Item = &'a str> + Clone) -> bool {
    keys.clone().any(|key| key == "value") && keys.all(|key| matches!(key, "value" | "desc"))
}

fn flatten_yaml(table: &str, value: &Yaml<'_>, keys: &mut Keys) {
    if let Some(map) = value.as_mapping() {
        if map.is_empty() {
            keys.set_empty(table, "{}");
        }
        if is_of_a_tracker(map.keys().map(|key| key.as_str().unwrap_or_default()))
            && let Some((_, value)) = map.iter().find(|(key, _)| key.as_str() == Some("value"))
        {
            return flatten_yaml(table, value, keys);
        }
        for (key, value) in map {
            if let Some(key) = key.as_str() {
                flatten_yaml(&within(table, key), value, keys);
            }
        }
    } else if let Some(values) = value.as_sequence() {
        if values.is_empty() {
            keys.set_empty(table, "[]");
        }
        let indexed = values.iter().enumerate();
        indexed.for_each(|(place, value)| {
            flatten_yaml(&within(table, &place.to_string()), value, keys)
        });
    } else if let Some(text) = yaml_text(value) {
        set_text(table, &text, keys);
    }
}

fn yaml_text(value: &Yaml<'_>) -> Option<String> {
    let text = value.as_str().map(str::to_owned);
    let whole = || value.as_integer().map(|number| number.to_string());
    let broken = || value.as_floating_point().map(|number| number.to_string());
    let flag = || value.as_bool().map(|flag| flag.to_string());
    text.or_else(whole).or_else(broken).or_else(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syntax_gives_its_keys_as_text() {
        let expected = |keys: &Keys| {
            assert_eq!(keys.value("optim.base_lr"), Some("0.003"));
            assert_eq!(keys.value("steps"), Some("600"));
        };
        expected(&json(r#"{"optim": {"base_lr": 3e-3}, "steps": 600}"#).unwrap());
        expected(
            &yaml("# A comment\noptim:\n  base-lr: 3e-3\nsteps: 600\nnothing: null\n").unwrap(),
        );
        expected(&toml("steps = 600\n[optim]\nbase_lr = 3e-3\n").unwrap());
    }

    #[test]
    fn a_number_of_yaml_that_begins_with_a_zero_is_doubtful_where_it_is_two_numbers() {
        let keys =
            yaml("a: 010 # so many\nb: {c: 017, d: \"010\"}\ne: 07\nf: 0.10\ng: 08\nh: 10\n")
                .unwrap();
        for (key, said) in [("a", "010 (8 in YAML 1.1"), ("b.c", "017 (15 in YAML 1.1")] {
            let found = keys.get(key).unwrap();
            assert!(found.doubt.is_some() && found.text.contains(said), "{found:?}");
        }
        for key in ["b.d", "e", "f", "g", "h"] {
            assert!(keys.value(key).is_some(), "{key}: {:?}", keys.get(key));
        }
    }

    #[test]
    fn a_text_that_is_json_is_the_table_that_it_holds() {
        for keys in [
            json(r#"{"kwargs": "{\"min_lr\": 4e-3}", "name": "{x"}"#).unwrap(),
            yaml("kwargs: '{\"min_lr\": 4e-3}'\nname: '{x'\n").unwrap(),
            toml("kwargs = '{\"min_lr\": 4e-3}'\nname = '{x'\n").unwrap(),
        ] {
            assert_eq!(keys.value("kwargs.min_lr"), Some("0.004"), "{keys:?}");
            assert_eq!(keys.value("name"), Some("{x"), "{keys:?}");
        }
    }

    #[test]
    fn arithmetic_and_dates_are_no_numbers_and_plain_numbers_in_quotes_are() {
        for keys in [
            json(r#"{"steps": "1979-01-01", "sum": "5 * 8", "lr": "1e-4"}"#).unwrap(),
            yaml("steps: 1979-01-01\nsum: 5 * 8\nlr: '1e-4'\n").unwrap(),
            toml("steps = 1979-01-01\nsum = '5 * 8'\nlr = '1e-4'\n").unwrap(),
        ] {
            assert_eq!(keys.get("steps"), Some(&Found::not_computed("1979-01-01")), "{keys:?}");
            assert_eq!(keys.get("sum"), Some(&Found::not_computed("5 * 8")), "{keys:?}");
            assert_eq!(keys.value("lr"), Some("1e-4"), "{keys:?}");
        }
    }

    #[test]
    fn what_is_empty_is_there() {
        for keys in [
            toml("[optimizer]\nweight_decay = []\n").unwrap(),
            json(r#"{"optimizer": {"weight_decay": []}}"#).unwrap(),
            yaml("optimizer:\n  weight_decay: []\n").unwrap(),
        ] {
            assert_eq!(keys.value("optimizer.weight_decay"), Some("[]"));
        }
    }

    #[test]
    fn lists_of_endless_depth_are_refused() {
        for deep in ["- ", "? ", "- ? "] {
            assert!(yaml(&deep.repeat(50_000)).is_err(), "{deep}");
        }
    }

    #[test]
    fn tables_that_are_merged_are_refused_and_not_left_out() {
        let error = yaml("base: &base\n  lr: 1\nrun:\n  <<: *base\n").unwrap_err();
        assert!(error.to_string().contains("<<"), "{error}");
    }
}
