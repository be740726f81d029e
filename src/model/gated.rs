use burn::module::Module;
use burn::tensor::Tensor;

use super::layers::Projection;
use super::weights::FirstWeights;
use crate::config::{ModelShape, Role};
use crate::ops;
use crate::ops::kernels::activation::Gate;

/// An MLP whose one half gates the other (SwiGLU, Shazeer 2020).
#[derive(Module, Debug)]
pub struct Mlp {
    gate_proj: Projection,
    up_proj: Projection,
    down_proj: Projection,
}

impl Mlp {
    /// Weights from N(0, `std`²), those into the residual stream from N(0, `into_residual`²).
    pub fn new(
        shape: &ModelShape,
        first: &FirstWeights,
        name: &str,
        std: f64,
        into_residual: f64,
    ) -> Self {
        let (width, hidden) = (shape.channels, shape.hidden_channels());
        let projection = |part: &str, size, std| {
            Projection::new(first, &format!("{name}.{part}"), Role::Mlp, size, std)
        };
        Mlp {
            gate_proj: projection("gate_proj", [width, hidden], std),
            up_proj: projection("up_proj", [width, hidden], std),
            down_proj: projection("down_proj", [hidden, width], into_residual),
        }
    }

    /// The matrices into it and out of it; see [`ops::sublayer`].
    pub fn matrices(&self) -> [Tensor<3>; 2] {
        let into = Projection::packed_weight([&self.gate_proj, &self.up_proj]);
        [into, self.down_proj.weight.val()]
    }

    /// `[lanes, rows, channels]` to the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let packed = Projection::forward_packed([&self.gate_proj, &self.up_proj], x);
        self.down_proj.forward(ops::gated(packed, Gate::Silu))
    }
}

/// A mixture of experts: a router sends each token through the few that it scores highest. Where no kernels
/// stand in, all are computed for all tokens and weighted by 0 where they are not chosen: values and gradients are
/// those of the real thing, without its savings.
#[derive(Module, Debug)]
pub struct Experts {
    gate: Projection,
    experts: Vec<Expert>,
    active: usize,
    /// Mixtral: silu gates, and the chosen weights add up to 1. Grok-1: GELU gates, as they are.
    is_mixtral: bool,
}

#[derive(Module, Debug)]
struct Expert {
    w1: Projection,
    w2: Projection,
    w3: Projection,
}

impl Experts {
    /// Weights from N(0, `std`²), those into the residual stream from N(0, `into_residual`²).
    pub fn new(
        shape: &ModelShape,
        first: &FirstWeights,
        name: &str,
        (std, into_residual): (f64, f64),
        is_mixtral: bool,
    ) -> Self {
        let (width, hidden) = (shape.channels, shape.hidden_channels());
        let projection = |part: &str, size, std| {
            Projection::new(first, &format!("{name}.{part}"), Role::Mlp, size, std)
        };
        let count = shape.experts.unwrap_or(1);
        let expert = |index: usize| Expert {
            w1: projection(&format!("experts.{index}.w1"), [width, hidden], std),
            w2: projection(&format!("experts.{index}.w2"), [hidden, width], into_residual),
            w3: projection(&format!("experts.{index}.w3"), [width, hidden], std),
        };
        Experts {
            gate: projection("gate", [width, count], std),
            experts: (0..count).map(expert).collect(),
            active: shape.active_experts.unwrap_or(count),
            is_mixtral,
        }
    }

    /// `[lanes, rows, channels]` to the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let scores = self.gate.forward(x.clone());
        let weights = ops::expert_weights(scores, self.active, self.is_mixtral);
        let gate = if self.is_mixtral { Gate::Silu } else { Gate::Gelu };
        let share = |(index, expert): (usize, &Expert)| {
            expert.forward(x.clone(), weights.clone(), gate, index)
        };
        let shares = self.experts.iter().enumerate().map(share);
        shares.reduce(ops::add).expect("a mixture has experts")
    }
}

impl Expert {
    /// Its share of the mixture.
    fn forward(&self, x: Tensor<3>, weights: Tensor<3>, gate: Gate, part: usize) -> Tensor<3> {
        let halves = [&self.w1, &self.w3];
        if self.w2.row_by_row {
            let packed = Projection::forward_packed(halves, x);
            return ops::weighted(self.w2.forward(ops::gated(packed, gate)), weights, part);
        }
        let matrices = [Projection::packed_weight(halves), self.w2.weight.val()];
        ops::expert(x, weights, matrices, gate, part)
    }
}
