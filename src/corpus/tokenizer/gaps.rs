//! Characters that a tokenizer would leave out without a word: byte-pair encoding has no token for what it never
//! saw, unless one for everything unknown was given to it. A text that lost some is another text, and its losses
//! are those of another.

use anyhow::{Result, anyhow, bail};
use tokenizers::Tokenizer;
use tokenizers::models::ModelWrapper;

use super::as_json::visible;

/// What of a text would be left out.
#[derive(Clone, Debug)]
pub enum Gaps {
    /// Nothing: there is a token for everything, or for what is unknown.
    None,
    /// Bytes without a token.
    Bytes(Vec<u8>),
    /// Whatever no token reaches.
    Unreached,
}

impl Gaps {
    /// `over_bytes` says that its pieces are bytes of text.
    pub fn of(inner: &Tokenizer, over_bytes: bool) -> Self {
        let ModelWrapper::BPE(bpe) = inner.get_model() else { return Gaps::None };
        let has_unknown = bpe.unk_token.as_ref().is_some_and(|name| has(inner, name));
        if has_unknown || bpe.byte_fallback && has_all_bytes(inner) {
            return Gaps::None;
        }
        if !over_bytes {
            return Gaps::Unreached;
        }
        let missing: Vec<u8> =
            (0..=255).filter(|byte| !has(inner, &visible(*byte).to_string())).collect();
        if missing.is_empty() { Gaps::None } else { Gaps::Bytes(missing) }
    }

    /// Checks that nothing of a text would be left out.
    ///
    /// # Errors
    /// The first character that would be.
    pub fn check(&self, inner: &Tokenizer, text: &str) -> Result<()> {
        let lost = match self {
            Gaps::None => None,
            Gaps::Bytes(missing) => text.chars().find(|character| {
                let mut bytes = [0; 4];
                character.encode_utf8(&mut bytes).bytes().any(|byte| missing.contains(&byte))
            }),
            Gaps::Unreached => unreached(inner, text)?,
        };
        if let Some(lost) = lost {
            bail!(
                "the tokenizer has no token for {lost:?} and none for what it does not know, so that it would leave \
                 it out: give it an `unk_token`, learn one over bytes by bpe:N, or take the character out of the text"
            );
        }
        Ok(())
    }
}

fn has(inner: &Tokenizer, name: &str) -> bool {
    inner.token_to_id(name).is_some()
}

fn has_all_bytes(inner: &Tokenizer) -> bool {
    (0..=255_u8).all(|byte| has(inner, &format!("<0x{byte:02X}>")))
}

/// A character that no token reaches. White space between words is what many tokenizers cut at. What a token is said to
/// reach is counted from the start of its word, without what was left out before it: the one to name is rather one that
/// is no token.
fn unreached(inner: &Tokenizer, text: &str) -> Result<Option<char>> {
    let encoded = inner.encode(text, false).map_err(|error| anyhow!("{error}"))?;
    let mut reached = vec![false; text.len()];
    for (start, end) in encoded.get_offsets() {
        reached[*start..*end].fill(true);
    }
    let lost = |(place, character): &(usize, char)| !character.is_whitespace() && !reached[*place];
    let lost = text.char_indices().find(lost).map(|(_, character)| character);
    let is_unknown = |one: &char| !one.is_whitespace() && !has(inner, &one.to_string());
    Ok(lost.map(|lost| text.chars().find(is_unknown).unwrap_or(lost)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Tokenizer;

    fn with(model: Value, pre_tokenizer: Value, decoder: Value) -> Tokenizer {
        let mut whole = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "post_processor": null, "pre_tokenizer": pre_tokenizer, "decoder": decoder,
        });
        let mut bpe = json!({
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"],
        });
        bpe.as_object_mut().unwrap().extend(model.as_object().unwrap().clone());
        whole["model"] = bpe;
        Tokenizer::from_json(whole.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_character_that_would_be_left_out_is_named() {
        let spaces = json!({"type": "WhitespaceSplit"});
        let none = with(json!({}), spaces.clone(), Value::Null);
        assert_eq!(none.encode("ab a b").unwrap(), [2, 0, 1]);
        assert!(
            none.told().ends_with("which does not tell spaces, tabs and lines apart"),
            "{}",
            none.told()
        );
        let error = none.encode("ab acb é").unwrap_err().to_string();
        assert!(error.contains("no token for 'c'") && error.contains("unk_token"), "{error}");
        let vocabulary = json!({"a": 0, "b": 1, "ab": 2, "<unk>": 3});
        let named = json!({"unk_token": "<unk>", "vocab": vocabulary});
        assert_eq!(with(named, spaces.clone(), Value::Null).encode("acb").unwrap(), [0, 3, 1]);
        let missing = json!({"unk_token": "<unk>"});
        assert!(with(missing, spaces, Value::Null).encode("acb").is_err());
    }

    #[test]
    fn a_byte_that_would_be_left_out_is_named_by_its_character() {
        let level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
        let bytes = with(json!({}), level.clone(), level);
        assert_eq!(bytes.encode("ab").unwrap(), [2]);
        assert!(!bytes.told().contains("apart"), "{}", bytes.told());
        assert!(bytes.encode("ab é").unwrap_err().to_string().contains("' '"));
    }
}
