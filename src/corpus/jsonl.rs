//! JSON lines: one object per line, one field of which is the text.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

/// The texts of JSON lines.
pub struct Lines {
    /// The texts, joined by newlines.
    pub text: String,
    /// How they were found.
    pub told: String,
}

/// The texts in JSON lines; `None` for a text that is no JSON.
///
/// # Errors
/// JSON that does not say which text is meant.
pub fn texts(text: &str) -> Result<Option<Lines>> {
    let start = text.trim_start();
    if !start.starts_with(['{', '[']) {
        return Ok(None);
    }
    let first = start.lines().next().unwrap_or_default();
    if let Ok(Value::Object(first)) = serde_json::from_str(first) {
        return lines(text, &first).map(Some);
    }
    ensure!(
        !is_json(start),
        "it is JSON, but not JSON lines, which have one object with a field `text` on each line; \
         for an array of such objects, `jq -c '.[]' FILE > NEW` makes them"
    );
    Ok(None)
}

fn lines(text: &str, first: &Map<String, Value>) -> Result<Lines> {
    let field = field(first)?;
    let mut texts = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = number + 1;
        let record: Map<String, Value> = serde_json::from_str(line).with_context(|| {
            format!("line {number} is no JSON object, as the first of these JSON lines is")
        })?;
        match record.get(field) {
            Some(Value::String(text)) => texts.push(text.clone()),
            _ => bail!("line {number} of these JSON lines has no text in its field `{field}`"),
        }
    }
    let told = format!("JSON lines, field `{field}` of {} joined by newlines", texts.len());
    Ok(Lines { text: texts.join("\n"), told })
}

/// The field that holds the text: `text`, or the only one that can.
fn field(record: &Map<String, Value>) -> Result<&str> {
    if record.get("text").is_some_and(Value::is_string) {
        return Ok("text");
    }
    let strings: Vec<&str> =
        record.iter().filter(|(_, value)| value.is_string()).map(|(key, _)| key.as_str()).collect();
    match strings[..] {
        [only] => Ok(only),
        _ => {
            let keys: Vec<&str> = record.keys().map(String::as_str).collect();
            bail!(
                "it holds JSON lines without a field `text`; their fields are {}. Choose one with \
                 `jq -c '{{text: .FIELD}}' FILE > NEW`",
                keys.join(", ")
            )
        }
    }
}

/// Whether a text is arrays and objects of JSON and nothing else. One such as `[1]` may begin a text.
fn is_json(text: &str) -> bool {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .all(|value| value.is_ok_and(|value| value.is_array() || value.is_object()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> String {
        texts(input).unwrap().unwrap().text
    }

    fn error(input: &str) -> String {
        format!("{:#}", texts(input).map(|_| ()).unwrap_err())
    }

    #[test]
    fn the_field_text_or_the_only_text_is_read() {
        assert_eq!(
            text("{\"id\": \"x\", \"text\": \"a\\nb\"}\n\n{\"text\": \"é\"}\r\n"),
            "a\nb\né"
        );
        assert_eq!(text("{\"content\": \"a\", \"score\": 1}\n{\"content\": \"b\"}"), "a\nb");
    }

    #[test]
    fn json_that_does_not_say_which_text_is_meant_is_refused() {
        assert!(error("{\"prompt\": \"a\", \"answer\": \"b\"}").contains("answer, prompt"));
        assert!(error("{\"text\": \"a\"}\n{\"text\": null}").contains("line 2"));
        assert!(error("{\"text\": \"a\"}\nno JSON").contains("line 2"));
        assert!(error("[\n {\"text\": \"a\"}\n]").contains("jq -c '.[]'"));
        assert!(error("{\n \"text\": \"a\"\n}").contains("not JSON lines"));
        assert!(error("[1]\n[2]").contains("not JSON lines"));
    }

    #[test]
    fn a_text_that_begins_with_a_bracket_is_a_text() {
        for prose in ["[Enter HAMLET]\nTo be", "[1]\nSee below", "{a}", "", "\"quoted\""] {
            assert!(texts(prose).unwrap().is_none(), "{prose}");
        }
    }
}
