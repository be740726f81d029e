//! What safetensors files hold, read from their headers: numbers are fetched tensor by tensor, so that files may
//! be larger than memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::files::named;
use super::foreign::foreign;

/// Bytes before a header: its length.
const LENGTH: usize = size_of::<u64>();

/// The longest header that the format allows, in bytes.
const LONGEST: u64 = 100_000_000;

/// As many bytes of a file as tell what it is.
const FIRST: u64 = 64;

/// Where a tensor lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// As the file has it.
    pub name: String,
    pub file: Arc<PathBuf>,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Of its first byte in the file.
    start: u64,
}

impl Stored {
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The bytes of `count` of its numbers from number `from` on.
    ///
    /// # Errors
    /// A file that cannot be read, or that was cut short meanwhile; the message names file and tensor.
    pub fn bytes(&self, from: usize, count: usize) -> Result<Vec<u8>> {
        let size = self.dtype.bitsize() / 8;
        let mut bytes = vec![0; count * size];
        let mut fetch = || -> Result<()> {
            let mut file = File::open(self.file.as_path())?;
            file.seek(SeekFrom::Start(self.start + (from * size) as u64))?;
            Ok(file.read_exact(&mut bytes)?)
        };
        fetch().with_context(|| {
            format!("cannot read the tensor `{}` of {}", self.name, self.file.display())
        })?;
        Ok(bytes)
    }
}

/// The tensors of every file that a path stands for: one file, an index, a shard or a folder.
///
/// # Errors
/// A path that stands for none, a file that is no safetensors file, or a name that two shards have; the message
/// says what would do.
pub fn open(path: &Path) -> Result<Vec<Stored>> {
    let mut tensors = Vec::new();
    for file in named(path)? {
        tensors.extend(in_file(file)?);
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some([a, b]) = tensors.array_windows().find(|[a, b]| a.name == b.name) {
        let (a_file, b_file) = (a.file.display(), b.file.display());
        bail!("the tensor `{}` is in both {a_file} and {b_file}; remove one of them", a.name);
    }
    Ok(tensors)
}

fn in_file(path: PathBuf) -> Result<Vec<Stored>> {
    let name = path.display().to_string();
    let mut file = File::open(&path).with_context(|| format!("cannot read {name}"))?;
    let (start, header) = header(&mut file, &path)
        .with_context(|| format!("cannot read {name}; expected a safetensors file"))?;
    let file = Arc::new(path);
    let stored = |(name, info): (String, &safetensors::tensor::TensorInfo)| Stored {
        name,
        file: Arc::clone(&file),
        dtype: info.dtype,
        shape: info.shape.clone(),
        start: start + info.data_offsets.0 as u64,
    };
    Ok(header.tensors().into_iter().map(stored).collect())
}

/// Where the numbers start, and what there is.
fn header(file: &mut File, path: &Path) -> Result<(u64, Metadata)> {
    let size = file.metadata()?.len();
    let mut first = Vec::new();
    file.by_ref().take(FIRST).read_to_end(&mut first)?;
    parsed(file, size, &first).map_err(|error| match foreign(path, &first) {
        Some(instead) => anyhow!(instead),
        None => error,
    })
}

fn parsed(file: &mut File, size: u64, first: &[u8]) -> Result<(u64, Metadata)> {
    let cut = "it may be cut short: compare its size with the original";
    let length = first.first_chunk().context("it has no header")?;
    let length = u64::from_le_bytes(*length);
    let start = LENGTH as u64 + length.min(LONGEST);
    ensure!(length <= LONGEST && start <= size, "it ends before its header does; {cut}");
    let mut text = vec![0; length as usize];
    file.seek(SeekFrom::Start(LENGTH as u64))?;
    file.read_exact(&mut text)?;
    let header: Metadata =
        serde_json::from_slice(&text).map_err(|error| anyhow!("{error}; {cut}"))?;
    let expected = start + header.data_len() as u64;
    ensure!(size == expected, "it has {size} bytes, its header announces {expected}; {cut}");
    Ok((start, header))
}
