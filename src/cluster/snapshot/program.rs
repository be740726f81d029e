use std::fmt;
use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::runner::COMMIT;

/// A program file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub path: PathBuf,
    pub sha256: String,
    /// The Git commit it was built from.
    pub commit: String,
}

impl Program {
    /// The program that runs.
    ///
    /// # Errors
    /// A program file that cannot be found or read.
    pub fn this() -> Result<Self> {
        let path = std::env::current_exe().context("cannot find this program")?;
        let context = || format!("cannot read {}", path.display());
        let mut hash = Sha256::new();
        let mut file = File::open(&path).with_context(context)?;
        std::io::copy(&mut file, &mut hash).with_context(context)?;
        let sha256 = format!("{:x}", hash.finalize());
        Ok(Program { path, sha256, commit: COMMIT.to_owned() })
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning = self.sha256.get(..8).unwrap_or(&self.sha256);
        write!(f, "commit {}, SHA-256 {beginning}…", self.commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_by_as_much_of_its_hash_as_there_is() {
        for (sha256, told) in [("0123456789", "01234567…"), ("0123", "0123…"), ("", "…")] {
            let program =
                Program { path: PathBuf::new(), sha256: sha256.into(), commit: "abc".into() };
            assert_eq!(program.to_string(), format!("commit abc, SHA-256 {told}"));
        }
    }
}
