//! The operations a transformer is made of, over lanes.
//!
//! Every tensor has a leading lane axis and no operation mixes lanes, so a lane's numbers do not
//! depend on its neighbours. `rows` is batch × context. Each operation has a body of Burn's
//! [primitives], which runs on every backend and says what it means; on burn-flex
//! [kernels] take its place, through Burn's backend extension, so that a model has one
//! definition.

mod arithmetic;
mod fused;
mod node;
mod numbers;
pub mod primitives;
mod sublayer;
mod values;

use std::sync::Arc;

use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::ops::kernels::activation::Gate;
use crate::ops::kernels::attention::{Heads, KeyValues, forward_after};
use crate::ops::kernels::update::LaneStep;
use fused::{FusedOps, FusedReading, FusedUpdates};

pub use wane_kernels as kernels;

pub use arithmetic::{Arithmetic, in_order, plus_diagonal};
pub use numbers::LaneNumbers;
pub use primitives::weighted;
pub use sublayer::{Biases, Sublayer, sublayer};

/// Whether kernels take the place of primitives on this device.
pub fn is_fused(device: &Device) -> bool {
    *device == Device::flex()
}

/// `x · w + b`: `[lanes, rows, in] × [lanes, in, out] + [lanes, out] → [lanes, rows, out]`.
pub fn linear(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    match (is_fused(&x.device()), bias) {
        (false, bias) => primitives::linear(x, weight, bias),
        (true, Some(bias)) => Tensor::from_dispatch(Dispatch::linear(
            x.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
        )),
        (true, None) => Tensor::from_dispatch(Dispatch::product(
            x.into_dispatch(),
            weight.into_dispatch(),
            false,
        )),
    }
}

/// Scores against every row of a table, as a tied head has them: `[lanes, rows, channels] ×
/// [lanes, vocabulary, channels] → [lanes, rows, vocabulary]`.
pub fn scores(x: Tensor<3>, table: Tensor<3>) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::scores(x, table);
    }
    Tensor::from_dispatch(Dispatch::product(x.into_dispatch(), table.into_dispatch(), true))
}

/// [`linear`] where no row's bits may depend on the rows beside it, and few rows are multiplied: weights are read from
/// memory once. Without autodiff.
pub fn linear_by_row(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    let product = match is_fused(&x.device()) {
        true => by_row(x, weight, false),
        false => primitives::linear(x, weight, None),
    };
    match bias {
        // A bias is one position that every row stands at.
        Some(bias) => add_positions(product, bias.unsqueeze_dim(1), 1),
        None => product,
    }
}

/// [`scores`] in the same way.
pub fn scores_by_row(x: Tensor<3>, table: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => by_row(x, table, true),
        false => primitives::scores(x, table),
    }
}

fn by_row(x: Tensor<3>, weight: Tensor<3>, turned: bool) -> Tensor<3> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::each_row(x, weight, turned))
}

/// Rows of the embedding matrices: weights `[lanes, vocabulary, channels]` and one index per token
/// into the matrices stacked over lanes, `[lanes · rows]`, give `[lanes, rows, channels]`.
pub fn embedding(weight: Tensor<3>, stacked_index: Tensor<1, Int>) -> Tensor<3> {
    if !is_fused(&weight.device()) {
        return primitives::embedding(weight, stacked_index);
    }
    Tensor::from_dispatch(Dispatch::embedding(
        weight.into_dispatch(),
        stacked_index.into_dispatch(),
    ))
}

/// Adds a learned vector per position, `[lanes, positions, channels]`, to every window of
/// `[lanes, rows, channels]`.
pub fn add_positions(x: Tensor<3>, positions: Tensor<3>, context: usize) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::add_positions(x, positions, context);
    }
    let positions = match positions.dims()[1] == context {
        true => positions,
        false => positions.narrow(1, 0, context),
    };
    Tensor::from_dispatch(Dispatch::add_positions(x.into_dispatch(), positions.into_dispatch()))
}

