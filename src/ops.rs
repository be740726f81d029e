//! The operations a transformer is made of, over lanes.
//!
//! Every tensor has a leading lane axis and no operation mixes lanes, so a lane's numbers do not
//! depend on its neighbours. `rows` is batch × context. Written in Burn's primitives, which run on
//! every backend.

use burn::tensor::activation::{log_softmax, sigmoid, softmax};
use burn::tensor::{Bool, Int, Tensor};

/// `x · w + b`: `[lanes, rows, in] × [lanes, in, out] + [lanes, out] → [lanes, rows, out]`.
pub fn linear(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    let product = x.matmul(weight);
    match bias {
        Some(bias) => product + bias.unsqueeze_dim(1),
        None => product,
    }
}

/// Rows of the embedding matrices: weights `[lanes, vocabulary, channels]` and one index per token
/// into the matrices stacked over lanes, `[lanes · rows]`, give `[lanes, rows, channels]`.
pub fn embedding(weight: Tensor<3>, stacked_index: Tensor<1, Int>) -> Tensor<3> {
    let [lanes, vocabulary, channels] = weight.dims();
    let rows = stacked_index.dims()[0] / lanes;
    weight
        .reshape([lanes * vocabulary, channels])
        .select(0, stacked_index)
        .reshape([lanes, rows, channels])
}

/// Adds a learned vector per position, `[lanes, positions, channels]`, to every window of
/// `[lanes, rows, channels]`.
pub fn add_positions(x: Tensor<3>, positions: Tensor<3>, context: usize) -> Tensor<3> {
    let [lanes, rows, channels] = x.dims();
    let windows = x.reshape([lanes, rows / context, context, channels]);
    let positions = positions.narrow(1, 0, context).unsqueeze_dim(1);
    (windows + positions).reshape([lanes, rows, channels])
}

/// Layer normalisation over the channels with gain and bias `[lanes, channels]` (Ba et al. 2016).
pub fn layer_norm(x: Tensor<3>, gain: Tensor<2>, bias: Tensor<2>, eps: f64) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let normalised = centred / (variance + eps).sqrt();
    normalised * gain.unsqueeze_dim(1) + bias.unsqueeze_dim(1)
}

/// GELU in its tanh approximation (Hendrycks & Gimpel 2016), written as `x · σ(2z)` with
/// `z = √(2/π) (x + 0.044715 x³)`, which equals `x/2 · (1 + tanh z)`.
pub fn gelu(x: Tensor<3>) -> Tensor<3> {
    const TWICE_ROOT: f64 = 2.0 * 0.797_884_560_802_865_4;
    let slope = x.clone().square() * (TWICE_ROOT * 0.044_715) + TWICE_ROOT;
    x.clone() * sigmoid(x * slope)
}

/// Causal multi-head attention (Vaswani et al. 2017) from queries, keys and values packed as
/// `[lanes, rows, 3 · channels]`; gives `[lanes, rows, channels]`.
pub fn causal_attention(packed: Tensor<3>, heads: usize, context: usize) -> Tensor<3> {
    let [lanes, rows, width] = packed.dims();
    let (channels, windows) = (width / 3, lanes * rows / context);
    let head = channels / heads;
    let part = |index: usize| -> Tensor<4> {
        let part = packed.clone().narrow(2, index * channels, channels);
        part.reshape([windows, context, heads, head]).swap_dims(1, 2)
    };
    let scale = (head as f64).powf(-0.5);
    let scores = (part(0) * scale).matmul(part(1).swap_dims(2, 3));
    let future = Tensor::<2, Bool>::tril_mask([context, context], 0, &packed.device());
    let weights = softmax(scores.mask_fill(future.unsqueeze(), f32::NEG_INFINITY), 3);
    weights.matmul(part(2)).swap_dims(1, 2).reshape([lanes, rows, channels])
}

/// Mean negative log-likelihood of each lane, `[lanes]`, in nats per token: logits
/// `[lanes, rows, vocabulary]`, targets `[lanes, rows, 1]`.
pub fn cross_entropy(logits: Tensor<3>, targets: Tensor<3, Int>) -> Tensor<1> {
    log_softmax(logits, 2).gather(2, targets).mean_dim(1).neg().squeeze_dims(&[1, 2])
}
