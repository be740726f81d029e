//! What the tokens of val and test stand for.

use std::ops::Range;

use anyhow::Result;

use super::Tokenized;
use crate::corpus::cut::Parts;
use crate::corpus::token_bytes::{LOST, TokenBytes};

impl Tokenized {
    /// That tokens of val or test do not read as its text, so that nobody knows of how many bytes their losses are.
    /// `texts` are those that they were made of.
    ///
    /// # Errors
    /// A text that its tokenizer cannot read.
    pub fn lost_told(&self, texts: &[String], parts: &Parts) -> Result<Option<String>> {
        for part in [&parts.val, &parts.test] {
            for (range, text) in self.held(texts, part) {
                if self.is_lost(range, text, part)? {
                    return Ok(Some(format!("its tokens {LOST}")));
                }
            }
        }
        Ok(None)
    }

    /// Bytes of text that the tokens of val and test stand for.
    ///
    /// # Errors
    /// A text that its tokenizer cannot read.
    pub fn bytes(&self, texts: &[String], parts: &Parts) -> Result<TokenBytes> {
        match TokenBytes::known(&self.tokenizer) {
            Some(known) => Ok(known),
            None => {
                let placed =
                    [self.bytes_of(texts, &parts.val)?, self.bytes_of(texts, &parts.test)?];
                Ok(TokenBytes::Placed(placed))
            }
        }
    }

    /// Pieces that a part has tokens of.
    fn held<'a>(
        &'a self,
        texts: &'a [String],
        part: &'a Range<usize>,
    ) -> impl Iterator<Item = (&'a Range<usize>, &'a str)> {
        let pieces = texts.iter().flat_map(|text| self.tokenizer.pieces(text));
        let is_held = |range: &Range<usize>| range.start < part.end && part.start < range.end;
        self.pieces.iter().zip(pieces).filter(move |(range, _)| is_held(range))
    }

    fn is_lost(&self, range: &Range<usize>, text: &str, part: &Range<usize>) -> Result<bool> {
        if self.tokenizer.gives_back(text, &self.tokens[range.clone()]) {
            return Ok(false);
        }
        let Some(learned) = self.tokenizer.learned() else { return Ok(false) };
        let both = range.start.max(part.start)..range.end.min(part.end);
        if both == *range {
            return Ok(true);
        }
        // What is lost beside the part does not count, nor what a cut within a character leaves of it.
        let bytes = learned.bytes_in(text)?;
        let until =
            |place: usize| bytes[..place - range.start].iter().map(|one| *one as usize).sum();
        let (start, end): (usize, usize) = (until(both.start), until(both.end));
        let held = String::from_utf8_lossy(&text.as_bytes()[start..end]);
        let read = learned.decode(&self.tokens[both.clone()]);
        let cut = [both.start > range.start, both.end < range.end];
        Ok(bare(&held, cut) != bare(&read, cut))
    }

    fn bytes_of(&self, texts: &[String], part: &Range<usize>) -> Result<Vec<u32>> {
        let mut bytes = vec![0; part.len()];
        let Some(learned) = self.tokenizer.learned() else { return Ok(bytes) };
        for (range, text) in self.held(texts, part) {
            for (place, one) in range.clone().zip(learned.bytes_in(text)?) {
                if part.contains(&place) {
                    bytes[place - part.start] = one;
                }
            }
        }
        Ok(bytes)
    }
}

/// Without what is left of a character or of spaces at an end that was cut anywhere.
fn bare(text: &str, [starts_cut, ends_cut]: [bool; 2]) -> &str {
    let is_left = |c: char| c.is_whitespace() || c == char::REPLACEMENT_CHARACTER;
    let text =
        if starts_cut { text.trim_start_matches(is_left) } else { text.trim_start_matches(' ') };
    if ends_cut { text.trim_end_matches(is_left) } else { text }
}