/// Layer normalisation over the channels with a gain and perhaps a bias, `[lanes, channels]` (Ba et
/// al. 2016).
pub fn layer_norm(x: Tensor<3>, gain: Tensor<2>, bias: Option<Tensor<2>>, eps: f64) -> Tensor<3> {
    match (is_fused(&x.device()), bias) {
        (false, bias) => primitives::layer_norm(x, gain, bias, eps),
        (true, Some(bias)) => Tensor::from_dispatch(Dispatch::layer_norm(
            x.into_dispatch(),
            gain.into_dispatch(),
            bias.into_dispatch(),
            eps as f32,
        )),
        (true, None) => norm(x, gain, true, eps),
    }
}

/// Root-mean-square normalisation over the channels with a gain `[lanes, channels]` (Zhang &
/// Sennrich 2019).
pub fn rms_norm(x: Tensor<3>, gain: Tensor<2>, eps: f64) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => norm(x, gain, false, eps),
        false => primitives::rms_norm(x, gain, eps),
    }
}

fn norm(x: Tensor<3>, gain: Tensor<2>, centred: bool, eps: f64) -> Tensor<3> {
    let (x, gain) = (x.into_dispatch(), gain.into_dispatch());
    Tensor::from_dispatch(Dispatch::norm(x, gain, centred, eps as f32))
}

/// GELU in its tanh approximation (Hendrycks & Gimpel 2016).
pub fn gelu(x: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::gelu(x.into_dispatch())),
        false => primitives::gelu(x),
    }
}

/// `gate(a) · b` for rows `[a | b]`: `[lanes, rows, 2 · width] → [lanes, rows, width]`.
pub fn gated(packed: Tensor<3>, gate: Gate) -> Tensor<3> {
    match is_fused(&packed.device()) {
        true => Tensor::from_dispatch(Dispatch::gated(packed.into_dispatch(), gate)),
        false => primitives::gated(packed, gate),
    }
}

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

/// `a + b`, as a branch comes back into the residual stream: `[lanes, rows, channels]`.
pub fn add(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    match is_fused(&a.device()) {
        true => Tensor::from_dispatch(Dispatch::add(a.into_dispatch(), b.into_dispatch())),
        false => a + b,
    }
}

/// Numbers that several operations are to read: a parameter whose gradients would be added by Burn otherwise, which is
/// built to be small and not to be fast.
pub fn shared(x: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::shared(x.into_dispatch())),
        false => x,
    }
}

/// Numbers `[lanes, rows, channels]` times constants: one for every number, or for every row or window.
pub fn scaled(x: Tensor<3>, factors: Vec<f32>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => Tensor::from_dispatch(Dispatch::scaled(x.into_dispatch(), factors.into())),
        false => primitives::scaled(x, factors),
    }
}

/// Two or three times `[lanes, rows, …]` as one, their last axes one after the other.
///
/// # Panics
/// For another count.
pub fn side_by_side<const N: usize>(parts: [Tensor<3>; N]) -> Tensor<3> {
    if !is_fused(&parts[0].device()) {
        return Tensor::cat(parts.to_vec(), 2);
    }
    let parts: Vec<DispatchTensor> = parts.into_iter().map(Tensor::into_dispatch).collect();
    Tensor::from_dispatch(match <[_; 2]>::try_from(parts) {
        Ok([a, b]) => Dispatch::two_side_by_side(a, b),
        Err(parts) => {
            let [a, b, c] = parts.try_into().expect("two or three are put side by side");
            Dispatch::three_side_by_side(a, b, c)
        }
    })
}

/// How much of each expert a token takes (Shazeer et al. 2017): the softmax of the router's scores
/// `[lanes, rows, experts]` where they are among the `active` highest, 0 elsewhere; `normalised` so that it adds up to
/// 1. Which experts are taken is a choice, through which no gradient flows.
pub fn expert_weights(scores: Tensor<3>, active: usize, normalised: bool) -> Tensor<3> {
    if !is_fused(&scores.device()) {
        return primitives::expert_weights(scores, active, normalised);
    }
    let weights = Dispatch::expert_weights(scores.into_dispatch(), active, normalised);
    Tensor::from_dispatch(weights)
}

