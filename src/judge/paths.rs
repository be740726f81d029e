//! Which files are read, and what their paths say of their runs.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::compression::unpacked;

/// Folders below a folder that are looked into.
const DEEPEST: usize = 4;

/// What a path names.
#[derive(Debug, PartialEq)]
pub enum Source {
    File(Named),
    Folder { path: PathBuf, files: Vec<Named> },
}

/// A file, and what its path says of its run.
#[derive(Debug, PartialEq)]
pub struct Named {
    pub path: PathBuf,
    pub name: String,
}

/// The files that paths name, each once. A run is called by its file, and by its path below the folder that is named;
/// where two files would be called the same, by their paths below the folder that they all are in.
///
/// # Errors
/// A path that is not there; the message names it.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        match path.is_dir() {
            true => below(path, DEEPEST, &mut files)?,
            false => files.push(path.clone()),
        }
        files.sort();
        for file in &files {
            fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
        }
        files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or(file.clone())));
        found.push((path, files));
    }
    let by_path = |inside: fn(&Path) -> Option<&Path>| {
        let named = |(path, files): &(&PathBuf, Vec<PathBuf>)| {
            let base = if path.is_dir() { Some(path.as_path()) } else { inside(path) };
            let files = files.iter().map(|file| named(file, base)).collect();
            source(path, files)
        };
        found.iter().filter(|(_, files)| !files.is_empty()).map(named).collect::<Vec<_>>()
    };
    let named = by_path(Path::parent);
    if !are_distinct(&named) {
        return Ok(by_common_folder(&found));
    }
    Ok(named)
}

fn source(path: &Path, mut files: Vec<Named>) -> Source {
    match files.pop() {
        Some(only) if !path.is_dir() => Source::File(only),
        last => {
            files.extend(last);
            Source::Folder { path: path.to_owned(), files }
        }
    }
}

fn by_common_folder(found: &[(&PathBuf, Vec<PathBuf>)]) -> Vec<Source> {
    let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or(file.clone());
    let files: Vec<PathBuf> = found.iter().flat_map(|(_, files)| files).map(absolute).collect();
    let common = files.iter().skip(1).fold(parent_of(&files[0]), |common, file| {
        let own = parent_of(file);
        let same = common.iter().zip(&own).take_while(|(one, other)| one == other).count();
        common[..same].to_vec()
    });
    let common: PathBuf = common.iter().collect();
    let named = |(path, files): &(&PathBuf, Vec<PathBuf>)| {
        let named = |file: &PathBuf| {
            let Named { name, .. } = named(&absolute(file), Some(&common));
            Named { path: file.clone(), name }
        };
        source(path, files.iter().map(named).collect())
    };
    found.iter().filter(|(_, files)| !files.is_empty()).map(named).collect()
}

fn parent_of(file: &Path) -> Vec<Component<'_>> {
    file.parent().unwrap_or(file).components().collect()
}

fn are_distinct(sources: &[Source]) -> bool {
    let mut names = BTreeSet::new();
    sources.iter().all(|source| match source {
        Source::File(file) => names.insert(&file.name),
        Source::Folder { files, .. } => files.iter().all(|file| names.insert(&file.name)),
    })
}

/// Whether an ending says what a file is, and nothing of its run: a word without a digit, and what clusters write (`o17`,
/// the output of job 17).
fn is_ending(own: &OsStr) -> bool {
    let own = own.to_string_lossy();
    let is_digit = |one: char| one.is_ascii_digit();
    let of_job = own
        .strip_prefix(['o', 'e'])
        .is_some_and(|job| !job.is_empty() && job.chars().all(is_digit));
    of_job || own.starts_with(char::is_alphabetic) && !own.contains(is_digit)
}

/// A file below a folder, without the ending that says what it is: `.log`, and not the `.1` of `wd0.1` or the `.seed0` of
/// `wd0.seed0`. What a trainer keeps at a checkpoint is of the run whose checkpoint it is.
fn named(file: &Path, folder: Option<&Path>) -> Named {
    let inside = folder.and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
    let inside = unpacked(inside);
    let bare = match inside.extension() {
        Some(ending) if is_ending(ending) => inside.with_extension(""),
        _ => inside,
    };
    let folders = bare.parent().into_iter().flatten().filter(|part| !is_checkpoint(part));
    let bare: PathBuf = folders.chain(bare.file_name()).collect();
    Named { path: file.to_owned(), name: bare.to_string_lossy().replace('\\', "/") }
}

