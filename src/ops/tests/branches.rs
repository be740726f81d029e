//! What comes between the layers of a model: sums, dropout, experts' weights, label smoothing.

use super::*;

pub fn add_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let fused = |t: Vec<Tensor<3>>| add(t[0].clone(), t[1].clone());
    let primitive = |t: Vec<Tensor<3>>| t[0].clone() + t[1].clone();
    let exact = |x: &[Numbers]| x[0].iter().zip(&x[1]).map(|(a, b)| a + b).collect();
    case("add", vec![[lanes, rows, channels]; 2], fused, primitive, exact)
}

/// Read twice by the operation after it.
pub fn shared_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let fused = |t: Vec<Tensor<3>>| {
        let x = shared(t[0].clone());
        add(x.clone(), x)
    };
    let primitive = |t: Vec<Tensor<3>>| t[0].clone() + t[0].clone();
    let exact = |x: &[Numbers]| x[0].iter().map(|x| x + x).collect();
    case("shared", vec![[lanes, rows, channels]], fused, primitive, exact)
}

/// With a factor for every number, for every row, or for every lane.
pub fn scaled_case(Sizes { lanes, rows, channels, .. }: Sizes, per: usize) -> Case {
    let count = [lanes * rows * channels, lanes * rows, lanes][per];
    let factors = dropped(count);
    let (again, wide) = (factors.clone(), factors.clone());
    let fused = move |t: Vec<Tensor<3>>| scaled(t[0].clone(), factors.clone());
    let primitive = move |t: Vec<Tensor<3>>| primitives::scaled(t[0].clone(), again.clone());
    let exact = move |x: &[Numbers]| {
        let size = x[0].len() / wide.len();
        let factor = |place: usize| f64::from(wide[place / size]);
        x[0].iter().enumerate().map(|(place, x)| x * factor(place)).collect()
    };
    case("scaled", vec![[lanes, rows, channels]], fused, primitive, exact)
}

pub fn side_by_side_case(Sizes { lanes, rows, channels, outputs }: Sizes, three: bool) -> Case {
    let mut shapes = vec![[lanes, rows, channels], [lanes, rows, outputs]];
    shapes.extend(three.then_some([lanes, rows, 2]));
    let widths: Vec<usize> = shapes.iter().map(|[_, _, width]| *width).collect();
    let fused = |t: Vec<Tensor<3>>| match t.as_slice() {
        [a, b] => side_by_side([a.clone(), b.clone()]),
        all => side_by_side([0, 1, 2].map(|part| all[part].clone())),
    };
    let primitive = |t: Vec<Tensor<3>>| Tensor::cat(t, 2);
    let exact = move |x: &[Numbers]| {
        let of_row = |row: usize| {
            let parts = x.iter().zip(&widths);
            parts.flat_map(move |(x, width)| x[row * width..][..*width].to_vec())
        };
        (0..lanes * rows).flat_map(of_row).collect()
    };
    case("side by side", shapes, fused, primitive, exact)
}

pub fn expert_weights_case(sizes: Sizes, normalised: bool) -> Case {
    let Sizes { lanes, rows, channels: parts, .. } = sizes;
    let active = parts.min(2);
    let fused = move |t: Vec<Tensor<3>>| expert_weights(t[0].clone(), active, normalised);
    let primitive =
        move |t: Vec<Tensor<3>>| primitives::expert_weights(t[0].clone(), active, normalised);
    let exact = move |x: &[Numbers]| {
        let weigh = |scores: &[f64]| {
            let mut ranked = scores.to_vec();
            ranked.sort_by(|a, b| b.total_cmp(a));
            let taken = |score: &f64| if *score >= ranked[active - 1] { score.exp() } else { 0.0 };
            let all: f64 = scores.iter().map(|score| score.exp()).sum();
            let of_taken: f64 = scores.iter().map(taken).sum();
            let total = if normalised { of_taken } else { all };
            scores.iter().map(|score| taken(score) / total).collect::<Numbers>()
        };
        x[0].chunks(parts).flat_map(weigh).collect()
    };
    case("experts' weights", vec![[lanes, rows, parts]], fused, primitive, exact)
}

