//! UTF-8 text files, read as characters.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::{Corpus, Split, Token};

/// Reads a text file. The vocabulary is every character of the *whole* file, sorted by code point,
/// so that it does not change with the split.
pub fn read(path: &Path, split: &Split) -> Result<Corpus> {
    let name = path.display();
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read the text {name}; data.source is `grammar`, a text file, or a folder of .bin files"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        anyhow!("{name} is not UTF-8: the byte at offset {offset} starts no character; convert the file, or give a folder of .bin files")
    })?;
    ensure!(
        !text.starts_with('\u{feff}'),
        "{name} starts with a byte-order mark, which would become a token; save it as UTF-8 without one"
    );
    let characters: Vec<char> = text.chars().collect();
    let wanted = split.train + split.val;
    ensure!(
        wanted <= characters.len(),
        "{name} has {} characters, but data.train = {} and data.val = {} need {wanted}: the splits \
         would overlap; lower one of them",
        characters.len(),
        split.train,
        split.val,
    );
    let alphabet = alphabet(&characters);
    ensure!(
        alphabet.len() <= usize::from(Token::MAX) + 1,
        "{name} holds {} different characters; at most {} fit a vocabulary",
        alphabet.len(),
        usize::from(Token::MAX) + 1,
    );
    let train = encode(&characters[..split.train], &alphabet);
    let val = encode(&characters[characters.len() - split.val..], &alphabet);
    let mut corpus = Corpus::new(name.to_string(), alphabet.len(), train, val);
    corpus.alphabet = Some(alphabet);
    Ok(corpus)
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
    use crate::config::Order;

    fn split(train: usize, val: usize) -> Split {
        Split { train, val, order: Order::Random }
    }

    fn file(contents: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents).unwrap();
        file
    }

    #[test]
    fn the_vocabulary_is_every_character_of_the_file_sorted_by_code_point() {
        let file = file("bca—é\n".as_bytes());
        let corpus = read(file.path(), &split(3, 2)).unwrap();
        assert_eq!(corpus.vocabulary, 6);
        assert_eq!(corpus.train, [2, 3, 1]);
        assert_eq!(corpus.val, [4, 0]);
    }

    #[test]
    fn overlapping_splits_are_refused_with_the_numbers() {
        let error = read(file(b"abcdef").path(), &split(4, 3)).unwrap_err().to_string();
        assert!(error.contains("6 characters") && error.contains("need 7"), "{error}");
    }

    #[test]
    fn invalid_utf8_is_refused_with_its_offset() {
        let error = read(file(b"ab\xffcd").path(), &split(1, 1)).unwrap_err().to_string();
        assert!(error.contains("offset 2"), "{error}");
    }
}
