//! Every kernel on one thread, at the sizes of the training bench's small and middle shapes.
//!
//! `cargo bench --bench kernels`, with a part of a name to run some.

use divan::{Bencher, black_box};
use wane::ops::kernels::activation::{
    Activation, Gate, gated, gated_gradient, gelu, gelu_gradient,
};
use wane::ops::kernels::attention::{self, Heads};
use wane::ops::kernels::dots::squares;
use wane::ops::kernels::embedding;
use wane::ops::kernels::linear::{self, Sizes};
use wane::ops::kernels::loss;
use wane::ops::kernels::norm::{self, Norm};
use wane::ops::kernels::sublayer::{self, Inner, Parameters};
use wane::ops::kernels::update::{LaneStep, Parameter, adam};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("the first of its kind");
    divan::main();
}

/// Rows and channels.
const SIZES: [(usize, usize); 2] = [(512, 64), (768, 128)];

/// Numbers between −1 and 1 without a pattern.
fn numbers(count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect()
}

fn wide((rows, channels): (usize, usize)) -> Sizes {
    Sizes { lanes: 1, rows, inputs: channels, outputs: 4 * channels, turned: false }
}

#[divan::bench(args = SIZES)]
fn linear_forward(bencher: Bencher, size: (usize, usize)) {
    let sizes = wide(size);
    let x = numbers(sizes.rows * sizes.inputs);
    let (w, b) = (numbers(sizes.inputs * sizes.outputs), numbers(sizes.outputs));
    bencher.bench(|| drop(black_box(linear::forward(&x, &w, Some(&b), &sizes))));
}

#[divan::bench(args = SIZES)]
fn linear_gradients(bencher: Bencher, size: (usize, usize)) {
    let sizes = wide(size);
    let (x, dy) = (numbers(sizes.rows * sizes.inputs), numbers(sizes.rows * sizes.outputs));
    let w = numbers(sizes.inputs * sizes.outputs);
    bencher.bench(|| {
        black_box(linear::input_gradient(&dy, &w, &sizes));
        black_box(linear::weight_gradient(&x, &dy, &sizes));
        black_box(linear::bias_gradient(&dy, &sizes));
    });
}

fn heads((_, channels): (usize, usize), kv_heads: usize, rotary_base: Option<f64>) -> Heads {
    let context = 64;
    Heads { heads: 4, kv_heads, head: channels / 4, context, window: context, rotary_base }
}

fn bench_attention(bencher: Bencher, size: (usize, usize), heads: Heads, backward: bool) {
    let packed = numbers(size.0 * heads.packed());
    let dy = numbers(size.0 * heads.channels());
    let (_, sums) = attention::forward(&packed, &heads, None);
    bencher.bench(|| match backward {
        false => drop(black_box(attention::forward(&packed, &heads, None))),
        true => drop(black_box(attention::backward(&packed, &sums, &dy, &heads, None))),
    });
}

#[divan::bench(args = SIZES)]
fn attention_forward(bencher: Bencher, size: (usize, usize)) {
    bench_attention(bencher, size, heads(size, 4, None), false);
}

#[divan::bench(args = SIZES)]
fn attention_backward(bencher: Bencher, size: (usize, usize)) {
    bench_attention(bencher, size, heads(size, 4, None), true);
}

#[divan::bench(args = SIZES)]
fn attention_rotary_grouped_forward(bencher: Bencher, size: (usize, usize)) {
    bench_attention(bencher, size, heads(size, 2, Some(1e4)), false);
}

#[divan::bench(args = SIZES)]
fn attention_rotary_grouped_backward(bencher: Bencher, size: (usize, usize)) {
    bench_attention(bencher, size, heads(size, 2, Some(1e4)), true);
}

/// Of six heads with 64 channels each.
#[divan::bench(args = [false, true])]
fn attention_of_eight_windows_of_256(bencher: Bencher, backward: bool) {
    let size = (8 * 256, 384);
    let context = 256;
    let heads =
        Heads { heads: 6, kv_heads: 6, head: 64, context, window: context, rotary_base: None };
    bench_attention(bencher, size, heads, backward);
}

fn layer_norm((rows, channels): (usize, usize)) -> Norm {
    Norm { channels, rows, centred: true, eps: 1e-5 }
}

#[divan::bench(args = SIZES)]
fn layer_norm_forward(bencher: Bencher, size: (usize, usize)) {
    let (x, gain) = (numbers(size.0 * size.1), numbers(size.1));
    bencher.bench(|| drop(black_box(norm::forward(&x, &gain, Some(&gain), &layer_norm(size)))));
}

