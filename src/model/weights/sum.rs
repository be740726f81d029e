//! The checksum of a weight file that says which run it comes from, by which weights that were changed since are told.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

/// What a file's metadata call its checksum: nothing where an older version wrote it.
pub const SUM: &str = "sha256";

/// SHA-256 over run, step and tensors, in the order of their names.
pub fn sum_of(run: &str, step: &str, mut tensors: Vec<(&str, &[u8])>) -> String {
    let mut hash = Sha256::new();
    tensors.sort_unstable_by_key(|(name, _)| *name);
    for part in [(run, &[][..]), (step, &[][..])].into_iter().chain(tensors) {
        let (name, values) = part;
        hash.update(format!("{name} {}\n", values.len()));
        hash.update(values);
    }
    format!("{:x}", hash.finalize())
}

/// Makes sure that the weights in a file of ours are those that were written.
///
/// # Errors
/// They are not, or it cannot be read; the message names the file.
pub fn check_weights(path: &Path) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    check(&bytes).with_context(|| {
        format!("{} is damaged; --fresh with --save-best trains its run again", path.display())
    })
}

/// The same of the bytes of any weight file: of others nothing is known.
///
/// # Errors
/// They are not those that were written.
pub fn check(bytes: &[u8]) -> Result<()> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let about = header.metadata().as_ref();
    let entry = |name: &str| about.and_then(|about| about.get(name)).map(String::as_str);
    let (Some(sum), Some(run), Some(step)) = (entry(SUM), entry("run"), entry("step")) else {
        return Ok(());
    };
    let file = SafeTensors::deserialize(bytes)?;
    let tensors = file.iter().map(|(name, tensor)| (name, tensor.data())).collect();
    ensure!(sum_of(run, step, tensors) == sum, "its checksum does not match");
    Ok(())
}
