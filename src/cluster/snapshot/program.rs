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
        write!(f, "commit {}, SHA-256 {}…", self.commit, &self.sha256[..8])
    }
}
