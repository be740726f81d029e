//! What tokens of files stand for, by what `wane data prepare` wrote of them into `meta.json`.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::token_bytes::{LOST, TokenBytes};
use super::{Tokenizer, input};

/// Bytes that the tokens of val and test stand for, which are of these splits; where nobody knows, why not, for people.
/// Of tokens that no tokenizer is known of, nothing is said.
///
/// # Errors
/// A `meta.json` that cannot be read.
pub fn of(
    folder: &Path,
    tokenizer: Option<&Tokenizer>,
    splits: [&str; 2],
) -> Result<(Option<TokenBytes>, Option<String>)> {
    let Some(tokenizer) = tokenizer else { return Ok((None, None)) };
    let written = read(folder)?;
    let splits = splits.map(|name| &written["splits"][name]);
    let given = splits.map(|split| split["gives_back"].as_bool());
    let empty = |why: &str| Ok((None, Some(why.to_owned())));
    if given.contains(&Some(false)) {
        return empty(&format!("by meta.json its tokens {LOST}"));
    }
    if let Some(known) = TokenBytes::known(tokenizer) {
        return Ok((Some(known), None));
    }
    match splits.map(mean) {
        [Some(val), Some(test)] if given == [Some(true); 2] => {
            Ok((Some(TokenBytes::Mean([val, test])), None))
        }
        _ => empty(
            "how many bytes its tokens stand for depends on the text around them, and no meta.json says how many \
             there are and that tokens read as their text, so that no loss is told in bits per byte (val_bpb and \
             test_bpb stay empty); `wane data prepare` of the text writes one that does",
        ),
    }
}

/// A file that is damaged is told of where its vocabulary is read.
fn read(folder: &Path) -> Result<Value> {
    let path = folder.join("meta.json");
    match path.exists() {
        true => Ok(serde_json::from_slice(&input::read(&path)?).unwrap_or_default()),
        false => Ok(Value::Null),
    }
}

/// Bytes of a token of a split.
fn mean(split: &Value) -> Option<f64> {
    let (bytes, tokens) = (split["bytes"].as_u64()?, split["tokens"].as_u64()?);
    (tokens > 0).then(|| bytes as f64 / tokens as f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_of_prepared_tokens_are_those_of_their_split_or_it_is_said_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut written: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        written["normalizer"] = json!({"type": "NFC"});
        let composing = Tokenizer::from_json(written.to_string().as_bytes()).unwrap();
        let of = |tokenizer: &Tokenizer, gives_back: Value| {
            let split =
                |bytes: u64| json!({"tokens": 10, "bytes": bytes, "gives_back": gives_back});
            let meta = json!({"vocab_size": 256, "splits": {"val": split(20), "test": split(30)}});
            std::fs::write(folder.path().join("meta.json"), meta.to_string()).unwrap();
            super::of(folder.path(), Some(tokenizer), ["val", "test"]).unwrap()
        };
        assert_eq!(of(&composing, json!(true)), (Some(TokenBytes::Mean([2.0, 3.0])), None));
        let (none, why) = of(&composing, json!(null));
        assert!(none.is_none() && why.unwrap().contains("depends on the text around them"));
        for lossy in [&composing, &Tokenizer::Bytes] {
            let (none, why) = of(lossy, json!(false));
            assert!(none.is_none() && why.unwrap().contains("do not give the text back"));
        }
        assert_eq!(of(&Tokenizer::Bytes, json!(null)).0, TokenBytes::known(&Tokenizer::Bytes));
    }
}
