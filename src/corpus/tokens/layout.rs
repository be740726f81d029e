//! How the tokens of a file are written down.

use anyhow::{Result, bail, ensure};
use indicatif::HumanCount;

use super::TokenFile;

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
    fn plain(width: Width, length: u64) -> Self {
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

/// How the tokens of all files are written. One without a header is as wide as the others, and two bytes where
/// none shows it, as nanoGPT writes them.
pub fn layouts(files: &[TokenFile]) -> Result<Vec<Layout>> {
    let signs = files.iter().map(TokenFile::layout).collect::<Result<Vec<_>>>()?;
    let mut shown =
        files.iter().zip(&signs).filter_map(|(file, signs)| Some((file, signs.width()?)));
    let first = shown.next();
    if let Some((one, width)) = first
        && let Some((other, odd)) = shown.find(|(_, other)| *other != width)
    {
        bail!(
            "{} holds tokens of {} bits and {} of {}: write both alike",
            one.path.display(),
            width.bytes() * 8,
            other.path.display(),
            odd.bytes() * 8,
        );
    }
    let width = first.map_or(Width::Two, |(_, width)| width);
    signs.into_iter().zip(files).map(|(signs, file)| signs.layout(file, width)).collect()
}

/// What a file shows of its layout.
pub enum Signs {
    /// All of it, by a header.
    Layout(Layout),
    /// No header, and tokens of this width.
    Width(Width),
    None,
}

impl Signs {
    fn width(&self) -> Option<Width> {
        match self {
            Signs::Width(width) => Some(*width),
            Signs::Layout(_) | Signs::None => None,
        }
    }

    fn layout(self, file: &TokenFile, width: Width) -> Result<Layout> {
        if let Signs::Layout(layout) = self {
            return Ok(layout);
        }
        let (length, bytes) = (file.length, width.bytes());
        ensure!(
            length.is_multiple_of(bytes),
            "{} has {length} bytes: it is no file of tokens of {bytes} bytes, or it was cut short",
            file.path.display(),
        );
        Ok(Layout::plain(width, length))
    }
}
