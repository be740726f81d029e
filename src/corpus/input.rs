//! Opening what a source names. Every worker opens it again: what can be read only once is refused.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// What a path of data may lead to.
pub const EXPECTED: &str = "data.source is `grammar`, `shifted-grammar`, sums such as `modular:31`, a file of text or of tokens, a folder of texts, or a folder with train.bin and val.bin or the same as .npy";

/// Opens a file.
///
/// # Errors
/// Nothing there, or something that is no plain file.
pub fn open(path: &Path) -> Result<File> {
    let name = path.display();
    ensure!(
        path.as_os_str() != "-",
        "standard input cannot be read as data: every worker reads its data anew; write it to a file"
    );
    // A pipe is not opened to look at it: that would wait for a writer.
    let kind = std::fs::metadata(path)
        .with_context(|| format!("cannot read {name}; {EXPECTED}"))?
        .file_type();
    if !kind.is_file() || is_of_this_process(path) {
        bail!(
            "{name} is a pipe or a device, not a plain file: every worker reads its data anew; \
             write it to a file and give that"
        );
    }
    File::open(path).with_context(|| format!("cannot open {name}"))
}

/// Reads a whole file.
///
/// # Errors
/// As for [`open`].
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = open(path)?;
    file.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

/// Descriptors have the same names in a worker and lead elsewhere.
fn is_of_this_process(path: &Path) -> bool {
    ["/dev/stdin", "/dev/fd", "/proc/self", "/proc/thread-self"]
        .iter()
        .any(|own| path.starts_with(own))
}