/// Whether a folder is one that trainers make anew for each checkpoint: `checkpoint-500`.
fn is_checkpoint(part: &OsStr) -> bool {
    let part = part.to_string_lossy();
    let number = part.strip_prefix("checkpoint").map(|rest| rest.trim_start_matches(['-', '_']));
    number
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit()))
}

/// The runs of a sweep, where a folder is that of one: its other tables are of the same runs.
pub fn runs_of_a_sweep(folder: &Path) -> Option<PathBuf> {
    let runs = folder.join("runs.csv");
    (folder.join("experiment.json").is_file() && runs.is_file()).then_some(runs)
}

fn below(folder: &Path, deep: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if let Some(runs) = runs_of_a_sweep(folder) {
        files.push(runs);
        return Ok(());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        match path.is_dir() {
            true if deep > 0 => below(&path, deep - 1, files)?,
            true => {}
            false => files.push(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the files that paths below a folder name.
    fn names(files: &[&str], paths: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
        let sources = sources(&paths).unwrap().into_iter();
        let files = sources.flat_map(|source| match source {
            Source::File(file) => vec![file],
            Source::Folder { files, .. } => files,
        });
        files.map(|file| file.name).collect()
    }

    #[test]
    fn files_are_called_by_what_tells_them_apart() {
        let both = ["a/wd0-s1.log", "b/wd0-s1.log"];
        assert_eq!(names(&both, &both), ["a/wd0-s1", "b/wd0-s1"]);
        assert_eq!(names(&both, &["a", "b"]), ["a/wd0-s1", "b/wd0-s1"]);
        assert_eq!(names(&both, &["."]), ["a/wd0-s1", "b/wd0-s1"]);
        assert_eq!(names(&both, &["a/wd0-s1.log"]), ["wd0-s1"]);
        assert_eq!(names(&both, &["a/wd0-s1.log", "a"]), ["wd0-s1"], "a file is read once");
        let apart = ["a/wd0-s1.log", "b/wd0-s2.log"];
        assert_eq!(names(&apart, &["a", "b"]), ["wd0-s1", "wd0-s2"]);
    }

    #[test]
    fn what_is_kept_at_a_checkpoint_is_of_its_run() {
        let files = ["wd0-s1/checkpoint-10/a.json", "wd0-s1/checkpoint-20/a.json", "wd1-s1/a.json"];
        assert_eq!(names(&files, &["."]), ["wd0-s1/a", "wd0-s1/a", "wd1-s1/a"]);
        let files = ["checkpoint-10.jsonl", "checkpoint-20.jsonl"];
        assert_eq!(names(&files, &["."]), ["checkpoint-10", "checkpoint-20"]);
    }

    #[test]
    fn a_decimal_is_no_ending() {
        let files = ["wd0.1", "wd0.3", "wd1.csv", "wd2.csv.gz", "wd0.5.zst"];
        assert_eq!(names(&files, &files), ["wd0.1", "wd0.3", "wd1", "wd2", "wd0.5"]);
    }

    #[test]
    fn what_a_name_says_of_a_run_after_a_point_is_no_ending() {
        let files = ["wd0.seed0", "wd0.seed1.gz", "wd0.seed2.log", "wd0.seed3.JSONL.gz"];
        let own = ["wd0.seed0", "wd0.seed1", "wd0.seed2", "wd0.seed3"];
        assert_eq!(names(&files, &files), own);
        // Of whatever program, and of a cluster's jobs.
        let files =
            ["wd0.1-s0.o482130", "wd0-s1.e17", "wd0-s2.metrics", "wd0-s3.dat", "wd0.lr3e-4"];
        let own = ["wd0.1-s0", "wd0-s1", "wd0-s2", "wd0-s3", "wd0.lr3e-4"];
        assert_eq!(names(&files, &files), own);
    }
}
