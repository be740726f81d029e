//! The documents of a source: a text file is one, unless `<|endoftext|>` keeps several apart; so is each of
//! JSON lines, and each file of a folder; where that has JSON lines, its other texts are notes about them.

mod blocks;
mod endings;
mod fields;
mod folder;
mod lines;
mod near_json;
mod own_splits;
mod separated;
mod splits;
mod unread;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use indicatif::HumanBytes;

use blocks::Blocks;
use lines::Lines;
use separated::Separated;

pub use folder::holds_texts;

/// A stretch of a document. A long document is many, so that a source need not fit the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its text.
    pub text: String,
    /// Whether the document ends with it.
    pub ends: bool,
}

/// The documents of a source, from its first to its last.
pub struct Documents<'a> {
    files: std::vec::IntoIter<PathBuf>,
    field: Option<&'a str>,
    of_file: Option<Box<dyn Iterator<Item = Result<Stretch>> + Send>>,
    /// What the files were found to be, for people: the first of every kind.
    told: Vec<String>,
    files_read: usize,
    left_out: Option<String>,
    /// The file that is read, and whether it is unpacked meanwhile.
    current: (PathBuf, bool),
}

impl<'a> Documents<'a> {
    /// Of a file, or of the texts in a folder; `field` is that of JSON lines.
    ///
    /// # Errors
    /// A folder that cannot be listed or holds no texts.
    pub fn of(path: &Path, field: Option<&'a str>) -> Result<Self> {
        let (files, left_out) = match path.is_dir() {
            true => {
                let listed = folder::pool(path)?;
                let left_out = listed.left_out_told();
                (listed.texts, left_out)
            }
            false => (vec![path.to_owned()], None),
        };
        Ok(Documents {
            files: files.into_iter(),
            field,
            of_file: None,
            told: Vec::new(),
            files_read: 0,
            left_out,
            current: (path.to_owned(), false),
        })
    }

    /// What was read so far, for people.
    pub fn told(&self) -> String {
        let mut told = self.told.join(" and ");
        if self.files_read > 1 {
            told = format!("{} files: {told}", self.files_read);
        }
        match &self.left_out {
            Some(left_out) => format!("{told} ({left_out})"),
            None => told,
        }
    }

    /// Checks that a field that was asked for was read.
    ///
    /// # Errors
    /// There were no JSON lines.
    pub fn check_field(&self, name: &str) -> Result<()> {
        let is_read = self.told.iter().any(|told| told.contains("JSON lines"));
        if let (Some(field), false) = (self.field, is_read) {
            bail!(
                "data.text_field = \"{field}\", but {name} holds no JSON lines, which alone have fields"
            );
        }
        Ok(())
    }

    fn open(&mut self, path: &Path) -> Result<()> {
        let blocks = Blocks::open(path)?;
        self.current = (path.to_owned(), blocks.is_unpacked);
        let name = path.display().to_string();
        ensure!(
            !endings::is_table(path),
            "{name} is a table by its name, not a text; export its column of texts as a text file or as JSON lines, or \
             name it .txt to train on the table as it stands"
        );
        let lines = Lines::of(&name, blocks.first(), blocks.is_whole(), self.field)?;
        let mut told = blocks.told.clone();
        let documents: Box<dyn Iterator<Item = _> + Send> = match lines {
            Some(lines) => {
                told += &format!(": JSON lines, field `{}`", lines.field());
                Box::new(lines.documents(blocks))
            }
            None => Box::new(Separated::new(blocks)),
        };
        if !self.told.contains(&told) {
            self.told.push(told);
        }
        self.files_read += 1;
        self.of_file = Some(documents);
        Ok(())
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Stretch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(documents) = &mut self.of_file {
                match documents.next() {
                    Some(stretch) => return Some(stretch),
                    None => self.of_file = None,
                }
            }
            let path = self.files.next()?;
            if let Err(error) = self.open(&path) {
                return Some(Err(error));
            }
        }
    }
}

/// More text than fits the memory of most machines as tokens: rather a bomb than a corpus.
const MOST_BYTES: usize = 16 << 30;
/// The same of text that is unpacked, of which the sizes of files say nothing.
const MOST_UNPACKED: usize = 1 << 30;

/// All documents in memory, without those that are empty.
///
/// # Errors
/// A file that cannot be read or is no text, and too much of it.
pub fn all(documents: &mut Documents) -> Result<Vec<String>> {
    within(documents, MOST_BYTES, MOST_UNPACKED)
}

fn within(documents: &mut Documents, most: usize, most_unpacked: usize) -> Result<Vec<String>> {
    let (mut whole, mut last) = (Vec::new(), String::new());
    let (mut bytes, mut unpacked) = (0, 0);
    while let Some(stretch) = documents.next() {
        let Stretch { text, ends } = stretch?;
        let (file, is_unpacked) = &documents.current;
        bytes += text.len();
        unpacked += if *is_unpacked { text.len() } else { 0 };
        ensure!(bytes <= most, too_large(file, most, ""));
        ensure!(unpacked <= most_unpacked, too_large(file, most_unpacked, ", unpacked"));
        last.push_str(&text);
        if ends && !last.is_empty() {
            whole.push(std::mem::take(&mut last));
        }
    }
    Ok(whole)
}

fn too_large(file: &Path, most: usize, how: &str) -> String {
    format!(
        "{}: more than {} of text{how}, too much to be kept in memory; use `wane data prepare`, which reads it in \
         little, and train on what that writes",
        file.display(),
        HumanBytes(most as u64)
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn what_is_unpacked_has_a_limit_of_its_own_and_its_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = "To be or not to be.\n".repeat(99);
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        let [plain, packed] =
            [("a.txt", text.clone().into_bytes()), ("b.gz", gzip.finish().unwrap())].map(
                |(name, bytes)| {
                    let path = folder.path().join(name);
                    std::fs::write(&path, bytes).unwrap();
                    path
                },
            );
        let read = |path: &Path, most, unpacked| {
            within(&mut Documents::of(path, None).unwrap(), most, unpacked)
        };
        let error = |path: &Path, most| read(path, most, 1024).unwrap_err().to_string();
        assert_eq!(read(&plain, 4096, 1024).unwrap(), std::slice::from_ref(&text));
        assert_eq!(read(&packed, 4096, 4096).unwrap(), [text]);
        let packed = error(&packed, 4096);
        assert!(packed.contains("b.gz: more than 1.00 KiB of text, unpacked"), "{packed}");
        let plain = error(&plain, 1024);
        assert!(plain.contains("a.txt: more than 1.00 KiB of text, too much"), "{plain}");
        assert!(plain.contains("use `wane data prepare`"), "{plain}");
    }
}
