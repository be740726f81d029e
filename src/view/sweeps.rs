//! The sweeps below a folder.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::results::{RunRow, planned_names, read_planned, read_runs};
use crate::store::{Marks, Store};

/// How deep below the folder sweeps are looked for.
const DEPTH: usize = 4;
/// Folders that are looked at, at most.
const MOST_FOLDERS: usize = 4000;
/// How long a list stays as it is.
const FRESH: Duration = Duration::from_millis(1500);

/// Where a sweep's runs are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was planned in a folder of results, and its runs are in the store.
    Planned(PathBuf),
    /// A folder with the files of its results.
    Finished(PathBuf),
    /// The runs in the store of a folder of results that belong to none of these.
    Others(PathBuf),
}

/// A sweep that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// By which it is asked for: no path.
    pub id: String,
    pub name: String,
    /// The folder of results that it is in, below the one that is shown.
    pub folder: String,
    pub runs: usize,
    pub ended: usize,
    /// Whether it is known what its runs are to answer.
    pub is_judged: bool,
    /// Why the file that lists its runs cannot be read.
    pub trouble: Option<String>,
    #[serde(skip)]
    pub source: Source,
}

/// Identities of runs, or why the file that lists them cannot be read.
type Listed = Result<BTreeSet<String>, String>;

/// The last list, and what was read for it.
#[derive(Default)]
pub struct Sweeps {
    listed: Option<(Instant, Vec<Found>)>,
    ids: HashMap<PathBuf, (Option<SystemTime>, BTreeSet<String>)>,
    /// By folder and run, the files of its end as they were, and whether it had ended by them.
    ended: HashMap<PathBuf, HashMap<String, (Marks, bool)>>,
}

impl Sweeps {
    /// Every sweep below a folder, by folder and name.
    pub fn list(&mut self, root: &Path) -> Vec<Found> {
        if let Some((at, listed)) = &self.listed
            && at.elapsed() < FRESH
        {
            return listed.clone();
        }
        let mut search = Search { root, sweeps: self, found: Vec::new(), left: MOST_FOLDERS };
        if is_results(root) {
            search.add_finished(root);
        }
        search.below(root, DEPTH);
        let found = search.found;
        self.listed = Some((Instant::now(), found.clone()));
        found
    }

    /// The runs that a file of rows names, read again when it has changed.
    fn ids(&mut self, path: &Path, read: impl FnOnce() -> anyhow::Result<Vec<RunRow>>) -> Listed {
        let written = fs::metadata(path).and_then(|about| about.modified()).ok();
        if let Some((_, ids)) = self.ids.get(path).filter(|(known, _)| *known == written) {
            return Ok(ids.clone());
        }
        let rows = read().map_err(|error| format!("{error:#}"))?;
        let ids: BTreeSet<String> = rows.into_iter().map(|row| row.run).collect();
        self.ids.insert(path.to_owned(), (written, ids.clone()));
        Ok(ids)
    }

    /// How many of these runs of a folder have ended. The files of each are checked when they have changed alone: a
    /// folder may hold thousands.
    fn count_ended(&mut self, folder: &Path, ids: &[&String]) -> usize {
        let (store, known) = (Store::new(folder), self.ended.entry(folder.to_owned()).or_default());
        let now = |id: &&String| {
            let marks = store.marks(id);
            let known = known.get(*id).filter(|(known, _)| *known == marks);
            (marks, known.map_or_else(|| store.has_ended(id), |(_, has_ended)| *has_ended))
        };
        let found: Vec<(Marks, bool)> = ids.par_iter().map(now).collect();
        let count = found.iter().filter(|(_, has_ended)| *has_ended).count();
        known.extend(ids.iter().map(|id| (*id).clone()).zip(found));
        count
    }
}

struct Search<'a> {
    root: &'a Path,
    sweeps: &'a mut Sweeps,
    found: Vec<Found>,
    left: usize,
}

