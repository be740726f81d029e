//! The header of llm.c's token files: 256 numbers of 4 bytes, of which the first is a magic number and
//! the third the count of the tokens that follow.

use anyhow::{Result, ensure};

use super::layout::{Layout, Width};

/// Bytes of the header.
pub const LENGTH: u64 = 1024;
/// Tokens of GPT-2's tokenizer, in 2 bytes.
const GPT2: u32 = 20_240_520;
/// Tokens of Llama 3's tokenizer, in 4 bytes.
const LLAMA3: u32 = 20_240_801;

/// Versions of the files of either, in which tokens follow one another.
const VERSIONS: [u32; 2] = [1, 7];

/// Whether bytes begin as such a file does: the header is empty after its first numbers.
pub fn is(bytes: &[u8]) -> bool {
    width(bytes).is_some()
        && bytes.get(16..LENGTH as usize).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
}

fn number(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(place * 4..place * 4 + 4)?.try_into().ok()?))
}

fn width(bytes: &[u8]) -> Option<Width> {
    match number(bytes, 0)? {
        GPT2 => Some(Width::Two),
        LLAMA3 => Some(Width::Four),
        _ => None,
    }
}

/// Where the tokens of a file of `length` bytes lie. `head` is its beginning.
///
/// # Errors
/// Another count of tokens than the header tells.
pub fn layout(head: &[u8], length: u64) -> Result<Layout> {
    let width = width(head).unwrap_or(Width::Two);
    let version = number(head, 1).unwrap_or(0);
    ensure!(
        VERSIONS.contains(&version),
        "the header of llm.c has version {version}, expected one of {VERSIONS:?}: what follows it may be written otherwise",
    );
    let count = u64::from(number(head, 2).unwrap_or(0));
    let layout = Layout { form: "llm.c's header and ", width, start: LENGTH, count };
    layout.check("the header of llm.c", length)?;
    Ok(layout)
}

/// Whether a file holds tokens of Llama 3's tokenizer.
pub fn is_of_llama(bytes: &[u8]) -> bool {
    is(bytes) && number(bytes, 0) == Some(LLAMA3)
}
