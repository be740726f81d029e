//! JSON lines: one object per line, one field of which is the text of a document.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::HumanBytes;
use serde_json::Value;

use super::Stretch;
use super::fields::field;
use super::near_json::{refuse_bare_values, refuse_near_json};
use super::own_splits::OwnSplits;
use crate::json;

/// Bytes of a line at most: it is read whole.
const LONGEST: usize = 1 << 30;

/// JSON lines whose field of text is known.
#[derive(Debug)]
pub struct Lines {
    name: String,
    field: String,
}

impl Lines {
    /// What the beginning of a file says; `None` for a text that is no JSON. `asked` is the field that the
    /// user names.
    ///
    /// # Errors
    /// JSON that does not say which text is meant, or has no such field.
    pub fn of(
        name: &str,
        start: &str,
        is_whole: bool,
        asked: Option<&str>,
    ) -> Result<Option<Self>> {
        refuse_bare_values(Path::new(name), start)?;
        let found = Self::find(start, is_whole, asked).with_context(|| name.to_owned())?;
        Ok(found.map(|field| Lines { name: name.to_owned(), field }))
    }

    fn find(start: &str, is_whole: bool, asked: Option<&str>) -> Result<Option<String>> {
        let whole = start;
        let start = start.trim_start();
        if !start.starts_with(['{', '[']) {
            return refuse_near_json(whole).map(|()| None);
        }
        let first = start.lines().next().unwrap_or_default();
        if let Ok(Value::Object(first)) = serde_json::from_str(first) {
            return field(&first, asked).map(Some);
        }
        let made_by = match start.starts_with('[') {
            true => "jq -c '.[]' FILE > NEW",
            false => "jq -c . FILE > NEW",
        };
        ensure!(
            !is_json(start, is_whole),
            "it is JSON, but not JSON lines, which have one object with a field `text` on each line; `{made_by}` makes \
             them of such objects"
        );
        refuse_near_json(whole)?;
        Ok(None)
    }

    /// The field that holds the text.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// A document a line.
    pub fn documents(
        self,
        blocks: impl Iterator<Item = Result<String>>,
    ) -> impl Iterator<Item = Result<Stretch>> {
        let (mut number, mut splits) = (0, OwnSplits::default());
        whole_lines(blocks, LONGEST, self.name.clone()).filter_map(move |line| {
            number += 1;
            match line {
                Ok(line) if line.trim().is_empty() => None,
                Ok(line) => {
                    let text = self.text(number, &line, &mut splits);
                    Some(
                        text.map(|text| Stretch { text, ends: true })
                            .with_context(|| self.name.clone()),
                    )
                }
                Err(error) => Some(Err(error)),
            }
        })
    }

    fn text(&self, number: usize, line: &str, splits: &mut OwnSplits) -> Result<String> {
        let read = json::parse(line).map_err(|error| match json::is_json(line) {
            true => anyhow!("line {number} of these JSON lines: {error}"),
            false => anyhow!(error).context(format!(
                "line {number} is no JSON object, as the first of these JSON lines is"
            )),
        })?;
        let Value::Object(mut record) = read else {
            bail!("line {number} is no JSON object, as the first of these JSON lines is");
        };
        splits.add(&record, number)?;
        match record.remove(&self.field) {
            Some(Value::String(text)) => Ok(text),
            _ => {
                bail!(
                    "line {number} of these JSON lines has no text in its field `{}`; drop records without one",
                    self.field
                )
            }
        }
    }
}

/// Lines of so many bytes at most, wherever blocks end.
fn whole_lines(
    mut blocks: impl Iterator<Item = Result<String>>,
    longest: usize,
    name: String,
) -> impl Iterator<Item = Result<String>> {
    let (mut held, mut given, mut over) = (String::new(), 0, false);
    std::iter::from_fn(move || {
        loop {
            let rest = &held[given..];
            if let Some(end) = rest.find('\n') {
                let line = rest[..end].to_owned();
                given += end + 1;
                return Some(Ok(line));
            }
            if over {
                given = held.len();
                return (!rest.is_empty()).then(|| Ok(rest.to_owned()));
            }
            held.drain(..given);
            given = 0;
            if held.len() > longest {
                held.clear();
                over = true;
                let longest = HumanBytes(longest as u64);
                return Some(Err(anyhow!("{name}: a line of JSON lines has more than {longest}")));
            }
            match blocks.next() {
                Some(Ok(block)) => held.push_str(&block),
                Some(Err(error)) => return Some(Err(error)),
                None => over = true,
            }
        }
    })
}

