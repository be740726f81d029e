//! What is beside the tokens: `meta.json`, for nanoGPT `meta.pkl`, and the tokenizer.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::{Order, Prepared};
use crate::corpus::tokenizer::Tokenizer;
use crate::files::{json_of, write_atomically};

/// Vocabulary that nanoGPT takes where there is no `meta.pkl`.
const GPT2: usize = 50_257;

/// Writes them into a folder.
pub fn write(
    folder: &Path,
    order: &Order,
    tokenizer: &Tokenizer,
    prepared: &Prepared,
) -> Result<()> {
    let named = match tokenizer {
        Tokenizer::Characters(_) => "characters",
        Tokenizer::Bytes => "bytes",
        Tokenizer::Learned(learned) => {
            write_atomically(&folder.join("tokenizer.json"), learned.json().as_bytes())?;
            "tokenizer.json"
        }
    };
    let mut meta = json!({
        "vocab_size": prepared.vocabulary,
        "tokenizer": named,
        "dtype": "uint16",
        "source": order.source.display().to_string(),
        "recognised": prepared.recognised,
        "seed": order.seed,
        "copies": prepared.copies,
        "splits": splits(prepared),
        "program": format!("wane {}", env!("CARGO_PKG_VERSION")),
    });
    if let Some(alphabet) = tokenizer.alphabet() {
        meta["itos"] = alphabet.iter().map(char::to_string).collect();
    }
    write_atomically(&folder.join("meta.json"), &json_of(&meta)?)?;
    match prepared.vocabulary {
        GPT2 => Ok(()),
        size => write_atomically(&folder.join("meta.pkl"), &pickle(size, tokenizer.alphabet())),
    }
}

fn splits(prepared: &Prepared) -> BTreeMap<&'static str, Value> {
    let value = |one: &super::Written| {
        json!({
            "tokens": one.tokens,
            "documents": one.documents,
            "bytes": one.bytes,
            "gives_back": one.gives_back,
            "sha256": one.sha256,
        })
    };
    prepared.files.iter().map(|one| (one.split, value(one))).collect()
}

/// A dict of Python in protocol 2, with `vocab_size` and, of characters, `itos` and `stoi`.
fn pickle(vocabulary: usize, alphabet: Option<&[char]>) -> Vec<u8> {
    let mut bytes = b"\x80\x02}(".to_vec();
    text(&mut bytes, "vocab_size");
    number(&mut bytes, vocabulary);
    if let Some(alphabet) = alphabet {
        text(&mut bytes, "itos");
        bytes.extend(b"}(");
        for (token, c) in alphabet.iter().enumerate() {
            number(&mut bytes, token);
            text(&mut bytes, c.encode_utf8(&mut [0; 4]));
        }
        bytes.push(b'u');
        text(&mut bytes, "stoi");
        bytes.extend(b"}(");
        for (token, c) in alphabet.iter().enumerate() {
            text(&mut bytes, c.encode_utf8(&mut [0; 4]));
            number(&mut bytes, token);
        }
        bytes.push(b'u');
    }
    bytes.extend(b"u.");
    bytes
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(b'X');
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    bytes.push(b'J');
    bytes.extend((number as u32).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::pickle;

    #[test]
    fn the_pickle_reads_as_what_was_written() {
        let value = pickle::read(&super::pickle(300, None)).unwrap();
        assert_eq!(value, json!({"vocab_size": 300}));
        let value = pickle::read(&super::pickle(2, Some(&['a', 'é']))).unwrap();
        assert_eq!(value["stoi"], json!({"a": 0, "é": 1}));
        assert_eq!(value["itos"], json!({"0": "a", "1": "é"}));
    }
}
