//! Public texts that can be fetched by name.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

/// A text that is known by its hash.
pub struct Text {
    /// Name on the command line.
    pub name: &'static str,
    /// Name of the file.
    pub file: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: &'static str,
}

/// Every text.
pub const TEXTS: &[Text] = &[Text {
    name: "tiny-shakespeare",
    file: "tiny-shakespeare.txt",
    url: "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    bytes: 1_115_394,
    sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
}];

/// Downloads a text to `path` and tells `progress` how many bytes came in. The file appears whole
/// and with the right hash, or not at all; a right one that is there already is left alone.
///
/// # Errors
/// No connection, an answer other than success, another content than expected, a folder that
/// cannot be written, or another file in the way.
pub fn download(text: &Text, url: &str, path: &Path, progress: impl Fn(u64)) -> Result<()> {
    if path.exists() {
        let there = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            hex(Sha256::digest(&there)) == text.sha256,
            "{} is there already and is not {}; move it away first",
            path.display(),
            text.name
        );
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let mut file = NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into the folder {}", folder.display()))?;
    let hash =
        receive(text, url, &mut file, progress).with_context(|| format!("downloading {url}"))?;
    if hash != text.sha256 {
        bail!(
            "{url} holds something else than {}: its SHA-256 is {hash}, expected {}",
            text.name,
            text.sha256
        );
    }
    file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn receive(
    text: &Text,
    url: &str,
    file: &mut impl Write,
    progress: impl Fn(u64),
) -> Result<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .build()
        .into();
    let mut body = agent.get(url).call()?.into_body().into_reader();
    let mut hash = Sha256::new();
    let mut buffer = [0; 1 << 16];
    let mut received = 0;
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(hash.finalize()));
        }
        received += count as u64;
        ensure!(
            received <= text.bytes,
            "the answer is longer than the {} bytes of {}",
            text.bytes,
            text.name
        );
        hash.update(&buffer[..count]);
        file.write_all(&buffer[..count])?;
        progress(count as u64);
    }
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
