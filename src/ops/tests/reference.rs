//! The operations once more, in float64 and as plainly as their formulas: every tensor a list of
//! numbers in row-major order.

use wane_kernels::activation::Gate;
use wane_kernels::attention::Heads;

pub type Numbers = Vec<f64>;

/// `[lanes, rows, inner] × [lanes, inner, columns] + [lanes, columns]`.
pub fn linear(x: &Numbers, w: &Numbers, b: Option<&Numbers>, sizes: [usize; 4]) -> Numbers {
    let [lanes, rows, inner, columns] = sizes;
    let mut out = Numbers::new();
    for lane in 0..lanes {
        for row in 0..rows {
            for column in 0..columns {
                let bias = b.map_or(0.0, |b| b[lane * columns + column]);
                let product = (0..inner).map(|k| {
                    x[(lane * rows + row) * inner + k] * w[(lane * inner + k) * columns + column]
                });
                out.push(bias + product.sum::<f64>());
            }
        }
    }
    out
}

/// `[lanes, a, b]` as `[lanes, b, a]`.
pub fn turned(x: &Numbers, [lanes, a, b]: [usize; 3]) -> Numbers {
    let place = |index: usize| {
        let (lane, column, row) = (index / (a * b), index / a % b, index % a);
        x[(lane * a + row) * b + column]
    };
    (0..lanes * a * b).map(place).collect()
}

pub fn norm(
    x: &Numbers,
    gain: &Numbers,
    bias: Option<&Numbers>,
    [lanes, rows, channels]: [usize; 3],
    (centred, eps): (bool, f64),
) -> Numbers {
    let mut out = Numbers::new();
    for row in 0..lanes * rows {
        let lane = row / rows;
        let x = &x[row * channels..][..channels];
        let mean = if centred { x.iter().sum::<f64>() / channels as f64 } else { 0.0 };
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / channels as f64;
        for (channel, x) in x.iter().enumerate() {
            let at = lane * channels + channel;
            let scaled = (x - mean) / (variance + eps).sqrt() * gain[at];
            out.push(scaled + bias.map_or(0.0, |bias| bias[at]));
        }
    }
    out
}

pub fn gelu(x: f64) -> f64 {
    let z = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
    0.5 * x * (1.0 + z.tanh())
}

pub fn gated(packed: &Numbers, width: usize, gate: Gate) -> Numbers {
    let open = |x: f64| match gate {
        Gate::Silu => x / (1.0 + (-x).exp()),
        Gate::Gelu => gelu(x),
    };
    let row = |row: &[f64]| (0..width).map(|i| open(row[i]) * row[width + i]).collect::<Numbers>();
    packed.chunks(2 * width).flat_map(row).collect()
}

pub fn attention(packed: &Numbers, heads: &Heads) -> Numbers {
    attention_with(packed, heads, None)
}

/// With factors of the weights, `[windows, heads, context, context]`.
pub fn attention_with(packed: &Numbers, heads: &Heads, factors: Option<&[f32]>) -> Numbers {
    let Heads { head, context, .. } = *heads;
    let group = heads.heads / heads.kv_heads;
    let stride = heads.packed();
    let mut out = vec![0.0; packed.len() / stride * heads.channels()];
    for window in 0..packed.len() / stride / context {
        let row = |position: usize| &packed[(window * context + position) * stride..][..stride];
        let part = |position: usize, index: usize| -> Numbers {
            row(position)[index * head..][..head].to_vec()
        };
        let turn = |position: usize, x: Numbers| match heads.rotary_base {
            Some(base) => rotary(&x, position, base),
            None => x,
        };
        for index in 0..heads.heads {
            let (key, value) =
                (heads.heads + index / group, heads.heads + heads.kv_heads + index / group);
            for position in 0..context {
                let query = turn(position, part(position, index));
                let seen = (position + 1).saturating_sub(heads.window)..position + 1;
                let score = |other: usize| -> f64 {
                    let key = turn(other, part(other, key));
                    let product: f64 = query.iter().zip(&key).map(|(a, b)| a * b).sum();
                    (product / (head as f64).sqrt()).exp()
                };
                let weights: Numbers = seen.clone().map(score).collect();
                let total: f64 = weights.iter().sum();
                let place = (window * context + position) * heads.channels() + index * head;
                let first = ((window * heads.heads + index) * context + position) * context;
                let factor = |other: usize| factors.map_or(1.0, |all| all[first + other].into());
                for (other, weight) in seen.zip(weights) {
                    let weight = weight * factor(other);
                    for (channel, value) in part(other, value).iter().enumerate() {
                        out[place + channel] += weight / total * value;
                    }
                }
            }
        }
    }
    out
}

fn rotary(x: &[f64], position: usize, base: f64) -> Numbers {
    let half = x.len() / 2;
    let turn = |channel: usize| {
        let pair = channel % half;
        let angle = position as f64 * base.powf(-2.0 * pair as f64 / x.len() as f64);
        let (a, b) = (x[pair], x[pair + half]);
        match channel < half {
            true => a * angle.cos() - b * angle.sin(),
            false => b * angle.cos() + a * angle.sin(),
        }
    };
    (0..x.len()).map(turn).collect()
}

pub fn cross_entropy(
    logits: &Numbers,
    targets: &[usize],
    vocabulary: usize,
    lanes: usize,
) -> Numbers {
    let loss = |(row, target): (&[f64], &usize)| {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        sum.ln() - row[*target]
    };
    let losses: Numbers = logits.chunks(vocabulary).zip(targets).map(loss).collect();
    let rows = losses.len() / lanes;
    losses.chunks(rows).map(|losses| losses.iter().sum::<f64>() / rows as f64).collect()
}
