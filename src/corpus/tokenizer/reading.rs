//! Tokenizers in files, as people have them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokenizers::AddedToken;
use tokenizers::models::bpe::BPE;

use super::as_json::{is_visible, visible};
use super::merges::Merge;
use super::training::{END_OF_TEXT, over_bytes};
use super::{Learned, Tokenizer};
use crate::json;

/// What a path may lead to.
pub const EXPECTED: &str = "a tokenizer is `characters`, `bytes`, `bpe:N`, a Hugging Face tokenizer.json, GPT-2's \
                            merges (merges.txt or vocab.bpe, with vocab.json or encoder.json beside it or \
                            without), or a folder that holds one of these";

/// Files of a folder, the first that is there is read.
const NAMES: [&str; 3] = ["tokenizer.json", "merges.txt", "vocab.bpe"];
/// Files beside merges that give tokens their numbers.
const NUMBERS: [&str; 2] = ["vocab.json", "encoder.json"];

/// Reads a tokenizer from a file or a folder.
///
/// # Errors
/// Nothing there, or something that is no tokenizer that can be read; the message says what may be there.
pub fn read(path: &Path) -> Result<Tokenizer> {
    let file = find(path)?;
    let shown = || file.display().to_string();
    let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let tokenizer = match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim().is_empty() => Err(foreign("empty")),
        Ok(text) if text.trim_start().starts_with('{') => from_object(&file, text),
        // Its lines are pairs as merges are.
        Ok(text) if is_tiktoken(text) => Err(foreign("a tokenizer of tiktoken")),
        Ok(text) if is_merges(text) => from_merges(&file, text),
        _ => Err(foreign("no tokenizer.json and no list of merges")),
    };
    tokenizer.with_context(shown)
}

fn find(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let name = path.display();
    ensure!(path.is_dir(), "no tokenizer is called {name}, and there is no such file; {EXPECTED}");
    let files = NAMES.map(|name| path.join(name));
    files
        .into_iter()
        .find(|file| file.is_file())
        .with_context(|| format!("{name} holds none of {}; {EXPECTED}", NAMES.join(", ")))
}

/// Any tokenizer that transformers can load can be had as a tokenizer.json.
fn foreign(what: &str) -> anyhow::Error {
    anyhow!(
        "it is {what}; Python's transformers write a tokenizer.json of most tokenizers: \
         AutoTokenizer.from_pretrained(\"NAME\").save_pretrained(\"FOLDER\")"
    )
}

fn from_object(file: &Path, text: &str) -> Result<Tokenizer> {
    let value = json::parse(text).with_context(|| match json::is_json(text) {
        true => "of two values nobody knows which is meant",
        false => "it is no JSON",
    })?;
    if value.get("model").is_some() {
        return Tokenizer::from_json(text.as_bytes());
    }
    let is_numbers =
        value.as_object().is_some_and(|map| map.len() >= 256 && map.values().all(Value::is_u64));
    let merges =
        NAMES[1..].iter().map(|name| file.with_file_name(name)).find(|path| path.is_file());
    match (is_numbers, merges) {
        (true, Some(merges)) => read(&merges),
        (true, None) => bail!(
            "it numbers tokens and does not say how text is cut into them; put merges.txt beside it"
        ),
        (false, _) => Err(foreign("JSON, but no tokenizer.json")),
    }
}

/// `#version: 0.2`, or two pieces on each line.
fn is_merges(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    first.starts_with("#version")
        || pair(first).is_some() && lines.take(9).all(|line| pair(line).is_some())
}

/// A token in base64 on each line, and its number.
fn is_tiktoken(text: &str) -> bool {
    let is_base64 = |token: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        !token.is_empty() && token.len().is_multiple_of(4) && token.bytes().all(is_digit)
    };
    text.lines().take(9).all(|line| {
        pair(line).is_some_and(|(token, rank)| is_base64(token) && rank.parse::<u32>().is_ok())
    })
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let (left, right) = line.split_once(' ')?;
    (!left.is_empty() && !right.is_empty() && !right.contains(' ')).then_some((left, right))
}

/// GPT-2's way: 256 bytes, a token for each merge, and the one between documents.
fn from_merges(file: &Path, text: &str) -> Result<Tokenizer> {
    let merges = listed(text)?;
    let given = NUMBERS.iter().map(|name| file.with_file_name(name)).find(|path| path.is_file());
    let numbers = match &given {
        Some(path) => read_numbers(path)?,
        None => gpt2_numbers(&merges),
    };
    check(&merges, &numbers, given.as_deref())?;
    let has_end = numbers.contains_key(END_OF_TEXT);
    let pairs =
        merges.iter().map(|merge| (merge.left.to_owned(), merge.right.to_owned())).collect();
    let bpe = BPE::builder()
        .vocab_and_merges(numbers.into_iter().collect::<tokenizers::models::bpe::Vocab>(), pairs)
        .build();
    let mut tokenizer = over_bytes(bpe.map_err(|error| anyhow!("{error}"))?);
    if has_end {
        let end = AddedToken::from(END_OF_TEXT, true);
        tokenizer.add_special_tokens([end]).map_err(|error| anyhow!("{error}"))?;
    }
    Ok(Tokenizer::Learned(Arc::new(Learned::new(tokenizer)?)))
}

