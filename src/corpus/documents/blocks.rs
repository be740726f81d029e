//! A text file, block by block: unpacked, in UTF-8, and refused where it is something else.

use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::{HumanBytes, HumanCount};

use crate::compression::Compression;
use crate::corpus::encoding::{Encoding, Form, decode, other};
use crate::corpus::input;
use crate::corpus::recognise::{Content, recognise};
use crate::corpus::refusal::refusal;

/// Files up to this size are read whole, so that all of their bytes tell what they are; of larger ones so many
/// do.
const WHOLE: u64 = 64 << 20;
/// Bytes of a block, about.
const BLOCK: usize = 4 << 20;
/// Bytes that are unpacked at most of a text that is not UTF-8, which is read whole.
const MOST_UNPACKED: u64 = 1 << 30;
/// So many zeros in a row are no text.
const HOLE: &str = "\0\0\0\0\0\0\0\0";

/// The text of a file.
pub struct Blocks {
    /// What the file was found to be, for people.
    pub told: String,
    /// Whether it came out of a packed file.
    pub is_unpacked: bool,
    first: Option<String>,
    rest: Option<Box<dyn Iterator<Item = Result<String>> + Send>>,
}

/// What was not read yet of a large file in UTF-8.
struct Rest {
    path: PathBuf,
    around: String,
    bytes: Box<dyn Read + Send>,
    /// The beginning of a character.
    begun: Vec<u8>,
    /// How many bytes were read.
    offset: u64,
}

impl Blocks {
    /// Opens a file and tells what it is.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else than text; the message says what, and what to do.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = input::open(path)?;
        let mut start = Vec::new();
        file.by_ref().take(WHOLE).read_to_end(&mut start).with_context(|| cannot(path))?;
        match Compression::of(&start) {
            None => Self::read(path, "", start, Box::new(file)),
            Some(compression) => {
                let packed = Cursor::new(start).chain(BufReader::new(file));
                let mut bytes = compression.unpacked(packed);
                let kind = compression.name();
                let mut start = Vec::new();
                let read = bytes.by_ref().take(WHOLE).read_to_end(&mut start);
                read.with_context(|| damaged(path, kind))?;
                Self::read(path, &format!("{kind} of "), start, bytes)
            }
        }
    }

    /// `around` is what the bytes came out of.
    fn read(
        path: &Path,
        around: &str,
        start: Vec<u8>,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Self> {
        let is_whole = (start.len() as u64) < WHOLE;
        let seen = if is_whole { &start[..] } else { whole_characters(&start) };
        let encoding = match recognise(seen) {
            Content::Text(encoding) => encoding,
            other => return Err(refusal(path, around, other)),
        };
        let told = format!("{around}{}", encoding.name());
        let is_unpacked = !around.is_empty();
        if is_whole || encoding.form != Form::Utf8 {
            let whole = with_rest(path, around, start, bytes)?;
            check_is_one(path, around, (&whole, encoding), 0)?;
            let text = decode(&whole, encoding)
                .map_err(|offset| no_character(path, around, encoding, offset as u64))?;
            check_holes(path, &text, 0)?;
            return Ok(Blocks { told, is_unpacked, first: Some(text), rest: None });
        }
        let offset = seen.len() as u64;
        let text = decode(seen, encoding)
            .map_err(|offset| no_character(path, around, encoding, offset as u64))?;
        check_holes(path, &text, 0)?;
        let begun = start[seen.len()..].to_vec();
        let (path, around) = (path.to_owned(), around.to_owned());
        let rest = Rest { path, around, bytes, begun, offset };
        Ok(Blocks { told, is_unpacked, first: Some(text), rest: Some(Box::new(rest)) })
    }

    /// The first block, which tells what kind of text it is.
    pub fn first(&self) -> &str {
        self.first.as_deref().unwrap_or_default()
    }

    /// Whether there is no other.
    pub fn is_whole(&self) -> bool {
        self.rest.is_none()
    }

    /// For tests.
    #[cfg(test)]
    pub fn of(blocks: Vec<String>) -> Self {
        let rest = Some(Box::new(blocks.into_iter().map(Ok)) as Box<_>);
        Blocks { told: String::new(), is_unpacked: false, first: None, rest }
    }
}

