//! Documents as one sequence of tokens.

mod held;

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use indicatif::HumanCount;
use rayon::prelude::*;

use super::Token;
use super::cut::{self, Parts, Whole};
use super::tokenizer::{self, Choice, MOST_TOKENS, Tokenizer};
use crate::config::Cut;

/// Bytes of a token of English with a large vocabulary, more than the mean.
const LONG_TOKEN: usize = 6;

/// Documents as tokens, one after another.
#[derive(Debug)]
pub struct Tokenized {
    pub tokenizer: Tokenizer,
    pub tokens: Vec<Token>,
    /// Where each document starts.
    pub starts: Vec<usize>,
    /// What stands between documents, for people.
    pub between: &'static str,
    /// How many tokens that is.
    pub separator: usize,
    /// The tokens of each piece that a text was tokenized in.
    pieces: Vec<Range<usize>>,
}

impl Tokenized {
    /// With the tokenizer that was chosen; one that is learned reads neither val nor test.
    ///
    /// # Errors
    /// A tokenizer that cannot be read or is too large, and a text that is too short to learn one.
    pub fn of(name: &str, texts: &[String], choice: &Choice, cut: &Cut) -> Result<Self> {
        match choice {
            Choice::Characters => Self::with(characters(name, texts)?, texts),
            Choice::Bytes => Self::with(Tokenizer::Bytes, texts),
            Choice::File(path) => {
                let tokenizer = tokenizer::read(path).context("data.tokenizer")?;
                let cannot = || format!("the tokenizer {} cannot cut {name}", path.display());
                Self::with(tokenizer, texts).with_context(cannot)
            }
            Choice::Bpe(size) => Self::learned(name, texts, *size, cut),
        }
    }

    fn with(tokenizer: Tokenizer, texts: &[String]) -> Result<Self> {
        let (end, between): (Vec<Token>, _) = match tokenizer.end_of_text() {
            Some(end) => (vec![end], "an end-of-text token"),
            None if texts.len() > 1 => (tokenizer.encode("\n")?, "a line break"),
            None => (Vec::new(), ""),
        };
        let cut: Vec<Vec<&str>> = texts.iter().map(|text| tokenizer.pieces(text)).collect();
        let documents: Vec<Vec<Vec<Token>>> = cut
            .into_par_iter()
            .map(|pieces| pieces.into_par_iter().map(|piece| tokenizer.encode(piece)).collect())
            .collect::<Result<_>>()?;
        let count = documents.iter().flatten().map(|piece| piece.len() + end.len()).sum();
        let (tokens, starts) = (Vec::with_capacity(count), Vec::with_capacity(texts.len()));
        let (separator, pieces) = (end.len(), Vec::new());
        let mut whole = Tokenized { tokenizer, tokens, starts, between, separator, pieces };
        documents.into_iter().for_each(|document| whole.append(document, &end));
        Ok(whole)
    }

    fn append(&mut self, document: Vec<Vec<Token>>, end: &[Token]) {
        if !self.starts.is_empty() {
            self.tokens.extend_from_slice(end);
        }
        self.starts.push(self.tokens.len());
        for piece in document {
            let start = self.tokens.len();
            self.tokens.extend(piece);
            self.pieces.push(start..self.tokens.len());
        }
    }

    /// Val and test are counted in tokens, which there are only once the tokenizer is learned: so much is kept from
    /// it as they surely need, and more where that was not enough.
    fn learned(name: &str, texts: &[String], size: usize, cut: &Cut) -> Result<Self> {
        let bytes: usize = texts.iter().map(String::len).sum();
        let mut held = (cut.val + cut.test.unwrap_or(cut.val)).saturating_mul(LONG_TOKEN);
        loop {
            held = held.min(bytes / 2);
            let read = before(texts, bytes - held);
            let learned = tokenizer::learn(read.iter().copied(), size)?;
            let tokenized = Self::with(Tokenizer::Learned(Arc::new(learned)), texts)?;
            let parts = cut::parts(&tokenized.whole(name), cut)?;
            let known = tokenized.tokens_of(&read)?;
            if known <= parts.test.start.min(parts.val.start) {
                return Ok(tokenized);
            }
            ensure!(
                held < bytes / 2,
                "{name}: val and test take more than half of its {} bytes, so that too little is left to learn \
                 bpe:{size} of; lower data.val or data.test",
                HumanCount(bytes as u64)
            );
            held *= 2;
        }
    }

    /// How many of the tokens stand for what a tokenizer was learned of: whole documents, but for a last one that may end
    /// early. Its pieces are those of the document, except for the last.
    fn tokens_of(&self, read: &[&str]) -> Result<usize> {
        let Some((last, before)) = read.split_last() else { return Ok(0) };
        let pieces = self.tokenizer.pieces(last);
        let Some((rest, same)) = pieces.split_last() else { return Ok(0) };
        let start = self.starts[before.len()];
        let first = self.pieces.partition_point(|piece| piece.start < start);
        Ok(self.pieces[first + same.len()].start + self.tokenizer.encode(rest)?.len())
    }