#[divan::bench(args = SIZES)]
fn layer_norm_backward(bencher: Bencher, size: (usize, usize)) {
    let (x, gain) = (numbers(size.0 * size.1), numbers(size.1));
    let (_, moments) = norm::forward(&x, &gain, Some(&gain), &layer_norm(size));
    bencher.bench(|| drop(black_box(norm::backward(&x, &gain, &moments, &x, &layer_norm(size)))));
}

#[divan::bench(args = SIZES)]
fn gelu_forward(bencher: Bencher, (rows, channels): (usize, usize)) {
    let x = numbers(rows * 4 * channels);
    bencher.bench(|| drop(black_box(gelu(&x))));
}

#[divan::bench(args = SIZES)]
fn gelu_backward(bencher: Bencher, (rows, channels): (usize, usize)) {
    let x = numbers(rows * 4 * channels);
    bencher.bench(|| {
        let mut gradient = x.clone();
        gelu_gradient(&x, &mut gradient);
        black_box(gradient);
    });
}

#[divan::bench(args = SIZES)]
fn swiglu_forward(bencher: Bencher, (rows, channels): (usize, usize)) {
    let packed = numbers(rows * 6 * channels);
    bencher.bench(|| drop(black_box(gated(&packed, 3 * channels, Gate::Silu))));
}

#[divan::bench(args = SIZES)]
fn swiglu_backward(bencher: Bencher, (rows, channels): (usize, usize)) {
    let packed = numbers(rows * 6 * channels);
    let dy = numbers(rows * 3 * channels);
    bencher.bench(|| drop(black_box(gated_gradient(&packed, 3 * channels, Gate::Silu, &dy))));
}

/// A whole MLP between its norm and its residual connection, forward and backward.
#[divan::bench(args = SIZES)]
fn mlp_sublayer_both_ways(bencher: Bencher, size: (usize, usize)) {
    let Sizes { inputs: channels, outputs: hidden, .. } = wide(size);
    let inner = Inner::Mlp(Activation::Gelu);
    let sizes = sublayer::Sizes { lanes: 1, norm: layer_norm(size), inside: hidden, hidden };
    let (x, matrix) = (numbers(size.0 * channels), numbers(channels * hidden));
    let (narrow, wide) = (numbers(channels), numbers(hidden));
    bencher.bench(|| {
        let of = Parameters {
            gain: &narrow,
            shift: Some(&narrow),
            into: &matrix,
            into_bias: Some(&wide),
            out: &matrix,
            out_bias: Some(&narrow),
        };
        let (y, kept) = sublayer::forward(&x, &of, &sizes, &inner);
        black_box(sublayer::backward(&x, &kept, &of, &y, &sizes, &inner));
    });
}

#[divan::bench(args = SIZES)]
fn embedding_both_ways(bencher: Bencher, (rows, channels): (usize, usize)) {
    let (table, index) =
        (numbers(51 * channels), (0..rows).map(|row| row * 7 % 51).collect::<Vec<_>>());
    bencher.bench(|| {
        let picked = embedding::rows(&table, channels, &index);
        black_box(embedding::rows_gradient(&picked, channels, &index, (table.len(), 1)));
    });
}

#[divan::bench(args = SIZES)]
fn cross_entropy_both_ways(bencher: Bencher, (rows, _): (usize, usize)) {
    let (logits, targets) =
        (numbers(rows * 51), (0..rows).map(|row| row * 7 % 51).collect::<Vec<_>>());
    bencher.bench(|| {
        let (_, sums) = loss::forward(&logits, 51, &targets, 1);
        black_box(loss::backward(&logits, 51, &targets, &sums, &[1.0]));
    });
}

#[divan::bench(args = [false, true])]
fn adam_step_and_norm(bencher: Bencher, measured: bool) {
    let count = 107_456;
    let gradient = numbers(count);
    let step = LaneStep {
        clip_factor: 0.5,
        after_clip: 0.0,
        lr: 1e-3,
        keep: 0.999,
        cautious: 0.0,
        numbers: vec![0.9, 0.1, 0.95, 0.05, 1.0, 1.0, 1e-8],
    };
    let state = std::sync::Mutex::new([numbers(count), vec![0.0; count], vec![0.0; count]]);
    bencher.bench(|| {
        black_box(squares(&gradient, 1));
        let mut state = state.lock().expect("one thread");
        let [weight, first, second] = &mut *state;
        let parameter = Parameter { weight, gradient: &gradient, first, second };
        adam(parameter, std::slice::from_ref(&step), measured);
    });
}
