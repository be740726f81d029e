//! The file of a spec.

use std::path::Path;
use std::string::FromUtf8Error;

use anyhow::{Context, Error, Result, anyhow, ensure};

use super::{Changes, Spec};
use crate::shell::quoted;

impl Spec {
    /// Reads a spec's file: its text, and what it says after the changes of the command line.
    ///
    /// # Errors
    /// A file that cannot be read or is not UTF-8, and anything wrong in it; the message names it.
    pub fn read(path: &Path, changes: &Changes) -> Result<(String, Self)> {
        ensure!(
            !path.is_dir(),
            "{} is a folder; expected the file of a spec, such as experiments/quick.toml. A folder of results is named by \
             --out, and `wane report` reads one of its experiments",
            path.display()
        );
        let cannot = || format!("cannot read the spec {}", path.display());
        let text = String::from_utf8(std::fs::read(path).with_context(cannot)?)
            .map_err(|error| no_utf8(path, &error))?;
        let spec = Spec::parse(&text, changes).with_context(|| format!("in {}", path.display()))?;
        Ok((text, spec))
    }
}

/// What is wrong with a spec in another encoding, and how to convert it.
fn no_utf8(path: &Path, error: &FromUtf8Error) -> Error {
    let (bytes, whole) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let line = 1 + bytes[..whole].iter().filter(|byte| **byte == b'\n').count();
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let (looks, from) = if is_wide { ("is", "UTF-16") } else { ("may be", "ISO-8859-1") };
    anyhow!(
        "line {line} of the spec {} is not UTF-8, which is expected; it {looks} {from}, and \
         `iconv -f {from} -t UTF-8 {} > utf-8.toml` writes a spec that can be read",
        path.display(),
        quoted(path)
    )
}
