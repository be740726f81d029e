//! Every tokenizer as a `tokenizer.json`, so that Hugging Face's libraries read what was trained here.

use serde_json::{Value, json};

use super::Tokenizer;

impl Tokenizer {
    /// As a `tokenizer.json` with the same tokens.
    pub fn to_json(&self) -> String {
        match self {
            Tokenizer::Learned(learned) => learned.json().to_owned(),
            Tokenizer::Characters(alphabet) => characters(alphabet).to_string(),
            Tokenizer::Bytes => bytes().to_string(),
        }
    }
}

fn around(pre_tokenizer: Value, decoder: Value, model: Value) -> Value {
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": decoder,
        "model": model,
    })
}

/// Words of one character. A character that is no token is an error there as here.
fn characters(alphabet: &[char]) -> Value {
    let split = json!({
        "type": "Split",
        "pattern": { "Regex": r"[\s\S]" },
        "behavior": "Isolated",
        "invert": false,
    });
    let vocabulary: Value =
        alphabet.iter().enumerate().map(|(token, c)| (c.to_string(), json!(token))).collect();
    let model = json!({ "type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>" });
    around(split, json!({ "type": "Fuse" }), model)
}

/// Byte-pair encoding that merges nothing.
fn bytes() -> Value {
    let level = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false });
    let vocabulary: Value =
        (0..=255u8).map(|byte| (visible(byte).to_string(), json!(byte))).collect();
    let model = json!({
        "type": "BPE",
        "dropout": null,
        "unk_token": null,
        "continuing_subword_prefix": null,
        "end_of_word_suffix": null,
        "fuse_unk": false,
        "byte_fallback": false,
        "vocab": vocabulary,
        "merges": [],
    });
    around(level.clone(), level, model)
}

/// The character that stands for a byte in GPT-2's vocabulary: itself where it can be seen, else the next one from
/// U+0100 on.
pub fn visible(byte: u8) -> char {
    let hidden = (0..byte).filter(|one| !is_visible(*one)).count() as u32;
    match is_visible(byte) {
        true => char::from(byte),
        false => char::from_u32(0x100 + hidden).expect("there are 68 of them"),
    }
}

/// Whether GPT-2's vocabulary writes a byte as itself.
pub fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_of_characters_reads_the_same_from_its_json() {
        let alphabet: Vec<char> = "\n !\"'\\aé—😀".chars().collect();
        let one = Tokenizer::characters(alphabet);
        let other = Tokenizer::from_json(one.to_json().as_bytes()).unwrap();
        let text = "a\n\n 😀é—a \\ \"'!";
        assert_eq!(one.encode(text).unwrap(), other.encode(text).unwrap());
        assert_eq!(other.decode(&one.encode(text).unwrap()), text);
        assert_eq!(one.vocabulary(), other.vocabulary());
        assert!(other.encode("b").is_err());
    }

    proptest! {
        #[test]
        fn bytes_read_the_same_from_their_json(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let other = Tokenizer::from_json(Tokenizer::Bytes.to_json().as_bytes()).unwrap();
            let tokens = Tokenizer::Bytes.encode(&text).unwrap();
            prop_assert_eq!(&other.encode(&text).unwrap(), &tokens);
            prop_assert_eq!(other.decode(&tokens), text);
        }
    }
}
