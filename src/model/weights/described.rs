//! What stands beside weights about their model. Tensors do not say it all: as many heads of twice the width have
//! tensors of the same shapes, and are another model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::config::{ModelShape, Named};
use crate::files::beside;
use crate::model::HuggingFace;

/// What `W.config.json` says beside weights that were saved here, as far as it is needed.
#[derive(Deserialize)]
struct Saved {
    model: ModelShape,
}

/// Checks that weights at a path are of this model by what is written beside them, if anything is; returns what is
/// computed a little differently here or is not known, for people.
///
/// # Errors
/// A description of another model, or of one that is not computed here.
pub fn check(path: &Path, shape: &ModelShape) -> Result<Option<String>> {
    let Some(Description { file, shape: theirs, note }) = description(path)? else {
        return Ok(Some(format!(
            "no config.json beside it says how many heads its model has; model.heads = {} is believed",
            shape.heads
        )));
    };
    let name = file.display();
    if theirs.family != shape.family {
        bail!(
            "{name} says that the weights are of a model of the family {theirs}, and this one is of {}; set model.family = \"{theirs}\"",
            shape.family.name(),
            theirs = theirs.family.name()
        );
    }
    let kv_heads = |shape: &ModelShape| shape.kv_heads.unwrap_or(shape.heads);
    let window = |of: &ModelShape| of.window.map(|window| window.min(shape.context));
    let differ = [
        ("layers", Some(theirs.layers), Some(shape.layers)),
        ("heads", Some(theirs.heads), Some(shape.heads)),
        ("kv_heads", Some(kv_heads(&theirs)), Some(kv_heads(shape))),
        ("channels", Some(theirs.channels), Some(shape.channels)),
        ("hidden", theirs.hidden, shape.hidden),
        ("window", window(&theirs), window(shape)),
        ("experts", theirs.experts, shape.experts),
        ("active_experts", theirs.active_experts, shape.active_experts),
    ];
    for (key, theirs, ours) in differ {
        if theirs != ours {
            let told = |value: Option<usize>| value.map_or("none".to_owned(), |n| n.to_string());
            bail!(
                "{name} says that the weights are of a model with {key} = {}, and this one has {}; set model.{key}",
                told(theirs),
                told(ours)
            );
        }
    }
    Ok(note)
}

/// What describes weights.
struct Description {
    file: PathBuf,
    shape: ModelShape,
    /// For people.
    note: Option<String>,
}

fn description(path: &Path) -> Result<Option<Description>> {
    let saved = beside(path, "config.json");
    if path.is_file() && saved.is_file() {
        let text =
            std::fs::read(&saved).with_context(|| format!("cannot read {}", saved.display()))?;
        let Saved { model } = serde_json::from_slice(&text).with_context(|| {
            format!("{} is not as `wane train --save` writes it", saved.display())
        })?;
        return Ok(Some(Description { file: saved, shape: model, note: None }));
    }
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let config = folder.join("config.json");
    if !config.is_file() {
        return Ok(None);
    }
    let read = HuggingFace::read(&config)?;
    if !read.is_of_a_model() {
        return Ok(None);
    }
    let all = read.shape().and_then(|shape| Ok((shape, read.note()?)));
    let (shape, note) = all.with_context(|| config.display().to_string())?;
    Ok(Some(Description { file: config, shape, note }))
}
