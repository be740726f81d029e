//! The files that a path names: one, the shards of an index, or those of a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;

use super::foreign::SHARD;

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const PICKLE: &str = "pytorch_model.bin";
const ENDING: &str = ".safetensors";
/// More files than any model is parted into.
const MOST_FILES: usize = 100_000;

/// A file of weights, as it is on disk.
pub struct WeightFile {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// Reads every file that a path names.
///
/// # Errors
/// A path that names none; the message says what would.
pub fn read_files(path: &Path) -> Result<Vec<WeightFile>> {
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).with_context(|| {
            let shard = if file == path { String::new() } else { named_by(path) };
            format!("cannot read weights from {}{shard}", file.display())
        })?;
        Ok(WeightFile { path: file, bytes })
    };
    named(path)?.into_iter().map(read).collect()
}

fn named_by(path: &Path) -> String {
    format!(", one of the files that {} stands for", path.display())
}

/// The files that a path stands for.
///
/// # Errors
/// A folder or an index that names none, or the name of a file that speaks of too many.
pub fn named(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_dir() {
        return in_folder(path);
    }
    if name_of(path).is_some_and(|name| name.ends_with(".index.json")) {
        return of_index(path);
    }
    shards(path).unwrap_or_else(|| Ok(vec![path.to_owned()]))
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    for name in [SINGLE, INDEX] {
        if folder.join(name).is_file() {
            return named(&folder.join(name));
        }
    }
    let found = files_ending_in(folder, "safetensors")
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let Some(first) = found.first() else {
        // The message about this file says how to convert it.
        if folder.join(PICKLE).exists() {
            return Ok(vec![folder.join(PICKLE)]);
        }
        if let Some(shard) = files_ending_in(folder, SHARD)?.into_iter().next() {
            return Ok(vec![shard]);
        }
        bail!("the folder {} holds no {SINGLE} and no {INDEX}", folder.display());
    };
    let set = named(first)?;
    ensure!(
        found.iter().all(|file| set.contains(file)),
        "the folder {} holds several weight files, among them {} and {}; give one of them",
        folder.display(),
        name_of(first).unwrap_or_default(),
        found.last().and_then(|file| name_of(file)).unwrap_or_default(),
    );
    Ok(set)
}

fn files_ending_in(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, PathBuf>,
}

fn of_index(path: &Path) -> Result<Vec<PathBuf>> {
    let name = path.display();
    let text = fs::read(path).with_context(|| format!("cannot read weights from {name}"))?;
    let index: Index = serde_json::from_slice(&text).with_context(|| {
        format!("{name} is no index of weights: expected JSON whose `weight_map` names a file for each tensor")
    })?;
    let files: BTreeSet<PathBuf> = index.weight_map.into_values().collect();
    ensure!(!files.is_empty(), "{name}: its `weight_map` is empty");
    for file in &files {
        let mut parts = file.components();
        ensure!(
            matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)),
            "{name} names the file {}; the files of an index lie beside it",
            file.display()
        );
    }
    Ok(files.into_iter().map(|file| path.with_file_name(file)).collect())
}

/// All files of a set such as `model-00001-of-00002.safetensors`, if a path is one of them.
fn shards(path: &Path) -> Option<Result<Vec<PathBuf>>> {
    let (start, total) = name_of(path)?.strip_suffix(ENDING)?.rsplit_once("-of-")?;
    let (base, number) = start.rsplit_once('-')?;
    let (count, width): (usize, usize) = (total.parse().ok()?, total.len());
    let number: usize = number.parse().ok()?;
    let shard = |number| path.with_file_name(format!("{base}-{number:0width$}-of-{total}{ENDING}"));
    let too_many = || {
        anyhow!(
            "{} is by its name one of {count} files; at most {MOST_FILES} are read: give it another name, such as {SINGLE}",
            path.display()
        )
    };
    match (1..=count).contains(&number) {
        true if count > MOST_FILES => Some(Err(too_many())),
        true => Some(Ok((1..=count).map(shard).collect())),
        false => None,
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_speaks_of_more_files_than_a_model_has_is_refused() {
        for total in ["100001", "99999999999999", "18446744073709551615"] {
            let path = PathBuf::from(format!("model-1-of-{total}.safetensors"));
            let error = named(&path).unwrap_err().to_string();
            assert!(error.contains(total) && error.contains("at most 100000"), "{error}");
        }
        let files = named(Path::new("model-1-of-100000.safetensors")).unwrap();
        assert_eq!(files.len(), MOST_FILES);
        let single = Path::new("model-3-of-2.safetensors");
        assert_eq!(named(single).unwrap(), [single]);
    }
}
