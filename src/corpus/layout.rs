//! How the tokens of a file are written down.

use anyhow::{Result, ensure};
use indicatif::HumanCount;

/// Bytes of a token in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Width {
    /// As a number.
    pub fn bytes(self) -> u64 {
        match self {
            Width::One => 1,
            Width::Two => 2,
            Width::Four => 4,
            Width::Eight => 8,
        }
    }
}

/// Where the tokens of a file lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What is around them, for people; empty for nothing.
    pub form: &'static str,
    pub width: Width,
    /// Offset of the first.
    pub start: u64,
    pub count: u64,
}

impl Layout {
    /// Of a file of `length` bytes that holds nothing else.
    pub fn plain(width: Width, length: u64) -> Self {
        Layout { form: "", width, start: 0, count: length / width.bytes() }
    }

    /// Refuses a file of `length` bytes in which more or fewer follow `header` than its tokens take.
    ///
    /// # Errors
    /// Which of the two, with the numbers.
    pub fn check(&self, header: &str, length: u64) -> Result<()> {
        let bytes = length.saturating_sub(self.start);
        let told = self.count.saturating_mul(self.width.bytes());
        let problem = match bytes < told {
            true => "fewer than that: the file was cut short",
            false => {
                "more than that: something was added to the file, or its header is another file's"
            }
        };
        ensure!(
            bytes == told,
            "{header} tells of {} tokens of {} bytes, but {bytes} bytes follow it, {problem}",
            self.count,
            self.width.bytes(),
        );
        Ok(())
    }

    /// For people.
    pub fn describe(&self) -> String {
        let tokens = HumanCount(self.count);
        format!("{}{tokens} tokens of {} bits", self.form, self.width.bytes() * 8)
    }
}
