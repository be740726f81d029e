//! Texts that were meant as JSON and are none.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use super::endings::is_lines;

/// How many lines tell whether a text was meant as JSON lines.
const LOOKED_AT: usize = 50;

/// Refuses a file that is JSON lines by its name and has other values of JSON on its lines, such as texts in quotes.
pub fn refuse_bare_values(file: &Path, text: &str) -> Result<()> {
    // A list may be all records: what is said of those helps more.
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LOOKED_AT);
    let is_bare = |line: &str| {
        let value = serde_json::from_str(line);
        value.is_ok_and(|one: Value| !one.is_object() && !holds_objects(&one))
    };
    if !is_lines(file) || lines().next().is_none() || !lines().all(is_bare) {
        return Ok(());
    }
    bail!(
        "{} is JSON lines by its name, but its lines hold no objects: JSON lines have one object with a field `text` on \
         each line; `jq -c '{{text: .}}' FILE > NEW` makes them of texts in quotes. To train on the quotes as well, name \
         it .txt",
        file.display()
    )
}

fn holds_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().any(Value::is_object))
}

/// Refuses what was meant as JSON and is none, such as what Python prints, or JSON with `NaN`: trained on as
/// characters, it would teach brackets and names of fields.
pub fn refuse_near_json(text: &str) -> Result<()> {
    let is_bare = |line: &str| line.is_empty() || line == "[" || line == "]";
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !is_bare(line));
    let lines: Vec<_> = lines.take(LOOKED_AT).collect();
    let objects = lines.iter().filter(|(_, line)| is_like_an_object(line)).count();
    let texts = lines.iter().filter(|(_, line)| is_escaped_text(line)).count();
    let is_broken_off = lines.first().is_some_and(|(_, line)| is_broken_off(line));
    if 2 * objects <= lines.len() && 2 * texts <= lines.len() && !is_broken_off {
        return Ok(());
    }
    let error = |(number, line): &(usize, &str)| {
        // What another value is, without the text that it may be.
        let told = match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(_)) => return None,
            Ok(Value::String(_)) => "it is a text in quotes".to_owned(),
            Ok(_) => "it is another value".to_owned(),
            Err(error) => error.to_string(),
        };
        Some((number + 1, told))
    };
    let Some((number, error)) = lines.iter().find_map(error) else { return Ok(()) };
    bail!(
        "it is written like JSON, but line {number} is no object of JSON: {error}; JSON lines have one object in \
         double quotes on each line, without NaN, comments, commas between lines or line breaks in texts, as Python's \
         json.dumps(record, allow_nan=False) writes them"
    )
}

/// A bracket, a name in quotes, and a bracket at the end, with what may stand around it in an array.
fn is_like_an_object(line: &str) -> bool {
    let line = line.trim_start_matches(['[', RECORD]).trim_end_matches([',', ']', ';']).trim();
    let inner = line.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inner.and_then(|inner| inner.split_once(':')).is_some_and(|(name, _)| is_name(name.trim()))
}

/// What some put before every record.
const RECORD: char = '\u{1e}';

/// A name of a field, in quotes of either kind or in none.
fn is_name(name: &str) -> bool {
    let bare = name.trim_matches(['"', '\'']);
    !bare.is_empty() && bare.chars().all(|one| one.is_alphanumeric() || "_-.".contains(one))
}

/// Whether a line begins an object with a text that does not end in it: a line break that should have been `\n`.
fn is_broken_off(line: &str) -> bool {
    let inner = line.trim_start_matches('[').strip_prefix('{');
    let value = inner.and_then(|inner| inner.split_once(':'));
    value.is_some_and(|(name, value)| {
        name.trim().starts_with('"') && is_name(name.trim()) && value.trim_start().starts_with('"')
    }) && !line.trim_end_matches([',', ']']).ends_with('}')
}

/// Whether a line is a text of JSON with something that a plain text has no need of.
fn is_escaped_text(line: &str) -> bool {
    line.contains('\\') && serde_json::from_str::<String>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_by_their_name_that_are_texts_in_quotes_are_refused() {
        let refused = |name: &str, text: &str| {
            refuse_bare_values(Path::new(name), text).err().map(|error| error.to_string())
        };
        let quotes = "\"To be\"\n\n\"or not\\n to be\"\n3\n";
        for name in ["a/b.jsonl", "b.NDJSON.gz"] {
            let said = refused(name, quotes).unwrap();
            assert!(said.contains(name) && said.contains("jq -c '{text: .}'"), "{said}");
            for text in ["To be\n", "\"To be\"\nor not\n", "{\"text\": 1}\n", "\n", ""] {
                assert_eq!(refused(name, text), None, "{text}");
            }
        }
        assert_eq!(refused("a.txt", quotes), None, "a play may be written so");
        let records = "[{\"text\": \"a\"}]";
        assert_eq!(refused("a.jsonl", records), None, "more helps there");
        let told = refuse_near_json("\"To be\\n\"").unwrap_err().to_string();
        assert!(told.contains("it is a text in quotes") && !told.contains("To be"), "{told}");
    }
}