pub fn smoothing_case(Sizes { lanes, rows, channels, .. }: Sizes) -> Case {
    let index = indices(lanes * rows, channels);
    let shares: Vec<f32> = (0..lanes).map(|lane| 0.1 * lane as f32 + 0.05).collect();
    let targets = move |index: &[i32], device: &Device| -> Tensor<3, Int> {
        Tensor::from_data(TensorData::new(index.to_vec(), [lanes, rows, 1]), device)
    };
    let (own, again) = ((index.clone(), shares.clone()), (index.clone(), shares.clone()));
    let fused = move |t: Vec<Tensor<3>>| {
        let targets = targets(&own.0, &t[0].device());
        smoothing(t[0].clone(), targets, own.1.clone()).reshape([lanes, 1, 1])
    };
    let primitive = move |t: Vec<Tensor<3>>| {
        let targets = targets(&again.0, &t[0].device());
        primitives::smoothing(t[0].clone(), targets, again.1.clone()).reshape([lanes, 1, 1])
    };
    let exact = move |x: &[Numbers]| {
        let above = |(row, target): (&[f64], &i32)| {
            row[*target as usize] - row.iter().sum::<f64>() / channels as f64
        };
        let above: Numbers = x[0].chunks(channels).zip(&index).map(above).collect();
        let of_lane = |(above, share): (&[f64], &f32)| {
            above.iter().sum::<f64>() / rows as f64 * f64::from(*share)
        };
        above.chunks(rows).zip(&shares).map(of_lane).collect()
    };
    case("smoothing", vec![[lanes, rows, channels]], fused, primitive, exact)
}

pub fn dropped_attention_case(lanes: usize, windows: usize, heads: Heads) -> Case {
    let shapes = vec![[lanes, windows * heads.context, heads.packed()]];
    let factors = dropped(lanes * windows * heads.heads * heads.context.pow(2));
    let (again, wide) = (factors.clone(), factors.clone());
    let fused =
        move |t: Vec<Tensor<3>>| attention_with_dropout(t[0].clone(), &heads, factors.clone());
    let primitive = move |t: Vec<Tensor<3>>| {
        primitives::attention_with(t[0].clone(), &heads, Some(again.clone()))
    };
    let exact = move |x: &[Numbers]| reference::attention_with(&x[0], &heads, Some(&wide));
    case(&format!("dropout of {heads:?}"), shapes, fused, primitive, exact)
}

/// Factors of which every third is 0, the same for the numbers that a lane begins with wherever it stands.
fn dropped(count: usize) -> Vec<f32> {
    (0..count).map(|place| if place % 3 == 1 { 0.0 } else { 1.25 }).collect()
}

/// What operations of ours and of Burn's read together, read twice by one of them, and once more in another pass.
#[test]
fn a_result_that_several_operations_read_has_the_sum_of_their_gradients() {
    let shape = [2, 3, 17];
    let fused = |x: Tensor<3>| {
        let read = gelu(x);
        let ours = add(scaled(read.clone(), dropped(6)), add(read.clone(), read.clone()));
        add(ours, read.clone() * 0.5) + gelu(read.clone()) + read
    };
    let primitive = |x: Tensor<3>| {
        let read = primitives::gelu(x);
        let ours = primitives::scaled(read.clone(), dropped(6)) + read.clone() + read.clone();
        ours + read.clone() * 0.5 + primitives::gelu(read.clone()) + read
    };
    let device = Device::flex().autodiff();
    let values = TensorData::new(numbers("read", 2 * 3 * 17), shape);
    let leaf: Tensor<3> = Tensor::from_data(values, &device).require_grad();
    let slopes = |out: Tensor<3>| -> Vec<f32> {
        let gradients = out.square().sum().backward();
        leaf.grad(&gradients).unwrap().try_into_vec_as().unwrap()
    };
    let theirs = slopes(primitive(leaf.clone()));
    for _ in 0..2 {
        assert_close("the sum of gradients", &slopes(fused(leaf.clone())), &theirs, 1e-5);
    }
}
