use burn::module::Module;
use burn::tensor::Tensor;

use super::layers::Projection;
use super::tokens::BlockPass;
use super::weights::FirstWeights;
use crate::config::{ModelShape, Role};
use crate::ops::kernels::attention::Heads;

/// Attention with rotary positions and shared key-value heads.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Projection,
    k_proj: Projection,
    v_proj: Projection,
    o_proj: Projection,
    heads: usize,
    kv_heads: usize,
    head: usize,
    window: Option<usize>,
    rotary_base: Option<f64>,
}

impl Attention {
    /// Weights from N(0, `std`²), those into the residual stream from N(0, `into_residual`²).
    pub fn new(
        shape: &ModelShape,
        first: &FirstWeights,
        name: &str,
        std: f64,
        into_residual: f64,
    ) -> Self {
        let (width, kv) = (shape.channels, shape.kv_channels());
        let projection = |part: &str, size, std| {
            Projection::new(first, &format!("{name}.{part}"), Role::Attention, size, std)
        };
        Attention {
            q_proj: projection("q_proj", [width, width], std),
            k_proj: projection("k_proj", [width, kv], std),
            v_proj: projection("v_proj", [width, kv], std),
            o_proj: projection("o_proj", [width, width], into_residual),
            heads: shape.heads,
            kv_heads: shape.kv_heads.unwrap_or(shape.heads),
            head: shape.head_channels(),
            window: shape.window,
            rotary_base: shape.family.facts().rotary_base,
        }
    }

    /// What it looks like in a pass.
    pub fn of_pass(&self, pass: BlockPass) -> Heads {
        Heads {
            heads: self.heads,
            kv_heads: self.kv_heads,
            head: self.head,
            context: pass.context(),
            window: self.window.unwrap_or(pass.seen()),
            rotary_base: self.rotary_base,
        }
    }

    /// The matrices into it and out of it; see [`ops::sublayer`](crate::ops::sublayer).
    pub fn matrices(&self) -> [Tensor<3>; 2] {
        let into = Projection::packed_weight([&self.q_proj, &self.k_proj, &self.v_proj]);
        [into, self.o_proj.weight.val()]
    }

    /// See [`ops::attention`](crate::ops::attention).
    pub fn forward(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        let packed = Projection::forward_packed([&self.q_proj, &self.k_proj, &self.v_proj], x);
        self.o_proj.forward(pass.attention(packed, &self.of_pass(pass)))
    }
}
