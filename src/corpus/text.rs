//! Texts, cut into tokens.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use indicatif::HumanCount;

use super::copied;
use super::documents::{self, Documents};
use super::pool::Pool;
use super::tokenized::Tokenized;
use super::tokenizer::{Choice, cuts_told};
use super::{Corpus, Source, Token, cut};
use crate::config::Cut;

/// Reads texts and cuts them: val from their end, test before it, train texts from what is left. A document is
/// never in two of them: what val and test leave of one is left out. With one token a character, the vocabulary is
/// every character of the *whole* source, sorted by code point, so that it changes neither with the cut nor with
/// the train text.
///
/// # Errors
/// Files that cannot be read or are no texts, and texts that are too short; the message names the file and the
/// numbers.
pub fn read(path: &Path, source: &Source, cut: &Cut) -> Result<Corpus> {
    let name = path.display().to_string();
    let mut reading = Documents::of(path, source.text_field.as_deref())?;
    let texts = documents::all(&mut reading)?;
    reading.check_field(&name)?;
    let choice = source.tokenizer.as_ref().unwrap_or(&Choice::Characters);
    let tokenized = Tokenized::of(&name, &texts, choice, cut)?;
    let parts = cut::parts(&tokenized.whole(&name), cut)?;
    let (seeds, why) = cut::texts(&name, cut, parts.pool.len())?;
    let decided = cut::test_told(cut, parts.test.len(), "just before val");
    let lost = tokenized.lost_told(&texts, &parts)?;
    let bytes = match lost {
        None => Some(tokenized.bytes(&texts, &parts)?),
        Some(_) => None,
    };
    let told = [
        decided,
        why,
        parts.left_out_told(),
        tokenized.told(&parts),
        cuts_told(tokenized.tokenizer.unproven_cuts(texts.iter())),
        lost,
    ];
    let copied = comparable(&texts, &tokenized, &parts);
    let [test, val] = [parts.test, parts.val].map(|part| tokenized.tokens[part].to_vec());
    let split = cut.with_test(test.len());
    let recognised = recognised(&reading.told(), &texts, &tokenized);
    let Tokenized { tokenizer, tokens, .. } = tokenized;
    Ok(Corpus {
        recognised,
        decided: told.into_iter().flatten().collect(),
        texts: seeds,
        test,
        bytes,
        documents: copied,
        ..Corpus::new(
            name,
            tokenizer.vocabulary(),
            split,
            val,
            Pool::Memory(part(tokens, &parts.pool).into()),
        )
        .with_tokenizer(tokenizer)
    })
}

/// The documents, or the lines of the only one, of which some may be in two splits.
fn comparable(
    texts: &[String],
    tokenized: &Tokenized,
    parts: &cut::Parts,
) -> Option<copied::Documents> {
    let Tokenized { starts, separator, .. } = tokenized;
    match texts {
        [only] => {
            let (lines, starts) = tokenized.lines(only).into_iter().unzip::<_, _, Vec<&str>, _>();
            copied::Documents::of(copied::Unit::Lines, lines.into_iter(), starts, 0, parts)
        }
        _ => {
            let documents = texts.iter().map(String::as_str);
            let (unit, starts) = (copied::Unit::Documents, starts.clone());
            copied::Documents::of(unit, documents, starts, *separator, parts)
        }
    }
}

/// A part of the tokens, which are not copied: they may be most of the memory.
fn part(mut tokens: Vec<Token>, part: &Range<usize>) -> Vec<Token> {
    tokens.truncate(part.end);
    tokens.drain(..part.start);
    tokens
}

