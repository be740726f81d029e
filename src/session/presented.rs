//! What the last call presented of an experiment, in `.presented` beside the runs: where nothing that its files are
//! made from has changed since, and none of them was touched, they are not made again.

use std::fmt::{Debug, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Inputs;
use crate::files::{create_folder, json_of, write_atomically};
use crate::record::{End, Status};
use crate::report::Told;
use crate::results::Experiment;
use crate::store::{Marks, Store};

/// What was presented, of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Presented {
    /// Digest of what the files are made from.
    made_from: String,
    /// Digest of names, lengths and times of the files.
    files: String,
    /// What was told.
    pub told: Told,
}

/// The place of what was presented of one experiment, and what a call would present now.
pub struct Kept {
    path: PathBuf,
    folder: PathBuf,
    made_from: String,
}

impl Kept {
    /// `None` where a run has not ended: its curve may change at any time.
    pub fn of(
        inputs: &Inputs,
        experiment: &Experiment,
        out: &Path,
        (ends, store): (&[End], &Store),
    ) -> Option<Self> {
        let has_ended = |end: &End| matches!(end.status, Status::Done | Status::Diverged);
        let all_have = ends.len() == inputs.plan.runs.len() && ends.iter().all(has_ended);
        let name = &inputs.spec.name;
        let path = out.join(".presented").join(format!("{name}.json"));
        // An end says nothing of a curve that was changed since: its run has not ended, and is told so.
        let marks: Vec<Marks> =
            inputs.plan.runs.iter().map(|run| store.marks(run.id().as_str())).collect();
        let made_from = digest(&(this_program()?, experiment, &inputs.plan, ends, marks));
        all_have.then(|| Kept { path, folder: out.join(name), made_from })
    }

    /// What the last call presented, where this one would present the same.
    pub fn same(&self) -> Option<Presented> {
        let known: Presented = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let is_same = known.made_from == self.made_from
            && digest_of_files(&self.folder).is_ok_and(|files| files == known.files);
        is_same.then_some(known)
    }

    /// Keeps what was told of the files that were written just now; not where they cannot be read because another call
    /// is writing them as well, as the last task of a cluster and who waits for it may: the next call makes them again.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names it.
    pub fn keep(&self, told: Told) -> Result<()> {
        let Ok(files) = digest_of_files(&self.folder) else { return Ok(()) };
        let presented = Presented { made_from: self.made_from.clone(), files, told };
        create_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        write_atomically(&self.path, &json_of(&presented)?)
    }
}

/// Length and time of this program's file: a build from changed sources has the commit of the one before.
fn this_program() -> Option<String> {
    let file = fs::metadata(std::env::current_exe().ok()?).ok()?;
    Some(format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), file.len(), file.modified().ok()?))
}

fn digest(what: &impl Debug) -> String {
    struct Hasher(Sha256);
    impl Write for Hasher {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut hasher = Hasher(Sha256::new());
    write!(hasher, "{what:?}").expect("a digest takes everything");
    format!("{:x}", hasher.0.finalize())
}

fn digest_of_files(folder: &Path) -> Result<String> {
    let files = files_in(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    Ok(digest(&files))
}

/// Every file of a folder and of those in it, with its length and when it was written.
fn files_in(folder: &Path) -> std::io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let about = fs::metadata(&path)?;
        match about.is_dir() {
            true => files.extend(files_in(&path)?),
            false => files.push((path, about.len(), about.modified()?)),
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_another_call_takes_away_while_they_are_read_are_no_error() {
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join(".presented/gone.json");
        let kept = Kept { path, folder: out.path().join("gone"), made_from: String::new() };
        kept.keep(Told::default()).unwrap();
        assert!(kept.same().is_none(), "what could not be read is not kept");
    }

    #[test]
    fn files_are_the_same_until_one_is_touched_added_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b/c"));
        create_folder(b.parent().unwrap()).unwrap();
        fs::write(&a, "1").unwrap();
        let mut known = vec![digest_of_files(folder.path()).unwrap()];
        assert_eq!(digest_of_files(folder.path()).unwrap(), known[0]);
        let mut changed = || {
            let now = digest_of_files(folder.path()).unwrap();
            assert!(!known.contains(&now));
            known.push(now);
        };
        fs::write(&b, "2").unwrap();
        changed();
        fs::write(&a, "12").unwrap();
        changed();
        let file = fs::File::options().write(true).open(&b).unwrap();
        file.set_modified(SystemTime::now() + std::time::Duration::from_secs(9)).unwrap();
        changed();
        fs::remove_file(&a).unwrap();
        changed();
    }
}