    /// For [`cut::parts`].
    pub fn whole<'a>(&'a self, name: &'a str) -> Whole<'a> {
        let unit = if self.tokenizer.alphabet().is_some() { "characters" } else { "tokens" };
        Whole { name, unit, length: self.tokens.len(), starts: &self.starts }
    }

    /// The lines of the only document that have words, each with the place of its first token: of tokens that are no
    /// characters, about.
    pub fn lines<'a>(&self, text: &'a str) -> Vec<(&'a str, usize)> {
        let (mut lines, mut end) = (Vec::new(), 0);
        for (piece, tokens) in self.tokenizer.pieces(text).iter().zip(&self.pieces) {
            let start = end;
            end += piece.len();
            let place = |byte: usize| tokens.start + (byte - start) * tokens.len() / piece.len();
            // A line belongs to the piece that it starts in.
            let firsts = piece.match_indices('\n').map(|(at, _)| start + at + 1);
            let firsts = (start == 0).then_some(0).into_iter().chain(firsts);
            for first in firsts.filter(|first| *first < text.len()) {
                let line = text[first..].split('\n').next().unwrap_or_default();
                if !line.trim().is_empty() {
                    lines.push((line, place(first.min(end))));
                }
            }
        }
        lines
    }

    /// How much of each split no token stands for, if anything.
    pub fn told(&self, parts: &Parts) -> Option<String> {
        let unknown = self.tokenizer.learned()?.unknown()?;
        let told = |(name, part): (&str, &Range<usize>)| {
            let count = self.tokens[part.clone()].iter().filter(|token| **token == unknown).count();
            let (count, all) = (HumanCount(count as u64), HumanCount(part.len() as u64));
            (count.0 > 0).then(|| format!("{count} of {all} {name} tokens"))
        };
        let splits = [("train", &parts.pool), ("val", &parts.val), ("test", &parts.test)];
        let told: Vec<String> = splits.into_iter().filter_map(told).collect();
        let tokens = "the token for what the tokenizer does not know";
        (!told.is_empty()).then(|| format!("{} are {tokens}", told.join(", ")))
    }
}

/// The texts before so many bytes; the last of them is cut where a word begins if it is the only one.
fn before(texts: &[String], bytes: usize) -> Vec<&str> {
    if let [only] = texts {
        return vec![&only[..tokenizer::last_cut(only, bytes.min(only.len().saturating_sub(1)))]];
    }
    let mut left = bytes;
    let fits = |text: &&String| {
        let fits = text.len() <= left;
        left -= text.len().min(left);
        fits
    };
    texts.iter().take_while(fits).map(String::as_str).collect()
}

fn characters(name: &str, texts: &[String]) -> Result<Tokenizer> {
    let found = alphabet(texts);
    ensure!(
        found.len() <= MOST_TOKENS,
        "{name} holds {} different characters; at most {MOST_TOKENS} fit a vocabulary; take tokenizer = \"bytes\"",
        found.len(),
    );
    Ok(Tokenizer::Characters(found))
}

/// Every character of the texts, and the line break between them, by code point. They are marked in a table: a sorted
/// list of a text's characters would take four times its size.
fn alphabet(texts: &[String]) -> Vec<char> {
    let mut is_there = vec![false; char::MAX as usize + 1];
    is_there['\n' as usize] = texts.len() > 1;
    for character in texts.iter().flat_map(|text| text.chars()) {
        is_there[character as usize] = true;
    }
    ('\0'..=char::MAX).filter(|character| is_there[*character as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beginnings of one text end in its pieces, and those of several documents between them.
    #[test]
    fn tokens_of_a_beginning_are_as_many_as_if_it_were_read_alone() {
        let long = "to be, or not to be that is the question. ".repeat(5_000);
        let some = ["Hé! A first one.".to_owned(), String::new(), long.clone(), "End".to_owned()];
        for texts in [&[long][..], &some[..]] {
            let all = texts.iter().map(String::as_str);
            let learned = Arc::new(tokenizer::train(all, 280).unwrap());
            let tokenized = Tokenized::with(Tokenizer::Learned(learned.clone()), texts).unwrap();
            for bytes in [1, 100, 70_000, 140_001, 209_999] {
                let read = before(texts, bytes);
                let count = tokenized.tokens_of(&read).unwrap();
                let alone = learned.encode(&read.concat()).unwrap().len();
                let between = tokenized.separator * read.len().saturating_sub(1);
                assert_eq!(count, alone + between, "{bytes} bytes of {} documents", texts.len());
            }
        }
    }
}