/// Checks that `numbers`, of a file if they are given, are those of the merges.
fn check(merges: &[Merge], numbers: &BTreeMap<String, u32>, given: Option<&Path>) -> Result<()> {
    let vocabulary = match given {
        Some(path) => path.display().to_string(),
        None => "what is assumed as no vocab.json lies beside them, 256 bytes and a token a merge,"
            .to_owned(),
    };
    let is_token = |piece: &str| numbers.contains_key(piece);
    merges.iter().try_for_each(|merge| merge.check(is_token, "", &vocabulary))
}

/// The merges of a file, one a line.
fn listed(text: &str) -> Result<Vec<Merge<'_>>> {
    let lines = text.lines().enumerate().filter(|(number, line)| {
        !(line.is_empty() || *number == 0 && line.starts_with("#version"))
    });
    let merges = lines.map(|(number, line)| {
        let place = format!("line {}", number + 1);
        let expected = || format!("{place}: expected two pieces with a space between them");
        let (left, right) = pair(line).with_context(expected)?;
        Ok(Merge { left, right, place })
    });
    merges.collect()
}

fn read_numbers(path: &Path) -> Result<BTreeMap<String, u32>> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let value = json::parse(&text).with_context(|| name.to_string())?;
    serde_json::from_value(value)
        .with_context(|| format!("{name} is no JSON object that numbers tokens"))
}

/// Bytes that are written as themselves come first, then the others.
fn gpt2_numbers(merges: &[Merge]) -> BTreeMap<String, u32> {
    let (plain, hidden): (Vec<u8>, Vec<u8>) = (0..=255).partition(|byte| is_visible(*byte));
    let bytes = plain.into_iter().chain(hidden).map(|byte| visible(byte).to_string());
    let merged = merges.iter().map(|Merge { left, right, .. }| format!("{left}{right}"));
    bytes.chain(merged).chain([END_OF_TEXT.to_owned()]).zip(0..).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    /// GPT-2 numbers `!` 0, and its first merge `Ġ t` 256.
    #[test]
    fn merges_alone_give_tokens_the_numbers_of_gpt2() {
        let folder = written(&[("vocab.bpe", "#version: 0.2\nĠ t\nĠ a\nh e\nĠt he\n")]);
        for path in [folder.path().to_owned(), folder.path().join("vocab.bpe")] {
            let tokenizer = read(&path).unwrap();
            assert_eq!(tokenizer.vocabulary(), 261);
            assert_eq!(tokenizer.end_of_text(), Some(260));
            assert_eq!(
                tokenizer.encode("! the a\n<|endoftext|>").unwrap(),
                [0, 259, 257, 198, 260]
            );
            assert_eq!(tokenizer.decode(&[0, 259, 257, 198, 260]), "! the a\n<|endoftext|>");
        }
    }

    #[test]
    fn merges_beside_the_numbers_of_another_tokenizer_are_refused_with_their_line() {
        let bytes: Vec<String> =
            (0..=255).map(|byte| format!("{:?}: {byte}", visible(byte).to_string())).collect();
        let numbers = format!("{{{}}}", bytes.join(", "));
        let folder = written(&[("merges.txt", "#version: 0.2\nĠ t\n"), ("vocab.json", &numbers)]);
        for path in [folder.path().to_owned(), folder.path().join("vocab.json")] {
            let error = format!("{:#}", read(&path).unwrap_err());
            for word in ["merges.txt", "line 2", "`Ġ t`", "`Ġt`", "vocab.json", "two tokenizers"]
            {
                assert!(error.contains(word), "{word}: {error}");
            }
        }
    }

    #[test]
    fn what_is_no_tokenizer_is_refused_with_what_may_be_there() {
        let folder = written(&[
            ("vocab.json", "{\"a\": 1}"),
            ("ranks.txt", "IQ== 0\nIg== 1\nIw== 2\n"),
            ("broken.json", "{\"model\": {\"type\": \"BPE\"}}"),
            ("empty.json", " \n"),
            ("twice.json", "{\"model\": {}, \"model\": {\"type\": \"BPE\"}}"),
            ("text.txt", "To be or not to be, that is the question"),
        ]);
        let error = |name: &str| format!("{:#}", read(&folder.path().join(name)).unwrap_err());
        assert!(
            error("gpt2").contains("no tokenizer is called") && error("gpt2").contains("bpe:N")
        );
        assert!(error("").contains("holds none of tokenizer.json, merges.txt"));
        assert!(error("vocab.json").contains("save_pretrained"));
        assert!(error("ranks.txt").contains("it is a tokenizer of tiktoken"));
        assert!(error("broken.json").contains("no tokenizer.json as"));
        assert!(error("empty.json").contains("empty.json: it is empty"));
        assert!(error("twice.json").contains("the key `model` stands twice"));
        assert!(error("text.txt").contains("no list of merges"));
    }
}
