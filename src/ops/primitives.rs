//! The operations of [`ops`](super) in Burn's primitives, for every backend: what each of them means.

use burn::tensor::activation::{log_softmax, sigmoid, softmax};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use wane_kernels::activation::{Activation, Gate};
use wane_kernels::attention::Heads;
use wane_kernels::sublayer::Inner;

use super::parameters::{Biases, Sublayer};

/// See [`ops::linear`](super::linear).
pub fn linear(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    let product = x.matmul(weight);
    match bias {
        Some(bias) => product + bias.unsqueeze_dim(1),
        None => product,
    }
}

/// See [`ops::scores`](super::scores).
pub fn scores(x: Tensor<3>, table: Tensor<3>) -> Tensor<3> {
    x.matmul(table.swap_dims(1, 2))
}

/// See [`ops::embedding`](super::embedding).
pub fn embedding(weight: Tensor<3>, stacked_index: Tensor<1, Int>) -> Tensor<3> {
    let [lanes, vocabulary, channels] = weight.dims();
    let rows = stacked_index.dims()[0] / lanes;
    weight
        .reshape([lanes * vocabulary, channels])
        .select(0, stacked_index)
        .reshape([lanes, rows, channels])
}

/// See [`ops::add_positions`](super::add_positions).
pub fn add_positions(x: Tensor<3>, positions: Tensor<3>, context: usize) -> Tensor<3> {
    let [lanes, rows, channels] = x.dims();
    let windows = x.reshape([lanes, rows / context, context, channels]);
    let positions = positions.narrow(1, 0, context).unsqueeze_dim(1);
    (windows + positions).reshape([lanes, rows, channels])
}

/// See [`ops::layer_norm`](super::layer_norm).
pub fn layer_norm(x: Tensor<3>, gain: Tensor<2>, bias: Option<Tensor<2>>, eps: f64) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let scaled = centred / (variance + eps).sqrt() * gain.unsqueeze_dim(1);
    match bias {
        Some(bias) => scaled + bias.unsqueeze_dim(1),
        None => scaled,
    }
}

/// See [`ops::gelu`](super::gelu); written as `x · σ(2z)` with `z = √(2/π) (x + 0.044715 x³)`, which equals `x/2 · (1 + tanh z)`.
pub fn gelu(x: Tensor<3>) -> Tensor<3> {
    const TWICE_ROOT: f64 = 2.0 * 0.797_884_560_802_865_4;
    let slope = x.clone().square() * (TWICE_ROOT * 0.044_715) + TWICE_ROOT;
    x.clone() * sigmoid(x * slope)
}

/// x · σ(x) (Hendrycks & Gimpel 2016; "swish").
fn silu(x: Tensor<3>) -> Tensor<3> {
    x.clone() * sigmoid(x)
}

/// See [`ops::rms_norm`](super::rms_norm).
pub fn rms_norm(x: Tensor<3>, gain: Tensor<2>, eps: f64) -> Tensor<3> {
    let mean_square = x.clone().square().mean_dim(2);
    x / (mean_square + eps).sqrt() * gain.unsqueeze_dim(1)
}

/// See [`ops::gated`](super::gated).
pub fn gated(packed: Tensor<3>, gate: Gate) -> Tensor<3> {
    let width = packed.dims()[2] / 2;
    let (a, b) = (packed.clone().narrow(2, 0, width), packed.narrow(2, width, width));
    match gate {
        Gate::Silu => silu(a) * b,
        Gate::Gelu => gelu(a) * b,
    }
}

/// See [`ops::attention`](super::attention).
pub fn attention(packed: Tensor<3>, shape: &Heads) -> Tensor<3> {
    attention_with(packed, shape, None)
}

/// See [`ops::attention_with_dropout`](super::attention_with_dropout).
pub fn attention_with(packed: Tensor<3>, shape: &Heads, factors: Option<Vec<f32>>) -> Tensor<3> {
    let [lanes, rows, _] = packed.dims();
    let Heads { heads, kv_heads, head, context, .. } = *shape;
    let (windows, device) = (lanes * rows / context, packed.device());
    let part = |first: usize, heads: usize| -> Tensor<4> {
        let part = packed.clone().narrow(2, first * head, heads * head);
        part.reshape([windows, context, heads, head]).swap_dims(1, 2)
    };
    let turn = |x: Tensor<4>| match shape.rotary_base {
        Some(base) => rotary(x, base),
        None => x,
    };
    let share = |x: Tensor<4>| -> Tensor<4> {
        match heads / kv_heads {
            1 => x,
            group => x
                .unsqueeze_dim::<5>(2)
                .repeat_dim(2, group)
                .reshape([windows, heads, context, head]),
        }
    };
    let queries = turn(part(0, heads));
    let keys = share(turn(part(heads, kv_heads)));
    let values = share(part(heads + kv_heads, kv_heads));
    let scale = (head as f64).powf(-0.5);
    let scores = (queries * scale).matmul(keys.swap_dims(2, 3));
    let hidden = hidden_from(shape, &device).unsqueeze();
    let weights = softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3);
    let weights = match factors {
        Some(factors) => {
            let factors = TensorData::new(factors, weights.dims());
            weights * Tensor::from_data(factors, &device)
        }
        None => weights,
    };
    weights.matmul(values).swap_dims(1, 2).reshape([lanes, rows, heads * head])
}

