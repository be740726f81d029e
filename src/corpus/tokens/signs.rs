//! How the tokens of several files are written, as each of them shows it.

use anyhow::{Result, bail, ensure};

use super::TokenFile;
use crate::corpus::layout::{Layout, Width};

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
