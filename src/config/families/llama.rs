//! LLaMA, Mistral, Mixtral and Grok-1, under the names of Hugging Face's tensors.

use super::facts::FamilyFacts;
use crate::config::{Family, Layout, ModelShape, ParameterShape, Role};

pub const LLAMA: FamilyFacts = FamilyFacts {
    keys: &["kv_heads", "hidden"],
    rotary_base: Some(1e4),
    layout: Layout::OutIn,
    imply: |shape| {
        shape.kv_heads.get_or_insert(shape.heads);
        shape.hidden.get_or_insert(gated_width(shape.channels));
    },
    parameters,
};

pub const MISTRAL: FamilyFacts = FamilyFacts {
    keys: &["kv_heads", "hidden", "window"],
    rotary_base: Some(1e4),
    layout: Layout::OutIn,
    imply: |shape| {
        imply_shared(shape);
        // Half of the context, so that the window matters.
        shape.window.get_or_insert((shape.context / 2).max(1));
    },
    parameters,
};

pub const MIXTRAL: FamilyFacts = FamilyFacts {
    keys: &["kv_heads", "hidden", "window", "experts", "active_experts"],
    rotary_base: Some(1e6),
    layout: Layout::OutIn,
    imply: imply_experts,
    parameters,
};

pub const GROK: FamilyFacts = FamilyFacts {
    keys: &["kv_heads", "hidden", "experts", "active_experts"],
    rotary_base: Some(1e4),
    layout: Layout::OutIn,
    imply: imply_experts,
    parameters,
};

/// Two heads share their keys and values.
fn imply_shared(shape: &mut ModelShape) {
    let shared = if shape.heads.is_multiple_of(2) { shape.heads / 2 } else { shape.heads };
    shape.kv_heads.get_or_insert(shared);
    shape.hidden.get_or_insert(gated_width(shape.channels));
}

/// Eight experts, two of them active.
fn imply_experts(shape: &mut ModelShape) {
    imply_shared(shape);
    shape.experts.get_or_insert(8);
    shape.active_experts.get_or_insert(2);
}

fn parameters(shape: &ModelShape, vocabulary: usize) -> Vec<ParameterShape> {
    let width = shape.channels;
    let mut list = Vec::new();
    let mut add = |name: String, role, size: &[usize]| {
        list.push(ParameterShape::new(name, role, size));
    };
    add("model.embed_tokens.weight".into(), Role::Embedding, &[vocabulary, width]);
    for layer in 0..shape.layers {
        let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
        for (part, size) in attention(shape) {
            add(name(&format!("self_attn.{part}")), Role::Attention, &size);
        }
        for (part, size) in mlp(shape) {
            add(name(&part), Role::Mlp, &size);
        }
        add(name("input_layernorm"), Role::Norm, &[width]);
        add(name("post_attention_layernorm"), Role::Norm, &[width]);
    }
    add("model.norm.weight".into(), Role::Norm, &[width]);
    if shape.family != Family::Grok {
        add("lm_head.weight".into(), Role::Head, &[width, vocabulary]);
    }
    list
}

/// Projections of attention with their sizes `[in, out]`.
pub fn attention(shape: &ModelShape) -> [(&'static str, [usize; 2]); 4] {
    let (width, kv) = (shape.channels, shape.kv_channels());
    [
        ("q_proj", [width, width]),
        ("k_proj", [width, kv]),
        ("v_proj", [width, kv]),
        ("o_proj", [width, width]),
    ]
}

/// Projections of a gated MLP with their sizes `[in, out]`.
pub fn gated(shape: &ModelShape) -> [(&'static str, [usize; 2]); 3] {
    let (width, hidden) = (shape.channels, shape.hidden_channels());
    [("gate_proj", [width, hidden]), ("up_proj", [width, hidden]), ("down_proj", [hidden, width])]
}

/// The MLP of a block, or its experts and their router.
fn mlp(shape: &ModelShape) -> Vec<(String, [usize; 2])> {
    let Some(experts) = shape.experts else {
        return gated(shape).map(|(part, size)| (format!("mlp.{part}"), size)).to_vec();
    };
    let (width, hidden) = (shape.channels, shape.hidden_channels());
    let mut parts = vec![("block_sparse_moe.gate".to_owned(), [width, experts])];
    for expert in 0..experts {
        for (part, size) in
            [("w1", [width, hidden]), ("w2", [hidden, width]), ("w3", [width, hidden])]
        {
            parts.push((format!("block_sparse_moe.experts.{expert}.{part}"), size));
        }
    }
    parts
}

/// Two thirds of four times the width, so that the three matrices of a gated MLP have the parameters of
/// two.
fn gated_width(channels: usize) -> usize {
    (8 * channels).div_ceil(3).next_multiple_of(8)
}
