//! What the files of a run say about it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Context, Error, Result, bail, ensure};

use super::checkpoint::Stored;
use super::run_folder::{
    CHECKPOINT, CONFIG, CURVE, END, config_of, curve_file, exists, of_json, read_file,
};
use super::{checkpoint, seal};
use crate::config::RunConfig;
use crate::files::check_is_plain;
use crate::record::{CurveRow, End, Record, Status};

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    New,
    /// It was begun and stopped before its first checkpoint.
    Begun,
    /// It stopped after a checkpoint and can be resumed.
    Interrupted {
        /// Optimizer steps taken.
        step: usize,
    },
    /// It could not be trained.
    Failed {
        /// Why.
        error: String,
        /// The step of its last checkpoint, 0 without one.
        step: usize,
    },
    /// It reached its end, or diverged.
    Finished(Box<Record>),
    /// The system does not let its files be read: nothing is known of them.
    Unreadable {
        /// Which, and why.
        why: String,
    },
    /// Its files contradict each other or are not what the run wrote.
    Broken {
        /// Which, and how.
        why: String,
    },
}

/// A run as far as it was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct SoFar {
    pub curve: Vec<CurveRow>,
    /// `None` until it ends.
    pub end: Option<End>,
    /// How often val loss was measured after the start.
    pub evaluations: usize,
    /// Training tokens of a step.
    pub tokens_per_step: usize,
}

impl RunState {
    /// The step to resume from.
    pub fn step(&self) -> usize {
        match self {
            RunState::Interrupted { step } | RunState::Failed { step, .. } => *step,
            _ => 0,
        }
    }
}

/// Reads a run's folder.
pub fn read(folder: &Path, config: &RunConfig) -> RunState {
    let state = || -> Result<RunState> {
        let Some(stored) = config_of(folder)? else {
            let strays = [END, CHECKPOINT, CURVE].iter().any(|file| exists(&folder.join(file)));
            ensure!(!strays, "{CONFIG} is missing");
            return Ok(RunState::New);
        };
        ensure!(stored == *config, "{CONFIG} describes another run");
        let path = folder.join(END);
        let Some(text) = read_file(&path)? else { return unfinished(folder, config) };
        match of_json(&text, &path)? {
            End { status: Status::Failed, error, .. } => {
                let step = unfinished(folder, config)?.step();
                Ok(RunState::Failed { error: error.unwrap_or_default(), step })
            }
            end => finished(folder, stored, end, &text),
        }
    };
    state().unwrap_or_else(|error| {
        let why = format!("{error:#}");
        match is_of_system(&error) && !is_in_the_way(folder) {
            true => RunState::Unreadable { why },
            false => RunState::Broken { why },
        }
    })
}

/// Whether something else lies where the folder of a run belongs.
fn is_in_the_way(folder: &Path) -> bool {
    match fs::metadata(folder) {
        Ok(found) => !found.is_dir(),
        Err(error) => leads_nowhere(&error),
    }
}

/// Whether a path is of no file that there is: a link to itself, or one below what is no folder.
fn leads_nowhere(error: &io::Error) -> bool {
    #[cfg(unix)]
    let is_loop = error.raw_os_error() == Some(libc::ELOOP);
    #[cfg(not(unix))]
    let is_loop = false;
    is_loop || error.kind() == ErrorKind::NotADirectory
}

/// Whether the system did not let a file be read that is there: that says nothing of what is in it.
fn is_of_system(error: &Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    let is_of_system = |one: &io::Error| {
        one.raw_os_error().is_some() && one.kind() != ErrorKind::NotFound && !leads_nowhere(one)
    };
    causes.into_iter().any(is_of_system)
}

fn unfinished(folder: &Path, config: &RunConfig) -> Result<RunState> {
    let path = folder.join(CHECKPOINT);
    if !exists(&path) {
        return Ok(RunState::Begun);
    }
    check_is_plain(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let Stored { checkpoint, about } = checkpoint::read(&path, &config.id())?;
    let (path, step) = (folder.join(CURVE), checkpoint.step);
    let bytes = curve_file(&path)?;
    rows_up_to(&path, &bytes, config, step)?;
    about.curve.map_or(Ok(()), |seal| seal.check(&bytes))?;
    Ok(RunState::Interrupted { step })
}

/// A run whose end says so; `text` is that of its file.
fn finished(folder: &Path, config: RunConfig, end: End, text: &[u8]) -> Result<RunState> {
    let all = config.recipe.steps;
    // A run that diverged has no row of that step, and none at all where its first evaluation was not finite.
    let last = match end.status {
        Status::Done => Some(all),
        _ => end.steps.checked_sub(1),
    };
    let path = folder.join(CURVE);
    let bytes = curve_file(&path)?;
    let up_to = |last| rows_up_to(&path, &bytes, &config, last);
    let curve = last.map_or_else(|| Ok(Vec::new()), up_to)?;
    if end.status == Status::Done {
        ensure!(end.steps == all, "{END} says that {} of {all} steps were its end", end.steps);
        let is_finite = |row: &CurveRow| {
            [row.train_loss, row.val_loss].iter().all(|loss| loss.is_some_and(f64::is_finite))
        };
        ensure!(curve.last().is_some_and(is_finite), "{CURVE} has no losses of its last step");
    }
    seal::check(text, config.id().as_str(), &bytes)?;
    Ok(RunState::Finished(Box::new(Record { config, curve, end })))
}

/// The rows up to a step. Later ones, a torn last line among them, belong to steps that were lost.
pub fn curve_up_to(folder: &Path, config: &RunConfig, step: usize) -> Result<Vec<CurveRow>> {
    let path = folder.join(CURVE);
    rows_up_to(&path, &curve_file(&path)?, config, step)
}

/// The rows of a curve file, of which these are the bytes, up to a step.
fn rows_up_to(path: &Path, bytes: &[u8], config: &RunConfig, step: usize) -> Result<Vec<CurveRow>> {
    let name = || format!("{} ends before step {step}", path.display());
    let mut expected = (0..=step).filter(|step| config.recipe.logs(*step));
    let mut rows = Vec::new();
    let mut lines = csv::Reader::from_reader(whole_lines(bytes)).into_deserialize();
    for expected in expected.by_ref() {
        match lines.next() {
            Some(Ok(row)) => rows.push(row),
            Some(Err(error)) => return Err(error).with_context(name),
            None => bail!(name()),
        }
        let found: &CurveRow = &rows[rows.len() - 1];
        ensure!(
            found.step == expected,
            "{} has a row for step {} where step {expected} was due",
            path.display(),
            found.step
        );
    }
    Ok(rows)
}

/// The rows of a curve up to the first that is torn.
pub fn whole_rows(folder: &Path) -> Vec<CurveRow> {
    let bytes = curve_file(&folder.join(CURVE)).unwrap_or_default();
    csv::Reader::from_reader(whole_lines(&bytes)).into_deserialize().map_while(Result::ok).collect()
}

/// The lines of a file that have an end: the number at the end of a torn one may lack digits.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    &bytes[..end]
}
