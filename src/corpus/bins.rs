//! nanoGPT's token files: `train.bin` and `val.bin` (little-endian uint16) and an optional
//! `meta.json` with `vocab_size`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::{Corpus, Split, Token};

/// Vocabulary of GPT-2's tokenizer, which wrote most such files; used where `meta.json` is absent.
const GPT2_VOCABULARY: usize = 50_257;

#[derive(Deserialize)]
struct Meta {
    vocab_size: usize,
}

/// Reads the first `split.train` tokens of `train.bin` and the last `split.val` of `val.bin`; the
/// rest of the files is not touched.
pub fn read(folder: &Path, split: &Split) -> Result<Corpus> {
    let vocabulary = vocabulary(folder)?;
    let train = tokens(&folder.join("train.bin"), "train", split.train, false)?;
    let val = tokens(&folder.join("val.bin"), "val", split.val, true)?;
    for (file, tokens) in [("train.bin", &train), ("val.bin", &val)] {
        if let Some(place) = tokens.iter().position(|token| usize::from(*token) >= vocabulary) {
            bail!(
                "{}: the token at place {place} of the split is {}, outside the vocabulary of \
                 {vocabulary}; correct vocab_size in meta.json",
                folder.join(file).display(),
                tokens[place],
            );
        }
    }
    Ok(Corpus::new(folder.display().to_string(), vocabulary, train, val))
}

fn vocabulary(folder: &Path) -> Result<usize> {
    let path = folder.join("meta.json");
    if !path.exists() {
        return Ok(GPT2_VOCABULARY);
    }
    let name = path.display();
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
    let meta: Meta = serde_json::from_str(&text)
        .with_context(|| format!("{name} must be a JSON object with an integer vocab_size"))?;
    let most = usize::from(Token::MAX) + 1;
    ensure!(
        (1..=most).contains(&meta.vocab_size),
        "{name}: vocab_size is {}, expected 1 to {most}",
        meta.vocab_size
    );
    Ok(meta.vocab_size)
}

fn tokens(path: &Path, key: &str, count: usize, from_end: bool) -> Result<Vec<Token>> {
    let name = path.display();
    let mut file = File::open(path).with_context(|| {
        format!(
            "cannot open {name}; a data folder holds train.bin and val.bin (little-endian uint16)"
        )
    })?;
    let bytes = file.metadata().with_context(|| format!("cannot read {name}"))?.len();
    ensure!(
        bytes % 2 == 0,
        "{name} has {bytes} bytes, an odd number: it is no uint16 token file, or it was cut short"
    );
    let wanted = count as u64 * 2;
    ensure!(wanted <= bytes, "{name} has {} tokens, but data.{key} = {count}", bytes / 2);
    if from_end {
        file.seek(SeekFrom::End(-(wanted as i64)))?;
    }
    let mut buffer = vec![0; wanted as usize];
    file.read_exact(&mut buffer).with_context(|| format!("cannot read {name}"))?;
    Ok(buffer.chunks_exact(2).map(|pair| Token::from_le_bytes([pair[0], pair[1]])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Order;

    const SPLIT: Split = Split { train: 3, val: 2, order: Order::Random };

    fn folder(train: &[u16], val: &[u16], meta: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, tokens) in [("train.bin", train), ("val.bin", val)] {
            let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
            std::fs::write(folder.path().join(file), bytes).unwrap();
        }
        if let Some(meta) = meta {
            std::fs::write(folder.path().join("meta.json"), meta).unwrap();
        }
        folder
    }

    #[test]
    fn train_comes_from_the_start_and_val_from_the_end() {
        let folder = folder(&[1, 2, 3, 4], &[5, 6, 7], Some(r#"{"vocab_size": 8, "itos": {}}"#));
        let corpus = read(folder.path(), &SPLIT).unwrap();
        assert_eq!((corpus.train, corpus.val, corpus.vocabulary), (vec![1, 2, 3], vec![6, 7], 8));
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_named_with_its_file_and_place() {
        let folder = folder(&[1, 9, 3], &[5, 6], Some(r#"{"vocab_size": 8}"#));
        let error = read(folder.path(), &SPLIT).unwrap_err().to_string();
        assert!(
            error.contains("train.bin") && error.contains("place 1 ") && error.contains("is 9"),
            "{error}"
        );
    }

    #[test]
    fn an_odd_or_short_file_is_refused() {
        let folder = folder(&[1, 2, 3], &[5], None);
        let error = read(folder.path(), &SPLIT).unwrap_err().to_string();
        assert!(error.contains("val.bin has 1 tokens"), "{error}");
        std::fs::write(folder.path().join("val.bin"), [0, 1, 2]).unwrap();
        let error = read(folder.path(), &SPLIT).unwrap_err().to_string();
        assert!(error.contains("odd"), "{error}");
    }
}
