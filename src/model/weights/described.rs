//! What stands beside weights about their model. Tensors do not say it all: as many heads of twice the width have
//! tensors of the same shapes, and are another model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::config::{ModelShape, Named, is_one_eps, plain};
use crate::files::beside;
use crate::model::HuggingFace;

/// What `W.config.json` says beside weights that were saved here, as far as it is needed.
#[derive(Deserialize)]
struct Saved {
    model: ModelShape,
}

/// What is known of weights by what stands beside them.
#[derive(Debug, Default)]
pub struct Beside {
    /// What is not known, for people.
    pub note: Option<String>,
    /// Whether it says that the model's head is not its embedding.
    pub is_untied: bool,
}

/// Checks that weights at a path are of this model by what is written beside them, if anything is.
///
/// # Errors
/// A description of another model, or of one that is not computed here.
pub fn check(path: &Path, shape: &ModelShape) -> Result<Beside> {
    let Some(Description { file, shape: theirs, beside }) = description(path)? else {
        let note = format!(
            "no config.json beside it says how many heads its model has; model.heads = {} is believed",
            shape.heads
        );
        return Ok(Beside { note: Some(note), is_untied: false });
    };
    let name = file.display();
    if theirs.family != shape.family {
        bail!(
            "{name} says that the weights are of a model of the family {theirs}, and this one is of {}; set model.family = \"{theirs}\"",
            shape.family.name(),
            theirs = theirs.family.name()
        );
    }
    if let Some((key, theirs, ours)) = difference(&theirs, shape) {
        bail!(
            "{name} says that the weights are of a model with {key} = {theirs}, and this one has {ours}; set model.{key}"
        );
    }
    Ok(beside)
}

/// The first number in which two models of a family differ, with both.
fn difference(theirs: &ModelShape, ours: &ModelShape) -> Option<(&'static str, String, String)> {
    let kv_heads = |of: &ModelShape| of.kv_heads.unwrap_or(of.heads);
    // A window of the whole context is none.
    let window = |of: &ModelShape| of.window.unwrap_or(ours.context).min(ours.context);
    let counts = |of: &ModelShape| {
        [
            ("layers", Some(of.layers)),
            ("heads", Some(of.heads)),
            ("kv_heads", Some(kv_heads(of))),
            ("channels", Some(of.channels)),
            ("hidden", of.hidden),
            ("window", Some(window(of))),
            ("experts", of.experts),
            ("active_experts", of.active_experts),
        ]
    };
    let told = |value: Option<usize>| value.map_or("none".to_owned(), |n| n.to_string());
    let differ = counts(theirs).into_iter().zip(counts(ours)).find(|(one, other)| one != other);
    let eps = [theirs, ours].map(ModelShape::norm_eps);
    match differ {
        Some(((key, theirs), (_, ours))) => Some((key, told(theirs), told(ours))),
        None => (!is_one_eps(eps[0], eps[1])).then(|| ("norm_eps", plain(eps[0]), plain(eps[1]))),
    }
}

/// What describes weights.
struct Description {
    file: PathBuf,
    shape: ModelShape,
    beside: Beside,
}

fn description(path: &Path) -> Result<Option<Description>> {
    let saved = beside(path, "config.json");
    if path.is_file() && saved.is_file() {
        let text =
            std::fs::read(&saved).with_context(|| format!("cannot read {}", saved.display()))?;
        let Saved { model } = serde_json::from_slice(&text).with_context(|| {
            format!("{} is not as `wane train --save` writes it", saved.display())
        })?;
        return Ok(Some(Description { file: saved, shape: model, beside: Beside::default() }));
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
    let all = || -> Result<(ModelShape, Beside)> {
        Ok((read.shape()?, Beside { note: None, is_untied: read.is_untied()? }))
    };
    let (shape, beside) = all().with_context(|| config.display().to_string())?;
    Ok(Some(Description { file: config, shape, beside }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Family;

    /// What is said of weights beside which this stands.
    fn checked(config: &Value, shape: &ModelShape) -> Result<Beside> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("config.json"), config.to_string())?;
        check(folder.path(), shape)
    }

    fn mixtral() -> (Value, ModelShape) {
        let config = json!({
            "model_type": "mixtral", "num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 8,
            "max_position_embeddings": 32, "intermediate_size": 16, "num_key_value_heads": 2,
            "num_local_experts": 4, "num_experts_per_tok": 2, "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "rope_theta": 1e6, "sliding_window": null,
        });
        let shape = ModelShape { family: Family::Mixtral, ..ModelShape::gpt2(1, 2, 8, 32) };
        let (hidden, experts, active_experts) = (Some(16), Some(4), Some(2));
        (config, ModelShape { hidden, experts, active_experts, ..shape })
    }

    #[test]
    fn a_window_of_the_whole_context_is_none() {
        let (config, shape) = mixtral();
        assert!(checked(&config, &shape).unwrap().note.is_none());
        let whole = ModelShape { window: Some(32), ..shape };
        assert!(checked(&config, &whole).unwrap().note.is_none());
        let narrow = ModelShape { window: Some(16), ..shape };
        let error = checked(&config, &narrow).unwrap_err().to_string();
        assert!(error.contains("window = 32, and this one has 16"), "{error}");
    }

    #[test]
    fn norms_of_another_epsilon_are_another_model() {
        let (mut config, shape) = mixtral();
        let small = shape.with_norm_eps(1e-6);
        config["rms_norm_eps"] = json!(1e-6);
        assert!(checked(&config, &small).unwrap().note.is_none());
        let error = format!("{:#}", checked(&config, &shape).unwrap_err());
        let expected = "norm_eps = 1e-6, and this one has 1e-5; set model.norm_eps";
        assert!(error.contains(expected), "{error}");
        // As it is written.
        let written = crate::model::hugging_face_config(&small, 11, None).unwrap();
        assert_eq!(written["rms_norm_eps"], json!(1e-6));
        assert!(checked(&written, &small).is_ok());
        // As programs write it that have it in 32 bits.
        for (eps, shape) in [(1e-6_f32, &small), (1e-5, &shape)] {
            config["rms_norm_eps"] = json!(f64::from(eps));
            assert!(checked(&config, shape).is_ok(), "{eps:e}");
        }
        config["rms_norm_eps"] = json!(9.99e-6);
        assert!(checked(&config, &shape).is_err());
        config["rms_norm_eps"] = json!(0.0);
        let error = format!("{:#}", checked(&config, &shape).unwrap_err());
        assert!(error.contains("its rms_norm_eps is 0e0; expected a number above 0"), "{error}");
        // Where it says nothing, transformers take other numbers for other families.
        config.as_object_mut().unwrap().remove("rms_norm_eps");
        assert!(checked(&config, &shape).is_ok());
        config["model_type"] = json!("mistral");
        let mistral = ModelShape { family: Family::Mistral, experts: None, ..shape };
        let mistral = ModelShape { active_experts: None, ..mistral };
        config["rope_theta"] = json!(1e4);
        assert!(checked(&config, &mistral).is_err());
        assert!(checked(&config, &mistral.with_norm_eps(1e-6)).is_ok());
    }
}
