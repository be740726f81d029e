//! Public texts that can be fetched by name.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::files::Draft;

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
    let is_new = !folder.exists();
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let fetched = fetch(text, url, path, progress);
    if fetched.is_err() && is_new {
        // Only an empty one is removed.
        let _ = fs::remove_dir(folder);
    }
    fetched
}

fn fetch(text: &Text, url: &str, path: &Path, progress: impl Fn(u64)) -> Result<()> {
    let mut draft = Draft::of(path)?;
    let hash = receive(text, url, draft.file(), progress).with_context(|| {
        format!("cannot fetch {url}; fetch it by other means and put it at {}", path.display())
    })?;
    if hash != text.sha256 {
        bail!(
            "{url} holds something else than {}: its SHA-256 is {hash}, expected {}",
            text.name,
            text.sha256
        );
    }
    draft.keep()
}

/// Programs that fetch an address and write to stdout what they get, in the order in which they are tried. They know
/// the certificates and proxies of the machine, and cost nothing to build.
const FETCHERS: [(&str, &[&str]); 2] = [
    (
        "curl",
        &[
            "--fail",
            "--location",
            "--silent",
            "--show-error",
            "--connect-timeout",
            "20",
            "--speed-limit",
            "1",
            "--speed-time",
            "30",
            "--proto",
            "=http,https",
        ],
    ),
    ("wget", &["-q", "-O", "-", "-T", "30"]),
];

/// A program at work, by its name.
struct Fetcher {
    name: &'static str,
    child: Child,
}

impl Fetcher {
    fn start(url: &str) -> Result<Self> {
        ensure!(
            url.starts_with("https://") || url.starts_with("http://"),
            "expected an address that begins with https:// or http://"
        );
        for (name, options) in FETCHERS {
            let mut command = Command::new(name);
            command.args(options).arg(url).stdin(Stdio::null());
            match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
                Ok(child) => return Ok(Fetcher { name, child }),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot start {name}")),
            }
        }
        let names = FETCHERS.map(|(name, _)| name).join(" nor ");
        bail!("neither {names} is on this machine")
    }

    fn body(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("it is piped")
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It did not get what it was asked for; with its own words.
    fn end(self) -> Result<()> {
        let ended = self.child.wait_with_output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = if said.trim().is_empty() { "it says nothing" } else { said.trim() };
        ensure!(ended.status.success(), "{} ended with {}: {said}", self.name, ended.status);
        Ok(())
    }
}

fn receive(
    text: &Text,
    url: &str,
    file: &mut impl Write,
    progress: impl Fn(u64),
) -> Result<String> {
    let mut fetcher = Fetcher::start(url)?;
    let mut body = fetcher.body();
    let mut hash = Sha256::new();
    let mut buffer = [0; 1 << 16];
    let mut received = 0;
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            return fetcher.end().map(|()| hex(hash.finalize()));
        }
        received += count as u64;
        if received > text.bytes {
            // It may already have ended.
            let _ = fetcher.child.kill();
            let _ = fetcher.child.wait();
            bail!("the answer is longer than the {} bytes of {}", text.bytes, text.name);
        }
        hash.update(&buffer[..count]);
        file.write_all(&buffer[..count])?;
        progress(count as u64);
    }
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
