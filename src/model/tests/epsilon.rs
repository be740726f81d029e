//! ε of norms, against the same arithmetic in 64 bits.

use super::reader::{CONTEXT, drawn, shapes, whole};
use super::*;

const CHANNELS: usize = 8;

/// A LLaMA of one layer in 64 bits, at the first token of a window: it attends to itself alone.
struct OfOneToken<'a> {
    weights: &'a LaneWeights,
    eps: f64,
}

impl OfOneToken<'_> {
    fn named(&self, name: &str) -> Vec<f64> {
        self.weights[name].iter().map(|number| f64::from(*number)).collect()
    }

    fn product(&self, x: &[f64], name: &str) -> Vec<f64> {
        let matrix = self.named(name);
        let columns = matrix.len() / x.len();
        let term = |row: usize, column: usize| x[row] * matrix[row * columns + column];
        (0..columns).map(|column| (0..x.len()).map(|row| term(row, column)).sum()).collect()
    }

    fn norm(&self, x: &[f64], name: &str) -> Vec<f64> {
        let square = x.iter().map(|one| one * one).sum::<f64>() / x.len() as f64;
        let scale = 1.0 / (square + self.eps).sqrt();
        x.iter().zip(self.named(name)).map(|(one, gain)| one * scale * gain).collect()
    }

    fn scores(&self, token: usize) -> Vec<f64> {
        let name = |part: &str| format!("model.layers.0.{part}.weight");
        let add = |x: Vec<f64>, y: Vec<f64>| -> Vec<f64> {
            x.iter().zip(y).map(|(one, other)| one + other).collect()
        };
        let table = self.named("model.embed_tokens.weight");
        let x = table[token * CHANNELS..][..CHANNELS].to_vec();
        let normed = self.norm(&x, &name("input_layernorm"));
        let values = self.product(&normed, &name("self_attn.v_proj"));
        let x = add(x, self.product(&values, &name("self_attn.o_proj")));
        let normed = self.norm(&x, &name("post_attention_layernorm"));
        let gates = self.product(&normed, &name("mlp.gate_proj"));
        let inner = self.product(&normed, &name("mlp.up_proj"));
        let inner: Vec<f64> =
            inner.iter().zip(gates).map(|(one, gate)| one * gate / (1.0 + (-gate).exp())).collect();
        let x = add(x, self.product(&inner, &name("mlp.down_proj")));
        self.product(&self.norm(&x, "model.norm.weight"), "lm_head.weight")
    }
}

/// The largest distance of scores, as a share of the largest of them.
fn distance(found: &[f32], expected: &[f64]) -> f64 {
    let most = expected.iter().fold(0f64, |most, score| most.max(score.abs()));
    let away = found.iter().zip(expected).map(|(one, other)| (f64::from(*one) - other).abs());
    away.fold(0.0, f64::max) / most
}

#[test]
fn scores_are_those_of_the_epsilon_that_a_model_says() {
    let shape = ModelShape {
        family: Family::Llama,
        kv_heads: Some(2),
        hidden: Some(16),
        ..ModelShape::gpt2(1, 2, CHANNELS, CONTEXT)
    };
    let weights = drawn(&shape, 5);
    let token = 3;
    for eps in [1e-6, 1e-5, 1e-2, 1.0] {
        let shape = shape.with_norm_eps(eps);
        let trained = whole(&shape, &weights, &[token; CONTEXT]);
        let read = reader(&shape, VOCABULARY, vec![weights.clone()], CONTEXT).read(&[token]);
        let scores = |eps| OfOneToken { weights: &weights, eps }.scores(usize::from(token));
        for found in [&trained[..VOCABULARY], &read.unwrap()] {
            assert!(distance(found, &scores(eps)) < 1e-5, "{eps:e}");
            // An ε that is ten times as large is far from it, where it matters.
            assert!(eps < 1e-2 || distance(found, &scores(10.0 * eps)) > 1e-2, "{eps:e}");
        }
    }
}

#[test]
fn the_norms_of_every_family_have_the_epsilon_of_their_shape() {
    for shape in shapes() {
        let weights = drawn(&shape, 5);
        let largest = |eps: f64| {
            let scores = whole(&shape.with_norm_eps(eps), &weights, &[3; CONTEXT]);
            scores.iter().fold(0f32, |most, score| most.max(score.abs()))
        };
        assert!(largest(1e12) < 1e-3 * largest(1e-5), "{:?}", shape.family);
    }
}
