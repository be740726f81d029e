//! GPT-2 (Radford et al. 2019): pre-LayerNorm, learned positions, GELU, biases, tied head.
//!
//! Fields are named after Hugging Face's GPT-2 tensors, whose linear weights are `[in, out]` too.

use burn::module::Module;
use burn::tensor::Tensor;

use super::LanguageModel;
use super::layers::{Embedding, LayerNorm, Linear};
use super::tokens::{BlockPass, Tokens};
use super::weights::FirstWeights;
use crate::config::{ModelShape, Role};
use crate::ops;
use crate::ops::kernels::activation::Activation;
use crate::ops::kernels::attention::Heads;
use crate::ops::kernels::sublayer::Inner;

/// Standard deviation of the first weights.
const STD: f64 = 0.02;

/// A GPT-2 of any size.
#[derive(Module, Debug)]
pub struct Gpt2 {
    wte: Embedding,
    wpe: Embedding,
    h: Vec<Block>,
    ln_f: LayerNorm,
}

#[derive(Module, Debug)]
struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

#[derive(Module, Debug)]
struct Attention {
    c_attn: Linear,
    c_proj: Linear,
    heads: usize,
}

#[derive(Module, Debug)]
struct Mlp {
    c_fc: Linear,
    c_proj: Linear,
}

impl Gpt2 {
    /// A model with one lane per entry of `first`.
    pub fn new(shape: &ModelShape, vocabulary: usize, first: &FirstWeights) -> Self {
        let block = |layer| Block::new(shape, first, &format!("h.{layer}"));
        Gpt2 {
            wte: Embedding::new(first, "wte", [vocabulary, shape.channels], STD),
            wpe: Embedding::new(first, "wpe", [shape.context, shape.channels], STD),
            h: (0..shape.layers).map(block).collect(),
            ln_f: LayerNorm::new(first, "ln_f", shape.channels, shape.norm_eps()),
        }
    }
}

impl LanguageModel for Gpt2 {
    fn logits(&self, tokens: &Tokens) -> Tensor<3> {
        let wte = self.wte.tied();
        let embedded = wte.rows(tokens.stacked_inputs.clone());
        let x = tokens.add_positions(embedded, self.wpe.weight.val());
        let blocks = self.h.iter().enumerate();
        let x = blocks
            .fold(tokens.embedded(x), |x, (layer, block)| block.forward(x, tokens.block(layer)));
        wte.scores(self.ln_f.forward(tokens.answered(x)))
    }
}

impl Block {
    fn new(shape: &ModelShape, first: &FirstWeights, name: &str) -> Self {
        let width = shape.channels;
        let into_residual = STD / (2.0 * shape.layers as f64).sqrt();
        let linear = |part: &str, role, size, std| {
            Linear::new(first, &format!("{name}.{part}"), role, size, std)
        };
        let norm =
            |part: &str| LayerNorm::new(first, &format!("{name}.{part}"), width, shape.norm_eps());
        Block {
            ln_1: norm("ln_1"),
            attn: Attention {
                c_attn: Linear::packed(
                    first,
                    &format!("{name}.attn.c_attn"),
                    Role::Attention,
                    [width, 3 * width],
                    3,
                    STD,
                ),
                c_proj: linear("attn.c_proj", Role::Attention, [width, width], into_residual),
                heads: shape.heads,
            },
            ln_2: norm("ln_2"),
            mlp: Mlp {
                c_fc: linear("mlp.c_fc", Role::Mlp, [width, 4 * width], STD),
                c_proj: linear("mlp.c_proj", Role::Mlp, [4 * width, width], into_residual),
            },
        }
    }

    fn forward(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        if pass.is_plain() {
            let attention = Inner::Attention(self.attn.of_pass(pass));
            let attended = self.ln_1.before([&self.attn.c_attn, &self.attn.c_proj]);
            let x = ops::sublayer(x, attention, attended);
            let mlp = self.ln_2.before([&self.mlp.c_fc, &self.mlp.c_proj]);
            return ops::sublayer(x, Inner::Mlp(Activation::Gelu), mlp);
        }
        let attended = self.attn.forward(self.ln_1.forward(x.clone()), pass);
        let x = ops::add(x, pass.after_attention(attended));
        ops::add(x.clone(), pass.after_mlp(self.mlp.forward(self.ln_2.forward(x))))
    }
}

impl Attention {
    fn of_pass(&self, pass: BlockPass) -> Heads {
        Heads {
            heads: self.heads,
            kv_heads: self.heads,
            head: self.c_proj.weight.dims()[1] / self.heads,
            context: pass.context(),
            window: pass.seen(),
            rotary_base: None,
        }
    }

    fn forward(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        let packed = self.c_attn.forward(x);
        self.c_proj.forward(pass.attention(packed, &self.of_pass(pass)))
    }
}

impl Mlp {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.c_proj.forward(ops::gelu(self.c_fc.forward(x)))
    }
}
