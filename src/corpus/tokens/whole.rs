//! Whether a file of tokens is whole, and another than the one beside it.

use anyhow::{Result, ensure};
use indicatif::HumanCount;

use super::{HEAD, TokenFile};
use crate::corpus::Token;
use crate::corpus::layout::Layout;

/// So many zeros in a row are no tokens: no text has as many of one.
const UNFILLED: u64 = 1024;

impl TokenFile {
    /// Checks that a file was written to its end: what is made at its full length and then filled, as nanoGPT's
    /// scripts do it, ends in zeros where that was stopped.
    ///
    /// # Errors
    /// A file that cannot be read, or ends in zeros.
    pub fn check_end(&self, layout: Layout) -> Result<()> {
        let name = self.path.display();
        let (count, width) = (layout.count.min(UNFILLED), layout.width.bytes());
        let mut bytes = vec![0; (count * width) as usize];
        self.read_at(layout.start + (layout.count - count) * width, &mut bytes)?;
        ensure!(
            count < 2 || bytes.iter().any(|byte| *byte != 0),
            "the last {} tokens of {name} are all 0: it seems to have been made at its full length and not filled to \
             its end; write it again",
            HumanCount(count),
        );
        Ok(())
    }

    /// Checks that tokens of the file have no hole in them, such as copies and downloads leave that were stopped and
    /// taken up again behind it.
    ///
    /// # Errors
    /// Too many zeros in a row, with their place.
    pub fn check_holes(&self, tokens: &[Token]) -> Result<()> {
        let mut place = 0;
        for same in tokens.chunk_by(|a, b| a == b) {
            ensure!(
                same[0] != 0 || (same.len() as u64) < UNFILLED,
                "{}: {} tokens from place {} of the split on are all 0: a hole, as a copy that was stopped leaves it; \
                 write the file again",
                self.path.display(),
                HumanCount(same.len() as u64),
                HumanCount(place as u64),
            );
            place += same.len();
        }
        Ok(())
    }

    /// Checks that no two files are one: what is measured on a copy of train was trained on.
    ///
    /// # Errors
    /// Two files of the same bytes, or one that cannot be read.
    pub fn check_apart(files: &[TokenFile]) -> Result<()> {
        for (place, one) in files.iter().enumerate() {
            for other in &files[..place] {
                ensure!(
                    !one.is_same(other)?,
                    "{} and {} hold the same tokens: a loss on the one tells what was seen in the other; give each split \
                     tokens of its own",
                    other.path.display(),
                    one.path.display(),
                );
            }
        }
        Ok(())
    }

    fn is_same(&self, other: &TokenFile) -> Result<bool> {
        if self.length == 0 || self.length != other.length || self.head != other.head {
            return Ok(false);
        }
        let (mut one, mut two) = (vec![0; HEAD as usize], vec![0; HEAD as usize]);
        let mut place = self.head.len() as u64;
        while place < self.length {
            let size = HEAD.min(self.length - place) as usize;
            self.read_at(place, &mut one[..size])?;
            other.read_at(place, &mut two[..size])?;
            if one[..size] != two[..size] {
                return Ok(false);
            }
            place += size as u64;
        }
        Ok(true)
    }
}
