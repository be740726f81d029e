//! One case of every operation: with kernels, of primitives, and as a formula in float64.

use super::*;

/// One case of every operation.
pub fn all(sizes: Sizes, heads: Heads) -> Vec<Case> {
    vec![
        linear_case(sizes, true),
        linear_case(sizes, false),
        scores_case(sizes),
        layer_norm_case(sizes, true),
        layer_norm_case(sizes, false),
        rms_norm_case(sizes),
        gelu_case(sizes),
        gated_case(sizes, Gate::Silu),
        gated_case(sizes, Gate::Gelu),
        attention_case(sizes.lanes, 2, heads),
        expert_case(sizes, Gate::Silu),
        expert_case(sizes, Gate::Gelu),
        embedding_case(sizes),
        positions_case(Sizes { outputs: 2, ..sizes }),
        cross_entropy_case(sizes),
        branches::add_case(sizes),
        branches::shared_case(sizes),
        branches::scaled_case(sizes, 0),
        branches::scaled_case(sizes, 1),
        branches::scaled_case(sizes, 2),
        branches::side_by_side_case(sizes, false),
        branches::side_by_side_case(sizes, true),
        branches::expert_weights_case(sizes, false),
        branches::expert_weights_case(sizes, true),
        branches::smoothing_case(sizes),
        branches::dropped_attention_case(sizes.lanes, 2, heads),
        sublayers::attention(sizes, heads, true),
        sublayers::attention(sizes, heads, false),
        sublayers::mlp(sizes, Activation::Gelu, true),
        sublayers::mlp(sizes, Activation::Gated(Gate::Silu), false),
    ]
}

fn linear_case(Sizes { lanes, rows, channels, outputs }: Sizes, biased: bool) -> Case {
    let bias = move |t: &[Tensor<3>]| biased.then(|| row(t[2].clone()));
    let fused = move |t: Vec<Tensor<3>>| linear(t[0].clone(), t[1].clone(), bias(&t));
    let primitive =
        move |t: Vec<Tensor<3>>| primitives::linear(t[0].clone(), t[1].clone(), bias(&t));
    let mut shapes = vec![[lanes, rows, channels], [lanes, channels, outputs]];
    shapes.extend(biased.then_some([lanes, 1, outputs]));
    let exact = move |x: &[Numbers]| {
        reference::linear(&x[0], &x[1], x.get(2), [lanes, rows, channels, outputs])
    };
    case("linear", shapes, fused, primitive, exact)
}

fn scores_case(Sizes { lanes, rows, channels, outputs }: Sizes) -> Case {
    let shapes = vec![[lanes, rows, channels], [lanes, outputs, channels]];
    let exact = move |x: &[Numbers]| {
        let table = reference::turned(&x[1], [lanes, outputs, channels]);
        reference::linear(&x[0], &table, None, [lanes, rows, channels, outputs])
    };
    let fused = |t: Vec<Tensor<3>>| scores(t[0].clone(), t[1].clone());
    let primitive = |t: Vec<Tensor<3>>| primitives::scores(t[0].clone(), t[1].clone());
    case("scores", shapes, fused, primitive, exact)
}

pub const EPS: f64 = 1e-3;

fn layer_norm_case(Sizes { lanes, rows, channels, .. }: Sizes, biased: bool) -> Case {
    let bias = move |t: &[Tensor<3>]| biased.then(|| row(t[2].clone()));
    let fused = move |t: Vec<Tensor<3>>| layer_norm(t[0].clone(), row(t[1].clone()), bias(&t), EPS);
    let primitive = move |t: Vec<Tensor<3>>| {
        primitives::layer_norm(t[0].clone(), row(t[1].clone()), bias(&t), EPS)
    };
    let mut shapes = vec![[lanes, rows, channels], [lanes, 1, channels]];
    shapes.extend(biased.then_some([lanes, 1, channels]));
    let exact = move |x: &[Numbers]| {
        reference::norm(&x[0], &x[1], x.get(2), [lanes, rows, channels], (true, EPS))
    };
    case("layer norm", shapes, fused, primitive, exact)
}

fn rms_norm_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let fused = |t: Vec<Tensor<3>>| rms_norm(t[0].clone(), row(t[1].clone()), EPS);
    let primitive = |t: Vec<Tensor<3>>| primitives::rms_norm(t[0].clone(), row(t[1].clone()), EPS);
    let exact = move |x: &[Numbers]| {
        reference::norm(&x[0], &x[1], None, [lanes, rows, channels], (false, EPS))
    };
    let shapes = vec![[lanes, rows, channels], [lanes, 1, channels]];
    case("rms norm", shapes, fused, primitive, exact)
}

fn gelu_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let exact = |x: &[Numbers]| x[0].iter().map(|x| reference::gelu(*x)).collect();
    let fused = |t: Vec<Tensor<3>>| gelu(t[0].clone());
    let primitive = |t: Vec<Tensor<3>>| primitives::gelu(t[0].clone());
    case("gelu", vec![[lanes, rows, channels]], fused, primitive, exact)
}

fn gated_case(Sizes { lanes, rows, channels, .. }: Sizes, gate: Gate) -> Case {
    let fused = move |t: Vec<Tensor<3>>| gated(t[0].clone(), gate);
    let primitive = move |t: Vec<Tensor<3>>| primitives::gated(t[0].clone(), gate);
    let exact = move |x: &[Numbers]| reference::gated(&x[0], channels, gate);
    case("gated", vec![[lanes, rows, 2 * channels]], fused, primitive, exact)
}

