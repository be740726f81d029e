//! Attention, while training and while a text is written token by token.

use burn::backend::Dispatch;
use burn::tensor::{Tensor, TensorData};
use wane_kernels::attention::{Heads, KeyValues, forward_after};

use super::fused::{FusedOps, is_fused};
use super::primitives;

/// Causal attention (Vaswani et al. 2017) from queries, keys and values packed in every row,
/// `[lanes, rows, (heads + 2 · kv_heads) · head]`; gives `[lanes, rows, heads · head]`.
pub fn attention(packed: Tensor<3>, heads: &Heads) -> Tensor<3> {
    match is_fused(&packed.device()) {
        true => Tensor::from_dispatch(Dispatch::attention(packed.into_dispatch(), *heads, None)),
        false => primitives::attention(packed, heads),
    }
}

/// [`attention`] of `heads.context` further tokens of every window to themselves and to what was read before, which
/// `past` keeps and is added to. By the processor on every device; without autodiff.
pub fn attention_after(packed: Tensor<3>, heads: &Heads, past: &mut KeyValues) -> Tensor<3> {
    let ([lanes, rows, _], device) = (packed.dims(), packed.device());
    let packed: Vec<f32> = packed.try_into_vec_as().expect("attention is computed in float32");
    let outputs = forward_after(&packed, heads, past);
    Tensor::from_data(TensorData::new(outputs, [lanes, rows, heads.channels()]), &device)
}

/// [`attention`] with constant factors of its weights, `[windows of all lanes, heads, context, context]`: 0 where one
/// is dropped.
pub fn attention_with_dropout(packed: Tensor<3>, heads: &Heads, factors: Vec<f32>) -> Tensor<3> {
    if is_fused(&packed.device()) {
        let factors = Some(factors.into());
        return Tensor::from_dispatch(Dispatch::attention(packed.into_dispatch(), *heads, factors));
    }
    primitives::attention_with(packed, heads, Some(factors))
}
