//! Which field of JSON lines holds the text.

use anyhow::{Result, anyhow, ensure};
use serde_json::{Map, Value};

/// The field that holds the text where JSON lines have it.
const TEXT: &str = "text";

/// Names of fields that hold a text beside what belongs to it, in small letters.
const CONTENTS: [&str; 12] = [
    "content",
    "contents",
    "raw_content",
    "body",
    "article",
    "document",
    "passage",
    "story",
    "code",
    "poem",
    "lyrics",
    "transcript",
];

/// Names of fields that tell what a record is and hold no text of it, in small letters.
const LABELS: [&str; 24] = [
    "id",
    "uuid",
    "guid",
    "doi",
    "url",
    "uri",
    "link",
    "href",
    "sha",
    "sha1",
    "sha256",
    "md5",
    "hash",
    "digest",
    "path",
    "file",
    "filename",
    "file_name",
    "date",
    "timestamp",
    "source",
    "lang",
    "language",
    "license",
];

/// The field that was asked for, else `text`, else the only one that can hold a text: beside lists and objects, which
/// may hold it as well, one that is named so. What is left over there is mostly an identifier.
pub fn field(record: &Map<String, Value>, asked: Option<&str>) -> Result<String> {
    let is_text = |name: &str| record.get(name).is_some_and(Value::is_string);
    if let Some(asked) = asked {
        ensure!(
            is_text(asked),
            "data.text_field = \"{asked}\": its first JSON line has no text of that name; its fields are {}",
            names(record)
        );
        return Ok(asked.to_owned());
    }
    if is_text(TEXT) {
        return Ok(TEXT.to_owned());
    }
    let strings: Vec<&String> = record.keys().filter(|key| is_text(key)).collect();
    let may_be_elsewhere = record.contains_key(TEXT) || record.values().any(is_nested);
    match strings[..] {
        [only] if is_content(only) || !may_be_elsewhere && !is_label(only) => Ok(only.clone()),
        _ => Err(no_field(record)),
    }
}

fn no_field(record: &Map<String, Value>) -> anyhow::Error {
    if record.contains_key(TEXT) {
        return anyhow!(
            "the field `text` of its first JSON line holds no text in quotes; drop records without a text, or choose \
             another field by data.text_field = \"FIELD\" (--text-field FIELD of `wane data prepare`)"
        );
    }
    let nested = match record.values().any(is_nested) {
        true => "; a text within a list or an object must be written as a field of its own first",
        false => "",
    };
    anyhow!(
        "it holds JSON lines without a field `text`; their fields are {}. Choose one by \
         data.text_field = \"FIELD\" (--text-field FIELD of `wane data prepare`){nested}",
        names(record)
    )
}

fn names(record: &Map<String, Value>) -> String {
    record.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// An identifier, an address or another word about the record.
fn is_label(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = ["_id", "-id", "_url", "_hash", "_path", "_date"];
    LABELS.contains(&name.as_str()) || ends.iter().any(|end| name.ends_with(end))
}

fn is_content(name: &str) -> bool {
    let name = name.to_lowercase();
    name == TEXT || CONTENTS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(record: Value, asked: Option<&str>) -> Result<String, String> {
        field(record.as_object().unwrap(), asked).map_err(|error| error.to_string())
    }

    #[test]
    fn an_identifier_beside_lists_and_objects_is_not_taken_for_the_text() {
        for record in [
            json!({"id": "chat-1", "messages": [{"role": "user", "content": "a"}]}),
            json!({"input_ids": [1, 2], "id": "doc-50"}),
            json!({"url": "http://a.org", "tokens": [1, 2, 3], "n": 1}),
            json!({"id": "a", "data": {"text": "b"}}),
        ] {
            let error = of(record.clone(), None).unwrap_err();
            let keys = record.as_object().unwrap().keys();
            assert!(keys.clone().all(|key| error.contains(key.as_str())), "{error}");
            assert!(
                error.contains("data.text_field") && error.contains("within a list"),
                "{error}"
            );
        }
        let url = json!({"url": "a", "tokens": [1]});
        assert_eq!(of(url, Some("url")).unwrap(), "url");
    }

    #[test]
    fn an_identifier_of_a_record_whose_text_is_missing_is_not_read_instead() {
        let error = of(json!({"id": "a", "text": null}), None).unwrap_err();
        assert!(error.contains("drop records without a text"), "{error}");
    }

    #[test]
    fn an_identifier_alone_is_no_text_until_it_is_asked_for() {
        for name in ["id", "doc_id", "URL", "sha256", "lang"] {
            let record = json!({name: "a", "score": 1});
            assert!(of(record.clone(), None).unwrap_err().contains("data.text_field"), "{name}");
            assert_eq!(of(record, Some(name)).unwrap(), name);
        }
        assert_eq!(of(json!({"validity": "a"}), None).unwrap(), "validity");
    }

    #[test]
    fn a_field_that_is_named_as_a_text_is_read_beside_lists() {
        assert_eq!(of(json!({"Content": "a", "tags": ["x"]}), None).unwrap(), "Content");
        assert_eq!(of(json!({"tweet": "a", "score": 1}), None).unwrap(), "tweet");
    }
}
