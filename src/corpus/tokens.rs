//! Token files, nanoGPT's way: a folder with `train.bin` and `val.bin`, or the same as `.npy`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::HumanCount;

use super::meta::Vocabulary;
use super::recognise::{Content, recognise};
use super::{Corpus, Split, Token, evidence, input, llmc, npy};

/// As much of a file is looked at to tell how its tokens are written.
const HEAD: u64 = 1 << 20;

/// Bytes of a token in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Width {
    /// As a number.
    pub fn bytes(self) -> u64 {
        match self {
            Width::One => 1,
            Width::Two => 2,
            Width::Four => 4,
            Width::Eight => 8,
        }
    }
}

/// Where the tokens of a file lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What is around them, for people; empty for nothing.
    pub form: &'static str,
    pub width: Width,
    /// Offset of the first.
    pub start: u64,
    pub count: u64,
}

impl Layout {
    fn plain(width: Width, length: u64) -> Self {
        Layout { form: "", width, start: 0, count: length / width.bytes() }
    }

    fn describe(&self) -> String {
        let tokens = HumanCount(self.count);
        format!("{}{tokens} tokens of {} bits", self.form, self.width.bytes() * 8)
    }
}

/// Reads the first `split.train` tokens of the train file and the last `split.val` of the val file; but
/// for its beginning, the rest of the files is not touched.
pub fn read(folder: &Path, split: &Split) -> Result<Corpus> {
    let mut files = [TokenFile::find(folder, "train")?, TokenFile::find(folder, "val")?];
    let layouts = layouts(&files)?;
    let llama = files.iter().any(TokenFile::is_of_llama);
    let vocabulary = Vocabulary::of(folder, llama)?;
    let [train, val] = &mut files;
    let tokens = [
        train.first(layouts[0], split.train).and_then(|tokens| vocabulary.check(train, tokens))?,
        val.last(layouts[1], split.val).and_then(|tokens| vocabulary.check(val, tokens))?,
    ];
    let [train, val] = tokens;
    let [of_train, of_val] = layouts.map(|layout| layout.describe());
    let recognised =
        format!("train: {of_train}; val: {of_val}; vocabulary of {}", vocabulary.told());
    let corpus = Corpus::new(folder.display().to_string(), vocabulary.size, train, val)
        .recognised(recognised);
    Ok(match vocabulary.alphabet {
        Some(alphabet) => corpus.with_alphabet(alphabet),
        None => corpus,
    })
}

/// How the tokens of both files are written. One without a header is as wide as the other, and two
/// bytes where neither shows it, as nanoGPT writes them.
fn layouts(files: &[TokenFile; 2]) -> Result<[Layout; 2]> {
    let [train, val] = files.each_ref().map(TokenFile::layout);
    let (train, val) = (train?, val?);
    if let (Signs::Width(one), Signs::Width(other)) = (&train, &val)
        && one != other
    {
        bail!(
            "{} holds tokens of {} bits and {} of {}: write both alike",
            files[0].path.display(),
            one.bytes() * 8,
            files[1].path.display(),
            other.bytes() * 8,
        );
    }
    let width = [&train, &val].into_iter().find_map(Signs::width).unwrap_or(Width::Two);
    Ok([train.layout(&files[0], width)?, val.layout(&files[1], width)?])
}

/// What a file shows of its layout.
enum Signs {
    /// All of it, by a header.
    Layout(Layout),
    /// No header, and tokens of this width.
    Width(Width),
    None,
}

impl Signs {
    fn width(&self) -> Option<Width> {
        match self {
            Signs::Width(width) => Some(*width),
            Signs::Layout(_) | Signs::None => None,
        }
    }

    fn layout(self, file: &TokenFile, width: Width) -> Result<Layout> {
        if let Signs::Layout(layout) = self {
            return Ok(layout);
        }
        let (length, bytes) = (file.length, width.bytes());
        ensure!(
            length.is_multiple_of(bytes),
            "{} has {length} bytes: it is no file of tokens of {bytes} bytes, or it was cut short",
            file.path.display(),
        );
        Ok(Layout::plain(width, length))
    }
}

