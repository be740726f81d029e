//! A text that was read, handed to worker processes in files: none of them cuts it into tokens again, and its tokens
//! are in memory once for all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::pool::Pool;
use super::stored::Mapped;
use super::tokenizer::Learned;
use super::{Corpus, Token, Tokenizer, Tokens};
use crate::config::{Canaries, Split, Texts};

/// The tokens that train texts are cut from, those of test, and those of val, as memory keeps them.
const TOKENS: &str = "tokens.bin";
/// A [`Rest`].
const REST: &str = "corpus.json";

/// What else a worker needs to know. What only the sweep's own process tells of a corpus stays there.
#[derive(Serialize, Deserialize)]
struct Rest {
    source: String,
    vocabulary: usize,
    tokenizer: Option<Pieces>,
    split: Split,
    texts: Texts,
    canaries: Option<Canaries>,
    stride: usize,
    /// Tokens of the pool, of test and of val.
    counts: [usize; 3],
}

/// A [`Tokenizer`].
#[derive(Serialize, Deserialize)]
enum Pieces {
    Characters(Vec<char>),
    Bytes,
    /// As a `tokenizer.json`.
    Learned(String),
}

impl Pieces {
    fn of(tokenizer: &Tokenizer) -> Self {
        match tokenizer {
            Tokenizer::Characters(alphabet) => Pieces::Characters(alphabet.clone()),
            Tokenizer::Bytes => Pieces::Bytes,
            Tokenizer::Learned(learned) => Pieces::Learned(learned.json().to_owned()),
        }
    }

    fn tokenizer(self) -> Result<Tokenizer> {
        Ok(match self {
            Pieces::Characters(alphabet) => Tokenizer::Characters(alphabet),
            Pieces::Bytes => Tokenizer::Bytes,
            Pieces::Learned(json) => {
                Tokenizer::Learned(Arc::new(Learned::from_json(json.as_bytes())?))
            }
        })
    }
}

impl Corpus {
    /// A folder of the system's temporary ones that [`Corpus::handed`] reads; it goes with what is returned. `None`
    /// where that is no gain, since the source is made anew or lies in files of tokens, and where nothing can be
    /// written: workers read the source itself then.
    pub fn hand_over(&self) -> Option<TempDir> {
        let Pool::Memory(pool) = &self.pool else { return None };
        // What is known of held-out tokens exactly is not handed over.
        if self.nats.is_some() {
            return None;
        }
        let folder = tempfile::Builder::new().prefix("wane-").tempdir().ok()?;
        self.write_into(folder.path(), pool).ok()?;
        Some(folder)
    }

    fn write_into(&self, folder: &Path, pool: &[Token]) -> Result<()> {
        let parts = [pool, &self.test, &self.val];
        let mut file = BufWriter::new(File::create(folder.join(TOKENS))?);
        parts.iter().try_for_each(|part| file.write_all(bytemuck::cast_slice(part)))?;
        file.flush()?;
        let rest = Rest {
            source: self.source.clone(),
            vocabulary: self.vocabulary,
            tokenizer: self.tokenizer.as_ref().map(Pieces::of),
            split: self.split,
            texts: self.texts,
            canaries: self.canaries.clone(),
            stride: self.stride,
            counts: parts.map(<[Token]>::len),
        };
        Ok(fs::write(folder.join(REST), serde_json::to_vec(&rest)?)?)
    }

    /// What [`Corpus::hand_over`] wrote, without any train text of a seed.
    ///
    /// # Errors
    /// Files that are not there any more, or are damaged.
    pub fn handed(folder: &Path) -> Result<Self> {
        let rest: Rest = serde_json::from_slice(&fs::read(folder.join(REST))?)?;
        let file = File::open(folder.join(TOKENS))?;
        let part = |before: usize, count: usize| {
            let start = (before * size_of::<Token>()) as u64;
            Mapped::of(&file, start, count).context("its tokens cannot be read")
        };
        let [pool, test, val] = rest.counts;
        let held_out = |before, count| part(before, count).map(|one| Tokens::Mapped(one).to_vec());
        let (test, val) = (held_out(pool, test)?, held_out(pool + test, val)?);
        let pool = Pool::Memory(Tokens::Mapped(part(0, pool)?));
        let mut corpus = Corpus {
            tokenizer: rest.tokenizer.map(Pieces::tokenizer).transpose()?,
            texts: rest.texts,
            test,
            canaries: rest.canaries,
            stride: rest.stride,
            ..Corpus::new(rest.source, rest.vocabulary, rest.split, val, pool)
        };
        if corpus.texts == Texts::Fixed {
            corpus.read_text(None)?;
        }
        Ok(corpus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Cut, Order};
    use crate::corpus::{Source, TokenizerChoice};

    /// Of a file of this text, by a tokenizer.
    fn corpus(text: &str, tokenizer: &str, texts: Texts) -> Corpus {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let source = Source {
            tokenizer: Some(TokenizerChoice::parse(tokenizer).unwrap()),
            ..Source::parse(file.path().to_str().unwrap())
        };
        let canaries = None;
        let (test, order, texts) = (Some(50), Order::Random, Some(texts));
        let cut = Cut { train: 100, val: 40, test, order, texts, canaries };
        Corpus::load(&source, &cut, &[3]).unwrap()
    }

    #[test]
    fn a_text_that_is_handed_over_trains_the_same_runs() {
        let text = "Hé! To be or not to be, that is the question. ".repeat(60);
        for (tokenizer, texts, seed) in [
            ("characters", Texts::PerSeed, Some(3)),
            ("bytes", Texts::Fixed, None),
            ("bpe:270", Texts::PerSeed, Some(3)),
        ] {
            let own = corpus(&text, tokenizer, texts);
            let folder = own.hand_over().unwrap();
            let mut handed = Corpus::handed(folder.path()).unwrap();
            handed.read_text(seed).unwrap();
            let [own_text, text] = [&own, &handed].map(|corpus| corpus.text(seed));
            assert_eq!((&text.tokens[..], &text.digest), (&own_text.tokens[..], &own_text.digest));
            assert_eq!((&handed.val, &handed.test), (&own.val, &own.test));
            assert_eq!((handed.split, handed.vocabulary), (own.split, own.vocabulary));
            let [json, same] = [&own, &handed].map(|one| one.tokenizer.as_ref().unwrap().to_json());
            assert_eq!(json, same, "{tokenizer}");
        }
    }

    #[test]
    fn what_is_written_anew_is_not_handed_over_and_a_folder_that_is_gone_is_an_error() {
        let cut = Cut::of(&crate::config::tests::example().data);
        assert!(Corpus::load(&Source::GRAMMAR, &cut, &[]).unwrap().hand_over().is_none());
        let folder = corpus(&"a b c d ".repeat(90), "bytes", Texts::Fixed).hand_over().unwrap();
        fs::write(folder.path().join(TOKENS), "ab").unwrap();
        assert!(Corpus::handed(folder.path()).is_err());
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(Corpus::handed(folder.path()).is_err());
    }
}
