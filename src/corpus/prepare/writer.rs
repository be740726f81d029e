//! Files of 16-bit tokens, as nanoGPT reads them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::joined::Joined;
use super::{SPLITS, Written};
use crate::corpus::Token;
use crate::corpus::documents::Stretch;
use crate::corpus::tokenizer::{Tokenizer, cuts_told};

/// Bytes of text that are tokenized at once.
const BATCH: usize = 8 << 20;

/// The first of the splits.
const TRAIN: usize = 0;

/// Tokenizes stretches as they come, and writes them to the file of their split.
pub struct Writer<'a> {
    tokenizer: &'a Tokenizer,
    /// What follows a document.
    end: Vec<Token>,
    files: Vec<SplitFile>,
    joined: Joined,
    waiting: Vec<(usize, Stretch)>,
    bytes: usize,
    unknown: u64,
}

struct SplitFile {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Into a folder; what follows a document is written where there are several.
    pub fn new(folder: &Path, tokenizer: &'a Tokenizer, several: bool) -> Result<Self> {
        let end = match (several, tokenizer.end_of_text()) {
            (false, _) => Vec::new(),
            (true, Some(end)) => vec![end],
            (true, None) => tokenizer.encode("\n")?,
        };
        let files =
            SPLITS.iter().map(|split| SplitFile::create(folder, split)).collect::<Result<_>>()?;
        let joined = Joined::of(tokenizer);
        Ok(Writer { tokenizer, end, files, joined, waiting: Vec::new(), bytes: 0, unknown: 0 })
    }

    /// Takes a stretch of a split.
    pub fn write(&mut self, split: usize, stretch: Stretch) -> Result<()> {
        let pieces = self.joined.take(split, stretch);
        self.wait_for(pieces)
    }

    fn wait_for(&mut self, pieces: Vec<(usize, Stretch)>) -> Result<()> {
        self.bytes += pieces.iter().map(|(_, piece)| piece.text.len()).sum::<usize>();
        self.waiting.extend(pieces);
        if self.bytes >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let read: Vec<(Vec<Token>, bool)> = waiting
            .par_iter()
            .map(|(split, piece)| self.read(*split, piece))
            .collect::<Result<_>>()?;
        let unknown = self.tokenizer.learned().and_then(|learned| learned.unknown());
        for ((split, piece), (tokens, gives_back)) in waiting.into_iter().zip(read) {
            self.unknown += tokens.iter().filter(|token| Some(**token) == unknown).count() as u64;
            let file = &mut self.files[split];
            file.written.bytes += piece.text.len() as u64;
            file.written.gives_back &= gives_back;
            file.append(&tokens)?;
            if piece.ends {
                file.append(&self.end)?;
                file.written.documents += 1;
            }
        }
        Ok(())
    }

    /// The tokens of a piece, and whether they read as it. Of train, which is much, only those are read back that are not
    /// pieces of bytes.
    fn read(&self, split: usize, piece: &Stretch) -> Result<(Vec<Token>, bool)> {
        let tokens = self.tokenizer.encode(&piece.text)?;
        let is_exact = self.tokenizer.learned().is_some_and(|learned| learned.bytes().is_some());
        let gives_back =
            split == TRAIN && is_exact || self.tokenizer.gives_back(&piece.text, &tokens);
        Ok((tokens, gives_back))
    }

    /// That documents were cut where other tokens may be made of them than of the whole, for people.
    pub fn cuts_told(&self) -> Option<String> {
        cuts_told(self.joined.unproven)
    }

    /// What was written, without files that stayed empty, and how many tokens stand for what the tokenizer does not
    /// know.
    pub fn finish(mut self) -> Result<(Vec<Written>, u64)> {
        let rest = self.joined.rest();
        self.wait_for(rest)?;
        self.flush()?;
        let files = self.files.into_iter().map(SplitFile::finish).collect::<Result<Vec<_>>>()?;
        Ok((files.into_iter().flatten().collect(), self.unknown))
    }
}

impl SplitFile {
    fn create(folder: &Path, split: &'static str) -> Result<Self> {
        let path = folder.join(format!("{split}.bin"));
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let written = Written {
            split,
            documents: 0,
            bytes: 0,
            tokens: 0,
            gives_back: true,
            sha256: String::new(),
        };
        Ok(SplitFile { path, file: BufWriter::new(file), hash: Sha256::new(), written })
    }

    fn append(&mut self, tokens: &[Token]) -> Result<()> {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
        self.written.tokens += tokens.len() as u64;
        self.hash.update(&bytes);
        self.file.write_all(&bytes).with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn finish(mut self) -> Result<Option<Written>> {
        let cannot = || format!("cannot write {}", self.path.display());
        self.file.flush().with_context(cannot)?;
        if self.written.tokens == 0 {
            std::fs::remove_file(&self.path).with_context(cannot)?;
            return Ok(None);
        }
        // A part of a document is one.
        self.written.documents = self.written.documents.max(1);
        self.written.sha256 = format!("{:x}", self.hash.finalize());
        Ok(Some(self.written))
    }
}
