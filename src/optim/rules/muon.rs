//! Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): the average of gradients, with Nesterov's look
//! ahead, made all but orthogonal by five Newton–Schulz iterations. Queries, keys and values are matrices of
//! their own.

use burn::tensor::Tensor;

use super::{Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops::kernels::arithmetic::Pair;
use crate::ops::{self, Arithmetic};
use crate::optim::matrices;

/// Coefficients of an iteration `X ← a X + (b S + c S²) X` with `S = X Xᵀ`, chosen by their author to bring small
/// singular values up fast.
const COEFFICIENTS: [f64; 3] = [3.4445, -4.775, 2.0315];
const ITERATIONS: usize = 5;
/// Where the long side is so many times the short one, work on the short side alone is less.
const WIDE: usize = 2;
/// Keeps a gradient of 0 from a division by 0.
const EPS: f64 = 1e-7;

pub struct Muon;

impl Rule for Muon {
    /// μ and 1 − μ.
    fn numbers(&self, recipe: &Recipe, _step: usize) -> Vec<f64> {
        complement(recipe.momentum).to_vec()
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let [momentum, rest] = at.numbers();
        let first = average(momentum, rest, state.remove(0), gradient.clone());
        let ahead = average(momentum, rest, first.clone(), gradient);
        state.push(first);
        let [_, inputs, outputs] = at.parameter.matrices();
        let scale = at.shared.muon_scale.factor([inputs, outputs]);
        let ahead = matrices::split(ahead, at.parameter);
        let direction = orthogonal(ahead).with_number(Pair::Times, scale as f32);
        at.lr.times(matrices::join(direction, at.parameter))
    }
}

/// The nearest orthogonal matrix, nearly: singular values come between about 0.7 and 1.2. `[matrices, inputs,
/// outputs]`.
fn orthogonal(gradients: Tensor<3>) -> Tensor<3> {
    let [_, inputs, outputs] = gradients.dims();
    let is_tall = inputs > outputs;
    let x = if is_tall { gradients.swap_dims(1, 2) } else { gradients };
    let size = matrices::norms(x.clone()) + EPS;
    let x = x.with_each(Pair::Over, size);
    let [_, short, long] = x.dims();
    let x = if long >= WIDE * short { by_factor(x) } else { by_iterations(x) };
    if is_tall { x.swap_dims(1, 2) } else { x }
}

/// `X ← P(S) X` five times, with `S = X Xᵀ`.
fn by_iterations(mut x: Tensor<3>) -> Tensor<3> {
    for _ in 0..ITERATIONS {
        let polynomial = polynomial(ops::scores(x.clone(), x.clone()));
        x = ops::linear(polynomial, x, None);
    }
    x
}

/// The same with the product of all `P(S)` first: `S ← P(S) S P(S)` needs no more of a wide matrix than its `S`, and
/// all factors commute.
fn by_factor(x: Tensor<3>) -> Tensor<3> {
    let mut gram = ops::scores(x.clone(), x.clone());
    let mut factor = polynomial(gram.clone());
    let mut last = factor.clone();
    for _ in 1..ITERATIONS {
        gram = ops::linear(ops::linear(last.clone(), gram, None), last, None);
        last = polynomial(gram.clone());
        factor = ops::linear(last.clone(), factor, None);
    }
    ops::linear(factor, x, None)
}

/// `P(S) = a + b S + c S²`, `[matrices, short, short]`.
fn polynomial(gram: Tensor<3>) -> Tensor<3> {
    let [a, b, c] = COEFFICIENTS;
    let square = ops::linear(gram.clone(), gram.clone(), None);
    let square = square.with_number(Pair::Times, c as f32);
    ops::plus_diagonal(gram.with_number(Pair::Times, b as f32).plus(square), a as f32)
}
