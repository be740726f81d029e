//! `config.json` of a model as Hugging Face's transformers read it.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::config::{Family, ModelShape, Named};

/// What transformers need to know of a model to load its weights.
///
/// # Errors
/// A family that transformers do not have.
pub fn write(shape: &ModelShape, vocabulary: usize, end: Option<u16>) -> Result<Value> {
    let (kind, class) = match shape.family {
        Family::Gpt2 => ("gpt2", "GPT2LMHeadModel"),
        Family::Llama => ("llama", "LlamaForCausalLM"),
        Family::Mistral => ("mistral", "MistralForCausalLM"),
        Family::Mixtral => ("mixtral", "MixtralForCausalLM"),
        other => bail!(
            "transformers have no model of the family {}; name a file instead of a folder",
            other.name()
        ),
    };
    let mut config = match shape.family {
        Family::Gpt2 => gpt2(shape),
        _ => llama(shape),
    };
    config["model_type"] = kind.into();
    config["architectures"] = [class].into();
    config["vocab_size"] = vocabulary.into();
    config["bos_token_id"] = end.into();
    config["eos_token_id"] = end.into();
    config["torch_dtype"] = "float32".into();
    Ok(config)
}

fn gpt2(shape: &ModelShape) -> Value {
    json!({
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_embd": shape.channels,
        "n_positions": shape.context,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": shape.norm_eps(),
        "tie_word_embeddings": true,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    })
}

fn llama(shape: &ModelShape) -> Value {
    let mut config = json!({
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads.unwrap_or(shape.heads),
        "hidden_size": shape.channels,
        "intermediate_size": shape.hidden,
        "max_position_embeddings": shape.context,
        "hidden_act": "silu",
        "rms_norm_eps": shape.norm_eps(),
        "rope_theta": shape.family.facts().rotary_base,
        "tie_word_embeddings": false,
        "attention_bias": false,
    });
    if let Some(window) = shape.window {
        config["sliding_window"] = window.into();
    }
    if let (Some(experts), Some(active)) = (shape.experts, shape.active_experts) {
        config["num_local_experts"] = experts.into();
        config["num_experts_per_tok"] = active.into();
    }
    config
}