fn recognised(told: &str, texts: &[String], tokenized: &Tokenized) -> String {
    let count = HumanCount(tokenized.tokens.len() as u64);
    let documents = match texts.len() {
        0 | 1 => String::new(),
        documents => format!(
            ", {} documents with {} between them",
            HumanCount(documents as u64),
            tokenized.between
        ),
    };
    match tokenized.tokenizer.alphabet() {
        Some(_) => format!("{told}{documents}, {count} characters"),
        None => format!("{told}{documents}, {count} tokens of {}", tokenized.tokenizer.told()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tokenizer;
    use super::*;
    use crate::config::{Order, Texts};

    /// Without a word on test and texts.
    fn cut(train: usize, val: usize) -> Cut {
        Cut { train, val, test: None, order: Order::Random, texts: None, canaries: None }
    }

    fn read(path: &Path, cut: &Cut) -> Result<Corpus> {
        super::read(path, &Source::parse("of characters"), cut)
    }

    fn train_of(path: &Path, cut: &Cut) -> Vec<Token> {
        let mut corpus = read(path, cut).unwrap();
        corpus.read_text(None).unwrap();
        corpus.text(None).tokens.to_vec()
    }

    fn read_with(text: &str, tokenizer: &str, cut: &Cut) -> Result<Corpus> {
        let tokenizer = Some(Choice::parse(tokenizer).unwrap());
        super::read(file(text.as_bytes()).path(), &Source { tokenizer, ..Source::GRAMMAR }, cut)
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

    #[test]
    fn a_text_is_cut_into_what_the_spec_says() {
        let text = "Hé! To be or not to be, that is the question. ".repeat(60);
        let bytes = read_with(&text, "bytes", &cut(100, 50)).unwrap();
        assert_eq!((bytes.vocabulary, bytes.bytes_per_token(8, 3).unwrap().val), (256, 1.0));
        assert!(bytes.recognised.ends_with("2,820 tokens of bytes"), "{}", bytes.recognised);
        let learned = read_with(&text, "bpe:280", &cut(100, 50)).unwrap();
        assert_eq!(learned.vocabulary, 280);
        assert!(learned.bytes_per_token(8, 3).unwrap().test > 2.0);
        let tokenizer = learned.tokenizer.as_ref().unwrap();
        assert!(text.contains(&tokenizer.decode(&learned.val)));
    }

    #[test]
    fn a_tokenizer_is_learned_of_neither_val_nor_test() {
        let common = "to be or not to be that is the question ".repeat(100);
        let with_end = |end: &str| {
            let text = format!("{common}{}", end.repeat(30));
            read_with(&text, "bpe:300", &cut(100, 100)).unwrap().tokenizer.unwrap()
        };
        let (one, other) = (with_end("xyzzy plugh "), with_end("quuux froob "));
        assert_eq!(one.learned().unwrap().json(), other.learned().unwrap().json());
        let error = read_with(&common[..200], "bpe:300", &cut(5, 20)).unwrap_err().to_string();
        assert!(error.contains("more than half of its 200 bytes"), "{error}");
    }

    fn of_lines(lines: [&str; 5]) -> Corpus {
        let lines = lines.map(|text| format!("{{\"text\": \"{text}\"}}\n")).concat();
        let asked = Cut { test: Some(4), texts: Some(Texts::Fixed), ..cut(6, 3) };
        let mut corpus = read_with(&lines, "characters", &asked).unwrap();
        corpus.read_text(None).unwrap();
        corpus
    }

    #[test]
    fn documents_stay_whole_and_copies_in_two_splits_are_counted() {
        let corpus = of_lines(["a b c", "d e f", "g h i", "a b c", "j k l"]);
        let tokenizer = corpus.tokenizer.as_ref().unwrap();
        assert_eq!(
            (tokenizer.decode(&corpus.test).as_str(), tokenizer.decode(&corpus.val).as_str()),
            ("b c\n", "k l")
        );
        let told = corpus.copied_told().unwrap();
        assert_eq!(told, "1 of 1 test documents are also in train, word for word");
        assert!(
            corpus.recognised.contains("5 documents with a line break between them"),
            "{}",
            corpus.recognised
        );
    }

    #[test]
    fn copies_that_no_train_text_holds_are_not_counted() {
        let corpus = of_lines(["d e f", "a b c", "g h i", "a b c", "j k l"]);
        assert_eq!(corpus.copied_told(), None);
    }

    #[test]
    fn a_character_tokenizer_knows_only_what_it_read() {
        let tokenizer = Tokenizer::characters(vec!['a', 'b']);
        assert_eq!(tokenizer.encode("ab").unwrap(), [0, 1]);
        assert!(tokenizer.encode("abc").unwrap_err().to_string().contains("'c'"));
    }
}
