//! Learned tokenizers, kept for the next call and for workers. One that cannot be kept, or whose file was changed or put
//! in the place of another's, is learned again.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Learned, train};
use crate::files::{create_folder, json_of, write_atomically};

/// Raised where the same text would give another tokenizer.
const VERSION: u8 = 3;

/// A tokenizer of at most `size` tokens, of these texts: as it is kept, or learned and kept.
///
/// # Errors
/// A text that cannot be cut into words.
pub fn learn<'a>(
    texts: impl Iterator<Item = &'a str> + Clone + Send,
    size: usize,
) -> Result<Learned> {
    let key = digest(texts.clone(), size);
    let path = folder().map(|folder| folder.join(format!("{key}.json")));
    let file = path.as_ref().and_then(|path| std::fs::read(path).ok());
    if let Some(learned) = file.and_then(|file| Kept::learned(&file, &key)) {
        return Ok(learned);
    }
    let learned = train(texts, size)?;
    if let Some(path) = path {
        let folder = path.parent().map_or(Ok(()), create_folder);
        let _ = folder.and_then(|()| write_atomically(&path, &json_of(&Kept::of(&learned, &key))?));
    }
    Ok(learned)
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// SHA-256 over what it was learned of, and the tokenizer.
    sha256: String,
    /// As a `tokenizer.json`.
    tokenizer: String,
}

impl Kept {
    fn of(learned: &Learned, key: &str) -> Self {
        Kept { sha256: Self::sum(key, learned.json()), tokenizer: learned.json().to_owned() }
    }

    fn sum(key: &str, tokenizer: &str) -> String {
        format!("{:x}", Sha256::digest(format!("{key}\n{tokenizer}")))
    }

    /// What a file holds, if it is what was kept under this key.
    fn learned(file: &[u8], key: &str) -> Option<Learned> {
        let kept: Kept = serde_json::from_slice(file).ok()?;
        let is_whole = Self::sum(key, &kept.tokenizer) == kept.sha256;
        is_whole.then(|| Learned::from_json(kept.tokenizer.as_bytes()).ok()).flatten()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_tokenizer_is_taken_only_as_it_was_kept_and_for_what_it_was_learned_of() {
        let [one, other] = ["a rose is a rose", "to be or not to be"]
            .map(|text| train(std::iter::repeat_n(text, 20), 262).unwrap());
        let file = json_of(&Kept::of(&one, "one")).unwrap();
        assert_eq!(Kept::learned(&file, "one").unwrap().json(), one.json());
        assert!(Kept::learned(&file, "other").is_none());
        let changed = Kept { tokenizer: other.json().to_owned(), ..Kept::of(&one, "one") };
        assert!(Kept::learned(&json_of(&changed).unwrap(), "one").is_none());
        assert!(Kept::learned(one.json().as_bytes(), "one").is_none());
        assert!(Kept::learned(b"", "one").is_none());
    }
}
