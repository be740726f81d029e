//! What `config.json` says of a model, and what of it is computed here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::{Family, ModelShape, Named, Range};
use crate::corpus::Token;

/// Most tokens of a vocabulary.
const MOST: usize = Token::MAX as usize + 1;

/// A model that can be computed here.
pub struct Described {
    pub shape: ModelShape,
    pub vocabulary: usize,
}

/// `config.json`.
pub struct HuggingFace {
    entries: Map<String, Value>,
}

/// Parameters of rotary positions, as newer versions write them, and how they were scaled, as older ones do.
#[derive(Deserialize)]
struct Rotary {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    #[serde(rename = "type")]
    older_type: Option<String>,
    partial_rotary_factor: Option<f64>,
}

impl HuggingFace {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, or is no JSON object.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let entries = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no JSON object", path.display()))?;
        Ok(HuggingFace { entries })
    }

    /// Whether it says which model it is of: other files have the same name.
    pub fn is_of_a_model(&self) -> bool {
        self.entries.contains_key("model_type")
    }

    /// The shape of the model.
    ///
    /// # Errors
    /// One that is not computed here, or that does not say what it is; the message names the key.
    pub fn shape(&self) -> Result<ModelShape> {
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
        Ok(shape.with_norm_eps(self.norm_eps(shape.family)?))
    }

    /// The model.
    ///
    /// # Errors
    /// As for [`shape`](Self::shape), and a vocabulary that is too large.
    pub fn model(&self) -> Result<Described> {
        let shape = self.shape()?;
        let vocabulary: usize = self.needed("vocab_size")?;
        ensure!(
            (1..=MOST).contains(&vocabulary),
            "its vocabulary has {vocabulary} tokens, and tokens are kept in 16 bits: from 1 to {MOST}"
        );
        Ok(Described { shape, vocabulary })
    }

    /// ε of the norms; where it says nothing, what transformers take for that.
    fn norm_eps(&self, family: Family) -> Result<f64> {
        let (key, unsaid) = match family {
            Family::Gpt2 => ("layer_norm_epsilon", 1e-5),
            Family::Mixtral => ("rms_norm_eps", 1e-5),
            _ => ("rms_norm_eps", 1e-6),
        };
        let eps = self.number(key)?.unwrap_or(unsaid);
        ensure!(
            Range::Positive.contains(eps),
            "its {key} is {eps:e}; expected a number above 0, in 32 bits too"
        );
        Ok(eps)
    }

    /// Whether it says that the model's head is not its embedding.
    ///
    /// # Errors
    /// Something else than yes or no.
    pub fn is_untied(&self) -> Result<bool> {
        Ok(self.get("tie_word_embeddings")? == Some(false))
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
        for one in [&rotary, &scaling].into_iter().flatten() {
            let kinds = [&one.rope_type, &one.older_type].into_iter().flatten();
            for kind in kinds {
                ensure!(
                    kind == "default",
                    "its rotary positions are scaled ({kind}); expected rope_type default"
                );
            }
        }
        let part = rotary.as_ref().and_then(|one| one.partial_rotary_factor);
        let part = part.or(self.number("partial_rotary_factor")?);
        ensure!(
            part.is_none_or(|part| part == 1.0),
            "its rotary positions turn a part of each head alone (partial_rotary_factor {}); expected 1",
            part.unwrap_or_default()
        );
        let base = rotary.and_then(|one| one.rope_theta).or(self.number("rope_theta")?);
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
        // Those of a spec: nothing is allocated for a model that nobody has trained.
        let most =
            [("layers", 1_000), ("heads", 1_000), ("channels", 100_000), ("context", 1_000_000)];
        for ((name, most), count) in most.into_iter().zip(counts) {
            ensure!(count <= most, "its model has {count} {name}; expected {most} at most");
        }
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

    fn number(&self, key: &str) -> Result<Option<f64>> {
        self.get(key)
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
    ///
    /// # Errors
    /// Something else than a token.
    pub fn token(&self, key: &str) -> Result<Option<Token>> {
        match self.entries.get(key) {
            Some(Value::Array(several)) => {
                Ok(several.first().and_then(Value::as_u64).and_then(|id| Token::try_from(id).ok()))
            }
            _ => self.get(key),
        }
    }
}