/// Whether a text is arrays and objects of JSON and nothing else. One such as `[1]` may begin a text. Of a text
/// that goes on, its beginning must be JSON that is not over.
fn is_json(text: &str, is_whole: bool) -> bool {
    serde_json::Deserializer::from_str(text).into_iter::<Value>().all(|value| match value {
        Ok(value) => value.is_array() || value.is_object(),
        Err(error) => !is_whole && error.is_eof(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str, asked: Option<&str>) -> Result<Option<Vec<String>>> {
        let Some(lines) = Lines::of("file", input, true, asked)? else { return Ok(None) };
        let (start, end) = input.split_at(input.floor_char_boundary(input.len() / 2));
        let blocks = [start, end].map(|block| Ok(block.to_owned()));
        let texts = lines.documents(blocks.into_iter()).map(|stretch| Ok(stretch?.text));
        texts.collect::<Result<_>>().map(Some)
    }

    fn texts(input: &str) -> Vec<String> {
        read(input, None).unwrap().unwrap()
    }

    fn error(input: &str) -> String {
        format!("{:#}", read(input, None).map(|_| ()).unwrap_err())
    }

    #[test]
    fn the_field_text_or_the_only_text_is_read() {
        let lines = "{\"id\": \"x\", \"text\": \"a\\nb\"}\n\n{\"text\": \"é\"}\r\n";
        assert_eq!(texts(lines), ["a\nb", "é"]);
        assert_eq!(texts("{\"content\": \"a\", \"score\": 1}\n{\"content\": \"b\"}"), ["a", "b"]);
    }

    #[test]
    fn a_field_that_is_asked_for_is_read_or_missed() {
        let lines = "{\"prompt\": \"a\", \"answer\": \"b\"}";
        assert_eq!(read(lines, Some("answer")).unwrap().unwrap(), ["b"]);
        let error = format!("{:#}", read(lines, Some("reply")).unwrap_err());
        assert!(
            error.contains("text_field = \"reply\"") && error.contains("answer, prompt"),
            "{error}"
        );
    }

    #[test]
    fn json_that_does_not_say_which_text_is_meant_is_refused() {
        assert!(error("{\"prompt\": \"a\", \"answer\": \"b\"}").contains("answer, prompt"));
        assert!(error("{\"text\": \"a\"}\n{\"text\": null}").contains("line 2"));
        let empty = error("{\"text\": null}\n{\"text\": \"a\"}");
        assert!(empty.contains("drop records without a text"), "{empty}");
        assert!(error("{\"text\": \"a\"}\nno JSON").contains("line 2"));
        assert!(error("[\n {\"text\": \"a\"}\n]").contains("jq -c '.[]'"));
        assert!(error("{\n \"text\": \"a\"\n}").contains("not JSON lines"));
        assert!(error("[1]\n[2]").contains("not JSON lines"));
        let array = Lines::of("file", "[{\"text\": \"a\"}, {\"te", false, None).unwrap_err();
        assert!(format!("{array:#}").contains("not JSON lines"));
    }

    #[test]
    fn what_was_meant_as_json_lines_and_is_none_is_refused_with_the_line_and_why() {
        let good = "{\"text\": \"a\"}";
        for bad in [
            "{'text': 'a'}",
            "{\"text\": \"a\", \"score\": NaN}",
            "{\"text\": \"a\"},",
            "{\"text\": \"a\",}",
            "// made by hand",
            "{text: \"a\"}",
            "{\"text\": \"a\"};",
            "\u{1e}{\"text\": \"a\"}",
            "{\"text\": \"a",
        ] {
            for (before, place) in [("", "line 1 is no object"), ("\n\n", "line 3 is no object")] {
                let error = error(&format!("{before}{bad}\n{good}\n\n{good}\n"));
                assert!(error.contains(place), "{bad}: {error}");
            }
        }
        assert!(error("[{'text': 'a'}, {'text': 'b'}]").contains("double quotes"));
        assert!(error("\"one\\ntext\"\n\"another\\ttext\"").contains("no object"));
        assert!(error("[\n{'text': 'a'},\n{'text': 'b'}\n]").contains("double quotes"));
    }

    #[test]
    fn a_line_without_an_end_is_not_gathered_for_ever() {
        let blocks = std::iter::repeat_with(|| Ok("a".repeat(512))).take(99);
        let lines: Vec<_> = whole_lines(blocks, 1024, "file".to_owned()).collect();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].as_ref().unwrap_err().to_string().contains("more than 1.00 KiB"));
    }

    #[test]
    fn a_text_that_begins_with_a_bracket_is_a_text() {
        for prose in [
            "[Enter HAMLET]\nTo be",
            "[1]\nSee below",
            "{a}",
            "",
            "\"quoted\"",
            "{\"a\": b}\nis how a dictionary looks.\nIt goes on.",
        ] {
            assert!(read(prose, None).unwrap().is_none(), "{prose}");
        }
    }
}
