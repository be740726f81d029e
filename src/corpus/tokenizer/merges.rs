//! Merges of byte-pair encoding, and whether their vocabulary knows them: where it does not, the two are of different
//! tokenizers, which the library that reads them does not survive.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::json;

/// A merge, and where it stands for people.
pub struct Merge<'a> {
    pub left: &'a str,
    pub right: &'a str,
    pub place: String,
}

impl Merge<'_> {
    /// Checks that both pieces and what they become are tokens. All but the first piece of a word begin with `prefix`,
    /// which is left out where they are joined.
    ///
    /// # Errors
    /// A piece without a token; `vocabulary` is where it should be.
    pub fn check(
        &self,
        is_token: impl Fn(&str) -> bool,
        prefix: &str,
        vocabulary: &str,
    ) -> Result<()> {
        let Merge { left, right, place } = self;
        let Some(rest) = right.get(prefix.len()..) else {
            bail!(
                "{place}: the merge `{left} {right}` has a second piece without the continuing_subword_prefix `{prefix}`"
            )
        };
        let joined = format!("{left}{rest}");
        let lacking = [*left, *right, &joined].into_iter().find(|piece| !is_token(piece));
        match lacking {
            None => Ok(()),
            Some(piece) => bail!(
                "{place}: the merge `{left} {right}` needs a token `{piece}`, and {vocabulary} has none: its merges and \
                 its vocabulary are of two tokenizers; take both from the same one"
            ),
        }
    }
}

/// Checks the merges of a tokenizer.json. What is written otherwise than such files are is left to be refused by who
/// reads it.
///
/// # Errors
/// The first merge that its vocabulary does not know, and a key that stands twice.
pub fn check_json(bytes: &[u8]) -> Result<()> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let whole = match json::parse(text) {
        Ok(whole) => whole,
        Err(error) if json::is_json(text) => return Err(error.into()),
        Err(_) => return Ok(()),
    };
    let part = |name: &str| whole.get("model").and_then(|model| model.get(name));
    let (Some(Value::Object(vocabulary)), Some(Value::Array(merges))) =
        (part("vocab"), part("merges"))
    else {
        return Ok(());
    };
    let prefix = part("continuing_subword_prefix").and_then(Value::as_str).unwrap_or_default();
    for (number, merge) in merges.iter().enumerate() {
        let Some((left, right)) = pair(merge) else { continue };
        let place = format!("model.merges, merge {}", number + 1);
        let is_token = |piece: &str| vocabulary.contains_key(piece);
        Merge { left, right, place }.check(is_token, prefix, "model.vocab")?;
    }
    Ok(())
}

/// `"a b"`, or since 2024 `["a", "b"]`, by which pieces may hold spaces.
fn pair(merge: &Value) -> Option<(&str, &str)> {
    match merge {
        Value::String(both) if !both.starts_with("#version") => both.split_once(' '),
        Value::Array(pieces) => match &pieces[..] {
            [left, right] => Some((left.as_str()?, right.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Tokenizer;
    use super::*;

    fn read(model: &Value) -> Result<Tokenizer, String> {
        let mut whole = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "post_processor": null, "pre_tokenizer": null, "decoder": null,
        });
        let mut bpe = json!({
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
        });
        bpe.as_object_mut().unwrap().extend(model.as_object().unwrap().clone());
        whole["model"] = bpe;
        Tokenizer::from_json(whole.to_string().as_bytes()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn merges_that_the_vocabulary_does_not_know_are_refused_by_name() {
        for (merges, piece) in [
            (json!(["a b", "ab c"]), "`abc`"),
            (json!([["a", "b"], ["ab", "c"]]), "`abc`"),
            (json!(["a b", "a z"]), "`z`"),
            (json!([["a", "b"], ["z", "a"]]), "`z`"),
        ] {
            let error =
                read(&json!({"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges": merges}));
            let error = error.unwrap_err();
            assert!(error.contains("merge 2") && error.contains(piece), "{error}");
            assert!(error.contains("two tokenizers"), "{error}");
        }
    }

    #[test]
    fn pieces_within_words_are_joined_without_their_prefix() {
        let model = |merge: &str| {
            json!({
                "vocab": {"a": 0, "##b": 1, "b": 2, "ab": 3}, "merges": [merge],
                "continuing_subword_prefix": "##",
            })
        };
        assert_eq!(read(&model("a ##b")).unwrap().encode("ab").unwrap(), [3]);
        let error = read(&model("a b")).unwrap_err();
        assert!(error.contains("without the continuing_subword_prefix `##`"), "{error}");
    }
}
