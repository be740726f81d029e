//! Texts of any size as files of tokens, nanoGPT's way, for many runs and for other trainers: read stretch by
//! stretch, so that a text need not fit the memory.

mod assigned;
mod assignment;
mod joined;
mod meta;
mod survey;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use anyhow::{Result, ensure};

use super::token_bytes::LOST;
use super::tokenizer::{self, Choice, MOST_TOKENS, Tokenizer};
use crate::files::{check_is_free, make_folder_atomically};
use assigned::Assigned;
use assignment::Assignment;
use survey::Survey;
use writer::Writer;

pub use assignment::{SPLITS, Shares};

/// A tokenizer is learned of at most about so many bytes.
const MOST_LEARNED: u64 = 256 << 20;

/// What is to be prepared.
#[derive(Clone, Debug)]
pub struct Order {
    /// A file or a folder of texts.
    pub source: PathBuf,
    /// The field of JSON lines.
    pub text_field: Option<String>,
    pub tokenizer: Choice,
    pub shares: Shares,
    /// Draws the documents of val and test.
    pub seed: u64,
    /// Folder that the files are to be in; it may not be there yet.
    pub out: PathBuf,
}

/// A pass over the text, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Reads all documents, to know which there are.
    Survey,
    /// Learns a tokenizer.
    Learn,
    /// Writes tokens.
    Write,
}

/// One of the files that were written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub split: &'static str,
    pub documents: u64,
    /// Bytes of text.
    pub bytes: u64,
    pub tokens: u64,
    /// Whether its tokens read as its text.
    pub gives_back: bool,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// What was prepared.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the source was recognised as.
    pub recognised: String,
    /// What made the tokens, for people.
    pub tokenizer: String,
    pub vocabulary: usize,
    pub files: Vec<Written>,
    /// Documents that are another one word for word; all of one are in one split.
    pub copies: u64,
    /// Tokens that stand for what the tokenizer does not know.
    pub unknown: u64,
    /// That documents were cut where other tokens may be made of them than of the whole, for people.
    pub cuts: Option<String>,
    /// Bytes that the tokenizer was learned of, where it did not read all of train.
    pub learned_of: Option<u64>,
}

impl Prepared {
    /// That tokens do not read as their text, for people.
    pub fn lost_told(&self) -> Option<String> {
        let is_lost = |one: &&Written| !one.gives_back;
        let lost: Vec<&str> = self.files.iter().filter(is_lost).map(|one| one.split).collect();
        match &lost[..] {
            [] => None,
            ["train"] => {
                Some("tokens of train do not give the text back that they were made of".to_owned())
            }
            _ => Some(format!("its tokens {LOST}")),
        }
    }
}

/// Writes `train.bin`, `val.bin`, `test.bin`, `meta.json` and what else trainers need; `tell` hears how many bytes of
/// text a pass has read, and an error of `go_on`, which is asked again and again while files are written, ends it.
///
/// # Errors
/// A source that cannot be read, has too few documents or changes meanwhile, a tokenizer that cannot be had, a folder that is there
/// already. Nothing is left of what was begun.
pub fn prepare(
    order: &Order,
    tell: &(dyn Fn(Pass, u64) + Sync),
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Prepared> {
    check_is_free(&order.out)?;
    let name = order.source.display().to_string();
    let survey = Survey::of(order, &|bytes| tell(Pass::Survey, bytes))?;
    let assignment = Assignment::of(&name, &survey, order.shares, order.seed)?;
    let (tokenizer, learned_of) = tokenizer(order, &survey, &assignment, tell)?;
    go_on()?;
    make_folder_atomically(&order.out, |folder| {
        let mut writer = Writer::new(folder, &tokenizer, survey.documents.len() > 1)?;
        for stretch in Assigned::of(order, &survey, &assignment)? {
            go_on()?;
            let (split, stretch) = stretch?;
            tell(Pass::Write, stretch.text.len() as u64);
            writer.write(split, stretch)?;
        }
        let (cuts, (files, unknown)) = (writer.cuts_told(), writer.finish()?);
        let prepared = Prepared {
            recognised: survey.recognised,
            tokenizer: tokenizer.told(),
            vocabulary: tokenizer.vocabulary(),
            files,
            copies: assignment.copies,
            unknown,
            cuts,
            learned_of,
        };
        meta::write(folder, order, &tokenizer, &prepared)?;
        Ok(prepared)
    })
}

/// The tokenizer that was asked for; one that is learned reads the documents of train alone. With it, how many bytes
/// it was learned of, if not of all.
fn tokenizer(
    order: &Order,
    survey: &Survey,
    assignment: &Assignment,
    tell: &(dyn Fn(Pass, u64) + Sync),
) -> Result<(Tokenizer, Option<u64>)> {
    let size = match &order.tokenizer {
        Choice::Bytes => return Ok((Tokenizer::Bytes, None)),
        Choice::File(path) => return Ok((tokenizer::read(path)?, None)),
        Choice::Characters => return characters(order, survey).map(|tokenizer| (tokenizer, None)),
        Choice::Bpe(size) => *size,
    };
    let failed = Mutex::new(None);
    let mut read = 0;
    let every = assignment.bytes[0].div_ceil(MOST_LEARNED).max(1);
    let texts =
        Assigned::of(order, survey, assignment)?.enumerate().map_while(|(place, stretch)| {
            match stretch {
                Ok((0, stretch)) if (place as u64).is_multiple_of(every) => {
                    read += stretch.text.len() as u64;
                    tell(Pass::Learn, stretch.text.len() as u64);
                    Some(stretch.text)
                }
                Ok(_) => Some(String::new()),
                Err(error) => {
                    *failed.lock().expect("nothing panics while it is held") = Some(error);
                    None
                }
            }
        });
    let learned = tokenizer::train(texts, size)?;
    if let Some(error) = failed.into_inner().expect("nothing panics while it is held") {
        return Err(error);
    }
    Ok((Tokenizer::Learned(Arc::new(learned)), (every > 1).then_some(read)))
}

fn characters(order: &Order, survey: &Survey) -> Result<Tokenizer> {
    ensure!(
        survey.characters.len() <= MOST_TOKENS,
        "{} holds {} different characters; at most {MOST_TOKENS} fit a vocabulary; take --tokenizer bytes",
        order.source.display(),
        survey.characters.len(),
    );
    Ok(Tokenizer::Characters(survey.characters.iter().copied().collect()))
}

#[cfg(test)]
mod tests;
