//! Text files, read as characters.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use indicatif::HumanCount;

use super::encoding::decode;
use super::pool::Pool;
use super::recognise::{Content, recognise};
use super::refusal::refusal;
use super::{Corpus, Cut, Token, cut, input, jsonl};

/// Reads a text file and cuts it: val from its end, test before it, train texts from what is left. The
/// vocabulary is every character of the *whole* file, sorted by code point, so that it changes neither with
/// the cut nor with the train text.
pub fn read(path: &Path, cut: &Cut) -> Result<Corpus> {
    let name = path.display().to_string();
    let found = Found::read(path)?;
    let characters: Vec<char> = found.text.chars().collect();
    let [pool, test, val] = places(&name, cut, characters.len())?;
    let alphabet = alphabet(&characters);
    ensure!(
        alphabet.len() <= usize::from(Token::MAX) + 1,
        "{name} holds {} different characters; at most {} fit a vocabulary",
        alphabet.len(),
        usize::from(Token::MAX) + 1,
    );
    let (texts, why) = cut::texts(&name, cut, pool.len())?;
    let decided = cut::test_told(cut, test.len(), "just before val");
    let [pool, test, val] = [pool, test, val].map(|part| encode(&characters[part], &alphabet));
    let split = cut.with_test(test.len());
    Ok(Corpus {
        recognised: format!("{}, {} characters", found.told, HumanCount(characters.len() as u64)),
        decided: decided.into_iter().chain(why).collect(),
        texts,
        test,
        alphabet: Some(alphabet.clone()),
        ..Corpus::new(name, alphabet.len(), split, val, Pool::Memory(pool))
    })
}

/// Where train texts are cut from, test and val.
fn places(name: &str, cut: &Cut, length: usize) -> Result<[Range<usize>; 3]> {
    let (train, val) = (cut.train, cut.val);
    let room = length.saturating_sub(train + val);
    let test = cut::test_size(cut, room);
    let wanted = train + val + test;
    let and_test = match cut.test {
        Some(test) => format!(", data.val = {val} and data.test = {test}"),
        None => format!(" and data.val = {val}"),
    };
    ensure!(
        wanted <= length,
        "{name} has {length} characters, but data.train = {train}{and_test} need {wanted}: the splits would \
         overlap; lower one of them"
    );
    ensure!(
        test > 0 || cut.test.is_some(),
        "{name} has {length} characters, and data.train = {train}{and_test} take all of them: none is left \
         for test; lower one of them, or go without by data.test = 0"
    );
    let (of_val, of_test) = (length - val, length - val - test);
    Ok([0..of_test, of_test..of_val, of_val..length])
}

/// The text of a file, and what the file was.
struct Found {
    text: String,
    told: String,
}

impl Found {
    fn read(path: &Path) -> Result<Self> {
        let bytes = input::read(path)?;
        let Content::Compressed(compression) = recognise(&bytes) else {
            return Self::in_bytes(path, &bytes, "");
        };
        let kind = compression.name();
        let unpacked = compression.unpack(&bytes).with_context(|| {
            format!("{} is a {kind} file that is damaged or was cut short", path.display())
        })?;
        Self::in_bytes(path, &unpacked, &format!("{kind} of "))
    }

    /// `around` is what the bytes came out of.
    fn in_bytes(path: &Path, bytes: &[u8], around: &str) -> Result<Self> {
        let encoding = match recognise(bytes) {
            Content::Text(encoding) => encoding,
            other => return Err(refusal(path, around, other)),
        };
        let name = path.display();
        let text = decode(bytes, encoding).map_err(|offset| {
            let is = encoding.name();
            anyhow!("{name} is {around}{is}, but the byte at offset {offset} starts no character; it is damaged or was cut short")
        })?;
        let told = format!("{around}{}", encoding.name());
        match jsonl::texts(&text).with_context(|| name.to_string())? {
            None => Ok(Found { text, told }),
            Some(lines) => Ok(Found { text: lines.text, told: format!("{told}: {}", lines.told) }),
        }
    }
}

