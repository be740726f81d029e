//! One expert of a mixture, computed for the rows that it has a weight in and for no other.

use super::activation::{Gate, gated, gated_gradient};
use super::linear::{self, Sizes};
use super::simd::sum_of;

/// An expert among others, and the sizes of what it is given.
#[derive(Clone, Copy, Debug)]
pub struct Expert {
    /// Rows of each lane.
    pub rows: usize,
    /// Channels of each row.
    pub channels: usize,
    /// Channels inside the expert.
    pub hidden: usize,
    /// Experts of the mixture, and which of them it is.
    pub parts: usize,
    /// See [`parts`](Self::parts).
    pub part: usize,
    /// How its one half gates the other.
    pub gate: Gate,
}

/// The weights of the expert's matrices, `[lanes, channels, 2 · hidden]` and `[lanes, hidden, channels]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrices<'a> {
    /// Into the gate and what it gates.
    pub into: &'a [f32],
    /// Out of them.
    pub out: &'a [f32],
}

/// What backward needs of one lane: the rows that take the expert, and what became of them.
#[derive(Clone, Debug)]
pub struct Taken {
    rows: Vec<usize>,
    x: Vec<f32>,
    packed: Vec<f32>,
    products: Vec<f32>,
    outputs: Vec<f32>,
}

/// Gradients of x, of the rows' weights and of the two matrices.
pub type Gradients = [Vec<f32>; 4];

impl Expert {
    fn sizes(&self, rows: usize) -> (Sizes, Sizes) {
        let sizes = |inputs, outputs| Sizes { lanes: 1, rows, inputs, outputs, turned: false };
        (sizes(self.channels, 2 * self.hidden), sizes(self.hidden, self.channels))
    }

    fn lane<'a>(&self, values: &'a [f32], lane: usize, per_lane: usize) -> &'a [f32] {
        &values[lane * per_lane..][..per_lane]
    }

    fn matrices<'a>(&self, of: Matrices<'a>, lane: usize) -> Matrices<'a> {
        let half = self.hidden * self.channels;
        Matrices { into: self.lane(of.into, lane, 2 * half), out: self.lane(of.out, lane, half) }
    }

    /// The weight of a row of one lane's `[rows, parts]`.
    fn weight(&self, weights: &[f32], row: usize) -> f32 {
        weights[row * self.parts + self.part]
    }

    fn picked(&self, values: &[f32], rows: &[usize]) -> Vec<f32> {
        rows.iter()
            .flat_map(|row| &values[row * self.channels..][..self.channels])
            .copied()
            .collect()
    }
}

/// What the expert makes of `[lanes, rows, channels]`, each row times its number in `[lanes, rows, parts]`, and 0
/// where that is 0.
pub fn forward(
    x: &[f32],
    weights: &[f32],
    of: Matrices,
    expert: &Expert,
) -> (Vec<f32>, Vec<Taken>) {
    let Expert { rows, channels, parts, .. } = *expert;
    let mut y = vec![0.0; x.len()];
    let lanes = y.chunks_mut(rows * channels).enumerate();
    let taken = lanes.map(|(lane, y)| {
        let x = expert.lane(x, lane, rows * channels);
        let weights = expert.lane(weights, lane, rows * parts);
        forward_lane((x, weights), expert.matrices(of, lane), expert, y)
    });
    let taken = taken.collect();
    (y, taken)
}

fn forward_lane(
    (x, weights): (&[f32], &[f32]),
    of: Matrices,
    expert: &Expert,
    y: &mut [f32],
) -> Taken {
    let rows: Vec<usize> =
        (0..expert.rows).filter(|row| expert.weight(weights, *row) != 0.0).collect();
    let (into, out) = expert.sizes(rows.len());
    let x = expert.picked(x, &rows);
    let packed = linear::forward(&x, of.into, None, &into);
    let products = gated(&packed, expert.hidden, expert.gate);
    let outputs = linear::forward(&products, of.out, None, &out);
    for (row, output) in rows.iter().zip(outputs.chunks(expert.channels)) {
        let weight = expert.weight(weights, *row);
        let y = &mut y[row * expert.channels..][..expert.channels];
        y.iter_mut().zip(output).for_each(|(y, output)| *y = output * weight);
    }
    Taken { rows, x, packed, products, outputs }
}

/// The gradients of all that [`forward`] was given, from that of its result. A weight of 0 has none: whoever chose it
/// is not asked again.
pub fn backward(
    taken: &[Taken],
    weights: &[f32],
    of: Matrices,
    gradient: &[f32],
    expert: &Expert,
) -> Gradients {
    let Expert { rows, channels, parts, .. } = *expert;
    let mut of_x = vec![0.0; gradient.len()];
    let mut of_weights = vec![0.0; weights.len()];
    let (mut of_into, mut of_out) =
        (Vec::with_capacity(of.into.len()), Vec::with_capacity(of.out.len()));
    let lanes = of_x.chunks_mut(rows * channels).zip(of_weights.chunks_mut(rows * parts));
    for (lane, ((of_x, of_weights), taken)) in lanes.zip(taken).enumerate() {
        let weights = expert.lane(weights, lane, rows * parts);
        let gradient = expert.lane(gradient, lane, rows * channels);
        let mut of_outputs = expert.picked(gradient, &taken.rows);
        weigh(&mut of_outputs, taken, weights, of_weights, expert);
        let matrices = expert.matrices(of, lane);
        let [of_rows, into, out] = backward_lane(taken, matrices, &of_outputs, expert);
        for (row, of_row) in taken.rows.iter().zip(of_rows.chunks(channels)) {
            of_x[row * channels..][..channels].copy_from_slice(of_row);
        }
        of_into.extend(into);
        of_out.extend(out);
    }
    [of_x, of_weights, of_into, of_out]
}

/// Gradients of what the expert made of its rows, in the place of those of that times a weight; and of the weights.
fn weigh(
    gradient: &mut [f32],
    taken: &Taken,
    weights: &[f32],
    of_weights: &mut [f32],
    expert: &Expert,
) {
    let channels = expert.channels;
    let rows = gradient.chunks_mut(channels).zip(taken.outputs.chunks(channels));
    for (row, (gradient, output)) in taken.rows.iter().zip(rows) {
        of_weights[row * expert.parts + expert.part] =
            sum_of(gradient, output, |a, b, sum| sum + a * b);
        let weight = expert.weight(weights, *row);
        gradient.iter_mut().for_each(|value| *value *= weight);
    }
}

/// The gradients of one lane's rows and matrices.
fn backward_lane(
    taken: &Taken,
    of: Matrices,
    of_outputs: &[f32],
    expert: &Expert,
) -> [Vec<f32>; 3] {
    let (into, out) = expert.sizes(taken.rows.len());
    let of_out = linear::weight_gradient(&taken.products, of_outputs, &out);
    let of_products = linear::input_gradient(of_outputs, of.out, &out);
    let of_packed = gated_gradient(&taken.packed, expert.hidden, expert.gate, &of_products);
    let of_into = linear::weight_gradient(&taken.x, &of_packed, &into);
    let of_rows = linear::input_gradient(&of_packed, of.into, &into);
    [of_rows, of_into, of_out]
}
