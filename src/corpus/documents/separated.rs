//! Text files: one document, or several with `<|endoftext|>` between them.

use anyhow::Result;

use super::Stretch;
use super::blocks::Blocks;
use crate::corpus::tokenizer::{END_OF_TEXT, last_cut};

/// Bytes of a stretch of a document, about.
const LONGEST: usize = 1 << 20;

/// The documents of a text file. A line break before a separator and one after it belong to it.
pub struct Separated {
    blocks: Blocks,
    held: String,
    /// What of that was given out.
    given: usize,
    /// Whether all blocks were read.
    over: bool,
}

impl Separated {
    pub fn new(blocks: Blocks) -> Self {
        Separated { blocks, held: String::new(), given: 0, over: false }
    }

    /// The rest of a document, where its end is in sight.
    fn ended(&mut self) -> Option<Stretch> {
        let rest = &self.held[self.given..];
        let (text, length) = match rest.find(END_OF_TEXT) {
            Some(end) => {
                let after = &rest[end + END_OF_TEXT.len()..];
                let is_seen = self.over || after.len() >= "\r\n".len();
                is_seen.then(|| {
                    let break_after = ["\r\n", "\n"].iter().find(|line| after.starts_with(**line));
                    let text = rest[..end].strip_suffix('\n').unwrap_or(&rest[..end]);
                    let text = text.strip_suffix('\r').unwrap_or(text);
                    (text, end + END_OF_TEXT.len() + break_after.map_or(0, |line| line.len()))
                })?
            }
            None if self.over && !rest.is_empty() => (rest, rest.len()),
            None => return None,
        };
        let text = text.to_owned();
        self.given += length;
        Some(Stretch { text, ends: true })
    }

    /// The beginning of a document that is longer than what is held.
    fn begun(&mut self) -> Option<Stretch> {
        let rest = &self.held[self.given..];
        if rest.len() <= LONGEST + 2 * END_OF_TEXT.len() {
            return None;
        }
        // What may be the beginning of a separator stays, and so does the line break before it.
        let most = rest.find(END_OF_TEXT).unwrap_or(rest.len()) - END_OF_TEXT.len();
        let text = rest[..last_cut(rest, most)].to_owned();
        self.given += text.len();
        Some(Stretch { text, ends: false })
    }
}

impl Iterator for Separated {
    type Item = Result<Stretch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(stretch) = self.ended().or_else(|| self.begun()) {
                return Some(Ok(stretch));
            }
            if self.over {
                return None;
            }
            self.held.drain(..self.given);
            self.given = 0;
            match self.blocks.next() {
                Some(Ok(block)) => self.held.push_str(&block),
                Some(Err(error)) => return Some(Err(error)),
                None => self.over = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn documents(blocks: Vec<String>) -> Vec<String> {
        let mut whole = vec![String::new()];
        for stretch in Separated::new(Blocks::of(blocks)) {
            let Stretch { text, ends } = stretch.unwrap();
            whole.last_mut().unwrap().push_str(&text);
            if ends {
                whole.push(String::new());
            }
        }
        whole.pop();
        whole
    }

    #[test]
    fn separators_go_with_the_line_breaks_around_them() {
        let text =
            "one\n<|endoftext|>\ntwo\r\n<|endoftext|>\r\nthree<|endoftext|>four\n\n<|endoftext|>\n";
        assert_eq!(documents(vec![text.to_owned()]), ["one", "two", "three", "four\n"]);
    }

    proptest! {
        #[test]
        fn blocks_may_end_anywhere(
            parts in prop::collection::vec("[a-z \r\n]{0,9}", 1..6),
            cuts in prop::collection::vec(0_usize..200, 0..8),
        ) {
            let text = parts.join("\n<|endoftext|>\n");
            let mut places: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let blocks = places.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect();
            prop_assert_eq!(documents(blocks), documents(vec![text]));
        }

        #[test]
        fn a_long_document_comes_in_stretches_and_whole(words in prop::collection::vec("[a-z]{1,9}", 1..20)) {
            let text = words.join(" ").repeat(40_000);
            prop_assert_eq!(documents(vec![text.clone()]), [text]);
        }
    }
}
