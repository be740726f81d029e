//! Whether the bytes of a token are known without the text around it: where tokens are pieces of bytes and nothing of a
//! text is changed or left out before it is cut.

use tokenizers::models::ModelWrapper;
use tokenizers::{DecoderWrapper, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

use super::anew::is_known;
use super::as_json::visible;

/// Whether its pieces are written in GPT-2's way, a visible character for each byte.
pub fn is_over_bytes(inner: &Tokenizer) -> bool {
    let decodes = match inner.get_decoder() {
        Some(DecoderWrapper::ByteLevel(_)) => true,
        Some(DecoderWrapper::Sequence(parts)) => {
            parts.get_decoders().iter().any(|part| matches!(part, DecoderWrapper::ByteLevel(_)))
        }
        _ => false,
    };
    let cuts = inner.get_pre_tokenizer().is_some_and(turns_into_bytes);
    decodes && cuts && inner.get_normalizer().is_none()
}

/// Whether the model sees a visible character for each byte.
pub fn turns_into_bytes(part: &PreTokenizerWrapper) -> bool {
    match part {
        PreTokenizerWrapper::ByteLevel(_) => true,
        PreTokenizerWrapper::Sequence(parts) => parts.as_ref().iter().any(turns_into_bytes),
        _ => false,
    }
}

/// Whether there is a token for every byte.
pub fn has_all_bytes(inner: &Tokenizer) -> bool {
    (0..=255).all(|byte| inner.token_to_id(&visible(byte).to_string()).is_some())
}

/// Bytes of text that each token stands for; `None` where that depends on the text around it.
pub fn bytes(inner: &Tokenizer, vocabulary: usize) -> Option<Vec<u32>> {
    let keeps = inner.get_pre_tokenizer().is_some_and(keeps_text);
    let is_exact = is_over_bytes(inner) && keeps && !takes_spaces(inner) && !may_be_unknown(inner);
    is_exact.then(|| bytes_of_tokens(inner, vocabulary))
}

/// Whether it only cuts a text, and neither adds spaces nor leaves any out.
fn keeps_text(part: &PreTokenizerWrapper) -> bool {
    use PreTokenizerWrapper as Part;
    match part {
        Part::ByteLevel(bytes) => !bytes.add_prefix_space,
        Part::Sequence(parts) => parts.as_ref().iter().all(keeps_text),
        // Where a pattern takes everything, nothing is left to be removed.
        Part::Split(split) => {
            split.behavior != SplitDelimiterBehavior::Removed
                || split.invert && is_known(&split.pattern)
        }
        Part::Punctuation(one) => one.behavior != SplitDelimiterBehavior::Removed,
        Part::Digits(_) | Part::UnicodeScripts(_) | Part::FixedLength(_) => true,
        Part::BertPreTokenizer(_)
        | Part::Delimiter(_)
        | Part::Metaspace(_)
        | Part::Whitespace(_)
        | Part::WhitespaceSplit(_) => false,
    }
}

/// Whether a token that was added to it takes the spaces around it as well, however many there are. Special ones are no
/// text.
fn takes_spaces(inner: &Tokenizer) -> bool {
    let added = inner.get_added_tokens_decoder();
    added.values().any(|token| !token.special && (token.lstrip || token.rstrip))
}

/// Whether a token may stand for bytes that have none.
fn may_be_unknown(inner: &Tokenizer) -> bool {
    let names_one = match inner.get_model() {
        ModelWrapper::BPE(bpe) => bpe.unk_token.is_some(),
        ModelWrapper::Unigram(_) | ModelWrapper::WordLevel(_) | ModelWrapper::WordPiece(_) => true,
    };
    names_one && !has_all_bytes(inner)
}

/// A character of a piece is a byte of text. Special tokens are no text; other added tokens are their own.
fn bytes_of_tokens(inner: &Tokenizer, vocabulary: usize) -> Vec<u32> {
    let added = inner.get_added_tokens_decoder();
    let bytes = |id: u32| match added.get(&id) {
        Some(token) if token.special => 0,
        Some(token) => token.content.len() as u32,
        None => inner.id_to_token(id).map_or(0, |piece| piece.chars().count() as u32),
    };
    (0..vocabulary as u32).map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Tokenizer;

    fn with(pre_tokenizer: &Value) -> Tokenizer {
        let mut whole: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        whole["pre_tokenizer"] = pre_tokenizer.clone();
        Tokenizer::from_json(whole.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn tokens_have_bytes_of_their_own_only_where_nothing_is_left_out_or_added() {
        let level = |prefix: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": true});
        let split = |behavior: &str| json!({"type": "Split", "pattern": {"Regex": "[0-9]+|\\n"}, "behavior": behavior, "invert": false});
        let after =
            |first: Value| json!({"type": "Sequence", "pretokenizers": [first, level(false)]});
        for (part, is_exact) in [
            (level(false), true),
            (level(true), false),
            (after(split("Isolated")), true),
            (after(split("Removed")), false),
            (after(json!({"type": "Whitespace"})), false),
            (after(json!({"type": "WhitespaceSplit"})), false),
            (after(json!({"type": "Digits", "individual_digits": true})), true),
        ] {
            let tokenizer = with(&part);
            let learned = tokenizer.learned().unwrap();
            assert_eq!(learned.bytes().is_some(), is_exact, "{part}");
            assert!(learned.told().starts_with("byte-pair encoding over bytes"), "{part}");
        }
    }
}
