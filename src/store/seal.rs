//! Checksums of a run's files, by which those that were changed since, or are another run's, are told: of all of an
//! ended run, and of the curve up to a checkpoint.

use std::fmt::{self, Display};
use std::str::FromStr;

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

/// Rows of a curve when a checkpoint was written, and SHA-256 over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveSeal {
    rows: usize,
    sha256: String,
}

impl CurveSeal {
    /// That of all rows of a curve file with these contents.
    ///
    /// # Errors
    /// Contents that are no table.
    pub fn of(curve: &[u8]) -> Result<Self> {
        Self::of_first(usize::MAX, curve)
    }

    /// Cells under the names of their columns, without those that are empty: a newer version, which knows of more
    /// columns, writes the rows of an older one again.
    fn of_first(rows: usize, curve: &[u8]) -> Result<Self> {
        let mut table = csv::Reader::from_reader(curve);
        let names = table.headers()?.clone();
        let (mut hash, mut count) = (Sha256::new(), 0);
        for row in table.records().take(rows) {
            for (name, cell) in names.iter().zip(&row?).filter(|(_, cell)| !cell.is_empty()) {
                hash.update(format!("{name}={cell}\n"));
            }
            count += 1;
        }
        Ok(CurveSeal { rows: count, sha256: format!("{:x}", hash.finalize()) })
    }

    /// Whether a curve file begins with the rows that it had then.
    ///
    /// # Errors
    /// A file that does not.
    pub fn check(&self, curve: &[u8]) -> Result<()> {
        ensure!(
            Self::of_first(self.rows, curve)? == *self,
            "{CURVE} is not as this run left it at its last checkpoint: its checksum does not match"
        );
        Ok(())
    }
}

impl Display for CurveSeal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.rows, self.sha256)
    }
}

impl FromStr for CurveSeal {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || format!("its curve is `{text}`, not a count of rows and a checksum");
        let (rows, sha256) = text.split_once(' ').with_context(wrong)?;
        Ok(CurveSeal { rows: rows.parse().with_context(wrong)?, sha256: sha256.to_owned() })
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