fn alphabet(characters: &[char]) -> Vec<char> {
    characters.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Characters as indices into a sorted alphabet that holds all of them.
pub fn encode(characters: &[char], alphabet: &[char]) -> Vec<Token> {
    characters
        .iter()
        .map(|c| alphabet.binary_search(c).expect("the alphabet holds every character") as Token)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Order, Texts};

    /// Without a word on test and texts.
    fn cut(train: usize, val: usize) -> Cut {
        Cut { train, val, test: None, order: Order::Random, texts: None, canaries: None }
    }

    fn train_of(path: &Path, cut: &Cut) -> Vec<Token> {
        let mut corpus = read(path, cut).unwrap();
        corpus.read_text(None).unwrap();
        corpus.text(None).tokens.clone()
    }

    fn file(contents: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents).unwrap();
        file
    }

    #[test]
    fn the_vocabulary_is_every_character_of_the_file_sorted_by_code_point() {
        let file = file("bca—é\n".as_bytes());
        let corpus = read(file.path(), &cut(3, 2)).unwrap();
        assert_eq!(corpus.vocabulary, 6);
        assert_eq!(train_of(file.path(), &cut(3, 2)), [2, 3, 1]);
        assert_eq!((corpus.test, corpus.val), (vec![5], vec![4, 0]));
    }

    #[test]
    fn test_lies_before_val_and_no_train_text_reaches_into_it() {
        let file = file(b"abcdefghijklmnopqrstuvwxyz");
        let asked = Cut { test: Some(5), ..cut(6, 4) };
        let mut corpus = read(file.path(), &asked).unwrap();
        assert_eq!(corpus.test, [17, 18, 19, 20, 21]);
        assert_eq!(corpus.val, [22, 23, 24, 25]);
        assert_eq!(corpus.texts, Texts::PerSeed);
        assert!(corpus.decided.is_empty());
        for seed in 0..40 {
            corpus.read_text(Some(seed)).unwrap();
            assert!(corpus.text(Some(seed)).tokens.iter().all(|token| *token < 17));
        }
    }

    #[test]
    fn what_the_spec_does_not_say_is_decided_and_told() {
        let file = file(b"abcdefghijklmnopqrstuvwxyz");
        let corpus = read(file.path(), &cut(12, 10)).unwrap();
        assert_eq!((corpus.test.len(), corpus.texts), (4, Texts::Fixed));
        assert!(corpus.decided[0].contains("4 test tokens, just before val"));
        assert!(corpus.decided[1].contains("12 tokens outside of val and test"));
        assert!(corpus.decided[1].contains("2 × data.train = 24"));
        let asked = Cut { texts: Some(Texts::PerSeed), ..cut(12, 10) };
        let error = read(file.path(), &asked).unwrap_err().to_string();
        assert!(error.contains("data.texts = \"per-seed\"") && error.contains("24"), "{error}");
    }

    #[test]
    fn overlapping_splits_are_refused_with_the_numbers() {
        let refused = |cut| read(file(b"abcdef").path(), &cut).unwrap_err().to_string();
        let error = refused(cut(4, 3));
        assert!(error.contains("6 characters") && error.contains("need 7"), "{error}");
        let error = refused(Cut { test: Some(2), ..cut(4, 1) });
        assert!(error.contains("data.test = 2 need 7"), "{error}");
        let error = refused(cut(4, 2));
        assert!(error.contains("none is left") && error.contains("data.test = 0"), "{error}");
    }

    #[test]
    fn text_is_recognised_by_its_content_and_said_to_be_what_it_is() {
        let corpus = read(file("\u{feff}héllo\n".as_bytes()).path(), &cut(3, 2)).unwrap();
        assert_eq!(corpus.recognised, "UTF-8 text with a byte-order mark, 6 characters");
        assert_eq!(corpus.vocabulary, 5);
    }

    #[test]
    fn a_refusal_says_what_the_file_is_and_what_to_do() {
        for (bytes, expected) in [
            (&b"ab\xffcd"[..], "iconv -f windows-1252 -t UTF-8 "),
            (b"PK\x03\x04\0\0", "a zip archive, not a text; unpack it"),
            (b"\0\x01\x02\x03", "binary data"),
            (
                b"\xff\xfea\0b",
                "UTF-16 (little-endian) text with a byte-order mark, but the byte at offset 4",
            ),
            (b"\x1f\x8b\x08\0", "a gzip file that is damaged or was cut short"),
        ] {
            let error = read(file(bytes).path(), &cut(1, 1)).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
    }
}
