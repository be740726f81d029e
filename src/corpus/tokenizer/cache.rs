//! Learned tokenizers, kept for the next call and for workers. A file that cannot be kept is learned again.

use std::path::PathBuf;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Learned, train};
use crate::files::{create_folder, write_atomically};

/// Raised where the same text would give another tokenizer.
const VERSION: u8 = 1;

/// A tokenizer of at most `size` tokens, of these texts: as it is kept, or learned and kept.
///
/// # Errors
/// A text that cannot be cut into words.
pub fn learn<'a>(
    texts: impl Iterator<Item = &'a str> + Clone + Send,
    size: usize,
) -> Result<Learned> {
    let path = folder().map(|folder| folder.join(format!("{}.json", digest(texts.clone(), size))));
    let kept = path.as_ref().and_then(|path| std::fs::read(path).ok());
    if let Some(learned) = kept.and_then(|json| Learned::from_json(&json).ok()) {
        return Ok(learned);
    }
    let learned = train(texts, size)?;
    if let Some(path) = path {
        let folder = path.parent().map_or(Ok(()), create_folder);
        let _ = folder.and_then(|()| write_atomically(&path, learned.json().as_bytes()));
    }
    Ok(learned)
}

fn digest<'a>(texts: impl Iterator<Item = &'a str>, size: usize) -> String {
    let mut hash = Sha256::new();
    hash.update([VERSION]);
    hash.update((size as u64).to_le_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    format!("{:x}", hash.finalize())
}

/// `tokenizers` in `WANE_CACHE`, else in the user's folder for caches.
fn folder() -> Option<PathBuf> {
    let path =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = path("WANE_CACHE");
    let users = || path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")));
    own.or_else(|| Some(users()?.join("wane"))).map(|folder| folder.join("tokenizers"))
}
