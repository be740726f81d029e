//! The operations a transformer is made of, over lanes.
//!
//! Every tensor has a leading lane axis and no operation mixes lanes, so a lane's numbers do not
//! depend on its neighbours. `rows` is batch × context. Written in Burn's primitives, which run on
//! every backend.

use burn::tensor::activation::{log_softmax, sigmoid, softmax};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

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

/// x · σ(x) (Hendrycks & Gimpel 2016; "swish").
pub fn silu(x: Tensor<3>) -> Tensor<3> {
    x.clone() * sigmoid(x)
}

/// Root-mean-square normalisation over the channels with a gain `[lanes, channels]` (Zhang &
/// Sennrich 2019).
pub fn rms_norm(x: Tensor<3>, gain: Tensor<2>, eps: f64) -> Tensor<3> {
    let mean_square = x.clone().square().mean_dim(2);
    x / (mean_square + eps).sqrt() * gain.unsqueeze_dim(1)
}

/// How attention looks back.
#[derive(Clone, Copy, Debug)]
pub struct AttentionShape {
    /// Query heads.
    pub heads: usize,
    /// Key-value heads; they divide the query heads, which share them (Ainslie et al. 2023).
    pub kv_heads: usize,
    /// Tokens per window of text.
    pub context: usize,
    /// Tokens that a token sees, itself included; `None` for all before it.
    pub window: Option<usize>,
    /// Base of the wavelengths by which queries and keys turn ([`rotary`]); `None` for learned
    /// positions.
    pub rotary_base: Option<f64>,
}

/// Causal attention (Vaswani et al. 2017): queries `[lanes, rows, heads · head]`, keys and values
/// `[lanes, rows, kv_heads · head]`; gives `[lanes, rows, heads · head]`.
pub fn attention(
    queries: Tensor<3>,
    keys: Tensor<3>,
    values: Tensor<3>,
    shape: &AttentionShape,
) -> Tensor<3> {
    let [lanes, rows, width] = queries.dims();
    let (windows, head) = (lanes * rows / shape.context, width / shape.heads);
    let device = queries.device();
    let split = |x: Tensor<3>, heads: usize| -> Tensor<4> {
        x.reshape([windows, shape.context, heads, head]).swap_dims(1, 2)
    };
    let turn = |x: Tensor<4>| match shape.rotary_base {
        Some(base) => rotary(x, base),
        None => x,
    };
    let share = |x: Tensor<4>| -> Tensor<4> {
        match shape.heads / shape.kv_heads {
            1 => x,
            group => x.unsqueeze_dim::<5>(2).repeat_dim(2, group).reshape([
                windows,
                shape.heads,
                shape.context,
                head,
            ]),
        }
    };
    let queries = turn(split(queries, shape.heads));
    let keys = share(turn(split(keys, shape.kv_heads)));
    let values = share(split(values, shape.kv_heads));
    let scale = (head as f64).powf(-0.5);
    let scores = (queries * scale).matmul(keys.swap_dims(2, 3));
    let hidden = hidden_from(shape, &device).unsqueeze();
    let weights = softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3);
    weights.matmul(values).swap_dims(1, 2).reshape([lanes, rows, width])
}

/// Which tokens (columns) a token (row) does not see, `[context, context]`.
fn hidden_from(shape: &AttentionShape, device: &Device) -> Tensor<2, Bool> {
    let context = shape.context;
    let Some(window) = shape.window else {
        return Tensor::tril_mask([context, context], 0, device);
    };
    let hidden = |place: usize| {
        let (row, column) = (place / context, place % context);
        column > row || row - column >= window
    };
    let places: Vec<bool> = (0..context * context).map(hidden).collect();
    Tensor::from_data(TensorData::new(places, [context, context]), device)
}

/// Turns pairs of channels by an angle that grows with the position (Su et al. 2021), `[windows,
/// heads, context, head]`. Channel `i` of the first half goes with channel `i` of the second, as in
/// Hugging Face's LLaMA; wavelengths are powers of `base`.
pub fn rotary(x: Tensor<4>, base: f64) -> Tensor<4> {
    let [windows, heads, context, head] = x.dims();
    let half = head / 2;
    let angle = |place: usize| {
        let (position, channel) = (place / head, place % head % half);
        position as f64 * base.powf(-2.0 * channel as f64 / head as f64)
    };
    let table = |of: fn(f64) -> f64| -> Tensor<4> {
        let values: Vec<f32> = (0..context * head).map(|place| of(angle(place)) as f32).collect();
        Tensor::from_data(TensorData::new(values, [1, 1, context, head]), &x.device())
    };
    let (cos, sin) = (table(f64::cos), table(f64::sin));
    let first = x.clone().slice([0..windows, 0..heads, 0..context, 0..half]);
    let second = x.clone().slice([0..windows, 0..heads, 0..context, half..head]);
    x * cos + Tensor::cat(vec![second.neg(), first], 3) * sin
}

/// Causal multi-head attention from queries, keys and values packed as `[lanes, rows,
/// 3 · channels]`, without positions of its own; gives `[lanes, rows, channels]`.
pub fn causal_attention(packed: Tensor<3>, heads: usize, context: usize) -> Tensor<3> {
    let channels = packed.dims()[2] / 3;
    let part = |index: usize| packed.clone().narrow(2, index * channels, channels);
    let shape = AttentionShape { heads, kv_heads: heads, context, window: None, rotary_base: None };
    attention(part(0), part(1), part(2), &shape)
}

/// How much of each expert a token takes (Shazeer et al. 2017): the softmax of the router's scores
/// `[lanes, rows, experts]` where they are among the `active` highest, 0 elsewhere.
pub fn expert_weights(scores: Tensor<3>, active: usize) -> Tensor<3> {
    let weights = softmax(scores, 2);
    // Which experts are taken is a choice, through which no gradient flows.
    let experts = weights.dims()[2];
    let ranked = weights.clone().detach().sort_descending(2);
    let last = ranked.narrow(2, active - 1, 1).repeat_dim(2, experts);
    let taken = weights.clone().detach().greater_equal(last).float();
    weights * taken
}

/// Mean negative log-likelihood of each lane, `[lanes]`, in nats per token: logits
/// `[lanes, rows, vocabulary]`, targets `[lanes, rows, 1]`.
pub fn cross_entropy(logits: Tensor<3>, targets: Tensor<3, Int>) -> Tensor<1> {
    log_softmax(logits, 2).gather(2, targets).mean_dim(1).neg().squeeze_dims(&[1, 2])
}
