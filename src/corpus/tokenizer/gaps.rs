//! Characters that a tokenizer would leave out without a word: byte-pair encoding has no token for what it never
//! saw, unless one for everything unknown was given to it. A text that lost some is another text, and its losses
//! are those of another.

use anyhow::{Result, anyhow, bail};
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizer::Range;
use tokenizers::{Model, NormalizedString, PreTokenizer, Tokenizer};

use super::exact::{has_all_bytes, turns_into_bytes};

/// What of a text would be left out.
#[derive(Clone, Copy, Debug)]
pub enum Gaps {
    /// Nothing: there is a token for everything, or for what is unknown.
    None,
    /// Whatever the model has no token for. White space that no token stands for counts where tokens are pieces of bytes:
    /// elsewhere it is left out between words by design.
    Some { over_bytes: bool },
}

impl Gaps {
    pub fn of(inner: &Tokenizer) -> Self {
        let ModelWrapper::BPE(bpe) = inner.get_model() else { return Gaps::None };
        let has_unknown = bpe.unk_token.as_ref().is_some_and(|name| has(inner, name));
        let falls_back = bpe.byte_fallback && (0..=255).all(|byte| has(inner, &fallback(byte)));
        let over_bytes = inner.get_pre_tokenizer().is_some_and(turns_into_bytes);
        let is_plain = [&bpe.continuing_subword_prefix, &bpe.end_of_word_suffix]
            .into_iter()
            .all(|one| one.as_ref().is_none_or(String::is_empty));
        match has_unknown || falls_back || over_bytes && is_plain && has_all_bytes(inner) {
            true => Gaps::None,
            false => Gaps::Some { over_bytes },
        }
    }

    /// Checks that nothing of a text would be left out.
    ///
    /// # Errors
    /// The first character that would be.
    pub fn check(self, inner: &Tokenizer, text: &str) -> Result<()> {
        let (Gaps::Some { over_bytes }, ModelWrapper::BPE(bpe)) = (self, inner.get_model()) else {
            return Ok(());
        };
        if let Some(lost) = first_lost(inner, bpe, text, over_bytes)? {
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

/// The token of a byte that no other stands for.
fn fallback(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// The first character of a text that the model would leave out. It sees what normalizer and pre-tokenizer
/// made of the text: what they compose or replace is not left out, and what they leave out between words was never a
/// token.
fn first_lost(inner: &Tokenizer, bpe: &BPE, text: &str, over_bytes: bool) -> Result<Option<char>> {
    let added = inner.get_added_vocabulary();
    let mut seen = added.extract_and_normalize(inner.get_normalizer(), text);
    if let Some(cuts) = inner.get_pre_tokenizer() {
        cuts.pre_tokenize(&mut seen).map_err(|error| anyhow!("{error}"))?;
    }
    let mut lost = None;
    let look = |_, word: NormalizedString| {
        lost = lost.take().or_else(|| lost_of(bpe, &word, over_bytes));
        Ok(Some(word))
    };
    seen.split(look).map_err(|error| anyhow!("{error}"))?;
    Ok(lost)
}

/// The first character of a word that the model has no token for: as the text has it where tokens are pieces of bytes,
/// else as the model sees it. One that a normalizer added stands for nothing.
fn lost_of(bpe: &BPE, word: &NormalizedString, over_bytes: bool) -> Option<char> {
    let text = word.get();
    if bpe.ignore_merges && bpe.token_to_id(text).is_some() {
        return None;
    }
    text.char_indices().find_map(|(place, character)| {
        let end = place + character.len_utf8();
        if is_known(bpe, text, place, end) {
            return None;
        }
        let original = word.get_range_original(Range::Normalized(place..end));
        let original = original.map_or(Some(character), |text| text.chars().next())?;
        let lost = if over_bytes { original } else { character };
        (over_bytes || !original.is_whitespace()).then_some(lost)
    })
}

/// Whether a character of a word is a token, or its bytes are.
fn is_known(bpe: &BPE, word: &str, place: usize, end: usize) -> bool {
    let affix = |one: &Option<String>, has_it: bool| match one {
        Some(affix) if has_it => affix.clone(),
        _ => String::new(),
    };
    let prefix = affix(&bpe.continuing_subword_prefix, place > 0);
    let suffix = affix(&bpe.end_of_word_suffix, end == word.len());
    let name = format!("{prefix}{}{suffix}", &word[place..end]);
    bpe.token_to_id(&name).is_some()
        || bpe.byte_fallback && name.bytes().all(|byte| bpe.token_to_id(&fallback(byte)).is_some())
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

    #[test]
    fn what_a_normalizer_composes_or_replaces_is_not_left_out() {
        let whole = |model: Value| {
            let spaces = json!({"type": "WhitespaceSplit"});
            let tokenizer = with(model, spaces, Value::Null);
            let mut json: Value = serde_json::from_str(&tokenizer.to_json()).unwrap();
            json["normalizer"] = json!({"type": "NFC"});
            Tokenizer::from_json(json.to_string().as_bytes()).unwrap()
        };
        let vocabulary = json!({"a": 0, "b": 1, "ab": 2, "é": 3});
        let composed = whole(json!({"vocab": vocabulary}));
        assert_eq!(composed.encode("ab e\u{301}").unwrap(), [2, 3]);
        let error = composed.encode("e\u{301}a 日 x").unwrap_err().to_string();
        assert!(error.contains("no token for '日'"), "{error}");
        let error = whole(json!({})).encode("a e\u{301}").unwrap_err().to_string();
        assert!(error.contains("no token for 'é'"), "{error}");
    }

    #[test]
    fn pieces_that_share_a_number_are_refused() {
        let mut json: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        json["model"]["vocab"]["a"] = json!(98);
        let error = Tokenizer::from_json(json.to_string().as_bytes()).unwrap_err();
        assert!(format!("{error:#}").contains("\"a\" and \"b\""), "{error:#}");
    }

    #[test]
    fn a_byte_level_tokenizer_with_a_normalizer_leaves_nothing_out() {
        let mut json: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        json["normalizer"] = json!({"type": "NFC"});
        let bytes = Tokenizer::from_json(json.to_string().as_bytes()).unwrap();
        assert_eq!(bytes.decode(&bytes.encode("e\u{301} 日").unwrap()), "é 日");
    }
}