fn attention_case(lanes: usize, windows: usize, heads: Heads) -> Case {
    let shapes = vec![[lanes, windows * heads.context, heads.packed()]];
    let fused = move |t: Vec<Tensor<3>>| attention(t[0].clone(), &heads);
    let primitive = move |t: Vec<Tensor<3>>| primitives::attention(t[0].clone(), &heads);
    let exact = move |x: &[Numbers]| reference::attention(&x[0], &heads);
    case(&format!("{heads:?}"), shapes, fused, primitive, exact)
}

/// A third of the rows does not take the expert.
fn expert_case(Sizes { lanes, rows, channels, outputs }: Sizes, gate: Gate) -> Case {
    const PARTS: usize = 3;
    let taken = |lane: usize, row: usize| if (lane + row) % 3 == 1 { 0.0 } else { 1.0 };
    let weights = move |weights: &Tensor<3>| {
        let rows_of = |lane| (0..rows).flat_map(move |row| [taken(lane, row); PARTS]);
        let taken: Vec<f32> = (0..lanes).flat_map(rows_of).collect();
        let shape = [lanes, rows, PARTS];
        weights.clone() * Tensor::from_data(TensorData::new(taken, shape), &weights.device())
    };
    let matrices = |t: &[Tensor<3>]| [t[2].clone(), t[3].clone()];
    let fused =
        move |t: Vec<Tensor<3>>| expert(t[0].clone(), weights(&t[1]), matrices(&t), gate, 1);
    let primitive = move |t: Vec<Tensor<3>>| {
        primitives::expert(t[0].clone(), weights(&t[1]), matrices(&t), gate, 1)
    };
    let exact = move |x: &[Numbers]| {
        let packed = reference::linear(&x[0], &x[2], None, [lanes, rows, channels, 2 * outputs]);
        let products = reference::gated(&packed, outputs, gate);
        let made = reference::linear(&products, &x[3], None, [lanes, rows, outputs, channels]);
        let weight = |row: usize| x[1][row * PARTS + 1] * f64::from(taken(row / rows, row % rows));
        made.iter().enumerate().map(|(place, y)| y * weight(place / channels)).collect()
    };
    let shapes = vec![
        [lanes, rows, channels],
        [lanes, rows, PARTS],
        [lanes, channels, 2 * outputs],
        [lanes, outputs, channels],
    ];
    case("expert", shapes, fused, primitive, exact)
}

pub fn indices(count: usize, below: usize) -> Vec<i32> {
    (0..count).map(|place| ((place * 7 + place / 3) % below) as i32).collect()
}

fn embedding_case(Sizes { lanes, rows, channels, outputs }: Sizes) -> Case {
    let index: Vec<i32> = (0..lanes)
        .flat_map(|lane| {
            indices(rows, outputs).into_iter().map(move |token| token + (lane * outputs) as i32)
        })
        .collect();
    let tensor = {
        let index = index.clone();
        move |device: &Device| -> Tensor<1, Int> {
            Tensor::from_data(TensorData::new(index.clone(), [lanes * rows]), device)
        }
    };
    let again = tensor.clone();
    let fused = move |t: Vec<Tensor<3>>| embedding(t[0].clone(), tensor(&t[0].device()));
    let primitive =
        move |t: Vec<Tensor<3>>| primitives::embedding(t[0].clone(), again(&t[0].device()));
    let exact = move |x: &[Numbers]| {
        let picked = |token: &i32| x[0][*token as usize * channels..][..channels].to_vec();
        index.iter().flat_map(picked).collect()
    };
    case("embedding", vec![[lanes, outputs, channels]], fused, primitive, exact)
}

fn positions_case(Sizes { lanes, rows, channels, outputs }: Sizes) -> Case {
    // `outputs` windows of `rows` tokens.
    let fused = move |t: Vec<Tensor<3>>| add_positions(t[0].clone(), t[1].clone(), rows);
    let primitive =
        move |t: Vec<Tensor<3>>| primitives::add_positions(t[0].clone(), t[1].clone(), rows);
    let exact = move |x: &[Numbers]| {
        let place = |index: usize| {
            let (lane, within) = (index / (outputs * rows * channels), index % (rows * channels));
            x[0][index] + x[1][lane * rows * channels + within]
        };
        (0..x[0].len()).map(place).collect()
    };
    let shapes = vec![[lanes, outputs * rows, channels], [lanes, rows, channels]];
    case("positions", shapes, fused, primitive, exact)
}

fn cross_entropy_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let index = indices(lanes * rows, channels);
    let targets = {
        let index = index.clone();
        move |device: &Device| -> Tensor<3, Int> {
            Tensor::from_data(TensorData::new(index.clone(), [lanes, rows, 1]), device)
        }
    };
    let again = targets.clone();
    let fused = move |t: Vec<Tensor<3>>| {
        cross_entropy(t[0].clone(), targets(&t[0].device())).reshape([lanes, 1, 1])
    };
    let primitive = move |t: Vec<Tensor<3>>| {
        primitives::cross_entropy(t[0].clone(), again(&t[0].device())).reshape([lanes, 1, 1])
    };
    let exact = move |x: &[Numbers]| {
        let targets: Vec<usize> = index.iter().map(|target| *target as usize).collect();
        reference::cross_entropy(&x[0], &targets, channels, lanes)
    };
    case("cross-entropy", vec![[lanes, rows, channels]], fused, primitive, exact)
}
