//! Models as Hugging Face's transformers save them: `config.json`, weights, a tokenizer.

use std::path::Path;

use anyhow::{Context, Result};

use super::request::Asked;
use super::source::{Source, Voice, Weights};
use super::tokenizer;
use crate::config::{ModelShape, Named};
use crate::corpus::read_tokenizer;
use crate::model::HuggingFace;

pub fn open(asked: &Asked, folder: &Path) -> Result<Source> {
    let path = folder.join("config.json");
    let config = HuggingFace::read(&path)?;
    let model = config.model().with_context(|| path.display().to_string())?;
    let there = || read_tokenizer(folder).map(Some).context("give a tokenizer with --tokenizer");
    let tokenizer = tokenizer::of(asked.tokenizer, there)?;
    let title = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let title = if title.is_empty() { model.shape.family.name().to_owned() } else { title };
    let ModelShape { family, layers, channels, context, .. } = model.shape;
    let name = format!(
        "{}: {}, {layers} layers of {channels} channels, {} tokens, context {context}",
        asked.path.display(),
        family.name(),
        model.vocabulary
    );
    let voice = Voice {
        title,
        name,
        run: None,
        shape: model.shape,
        vocabulary: model.vocabulary,
        weights: Weights::File(asked.path.to_owned()),
    };
    let source = tokenizer::source(vec![voice], tokenizer)?;
    let end = config.token("eos_token_id")?.or(source.end);
    // These models were trained on documents, each after a token that no document has.
    let begin = config.token("bos_token_id")?.or(end).unwrap_or(source.begin);
    let before = source.tokenizer.before_text();
    Ok(Source { before, begin, end, ..source })
}