impl Iterator for Blocks {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let block = self.rest.as_mut()?.next();
        if !matches!(block, Some(Ok(_))) {
            self.rest = None;
        }
        block
    }
}

impl Iterator for Rest {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.block().transpose()
    }
}

impl Rest {
    fn block(&mut self) -> Result<Option<String>> {
        let mut bytes = std::mem::take(&mut self.begun);
        let read = self.bytes.by_ref().take(BLOCK as u64).read_to_end(&mut bytes);
        let read = read.with_context(|| match self.around.split_once(' ') {
            Some((kind, _)) => damaged(&self.path, kind),
            None => cannot(&self.path),
        })?;
        let end = if read == 0 { bytes.len() } else { whole_characters(&bytes).len() };
        self.begun = bytes.split_off(end);
        let offset = self.offset;
        self.offset += end as u64;
        if bytes.is_empty() {
            return Ok(None);
        }
        let encoding = Encoding { form: Form::Utf8, mark: false };
        check_is_one(&self.path, &self.around, (&bytes, encoding), offset as usize)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            no_character(
                &self.path,
                &self.around,
                encoding,
                offset + error.utf8_error().valid_up_to() as u64,
            )
        })?;
        check_holes(&self.path, &text, offset)?;
        Ok(Some(text))
    }
}

/// All bytes of a file, of which `start` were read.
fn with_rest(path: &Path, around: &str, start: Vec<u8>, bytes: impl Read) -> Result<Vec<u8>> {
    let mut whole = start;
    let most = if around.is_empty() { u64::MAX } else { MOST_UNPACKED };
    bytes.take(most).read_to_end(&mut whole).with_context(|| cannot(path))?;
    ensure!(
        (whole.len() as u64) < most,
        "{}: more than {} of text that is not UTF-8 is not unpacked; convert it to UTF-8 with iconv",
        path.display(),
        HumanBytes(most)
    );
    Ok(whole)
}

/// Refuses bytes, the first of which is at `offset`, some of which are in another encoding.
fn check_is_one(
    path: &Path,
    around: &str,
    (bytes, encoding): (&[u8], Encoding),
    offset: usize,
) -> Result<()> {
    match other(bytes, encoding) {
        Some(place) => Err(refusal(path, around, Content::Mixed(encoding, offset + place))),
        None => Ok(()),
    }
}

/// Refuses a block of a text, which begins at `offset`, with a hole in it. A zero alone may keep documents apart.
fn check_holes(path: &Path, text: &str, offset: u64) -> Result<()> {
    let Some(place) = text.find(HOLE) else { return Ok(()) };
    let length = text[place..].bytes().take_while(|byte| *byte == 0).count();
    bail!(
        "{}: {} zero bytes in a row from byte {} of its text on are no text, but a hole, as a download or a copy that was \
         stopped leaves it; fetch the file again",
        path.display(),
        HumanCount(length as u64),
        HumanCount(offset + place as u64),
    )
}

/// Without the beginning of a character at its end.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let begins = |byte: &u8| *byte >= 0xc0;
    let back = bytes.iter().rev().take(3).position(begins);
    let length = |first: u8| match first {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    match back {
        Some(back) if length(bytes[bytes.len() - 1 - back]) > back + 1 => {
            &bytes[..bytes.len() - 1 - back]
        }
        _ => bytes,
    }
}

fn no_character(path: &Path, around: &str, encoding: Encoding, offset: u64) -> anyhow::Error {
    let (name, is) = (path.display(), encoding.name());
    anyhow!(
        "{name} is {around}{is}, but the byte at offset {offset} starts no character; it is damaged or was cut \
         short"
    )
}

fn damaged(path: &Path, kind: &str) -> String {
    format!("{} is a {kind} file that is damaged or was cut short", path.display())
}

fn cannot(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
