//! Models as Hugging Face's transformers save them: `config.json`, weights, a tokenizer.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::source::{Source, Voice, Weights};
use super::{Asked, tokenizer};
use crate::config::{Family, ModelShape, Named};
use crate::corpus::{Token, read_tokenizer};

/// ε of every norm of the families here.
const EPS: f64 = 1e-5;

/// Most tokens of a vocabulary.
const MOST: usize = Token::MAX as usize + 1;

pub fn open(asked: &Asked, folder: &Path) -> Result<Source> {
    let path = folder.join("config.json");
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let entries: Map<String, Value> = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no JSON object", path.display()))?;
    let config = Config { entries };
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
    let notes = source.notes.into_iter().chain(model.note).collect();
    let before = source.tokenizer.before_text();
    Ok(Source { before, begin, end, notes, ..source })
}

struct Model {
    shape: ModelShape,
    vocabulary: usize,
    note: Option<String>,
}

/// `config.json`.
struct Config {
    entries: Map<String, Value>,
}

/// Parameters of rotary positions, as newer versions write them.
#[derive(Deserialize)]
struct Rotary {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
}

impl Config {
    fn model(&self) -> Result<Model> {
        let kind: String = self.needed("model_type")?;
        let shape = match kind.as_str() {
            "gpt2" => self.gpt2()?,
            "llama" => self.llama(Family::Llama)?,
            "mistral" => self.llama(Family::Mistral)?,
            "mixtral" => self.llama(Family::Mixtral)?,
            other => {
                bail!("its model_type is {other}; gpt2, llama, mistral and mixtral can be read")
            }
        };
        self.check(&shape)?;
        let vocabulary: usize = self.needed("vocab_size")?;
        ensure!(
            (1..=MOST).contains(&vocabulary),
            "its vocabulary has {vocabulary} tokens, and tokens are kept in 16 bits: from 1 to {MOST}"
        );
        let eps = ["layer_norm_epsilon", "rms_norm_eps"].iter().find_map(|key| self.number(key));
        let note = eps.filter(|eps| *eps != EPS).map(|eps| {
            format!("computes with ε = 1e-5 in its norms, and its config.json says {eps:e}: scores differ a little")
        });
        Ok(Model { shape, vocabulary, note })
    }

    fn gpt2(&self) -> Result<ModelShape> {
        self.is("activation_function", &["gelu_new", "gelu_pytorch_tanh"])?;
        self.is("scale_attn_weights", &[true])?;
        self.is("scale_attn_by_inverse_layer_idx", &[false])?;
        self.is("tie_word_embeddings", &[true])?;
        let channels: usize = self.needed("n_embd")?;
        if let Some(hidden) = self.get::<usize>("n_inner")? {
            ensure!(hidden == 4 * channels, "its n_inner is {hidden}; expected {}", 4 * channels);
        }
        let (layers, heads) = (self.needed("n_layer")?, self.needed("n_head")?);
        Ok(ModelShape::gpt2(layers, heads, channels, self.needed("n_positions")?))
    }

    fn llama(&self, family: Family) -> Result<ModelShape> {
        self.is("hidden_act", &["silu"])?;
        self.is("attention_bias", &[false])?;
        self.is("mlp_bias", &[false])?;
        self.check_rotary(family)?;
        let (layers, heads) =
            (self.needed("num_hidden_layers")?, self.needed("num_attention_heads")?);
        let (channels, context) =
            (self.needed("hidden_size")?, self.needed("max_position_embeddings")?);
        let mut shape = ModelShape { family, ..ModelShape::gpt2(layers, heads, channels, context) };
        shape.kv_heads = self.get("num_key_value_heads")?.or(Some(heads));
        shape.hidden = Some(self.needed("intermediate_size")?);
        if family != Family::Llama {
            shape.window = Some(self.get("sliding_window")?.unwrap_or(context));
        }
        if family == Family::Mixtral {
            shape.experts = Some(self.needed("num_local_experts")?);
            shape.active_experts = Some(self.needed("num_experts_per_tok")?);
        }
        Ok(shape)
    }

    fn check_rotary(&self, family: Family) -> Result<()> {
        let rotary: Option<Rotary> = self.get("rope_parameters")?;
        let scaling: Option<Rotary> = self.get("rope_scaling")?;
        let kinds =
            [&rotary, &scaling].map(|one| one.as_ref().and_then(|one| one.rope_type.clone()));
        for kind in kinds.into_iter().flatten() {
            ensure!(
                kind == "default",
                "its rotary positions are scaled ({kind}); expected rope_type default"
            );
        }
        let base = rotary.and_then(|one| one.rope_theta).or(self.number("rope_theta"));
        let (ours, base) = (family.facts().rotary_base, base.unwrap_or(1e4));
        ensure!(
            Some(base) == ours,
            "its rope_theta is {base}; expected {} in {}",
            ours.unwrap_or_default(),
            family.name()
        );
        Ok(())
    }

    fn check(&self, shape: &ModelShape) -> Result<()> {
        let kv_heads = shape.kv_heads.unwrap_or(shape.heads);
        let counts = [shape.layers, shape.heads, shape.channels, shape.context, kv_heads];
        let divides = !counts.contains(&0)
            && shape.channels.is_multiple_of(shape.heads)
            && shape.heads.is_multiple_of(kv_heads);
        let head = self.get::<usize>("head_dim")?;
        ensure!(
            divides && head.is_none_or(|head| head == shape.head_channels()),
            "its channels, heads and key-value heads do not fit: {}, {} and {kv_heads}{}",
            shape.channels,
            shape.heads,
            head.map_or(String::new(), |head| format!(", with head_dim {head}"))
        );
        Ok(())
    }

    /// A value that may be left out, or null.
    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        match self.entries.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .with_context(|| format!("`{key}` is {value}")),
        }
    }

    fn needed<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        self.get(key)?.with_context(|| format!("`{key}` is missing"))
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.entries.get(key).and_then(Value::as_f64)
    }

    /// Whether a key says what the family does here, if it says anything.
    fn is<T: Into<Value> + Copy>(&self, key: &str, expected: &[T]) -> Result<()> {
        let Some(value) = self.entries.get(key).filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let expected: Vec<Value> = expected.iter().map(|one| (*one).into()).collect();
        ensure!(
            expected.contains(value),
            "its {key} is {value}; expected {}",
            expected.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ")
        );
        Ok(())
    }

    /// A token, or the first of several.
    fn token(&self, key: &str) -> Result<Option<Token>> {
        match self.entries.get(key) {
            Some(Value::Array(several)) => {
                Ok(several.first().and_then(Value::as_u64).and_then(|id| Token::try_from(id).ok()))
            }
            _ => self.get(key),
        }
    }
}
