//! Weights that `wane train --save` wrote, and what is beside them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::request::Asked;
use super::source::{Source, Voice, Weights};
use super::tokenizer;
use crate::config::ModelShape;
use crate::corpus::Tokenizer;
use crate::files::beside;
use crate::model::origin;

/// What `W.config.json` says of weights, as far as it is needed.
#[derive(Deserialize)]
struct Saved {
    run: String,
    step: usize,
    val_loss: Option<f64>,
    vocabulary: usize,
    model: ModelShape,
}

/// Whether a file has a description of ours beside it.
pub fn is_saved(path: &Path) -> bool {
    beside(path, "config.json").is_file()
}

/// The name of that description.
pub fn config_name(path: &Path) -> String {
    let name = beside(path, "config.json");
    name.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub fn open(asked: &Asked) -> Result<Source> {
    let path = asked.path;
    let config = beside(path, "config.json");
    let text = fs::read(&config).with_context(|| format!("cannot read {}", config.display()))?;
    let saved: Saved = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not as `wane train --save` writes it", config.display()))?;
    if let Some((run, step)) = origin(path) {
        ensure!(
            run == saved.run && step == saved.step,
            "{} has weights of run {run} at step {step}, and {} tells of run {} at step {}: one of them was written over",
            path.display(),
            config.display(),
            saved.run,
            saved.step
        );
    }
    let files = Tokenizer::FILES.map(|name| beside(path, name));
    let tokenizer = tokenizer::of(asked.tokenizer, || tokenizer::kept(&files))?;
    let loss = saved.val_loss.map_or(String::new(), |loss| format!(", val loss {loss:.3}"));
    let title = format!("run {}", saved.run);
    let voice = Voice {
        name: format!("{}: {title} at step {}{loss}", path.display(), saved.step),
        title,
        run: Some(saved.run),
        shape: saved.model,
        vocabulary: saved.vocabulary,
        weights: Weights::File(path.to_owned()),
    };
    tokenizer::source(vec![voice], tokenizer)
}
