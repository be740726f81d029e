//! Weights of a run that the user wants in a file, and beside them what they are.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::config::{RunConfig, RunId};
use crate::corpus::{Corpus, Tokenizer};
use crate::files::{
    beside, check_folder_of, check_is_free, json_of, make_folder_atomically, write_atomically,
};
use crate::model::{Purpose, check_weights, hugging_face_config, origin, write_weights};
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
    /// A folder for the last weights, as Hugging Face's transformers read it.
    pub model: Option<PathBuf>,
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
        self.last.is_some() || self.best.is_some() || self.model.is_some()
    }

    /// Whether all files can be written, before hours of training depend on it.
    ///
    /// # Errors
    /// A file that cannot be written or would replace something else, a family that transformers do not have; the
    /// message says what to do.
    pub fn check(&self, run: &RunConfig) -> Result<()> {
        let mut taken = BTreeSet::new();
        for (flag, path) in [("--save", &self.last), ("--save-best", &self.best)] {
            let Some(path) = path else { continue };
            check_target(flag, path)?;
            for file in files_of(path) {
                let shown = file.display().to_string();
                ensure!(taken.insert(file), "--save and --save-best would both write {shown}");
            }
        }
        let check_model = |path: &PathBuf| {
            hugging_face_config(&run.model, run.data.vocabulary, None)?;
            check_is_free(path)?;
            check_folder_of(path)
        };
        self.model.iter().try_for_each(check_model).context("--save-model")
    }

    /// Writes what was asked for of a run that has ended.
    ///
    /// # Errors
    /// A file that cannot be written, or weights that there are not.
    pub fn write(&self, run: &RunConfig, store: &Store, corpus: &Corpus) -> Result<()> {
        let record = store.finished(run).context("the run has not ended")?;
        let best = self.best.iter().try_for_each(|path| save_best(path, &record, store, corpus));
        let last = self.last.iter().try_for_each(|path| save_last(path, &record, store, corpus));
        let model = self.model.iter().try_for_each(|path| save_model(path, &record, store, corpus));
        best.and(last).and(model)
    }
}

fn save_best(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    let step = check_best(store, record)?;
    let kept = store.best_weights(&record.config);
    check_weights(&kept)?;
    let weights = fs::read(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
    write_atomically(path, &weights)?;
    describe(path, record, step, corpus)
}

fn save_last(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    write_last(path, record, store, corpus)?;
    describe(path, record, record.end.steps, corpus)
}

fn write_last(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    let (run, steps) = (&record.config, record.end.steps);
    ensure!(
        record.end.status != Status::Diverged,
        "the run diverged at step {steps}; there are no last weights to save"
    );
    let weights = store.checkpoint(run).with_context(|| {
        format!("the last weights of run {} are not there; --fresh trains it again", run.id())
    })?;
    let weights = weights.into_evaluated();
    write_weights(path, &weights, Purpose::of(&run.model, corpus), Some((&run.id(), steps)))
}

/// A folder for `from_pretrained` of transformers, and what the weights are.
fn save_model(path: &Path, record: &Record, store: &Store, corpus: &Corpus) -> Result<()> {
    let end = corpus.tokenizer.as_ref().and_then(Tokenizer::end_of_text);
    let config = hugging_face_config(&record.config.model, corpus.vocabulary, end)?;
    make_folder_atomically(path, |folder| {
        write_last(&folder.join("model.safetensors"), record, store, corpus)?;
        write_atomically(&folder.join("config.json"), &json_of(&config)?)?;
        let about = Saved::of(record, record.end.steps, corpus);
        write_atomically(&folder.join("wane.json"), &json_of(&about)?)?;
        match &corpus.tokenizer {
            Some(tokenizer) => write_tokenizer(folder, tokenizer),
            None => Ok(()),
        }
    })
}

/// The tokenizer, and that it is to be taken as it stands: for `gpt2` transformers would make one of their own, without
/// its normalizer and its way to cut texts.
fn write_tokenizer(folder: &Path, tokenizer: &Tokenizer) -> Result<()> {
    write_atomically(&folder.join("tokenizer.json"), tokenizer.to_json().as_bytes())?;
    let class = serde_json::json!({"tokenizer_class": "PreTrainedTokenizerFast"});
    write_atomically(&folder.join("tokenizer_config.json"), &json_of(&class)?)
}

/// Whether the weights of the lowest val loss of a run were kept; returns their step.
///
/// # Errors
/// They were not; the message says how to get them.
pub fn check_best(store: &Store, record: &Record) -> Result<usize> {
    let run = record.config.id();
    let first = record.end.first_stop(record.config.start.first_stop());
    let Some((_, step)) = best_evaluation(&record.curve, first) else {
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

impl<'a> Saved<'a> {
    fn of(record: &'a Record, step: usize, corpus: &Corpus) -> Self {
        let row = record.curve.iter().find(|row| row.step == step);
        Saved {
            run: record.config.id(),
            step,
            val_loss: row.and_then(|row| row.val_loss),
            vocabulary: corpus.vocabulary,
            config: &record.config,
        }
    }
}

/// Writes the files beside saved weights: what they are, and what their tokens are.
fn describe(path: &Path, record: &Record, step: usize, corpus: &Corpus) -> Result<()> {
    write_atomically(&config_beside(path), &json_of(&Saved::of(record, step, corpus))?)?;
    let kept = corpus.tokenizer.as_ref().map(Tokenizer::kept).transpose()?;
    for name in Tokenizer::FILES {
        let file = beside(path, name);
        match &kept {
            Some((own, contents)) if *own == name => write_atomically(&file, contents)?,
            // One of weights that were saved under this name before.
            _ if file.exists() => fs::remove_file(&file)
                .with_context(|| format!("cannot remove {}", file.display()))?,
            _ => {}
        }
    }
    Ok(())
}

/// The weights and what is beside them.
fn files_of(path: &Path) -> Vec<PathBuf> {
    let beside = Tokenizer::FILES.map(|name| beside(path, name));
    [path.to_owned(), config_beside(path)].into_iter().chain(beside).collect()
}

fn config_beside(path: &Path) -> PathBuf {
    beside(path, "config.json")
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
        (beside(path, "alphabet.json"), is_tokenizer),
        (beside(path, "tokenizer.json"), is_tokenizer),
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

/// Any tokenizer might be ours, as any list of characters might.
fn is_tokenizer(path: &Path) -> bool {
    fs::read(path).is_ok_and(|json| Tokenizer::from_kept(&json).is_ok())
}

fn read_json(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
