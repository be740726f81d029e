//! PaLM. No public weights exist; the names of its tensors are ours.

use super::facts::FamilyFacts;
use super::llama::{attention, gated};
use crate::config::{Layout, ModelShape, ParameterShape, Role};

pub const PALM: FamilyFacts = FamilyFacts {
    keys: &["hidden"],
    rotary_base: Some(1e4),
    layout: Layout::OutIn,
    imply: |shape| {
        // One key-value head serves all; the paper says four times the width.
        shape.kv_heads = Some(1);
        shape.hidden.get_or_insert(4 * shape.channels);
    },
    parameters,
};

fn parameters(shape: &ModelShape, vocabulary: usize) -> Vec<ParameterShape> {
    let width = shape.channels;
    let mut list = Vec::new();
    let mut add = |name: String, role, size: &[usize]| {
        list.push(ParameterShape::new(format!("{name}.weight"), role, size));
    };
    add("wte".into(), Role::Embedding, &[vocabulary, width]);
    for layer in 0..shape.layers {
        add(format!("h.{layer}.ln"), Role::Norm, &[width]);
        for (part, size) in attention(shape) {
            add(format!("h.{layer}.attn.{part}"), Role::Attention, &size);
        }
        for (part, size) in gated(shape) {
            add(format!("h.{layer}.mlp.{part}"), Role::Mlp, &size);
        }
    }
    add("ln_f".into(), Role::Norm, &[width]);
    list
}
