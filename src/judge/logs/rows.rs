//! Objects of JSON as rows.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::json;
use crate::judge::columns::is_measured;

/// Python writes numbers that JSON does not have.
const NO_NUMBERS: [(&str, &str); 3] =
    [("NaN", "\"nan\""), ("-Infinity", "\"-inf\""), ("Infinity", "\"inf\"")];

/// What a text of JSON says, also where it has numbers that JSON does not have; `None` for other texts.
pub fn parsed(text: &str) -> Option<Json> {
    json::parse(text).or_else(|_| json::parse(&with_no_numbers(text))).ok()
}

/// A text in which what is no number is called so in JSON; what stands in quotation marks stays.
fn with_no_numbers(text: &str) -> String {
    let mut is_quoted = false;
    let known = |part: &str| {
        if is_quoted {
            // A mark after a backslash ends nothing, unless that is one of a pair.
            let backslashes = part.len() - part.trim_end_matches('\\').len();
            is_quoted = backslashes % 2 == 1;
            return part.to_owned();
        }
        is_quoted = true;
        let named = |part: String, (written, known): (&str, &str)| part.replace(written, known);
        NO_NUMBERS.into_iter().fold(part.to_owned(), named)
    };
    text.split('"').map(known).collect::<Vec<String>>().join("\"")
}

/// An object as a row. Where every loss of it is null, they are no numbers, as JSON cannot write those of a run that
/// diverged; a null beside a number is of what was not measured then.
pub fn row_of(object: Json) -> Option<BTreeMap<String, String>> {
    let Json::Object(map) = object else { return None };
    let mut map = flat(map);
    let measured = || map.iter().filter(|(name, _)| is_measured(name));
    if measured().all(|(_, value)| value.is_null()) {
        let names: Vec<String> = measured().map(|(name, _)| name.clone()).collect();
        map.extend(names.into_iter().map(|name| (name, Json::from("nan"))));
    }
    let text = |(name, value): (String, Json)| match value {
        Json::String(text) => Some((name, text)),
        Json::Number(_) | Json::Bool(_) => Some((name, value.to_string())),
        // No number, which is told where it is read.
        Json::Array(_) if is_measured(&name) => Some((name, value.to_string())),
        _ => None,
    };
    let row: BTreeMap<String, String> = map.into_iter().filter_map(text).collect();
    (!row.is_empty()).then_some(row)
}

/// What lies in objects inside an object is named by both: `val/loss` of `{"val": {"loss": 2.5}}`, as Weights & Biases
/// writes it in one piece.
fn flat(map: Map<String, Json>) -> Map<String, Json> {
    let mut whole = Map::new();
    for (name, value) in map {
        match value {
            Json::Object(inside) => {
                let named = |(inner, value)| (format!("{name}/{inner}"), value);
                whole.extend(flat(inside).into_iter().map(named));
            }
            value => whole.extend([(name, value)]),
        }
    }
    whole
}