/// One expert of a mixture: `out · gated(into · x)`, each row times its number in column `part` of `weights`,
/// `[lanes, rows, experts]`. Takes `[lanes, rows, channels]` and the expert's matrices, `[lanes, channels, 2 · hidden]`
/// and `[lanes, hidden, channels]`. Kernels compute the rows alone whose weight is not 0, and give no gradient to the
/// other weights: the weights of [`expert_weights`] have none there.
pub fn expert(
    x: Tensor<3>,
    weights: Tensor<3>,
    [into, out]: [Tensor<3>; 2],
    gate: Gate,
    part: usize,
) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::expert(x, weights, [into, out], gate, part);
    }
    Tensor::from_dispatch(Dispatch::expert(
        x.into_dispatch(),
        weights.into_dispatch(),
        into.into_dispatch(),
        out.into_dispatch(),
        gate,
        part,
    ))
}

/// Mean negative log-likelihood of each lane, `[lanes]`, in nats per token: logits
/// `[lanes, rows, vocabulary]`, targets `[lanes, rows, 1]`.
pub fn cross_entropy(logits: Tensor<3>, targets: Tensor<3, Int>) -> Tensor<1> {
    if !is_fused(&logits.device()) {
        return primitives::cross_entropy(logits, targets);
    }
    let (logits, targets) = (logits.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(Dispatch::cross_entropy(logits, targets))
}

/// What label smoothing (Szegedy et al. 2016) adds to the [`cross_entropy`] of each lane, `[lanes]`: a share of every
/// target, `[lanes]`, is spread evenly over the vocabulary.
pub fn smoothing(logits: Tensor<3>, targets: Tensor<3, Int>, shares: Vec<f32>) -> Tensor<1> {
    if !is_fused(&logits.device()) {
        return primitives::smoothing(logits, targets, shares);
    }
    let (logits, targets) = (logits.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(Dispatch::smoothing(logits, targets, shares.into()))
}

/// Sum of the squares of each lane of `[lanes, …]`, `[lanes]`. Without autodiff.
pub fn squares<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let device = values.device();
    lane_squares(values).tensor(&device)
}

/// [`squares`] as numbers to be read, or to compute a few others from.
pub fn lane_squares<const D: usize>(values: Tensor<D>) -> LaneNumbers {
    match is_fused(&values.device()) {
        true => LaneNumbers::Host(Dispatch::squares(values.into_dispatch())),
        false => LaneNumbers::on_device(primitives::squares(values)),
    }
}

/// `Σ a b` of each lane, `[lanes, …] × [lanes, …] → [lanes]`.
pub fn dots<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<1> {
    match is_fused(&a.device()) {
        true => Tensor::from_dispatch(Dispatch::dots(a.into_dispatch(), b.into_dispatch())),
        false => primitives::dots(a, b),
    }
}

/// A parameter `[lanes, …]` of any rank after a step, its moments, `[lanes, elements]` each, and the
/// [sums](kernels::update::SUMS) that say what the step did, where they are asked for.
pub type Updated = (DispatchTensor, [Tensor<2>; 2], Option<LaneNumbers>);

/// One step of Adam in one pass over a parameter and its moments; `steps` has a step per lane. On a device with
/// [kernels](is_fused) alone, without autodiff.
pub fn adam_step(
    weight: DispatchTensor,
    gradient: DispatchTensor,
    moments: [Tensor<2>; 2],
    steps: &Arc<[LaneStep]>,
    measured: bool,
) -> Updated {
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (weight, first, second, sums) =
        Dispatch::adam_step(weight, gradient, first, second, Arc::clone(steps), measured);
    let moments = [first, second].map(Tensor::from_dispatch);
    (weight, moments, measured.then(|| LaneNumbers::Host(sums.concat())))
}

/// The same for Adafactor without factorization; `least` is the smallest unit of an update.
pub fn adafactor_step(
    weight: DispatchTensor,
    gradient: DispatchTensor,
    moments: [Tensor<2>; 2],
    steps: &Arc<[LaneStep]>,
    least: f64,
    measured: bool,
) -> Updated {
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (steps, least) = (Arc::clone(steps), least as f32);
    let (weight, first, second, sums) =
        Dispatch::adafactor_step(weight, gradient, first, second, steps, least, measured);
    let moments = [first, second].map(Tensor::from_dispatch);
    (weight, moments, measured.then(|| LaneNumbers::Host(sums.concat())))
}

#[cfg(test)]
mod tests;
