//! The matrix products of a training step and nothing else, in buffers that stay in the cache: what no
//! step on this machine can beat.

use std::time::Instant;

use gemm::Parallelism;
use wane::config::{Family, ModelShape};
use wane::experiment::{Changes, Spec};

use crate::Shape;

/// `times` products of `[m, k] × [k, n]`.
struct Product {
    m: usize,
    n: usize,
    k: usize,
    times: usize,
}

/// Seconds of all products of a step: each linear layer's output, input gradient and weight gradient,
/// and for each window and head attention's two products forward and four backward, masked half and all.
pub fn seconds(shape: &Shape, vocabulary: usize) -> f64 {
    let rows = shape.batch * shape.context;
    let model = model(shape);
    let (width, hidden) = (shape.channels, model.hidden_channels());
    let packed = width + 2 * model.kv_channels();
    let into_mlp = if model.family == Family::Gpt2 { hidden } else { 2 * hidden };
    let layers = shape.layers;
    let linear = [
        (width, packed, layers),
        (width, width, layers),
        (width, into_mlp, layers),
        (hidden, width, layers),
        (width, vocabulary, 1),
    ];
    let mut products = Vec::new();
    for (inputs, outputs, times) in linear {
        products.push(Product { m: rows, n: outputs, k: inputs, times });
        products.push(Product { m: rows, n: inputs, k: outputs, times });
        products.push(Product { m: inputs, n: outputs, k: rows, times });
    }
    let (context, head) = (shape.context, model.head_channels());
    let times = layers * shape.batch * shape.heads;
    products.push(Product { m: context, n: context, k: head, times: 2 * times });
    products.push(Product { m: context, n: head, k: context, times: 4 * times });
    products.iter().map(seconds_of).sum()
}

/// Seconds of the products of Muon's five iterations. Square matrices, with queries, keys and values each by itself,
/// take a Gram matrix, its square and a product with the matrix each time; the wide ones of the MLP a Gram matrix
/// and a product once, and products of their short side.
pub fn orthogonal_seconds(shape: &Shape) -> f64 {
    let (width, layers) = (shape.channels, shape.layers);
    let (square, wide) = (4 * layers, 2 * layers);
    let of = |n: usize, k: usize, times: usize| Product { m: width, n, k, times };
    let all = [
        of(width, width, 5 * 3 * square),
        of(width, 4 * width, wide),
        of(4 * width, width, wide),
        of(width, width, (5 + 3 * 4) * wide),
    ];
    all.iter().map(seconds_of).sum()
}

/// The shape that a spec of this family resolves to.
fn model(shape: &Shape) -> ModelShape {
    let Shape { family, layers, heads, channels, context, .. } = shape;
    let text = format!(
        "name = 'shape'\n[model]\nfamily = '{family}'\nlayers = {layers}\nheads = {heads}\n\
         channels = {channels}\ncontext = {context}\n[[arm]]\nform = 'none'\n"
    );
    Spec::parse(&text, &Changes::default()).expect("the spec is valid").models()[0]
}

fn seconds_of(product: &Product) -> f64 {
    let Product { m, n, k, times } = *product;
    let (a, b, mut c) = (vec![1f32; m * k], vec![1f32; k * n], vec![0f32; m * n]);
    let mut once = || {
        // SAFETY: the three buffers have the sizes of the product.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                c.as_mut_ptr(),
                1,
                n as isize,
                false,
                a.as_ptr(),
                1,
                k as isize,
                b.as_ptr(),
                1,
                n as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    };
    once();
    let mut taken: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let count = times.min(32);
            (0..count).for_each(|_| once());
            start.elapsed().as_secs_f64() / count as f64
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    taken[2] * times as f64
}
