//! The checksum of an ended run, by which files that were changed since, or are another run's, are told.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CURVE, END};
use crate::config::RunId;
use crate::files::json_of;
use crate::record::End;

/// An end as it stands in its file.
#[derive(Serialize)]
struct Sealed<'a> {
    #[serde(flatten)]
    end: &'a End,
    sha256: &'a str,
}

/// What a file of an end says of its checksum: nothing where an older version wrote it.
#[derive(Deserialize)]
struct Seal {
    sha256: Option<String>,
}

/// The text of the end of a run with its checksum: SHA-256 over the run's identity, its curve, and this text
/// without the checksum.
///
/// # Errors
/// An end that cannot be written as JSON.
pub fn sealed(end: &End, id: &RunId, curve: &[u8]) -> Result<Vec<u8>> {
    let open = json_of(&Sealed { end, sha256: "" })?;
    json_of(&Sealed { end, sha256: &digest(id.as_str(), curve, &open) })
}

/// Whether end and curve of the run with this identity are those that were written with this checksum.
///
/// # Errors
/// Files that are not; the message names them.
pub fn check(end: &[u8], id: &str, curve: &[u8]) -> Result<()> {
    let seal: Seal = serde_json::from_slice(end).with_context(|| format!("{END} is damaged"))?;
    let Some(sum) = seal.sha256 else { return Ok(()) };
    let text = std::str::from_utf8(end)?;
    let open = text.replacen(&entry(&sum), &entry(""), 1);
    ensure!(
        digest(id, curve, open.as_bytes()) == sum,
        "{CURVE} and {END} are not as this run left them: their checksum does not match"
    );
    Ok(())
}

fn entry(sum: &str) -> String {
    format!("\"sha256\": \"{sum}\"")
}

fn digest(id: &str, curve: &[u8], open: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [id.as_bytes(), curve, open] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    format!("{:x}", hash.finalize())
}
