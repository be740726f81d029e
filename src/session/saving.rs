//! Weights of a run that the user wants in a file, and beside them what they are.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::config::{RunConfig, RunId};
use crate::corpus::Corpus;
use crate::files::{beside, check_folder_of, json_of, write_atomically};
use crate::model::{Purpose, origin, write_weights};
use crate::plural::counted;
use crate::record::{Record, Status, best_evaluation};
use crate::store::Store;

/// Files to save weights to.
#[derive(Clone, Debug, Default)]
pub struct Saves {
    /// For the last weights.
    pub last: Option<PathBuf>,
    /// For those of the lowest val loss.
    pub best: Option<PathBuf>,
}

/// What is known of saved weights, for the file beside them.
#[derive(Serialize)]
struct Saved<'a> {
    run: RunId,
    /// Optimizer steps taken.
    step: usize,
    /// Loss on the evaluation windows of val at this step, in nats per token.
    val_loss: Option<f64>,
    vocabulary: usize,
    #[serde(flatten)]
    config: &'a RunConfig,
}

impl Saves {
    pub fn is_any(&self) -> bool {
        self.last.is_some() || self.best.is_some()
    }

    /// Whether all files can be written, before hours of training depend on it.
    ///
    /// # Errors
    /// A file that cannot be written or would replace something else; the message says what to do.
    pub fn check(&self) -> Result<()> {
        let mut taken = BTreeSet::new();
        for (flag, path) in [("--save", &self.last), ("--save-best", &self.best)] {
            let Some(path) = path else { continue };
            check_target(flag, path)?;
            for file in [path.clone(), config_beside(path), alphabet_beside(path)] {
                let shown = file.display().to_string();
                ensure!(taken.insert(file), "--save and --save-best would both write {shown}");
            }
        }
        Ok(())
    }

    /// Writes what was asked for of a run that has ended.
    ///
    /// # Errors
    /// A file that cannot be written, or weights that there are not.
    pub fn write(&self, run: &RunConfig, store: &Store, corpus: &Corpus) -> Result<()> {
        let record = store.finished(run).context("the run has not ended")?;
        let best = self.best.iter().try_for_each(|path| save_best(path, &record, store, corpus));
        let last = self.last.iter().try_for_each(|path| save_last(path, &record, store, corpus));
        best.and(last)
    }
}

fn save_best(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    let step = check_best(store, record)?;
    let kept = store.best_weights(&record.config);
    let weights = fs::read(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
    write_atomically(path, &weights)?;
    describe(path, record, step, corpus)
}

fn save_last(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    let (run, steps) = (&record.config, record.end.steps);
    ensure!(
        record.end.status != Status::Diverged,
        "the run diverged at step {steps}; there are no last weights to save"
    );
    let weights = store.checkpoint(run)?.into_evaluated();
    write_weights(path, &weights, Purpose::of(&run.model, corpus), Some((&run.id(), steps)))?;
    describe(path, record, steps, corpus)
}

/// Whether the weights of the lowest val loss of a run were kept; returns their step.
///
/// # Errors
/// They were not; the message says how to get them.
pub fn check_best(store: &Store, record: &Record) -> Result<usize> {
    let run = record.config.id();
    let Some((_, step)) = best_evaluation(&record.curve) else {
        let steps = record.end.steps;
        bail!(
            "the run diverged at step {steps}, before an evaluation; there are no best weights to save"
        );
    };
    ensure!(
        origin(&store.best_weights(&record.config)) == Some((run.to_string(), step)),
        "run {run} has its lowest val loss at step {step}, but its weights there were not kept: it was \
         trained, at least in part, without --save-best; --fresh trains it again"
    );
    Ok(step)
}

/// How many of these runs finished before without keeping their best weights, as a note.
pub fn note_without_best(store: &Store, runs: &[RunConfig]) -> Option<String> {
    let finished = runs.iter().filter_map(|run| store.finished(run));
    let done = finished.filter(|record| record.end.status == Status::Done);
    let count = done.filter(|record| check_best(store, record).is_err()).count();
    let runs = counted(count, "run");
    (count > 0).then(|| {
        format!("{runs} finished before without keeping the best weights; --fresh trains again")
    })
}

/// Writes the files beside saved weights: what they are, and their characters.
fn describe(path: &Path, record: &Record, step: usize, corpus: &Corpus) -> Result<()> {
    let config = &record.config;
    let row = record.curve.iter().find(|row| row.step == step);
    let saved = Saved {
        run: config.id(),
        step,
        val_loss: row.and_then(|row| row.val_loss),
        vocabulary: corpus.vocabulary,
        config,
    };
    write_atomically(&config_beside(path), &json_of(&saved)?)?;
    let alphabet = alphabet_beside(path);
    match corpus.alphabet() {
        Some(characters) => write_atomically(&alphabet, &json_of(&characters)?),
        // One of weights that were saved under this name before.
        None if alphabet.exists() => fs::remove_file(&alphabet)
            .with_context(|| format!("cannot remove {}", alphabet.display())),
        None => Ok(()),
    }
}

fn config_beside(path: &Path) -> PathBuf {
    beside(path, "config.json")
}

fn alphabet_beside(path: &Path) -> PathBuf {
    beside(path, "alphabet.json")
}

fn check_target(flag: &str, path: &Path) -> Result<()> {
    let name = path.display();
    let names_a_file = path.file_name().is_some() && !name.to_string().ends_with('/');
    ensure!(
        names_a_file && !path.is_dir(),
        "{flag} {name}: expected the name of a file, not a folder"
    );
    check_folder_of(path).with_context(|| format!("{flag} {name}"))?;
    let files = [
        (path.to_owned(), is_weights as fn(&Path) -> bool),
        (config_beside(path), is_config),
        (alphabet_beside(path), is_alphabet),
    ];
    for (file, is_ours) in files {
        match fs::metadata(&file) {
            Ok(there) => ensure!(
                there.is_file() && is_ours(&file),
                "{flag} {name} would replace {}, which wane did not write; choose another name",
                file.display()
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => bail!("{flag} {name}: cannot write {}: {error}", file.display()),
        }
    }
    Ok(())
}

/// Whether a file is empty, or starts as a safetensors file does: with a length and JSON.
fn is_weights(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(9).read_to_end(&mut start));
    read.is_ok() && (start.is_empty() || start.get(8) == Some(&b'{'))
}

fn is_config(path: &Path) -> bool {
    let json = read_json(path);
    json.is_some_and(|json| json["run"].is_string() && json["numerics"].is_number())
}

fn is_alphabet(path: &Path) -> bool {
    let json = read_json(path);
    json.is_some_and(|json| {
        json.as_array().is_some_and(|all| all.iter().all(|one| one.is_string()))
    })
}

fn read_json(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