/// Which tokens (columns) a token (row) does not see, `[context, context]`.
fn hidden_from(shape: &Heads, device: &Device) -> Tensor<2, Bool> {
    let Heads { context, window, .. } = *shape;
    if window >= context {
        return Tensor::tril_mask([context, context], 0, device);
    }
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

/// See [`ops::expert`](super::expert).
pub fn expert(
    x: Tensor<3>,
    weights: Tensor<3>,
    [into, out]: [Tensor<3>; 2],
    gate: Gate,
    part: usize,
) -> Tensor<3> {
    let products = gated(linear(x, into, None), gate);
    weighted(linear(products, out, None), weights, part)
}

/// Rows `[lanes, rows, channels]` times the number of each in column `part` of `[lanes, rows, parts]`.
pub fn weighted(x: Tensor<3>, weights: Tensor<3>, part: usize) -> Tensor<3> {
    x * weights.narrow(2, part, 1)
}

/// See [`ops::squares`](super::squares).
pub fn squares<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let lanes = values.dims()[0];
    let elements = values.shape().num_elements() / lanes;
    values.square().reshape([lanes, elements]).sum_dim(1).squeeze_dim(1)
}

/// See [`ops::dots`](super::dots).
pub fn dots<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<1> {
    let lanes = a.dims()[0];
    let elements = a.shape().num_elements() / lanes;
    (a * b).reshape([lanes, elements]).sum_dim(1).squeeze_dim(1)
}

/// See [`ops::scaled`](super::scaled).
pub fn scaled(x: Tensor<3>, factors: Vec<f32>) -> Tensor<3> {
    let (shape, groups) = (x.shape(), factors.len());
    let factors = Tensor::<2>::from_data(TensorData::new(factors, [groups, 1]), &x.device());
    (x.reshape([groups as i32, -1]) * factors).reshape(shape)
}

/// See [`ops::expert_weights`](super::expert_weights).
pub fn expert_weights(scores: Tensor<3>, active: usize, normalised: bool) -> Tensor<3> {
    let weights = softmax(scores, 2);
    let experts = weights.dims()[2];
    let ranked = weights.clone().detach().sort_descending(2);
    let last = ranked.narrow(2, active - 1, 1).repeat_dim(2, experts);
    let taken = weights.clone().detach().greater_equal(last).float();
    let weights = weights * taken;
    match normalised {
        true => weights.clone() / weights.sum_dim(2),
        false => weights,
    }
}

/// See [`ops::sublayer`](super::sublayer).
pub fn sublayer(x: Tensor<3>, inner: Inner, of: Sublayer) -> Tensor<3> {
    let Sublayer { gain, centred, eps, matrices: [into, out], biases } = of;
    let (shift, into_bias, out_bias) = match biases {
        Some(Biases { norm, matrices: [into, out] }) => (Some(norm), Some(into), Some(out)),
        None => (None, None, None),
    };
    let normed = match (centred, shift) {
        (true, shift) => layer_norm(x.clone(), gain, shift, eps),
        (false, None) => rms_norm(x.clone(), gain, eps),
        (false, Some(shift)) => rms_norm(x.clone(), gain, eps) + shift.unsqueeze_dim(1),
    };
    let inside = linear(normed, into, into_bias);
    let hidden = match inner {
        Inner::Attention(heads) => attention(inside, &heads),
        Inner::Mlp(Activation::Gelu) => gelu(inside),
        Inner::Mlp(Activation::Gated(gate)) => gated(inside, gate),
    };
    x + linear(hidden, out, out_bias)
}

/// See [`ops::smoothing`](super::smoothing).
pub fn smoothing(logits: Tensor<3>, targets: Tensor<3, Int>, shares: Vec<f32>) -> Tensor<1> {
    let shares = TensorData::new(shares, [logits.dims()[0]]);
    let shares = Tensor::from_data(shares, &logits.device());
    let mean = logits.clone().mean_dim(2);
    let above = (logits.gather(2, targets) - mean).mean_dim(1).squeeze_dims(&[1, 2]);
    above * shares
}

/// See [`ops::cross_entropy`](super::cross_entropy).
pub fn cross_entropy(logits: Tensor<3>, targets: Tensor<3, Int>) -> Tensor<1> {
    log_softmax(logits, 2).gather(2, targets).mean_dim(1).neg().squeeze_dims(&[1, 2])
}
