//! Tokens in memory or in a file.

use std::fmt;
use std::fs::File;
use std::ops::Deref;
use std::sync::Arc;

use memmap2::Mmap;

/// A token's index in the vocabulary.
pub type Token = u16;

/// A sequence of tokens that is read as a slice, wherever it lies.
#[derive(Clone)]
pub enum Tokens {
    /// In memory.
    Owned(Vec<Token>),
    /// In a file, which the system brings into memory page by page and shares between processes.
    Mapped(Mapped),
}

/// A part of a file of 16-bit tokens.
#[derive(Clone)]
pub struct Mapped {
    file: Arc<Mmap>,
    /// In bytes.
    start: usize,
    /// In tokens.
    count: usize,
}

impl Mapped {
    /// `count` tokens from byte `start` of a file on; `None` where the machine or the file keeps them otherwise than
    /// memory does.
    pub fn of(file: &File, start: u64, count: usize) -> Option<Self> {
        let start = usize::try_from(start).ok()?;
        if cfg!(target_endian = "big") || !start.is_multiple_of(size_of::<Token>()) {
            return None;
        }
        // SAFETY: the map is only read. Should somebody shorten the file meanwhile, the process ends with a bus
        // error, as it would end with an error of reading.
        let file = unsafe { Mmap::map(file) }.ok()?;
        let end = start.checked_add(count.checked_mul(size_of::<Token>())?)?;
        (end <= file.len()).then(|| Mapped { file: Arc::new(file), start, count })
    }

    /// `count` of its tokens from one on.
    ///
    /// # Panics
    /// If it has fewer.
    fn part(&self, start: usize, count: usize) -> Self {
        assert!(start + count <= self.count, "a part of a file of tokens ends within it");
        let file = Arc::clone(&self.file);
        Mapped { file, start: self.start + start * size_of::<Token>(), count }
    }
}

impl Tokens {
    /// `count` of them from one on: in the same file where they lie in one, else copied.
    pub fn part(&self, start: usize, count: usize) -> Self {
        match self {
            Tokens::Owned(tokens) => Tokens::Owned(tokens[start..start + count].to_vec()),
            Tokens::Mapped(mapped) => Tokens::Mapped(mapped.part(start, count)),
        }
    }

    /// In memory, to be changed: a file stays as it is.
    pub fn owned(&mut self) -> &mut Vec<Token> {
        if let Tokens::Mapped(_) = self {
            *self = Tokens::Owned(self.to_vec());
        }
        match self {
            Tokens::Owned(tokens) => tokens,
            Tokens::Mapped(_) => unreachable!("it was brought into memory"),
        }
    }
}

impl Deref for Tokens {
    type Target = [Token];

    fn deref(&self) -> &[Token] {
        match self {
            Tokens::Owned(tokens) => tokens,
            Tokens::Mapped(Mapped { file, start, count }) => {
                bytemuck::cast_slice(&file[*start..start + count * size_of::<Token>()])
            }
        }
    }
}

impl From<Vec<Token>> for Tokens {
    fn from(tokens: Vec<Token>) -> Self {
        Tokens::Owned(tokens)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<const N: usize> PartialEq<[Token; N]> for Tokens {
    fn eq(&self, other: &[Token; N]) -> bool {
        self[..] == other[..]
    }
}
