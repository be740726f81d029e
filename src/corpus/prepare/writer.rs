//! Files of 16-bit tokens, as nanoGPT reads them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{SPLITS, Written};
use crate::corpus::Token;
use crate::corpus::documents::Stretch;
use crate::corpus::tokenizer::{Tokenizer, pieces};

/// Bytes of text that are tokenized at once.
const BATCH: usize = 8 << 20;
/// Bytes of the pieces that threads take, at least.
const PIECE: usize = 1 << 16;

/// Tokenizes stretches as they come, and writes them to the file of their split.
pub struct Writer<'a> {
    tokenizer: &'a Tokenizer,
    /// What follows a document.
    end: Vec<Token>,
    files: Vec<SplitFile>,
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
        Ok(Writer { tokenizer, end, files, waiting: Vec::new(), bytes: 0, unknown: 0 })
    }

    /// Takes a stretch of a split.
    pub fn write(&mut self, split: usize, stretch: Stretch) -> Result<()> {
        self.bytes += stretch.text.len();
        self.waiting.push((split, stretch));
        if self.bytes >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let encode = |piece: &str| self.tokenizer.encode(piece);
        let encoded: Vec<Vec<Vec<Token>>> = self
            .waiting
            .par_iter()
            .map(|(_, stretch)| pieces(&stretch.text, PIECE).into_par_iter().map(encode).collect())
            .collect::<Result<_>>()?;
        let unknown = self.tokenizer.learned().and_then(|learned| learned.unknown());
        for ((split, stretch), tokens) in self.waiting.drain(..).zip(encoded) {
            let file = &mut self.files[split];
            file.written.bytes += stretch.text.len() as u64;
            for tokens in &tokens {
                file.append(tokens)?;
                self.unknown +=
                    tokens.iter().filter(|token| Some(**token) == unknown).count() as u64;
            }
            if stretch.ends {
                file.append(&self.end)?;
                file.written.documents += 1;
            }
        }
        Ok(())
    }

    /// What was written, without files that stayed empty, and how many tokens stand for what the tokenizer does not
    /// know.
    pub fn finish(mut self) -> Result<(Vec<Written>, u64)> {
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
        let written = Written { split, documents: 0, bytes: 0, tokens: 0, sha256: String::new() };
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
