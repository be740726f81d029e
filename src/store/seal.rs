//! Checksums of a run's files, by which those that were changed since, or are another run's, are told: of all of an
//! ended run, and of the curve up to a checkpoint.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Write};
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::run_folder::{CURVE, END};
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

/// Length in bytes and SHA-256 of a curve file when a checkpoint was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveSeal {
    bytes: usize,
    sha256: String,
}

impl CurveSeal {
    /// That of a curve file with these contents.
    fn of(curve: &[u8]) -> Self {
        CurveSeal { bytes: curve.len(), sha256: format!("{:x}", Sha256::digest(curve)) }
    }

    /// Whether a curve file begins with what it held then; what was added since does not count.
    ///
    /// # Errors
    /// A file that does not.
    pub fn check(&self, curve: &[u8]) -> Result<()> {
        ensure!(
            curve.get(..self.bytes).is_some_and(|curve| Self::of(curve) == *self),
            "{CURVE} is not as this run left it at its last checkpoint: its checksum does not match"
        );
        Ok(())
    }
}

/// A curve file that is written, and its seal so far: a long one is not read again at every checkpoint.
pub struct SealedFile {
    file: File,
    hash: Sha256,
    bytes: usize,
}

impl SealedFile {
    /// Goes on with a file that holds this.
    pub fn after(contents: &[u8], file: File) -> Self {
        SealedFile { file, hash: Sha256::new_with_prefix(contents), bytes: contents.len() }
    }

    /// That of everything written so far.
    pub fn seal(&self) -> CurveSeal {
        CurveSeal { bytes: self.bytes, sha256: format!("{:x}", self.hash.clone().finalize()) }
    }

    /// # Errors
    /// A file that cannot be written.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Write for SealedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.bytes += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Display for CurveSeal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.bytes, self.sha256)
    }
}

impl FromStr for CurveSeal {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || format!("its curve is `{text}`, not a length in bytes and a checksum");
        let (bytes, sha256) = text.split_once(' ').with_context(wrong)?;
        Ok(CurveSeal { bytes: bytes.parse().with_context(wrong)?, sha256: sha256.to_owned() })
    }
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