impl Search<'_> {
    fn below(&mut self, folder: &Path, depth: usize) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let runs = Store::new(folder).names().map_err(|error| format!("{error:#}"));
        // Results are kept where the runs are gone.
        let has_runs = runs.as_ref().is_ok_and(|runs| !runs.is_empty());
        let mut planned = planned_names(folder);
        planned.retain(|name| has_runs || !is_results(&folder.join(name)));
        let mut known = BTreeSet::new();
        for name in &planned {
            known.extend(self.add_planned(folder, name));
        }
        for below in folders_in(folder) {
            if is_results(&below) && !planned.contains(&name_of(&below)) {
                known.extend(self.add_finished(&below));
            }
            // Results of others may lie below results.
            if depth > 0 {
                self.below(&below, depth - 1);
            }
        }
        let others: Listed =
            runs.map(|runs| runs.into_iter().filter(|id| !known.contains(id)).collect());
        self.add_others(folder, &others);
    }

    /// Adds the runs of a folder that are of no sweep, or why they are not known.
    fn add_others(&mut self, folder: &Path, others: &Listed) {
        if others.as_ref().is_ok_and(BTreeSet::is_empty) {
            return;
        }
        let ids: Vec<&String> = others.iter().flatten().collect();
        let ended = self.sweeps.count_ended(folder, &ids);
        self.add("other runs", folder, (others, ended), Source::Others(folder.to_owned()));
    }

    /// Adds what was planned under a name; returns its runs.
    fn add_planned(&mut self, folder: &Path, name: &str) -> BTreeSet<String> {
        let path = folder.join(".planned").join(name).with_added_extension("csv");
        let read = || read_planned(folder, name).map(|(_, rows)| rows);
        let listed = self.sweeps.ids(&path, read);
        let ids: Vec<&String> = listed.iter().flatten().collect();
        let ended = self.sweeps.count_ended(folder, &ids);
        self.add(name, folder, (&listed, ended), Source::Planned(folder.to_owned()));
        listed.unwrap_or_default()
    }

    /// Adds a folder of results; returns its runs.
    fn add_finished(&mut self, folder: &Path) -> BTreeSet<String> {
        let listed = self.sweeps.ids(&folder.join("runs.csv"), || read_runs(folder));
        let ended = listed.as_ref().map_or(0, BTreeSet::len);
        let parent = folder.parent().unwrap_or(folder).to_owned();
        let source = Source::Finished(folder.to_owned());
        self.add(&name_of(folder), &parent, (&listed, ended), source);
        listed.unwrap_or_default()
    }

    fn add(
        &mut self,
        name: &str,
        folder: &Path,
        (listed, ended): (&Listed, usize),
        source: Source,
    ) {
        let digest = Sha256::digest(format!("{source:?} {name}"));
        let below = folder.strip_prefix(self.root).unwrap_or(Path::new(""));
        self.found.push(Found {
            id: digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect(),
            name: name.to_owned(),
            folder: below.to_string_lossy().into_owned(),
            runs: listed.as_ref().map_or(0, BTreeSet::len),
            ended,
            is_judged: !matches!(source, Source::Others(_)),
            trouble: listed.as_ref().err().cloned(),
            source,
        });
    }
}

/// The runs in a store that belong to none of the sweeps that are known in its folder.
///
/// # Errors
/// A store that cannot be read; the message names it.
pub fn others(results: &Path) -> anyhow::Result<Vec<String>> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for name in planned_names(results) {
        let rows = read_planned(results, &name).map_or_else(|_| Vec::new(), |(_, rows)| rows);
        known.extend(rows.into_iter().map(|row| row.run));
    }
    for folder in folders_in(results).iter().filter(|folder| is_results(folder)) {
        let rows = read_runs(folder).unwrap_or_default();
        known.extend(rows.into_iter().map(|row| row.run));
    }
    let mut names = Store::new(results).names()?;
    names.retain(|name| !known.contains(name));
    names.sort();
    Ok(names)
}

fn is_results(folder: &Path) -> bool {
    folder.join("runs.csv").is_file() && folder.join("experiment.json").is_file()
}

/// Folders in a folder that are not hidden, nor links to what may lie elsewhere.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let own = entries.filter(|entry| {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_dir())
    });
    let mut folders: Vec<PathBuf> = own.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn name_of(folder: &Path) -> String {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