/// A file of tokens and its beginning.
pub struct TokenFile {
    pub path: PathBuf,
    file: File,
    length: u64,
    head: Vec<u8>,
    split: &'static str,
}

impl TokenFile {
    fn find(folder: &Path, split: &'static str) -> Result<Self> {
        let names = ["bin", "npy"].map(|ending| folder.join(format!("{split}.{ending}")));
        let path = names.into_iter().find(|path| path.exists()).ok_or_else(|| {
            anyhow!(
                "cannot open {}; a data folder holds train.bin and val.bin (or train.npy and \
                 val.npy), {}",
                folder.join(format!("{split}.bin")).display(),
                contents(folder),
            )
        })?;
        Self::open(path, split)
    }

    fn open(path: PathBuf, split: &'static str) -> Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let mut file = input::open(&path)?;
        let length = file.metadata().with_context(cannot)?.len();
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).with_context(cannot)?;
        Ok(TokenFile { path, file, length, head, split })
    }

    fn is_of_llama(&self) -> bool {
        llmc::is_of_llama(&self.head)
    }

    fn layout(&self) -> Result<Signs> {
        let signs = if npy::is(&self.head) {
            npy::layout(&self.head, self.length).map(Signs::Layout)
        } else if llmc::is(&self.head) {
            llmc::layout(&self.head, self.length).map(Signs::Layout)
        } else {
            self.refuse_formats().and_then(|()| {
                let width = evidence::width(&self.head, self.length)?;
                Ok(width.map_or(Signs::None, Signs::Width))
            })
        };
        signs.with_context(|| self.path.display().to_string())
    }

    /// A format's mark of two or three bytes may as well be a token or two.
    fn refuse_formats(&self) -> Result<()> {
        match recognise(&self.head) {
            Content::Foreign(foreign) if foreign.is_certain() => {
                bail!("it is {}, not tokens; {}", foreign.name, foreign.advice)
            }
            Content::Compressed(compression) if self.head.len() > 10 => {
                bail!("it is a {} file; unpack it first", compression.name())
            }
            _ => Ok(()),
        }
    }

    fn first(&mut self, layout: Layout, count: usize) -> Result<Vec<Token>> {
        self.tokens(layout, 0, count)
    }

    fn last(&mut self, layout: Layout, count: usize) -> Result<Vec<Token>> {
        self.tokens(layout, layout.count.saturating_sub(count as u64), count)
    }

    fn tokens(&mut self, layout: Layout, skip: u64, count: usize) -> Result<Vec<Token>> {
        let (name, split) = (self.path.display(), self.split);
        ensure!(
            count as u64 <= layout.count,
            "{name} has {} tokens, but data.{split} = {count}",
            layout.count
        );
        let width = layout.width.bytes();
        let mut bytes = vec![0; count * width as usize];
        self.file
            .seek(SeekFrom::Start(layout.start + skip * width))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .with_context(|| format!("cannot read {name}"))?;
        let token = |(place, bytes): (usize, &[u8])| {
            narrow(bytes).with_context(|| {
                format!(
                    "{name}: the token at place {place} of the split does not fit 16 bits: a vocabulary \
                     has at most {} tokens; use a tokenizer with a smaller one",
                    usize::from(Token::MAX) + 1
                )
            })
        };
        bytes.chunks_exact(width as usize).enumerate().map(token).collect()
    }
}

/// A little-endian number, if it fits a token.
fn narrow(bytes: &[u8]) -> Option<Token> {
    let (low, high) = bytes.split_at(bytes.len().min(2));
    let byte = |place: usize| low.get(place).copied().unwrap_or(0);
    high.iter().all(|byte| *byte == 0).then(|| Token::from_le_bytes([byte(0), byte(1)]))
}

/// What a folder holds instead.
fn contents(folder: &Path) -> String {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.truncate(8);
    match names.is_empty() {
        true => "and this one is empty".to_owned(),
        false => format!("and this one {}", names.join(", ")),
    }
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
        let error = format!("{:#}", read(folder.path(), &SPLIT).unwrap_err());
        assert!(error.contains("odd"), "{error}");
    }
}
