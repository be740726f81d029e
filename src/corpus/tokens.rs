//! A file of tokens: `.bin` as nanoGPT or llm.c write it, or `.npy`.

mod signs;
mod whole;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::layout::{Layout, Width};
use super::recognise::{Content, recognise};
use super::stored::Mapped;
use super::{Token, Tokens, encoding, evidence, input, llmc, meta, npy};
use signs::Signs;

pub use signs::layouts;

/// As much of a file is looked at to tell how its tokens are written.
const HEAD: u64 = 1 << 20;

/// A file of tokens and its beginning.
#[derive(Debug)]
pub struct TokenFile {
    pub path: PathBuf,
    file: File,
    length: u64,
    /// When it was last written to, where the system says.
    written: Option<SystemTime>,
    head: Vec<u8>,
    split: &'static str,
}

impl TokenFile {
    pub fn find(folder: &Path, split: &'static str) -> Result<Self> {
        let path = Self::path(folder, split)?.ok_or_else(|| {
            anyhow!(
                "cannot open {}; a data folder holds train.bin and val.bin (or train.npy and \
                 val.npy), or texts whose names end in .txt, .md, .jsonl and the like, {}",
                folder.join(format!("{split}.bin")).display(),
                contents(folder),
            )
        })?;
        Self::open(path, split)
    }

    /// A file of test tokens, which a folder need not have.
    pub fn find_test(folder: &Path) -> Result<Option<Self>> {
        Self::path(folder, "test")?.map(|path| Self::open(path, "test")).transpose()
    }

    /// The file of a split, if there is one; of two, nothing says which is meant.
    fn path(folder: &Path, split: &str) -> Result<Option<PathBuf>> {
        let names = ["bin", "npy"].map(|ending| folder.join(format!("{split}.{ending}")));
        let [bin, npy] = &names;
        ensure!(
            !(bin.exists() && npy.exists()),
            "{} has {split}.bin and {split}.npy: leave the one that is meant there",
            folder.display()
        );
        Ok(names.into_iter().find(|path| path.exists()))
    }

    /// Whether a folder has any such file.
    pub fn any(folder: &Path) -> bool {
        let is_there = |split: &&str| !matches!(Self::path(folder, split), Ok(None));
        ["train", "val"].iter().any(is_there)
    }

    /// Whether a file holds tokens: by what it begins with, or by its ending where it is no text.
    pub fn is(path: &Path) -> bool {
        let mut head = Vec::new();
        let read = input::open(path).and_then(|file| Ok(file.take(HEAD).read_to_end(&mut head)?));
        let is_bin = path.extension().is_some_and(|ending| ending == "bin");
        let is_known = |head: &[u8]| npy::is(head) || llmc::is(head);
        read.is_ok()
            && (is_known(&head) || is_bin && !head.is_empty() && !encoding::is_plain(&head))
    }

    /// Opens one; `split` is what of the data it holds.
    pub fn open(path: PathBuf, split: &'static str) -> Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let mut file = input::open(&path)?;
        let metadata = file.metadata().with_context(cannot)?;
        let (length, written) = (metadata.len(), metadata.modified().ok());
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).with_context(cannot)?;
        Ok(TokenFile { path, file, length, written, head, split })
    }

    /// Whether it was written to since it was opened. A file of another length is no longer read: beyond its end,
    /// reading ends the process.
    ///
    /// # Errors
    /// It has another length.
    pub fn was_written(&self) -> Result<bool> {
        let name = self.path.display();
        let metadata = self.file.metadata().with_context(|| format!("cannot read {name}"))?;
        ensure!(metadata.len() == self.length, "{name} has another length than when it was opened");
        Ok(metadata.modified().ok() != self.written)
    }

    pub fn is_of_llama(&self) -> bool {
        llmc::is_of_llama(&self.head)
    }

    fn layout(&self) -> Result<Signs> {
        let signs = if npy::is(&self.head) {
            npy::layout(&self.head, self.length).map(Signs::Layout)
        } else if llmc::is(&self.head) {
            llmc::layout(&self.head, self.length).map(Signs::Layout)
        } else {
            self.refuse_formats().and_then(|()| {
                let width = match self.stated()? {
                    Some(stated) => {
                        evidence::check_stated(&self.head, stated)?;
                        Some(stated)
                    }
                    None => evidence::width(&self.head, self.length)?,
                };
                Ok(width.map_or(Signs::None, Signs::Width))
            })
        };
        signs.with_context(|| self.path.display().to_string())
    }

    /// The width that the folder's `meta.json` states.
    fn stated(&self) -> Result<Option<Width>> {
        self.path.parent().map_or(Ok(None), meta::stated_width)
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

    fn read_at(&self, place: u64, bytes: &mut [u8]) -> Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place))
            .and_then(|_| file.read_exact(bytes))
            .with_context(|| format!("cannot read {}", self.path.display()))
    }

    pub fn told(&self, layout: &Layout) -> String {
        format!("{}: {}", self.split, layout.describe())
    }

    /// `count` tokens after the first `skip`, in the file itself where it keeps tokens as memory does.
    pub fn stored(&self, layout: Layout, skip: usize, count: usize) -> Result<Tokens> {
        let start = layout.start + skip as u64 * layout.width.bytes();
        let mapped = (layout.width == Width::Two).then(|| Mapped::of(&self.file, start, count));
        match mapped.flatten() {
            Some(mapped) => Ok(Tokens::Mapped(mapped)),
            None => self.tokens(layout, skip, count).map(Tokens::Owned),
        }
    }

    /// `count` tokens after the first `skip`, all of which there are.
    pub fn tokens(&self, layout: Layout, skip: usize, count: usize) -> Result<Vec<Token>> {
        let name = self.path.display();
        let width = layout.width.bytes();
        let mut bytes = vec![0; count * width as usize];
        self.read_at(layout.start + skip as u64 * width, &mut bytes)?;
        let token = |(place, bytes): (usize, &[u8])| {
            narrow(bytes).with_context(|| {
                format!("{name}: the token at place {place} of the split {}", misfit(bytes))
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

/// Why a little-endian number is no token.
fn misfit(bytes: &[u8]) -> String {
    let is_negative = bytes.last().is_some_and(|last| *last >= 128);
    let mut wide = [if is_negative { u8::MAX } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let number = i64::from_le_bytes(wide);
    match is_negative {
        true => format!(
            "is {number}, and tokens are 0 or more: leave out what only marks a place, such as -100"
        ),
        false => format!(
            "is {number} and does not fit 16 bits: a vocabulary has at most {} tokens; use a tokenizer with a smaller one",
            usize::from(Token::MAX) + 1
        ),
    }
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
