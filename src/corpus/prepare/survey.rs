use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use super::Order;
use crate::corpus::documents::{Documents, Stretch};
use crate::corpus::tokenizer::Choice;

/// What there is to prepare.
pub struct Survey {
    /// What the source was recognised as, for people.
    pub recognised: String,
    /// Without those that are empty.
    pub documents: Vec<Document>,
    /// Every character; empty where tokens are none.
    pub characters: BTreeSet<char>,
    /// Of one document, where its lines end first from each of a thousand evenly spaced places on.
    pub line_ends: Vec<u64>,
}

/// A document that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// The beginning of its SHA-256: copies share it.
    pub digest: u128,
    pub bytes: u64,
}

impl Document {
    /// Of the bytes that a hash has read, so many; the hash begins anew.
    pub fn of(hash: &mut Sha256, bytes: u64) -> Self {
        let digest = hash.finalize_reset();
        let (start, _) = digest.split_first_chunk::<16>().expect("it has 32 bytes");
        Document { digest: u128::from_le_bytes(*start), bytes }
    }
}

/// Bytes between the line ends that are kept of a long document, at first.
const FIRST_GAP: u64 = 64;
/// As many line ends are kept, at most.
const MOST_ENDS: usize = 1 << 16;

impl Survey {
    /// Reads all of a source once.
    pub fn of(order: &Order, tell: &dyn Fn(u64)) -> Result<Self> {
        let mut reading = Documents::of(&order.source, order.text_field.as_deref())?;
        let wants_characters = order.tokenizer == Choice::Characters;
        let (mut documents, mut characters) = (Vec::new(), BTreeSet::new());
        let (mut hash, mut bytes, mut ends_of_lines) = (Sha256::new(), 0, LineEnds::new());
        for stretch in reading.by_ref() {
            let Stretch { text, ends } = stretch?;
            tell(text.len() as u64);
            hash.update(&text);
            if documents.is_empty() {
                ends_of_lines.read(&text, bytes);
            }
            bytes += text.len() as u64;
            if wants_characters {
                characters.extend(text.chars());
            }
            if ends {
                let document = Document::of(&mut hash, bytes);
                documents.extend((bytes > 0).then_some(document));
                bytes = 0;
            }
        }
        let name = order.source.display().to_string();
        reading.check_field(&name)?;
        ensure!(!documents.is_empty(), "{name} holds no text");
        if wants_characters && documents.len() > 1 {
            characters.insert('\n');
        }
        let line_ends = ends_of_lines.places;
        Ok(Survey { recognised: reading.told(), documents, characters, line_ends })
    }
}

/// Some line ends of a document, about evenly spaced.
struct LineEnds {
    places: Vec<u64>,
    gap: u64,
}

impl LineEnds {
    fn new() -> Self {
        LineEnds { places: Vec::new(), gap: FIRST_GAP }
    }

    fn read(&mut self, text: &str, start: u64) {
        for (place, _) in text.match_indices('\n') {
            let end = start + place as u64 + 1;
            if self.places.last().is_none_or(|last| end >= last + self.gap) {
                self.places.push(end);
            }
            if self.places.len() > MOST_ENDS {
                self.gap *= 2;
                let mut last = 0;
                self.places.retain(|place| {
                    let keep = *place >= last + self.gap;
                    last = if keep { *place } else { last };
                    keep
                });
            }
        }
    }
}
